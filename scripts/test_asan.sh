#!/bin/sh
# Runs tests of the native code with a sanitized engine: AddressSanitizer and UBSan, each finding
# ends the run. The extension is built into build/asan/, beside a copy of the package.
# Called by `make test-asan`, with VENV=. Arguments go to pytest.
set -e
python=$VENV/bin/python
export SANITIZE=1
"$python" setup.py -q build --build-base=build/asan
package=$(dirname "$(ls -d build/asan/lib*/pydarknet)")

# Python itself is not sanitized, so the runtime is loaded first; libstdc++ with it, for exceptions.
compiler=${CXX:-g++}
LD_PRELOAD="$($compiler -print-file-name=libasan.so) $($compiler -print-file-name=libstdc++.so)"
export LD_PRELOAD
# Python keeps what it allocated until the end: no leak check (memory has tests of its own).
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:abort_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export PYTHONPATH="$PWD/$package" PYTHONSAFEPATH=1 PYDARKNET_SANITIZED=1
"$python" -c 'import pydarknet; assert "asan" in pydarknet.__file__, pydarknet.__file__'
# What pytest catches at the file descriptors is lost with a dying process: it leaves those alone.
# tests/build calls compilers, which are not to be sanitized; the toolkit is Python alone.
for folder in build cfg charts datasets/formats metrics scripts weights; do
  set -- --ignore="tests/$folder" "$@"
done
exec "$python" -m pytest -p no:cacheprovider --capture=sys -m "not slow" "$@"

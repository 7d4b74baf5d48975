#!/bin/sh
# Finds oneDNN >= 3 with the OpenMP runtime and prints how to use it as lines of make:
#   ONEDNN_FROM := root | system | wheel      (nothing is printed where it was not found)
#   ONEDNN_VERSION, ONEDNN_INCLUDE (empty: the compiler's own folders), ONEDNN_LIB (likewise)
# Usage: find_onednn.sh CXX ONEDNN_ROOT PYTHON
# Order: ONEDNN_ROOT, if given, alone; pkg-config; the compiler's folders; the packages
# onednn-devel-cpu-gomp and onednn-cpu-gomp of the Python environment.
cxx=$1 root=$2 python=$3

# try FROM INCLUDE LIB: does a program compile and link against it?
try() {
  version=$(printf '%s\n' '#include <oneapi/dnnl/dnnl_version.h>' \
    '#include <oneapi/dnnl/dnnl_config.h>' '#if DNNL_CPU_RUNTIME == DNNL_RUNTIME_OMP' \
    'found DNNL_VERSION_MAJOR DNNL_VERSION_MINOR DNNL_VERSION_PATCH' '#endif' |
    $cxx -E -P -x c++ ${2:+-isystem "$2"} - 2>/dev/null | sed -n 's/^found \(.*\)/\1/p')
  # shellcheck disable=SC2086
  set -- "$1" "$2" "$3" $version
  [ "${4:-0}" -ge 3 ] || return 1
  printf 'extern "C" int dnnl_set_jit_dump(int); int f() { return dnnl_set_jit_dump(0); }\n' |
    $cxx -shared -fPIC -x c++ - ${3:+-L"$3"} -Wl,-z,defs -ldnnl -o /dev/null 2>/dev/null || return 1
  printf 'ONEDNN_FROM := %s\nONEDNN_INCLUDE := %s\nONEDNN_LIB := %s\nONEDNN_VERSION := %s\n' \
    "$1" "$2" "$3" "$4.$5.$6"
}

if [ -n "$root" ]; then
  for lib in "$root/lib" "$root/lib64"; do
    try root "$root/include" "$lib" && exit
  done
  exit
fi
if include=$(pkg-config --variable=includedir dnnl 2>/dev/null) && [ -n "$include" ]; then
  try system "$include" "$(pkg-config --variable=libdir dnnl)" && exit
fi
try system '' '' && exit
wheel=$("$python" -c '
from importlib.metadata import files
def folder(package, name):
    for file in files(package) or ():
        if file.name == name:
            return file.locate().resolve().parent
print(folder("onednn-devel-cpu-gomp", "dnnl.hpp"))
print(folder("onednn-cpu-gomp", "libdnnl.so.3"))' 2>/dev/null) || exit 0
# the folder of dnnl.hpp is include/ or include/oneapi/dnnl/
include=$(printf '%s\n' "$wheel" | sed -n '1s,/oneapi/dnnl$,,p;1p' | head -n 1)
try wheel "$include" "$(printf '%s\n' "$wheel" | sed -n 2p)"
exit 0

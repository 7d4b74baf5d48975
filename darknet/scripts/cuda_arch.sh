#!/bin/sh
# Reads what `nvcc --list-gpu-arch` prints and writes the -gencode flags to compile with: machine
# code for each wanted architecture this nvcc knows, and last the PTX of the newest of them, which
# the driver translates for GPUs that came later. Where nvcc knows none of them, the oldest it has.
wanted="50 60 61 70 75 80 86 89 90 100 110 120"

listed=$(sed -n 's/^[[:space:]]*compute_\([0-9][0-9]*\)[[:space:]]*$/\1/p' | sort -n -u)
if [ -z "$listed" ]; then
  echo "no GPU architecture in what nvcc --list-gpu-arch printed" >&2
  exit 1
fi
chosen=
for arch in $wanted; do
  for known in $listed; do
    [ "$arch" = "$known" ] && chosen="$chosen $arch"
  done
done
[ -n "$chosen" ] || chosen=$(printf '%s\n' "$listed" | head -n 1)
for arch in $chosen; do
  printf -- '-gencode arch=compute_%s,code=sm_%s ' "$arch" "$arch"
done
printf -- '-gencode arch=compute_%s,code=compute_%s\n' "$arch" "$arch"

"""Builds the extension module ``pydarknet._engine`` around the engine's C header.

The declarations come from the header itself, run through the C preprocessor, so the two cannot
drift apart. ``setup.py`` builds the engine and adds it to what is linked here.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from cffi import FFI

HEADER = Path(__file__).resolve().parent.parent / "darknet" / "include" / "darknet" / "engine.h"


def preprocessor() -> list[str]:
    """The command of a C compiler: CC, else the first one found."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    for name in ("cc", "gcc", "clang", "c++", "g++"):
        if shutil.which(name):
            return [name]
    sys.exit("error: pydarknet needs a C compiler: install it (apt install g++)")


def declarations(header: str) -> str:
    """What cffi has to know of a header: its types, functions and numeric macros."""
    body = "\n".join(line for line in header.splitlines() if not line.startswith("#include"))
    command = [*preprocessor(), "-E", "-P", "-x", "c", "-D__attribute__(x)=", "-"]
    run = subprocess.run(command, input=body, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"error: {HEADER} cannot be preprocessed: {run.stderr.strip()}")
    # macros with a value are gone after preprocessing: the compiler works them out
    macros = re.findall(r"^#define (DN_\w+) +-?\d", header, re.MULTILINE)
    return run.stdout + "".join(f"#define {name} ...\n" for name in macros)


ffibuilder = FFI()
ffibuilder.cdef(declarations(HEADER.read_text(encoding="utf-8")))
ffibuilder.set_source(
    "pydarknet._engine",
    '#include "darknet/engine.h"',
    # relative to setup.py
    include_dirs=["darknet/include"],
    depends=["darknet/include/darknet/engine.h"],
    py_limited_api=True,
)

if __name__ == "__main__":
    print(declarations(HEADER.read_text(encoding="utf-8")), end="")

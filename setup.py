"""Builds the engine in darknet/ through make and links it into the extension module.

Darknet's flags are taken from the environment: `GPU=1 CUDNN=1 pip install .`
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
DEPENDENCIES = [
    "numpy>=1.26",
    "cffi>=1.17",
    "opencv-python>=4.9",
    "requests>=2.31",
    "tqdm>=4.66",
]


def make(*arguments: str, answer: bool = False) -> str:
    """Runs darknet/Makefile; returns what it printed if that is the answer to a question."""
    for tool, package in (("make", "make"), (os.environ.get("CXX", "g++").split()[0], "g++")):
        if shutil.which(tool) is None:
            sys.exit(f"error: pydarknet's engine needs {tool}: install it (apt install {package})")
    # a make around this one must not pass its own words on
    inherited = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    environment = {k: v for k, v in os.environ.items() if k not in inherited}
    command = ["make", "-s", "-C", str(ROOT / "darknet"), f"-j{os.cpu_count() or 1}"]
    command += [f"PYTHON={sys.executable}", f"QUIET={answer:d}", *arguments]
    sys.stdout.flush()
    run = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE if answer else None, text=True
    )
    if run.returncode != 0:
        sys.exit(f"error: the engine could not be built: {' '.join(command)}")
    return (run.stdout or "").strip()


class BuildExtension(build_ext):
    """Builds the engine first, then the extension with the engine inside it."""

    def run(self) -> None:
        make("static")
        folder = ROOT / "darknet" / make("print-build", answer=True)
        archive, flags = folder / "libdarknet.a", folder / "link_flags.txt"
        for extension in self.extensions:
            extension.extra_objects = [str(archive)]
            extension.extra_link_args = ["-Wl,--exclude-libs,ALL", *flags.read_text().splitlines()]
            # an editable install, or a test of the build folder: not in site-packages
            if self.inplace or os.environ.get("SANITIZE") == "1":
                extension.extra_link_args.append(f"-Wl,-rpath,{sys.prefix}/lib")
            extension.depends = [*extension.depends, str(archive), str(flags)]
        super().run()


# The wheel that `make wheel` repairs for others carries libdnnl itself.
if make("print-onednn", answer=True) == "wheel" and not os.environ.get("PYDARKNET_BUNDLE"):
    DEPENDENCIES.append(
        "onednn-cpu-gomp==2023.2.0; sys_platform == 'linux' and platform_machine == 'x86_64'"
    )

setup(
    install_requires=DEPENDENCIES,
    cffi_modules=["pydarknet/_build.py:ffibuilder"],
    cmdclass={"build_ext": BuildExtension},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)

"""Which pydarknet this is, and what it stands on."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from ._version import __version__


def info() -> dict[str, Any]:
    """What was imported, and how its engine was built.

    It works without an engine too, and then says why that could not be loaded.

    Returns:
        version, file (of this package), python, machine, engine (the extension's path, None where
        it cannot be loaded), error (the loader's message, else None), build (what the engine was
        built with and finds on this machine), and libraries (versions, None where missing).
    """
    answer: dict[str, Any] = {
        "version": __version__,
        "file": str(Path(__file__).resolve().parent),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "engine": None,
        "error": None,
        "build": {},
        "libraries": {name: _version(name) for name in ("numpy", "cv2", "cffi", "requests")},
    }
    try:
        from . import _native
    except ImportError as error:
        answer["error"] = str(error)
    else:
        answer["engine"] = _native.engine_file()
        answer["build"] = _native.build_info()
    return answer


def _version(module: str) -> str | None:
    # four names on PyPI install cv2
    names = {"cv2": ("opencv-python", "opencv-python-headless", "opencv-contrib-python",
                     "opencv-contrib-python-headless")}  # fmt: skip
    for name in names.get(module, (module,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None

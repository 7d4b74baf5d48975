r"""pydarknet: runs Darknet networks (.cfg and .weights) on a native engine.

>>> import pydarknet
>>> net = pydarknet.Network.from_text("[net]\nwidth=32\nheight=32\nchannels=3\n[avgpool]\n")
>>> len(net.layers)
1
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import (
    ArgumentError,
    CfgError,
    ClosedError,
    DarknetError,
    DataError,
    DatasetError,
    DeviceError,
    DownloadError,
    InternalError,
    OutOfMemoryError,
    TrainingDiverged,
    WeightsError,
)

if TYPE_CHECKING:
    from ._native import WeightsReport
    from .about import info
    from .classification import Classification
    from .detections import Detection, Detections
    from .drawing import draw
    from .image import load_image, save_image
    from .layers import Head, Layer
    from .models import detect, find_model
    from .names import read_names
    from .network import Network

# imported when they are first needed: the command line is there before numpy and OpenCV are,
# and all but networks works without the engine
_MODULES = {
    "Classification": "classification",
    "Detection": "detections",
    "Detections": "detections",
    "Head": "layers",
    "Layer": "layers",
    "Network": "network",
    "WeightsReport": "_native",
    "detect": "models",
    "draw": "drawing",
    "find_model": "models",
    "info": "about",
    "load_image": "image",
    "read_names": "names",
    "save_image": "image",
}

__all__ = [
    "ArgumentError",
    "CfgError",
    "Classification",
    "ClosedError",
    "DarknetError",
    "DataError",
    "DatasetError",
    "Detection",
    "Detections",
    "DeviceError",
    "DownloadError",
    "Head",
    "InternalError",
    "Layer",
    "Network",
    "OutOfMemoryError",
    "TrainingDiverged",
    "WeightsError",
    "WeightsReport",
    "__version__",
    "detect",
    "draw",
    "find_model",
    "info",
    "load_image",
    "read_names",
    "save_image",
]

logging.getLogger("pydarknet").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

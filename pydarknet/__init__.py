r"""pydarknet: runs Darknet networks (.cfg and .weights) on a native engine.

>>> import pydarknet
>>> net = pydarknet.Network.from_text("[net]\nwidth=32\nheight=32\nchannels=3\n[avgpool]\n")
>>> len(net.layers)
1
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .about import info
from .classification import Classification
from .detections import Detection, Detections
from .drawing import draw
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
from .image import load_image, save_image
from .layers import Head, Layer
from .models import detect, find_model
from .names import read_names

if TYPE_CHECKING:
    from ._native import WeightsReport
    from .network import Network

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
    # the engine is loaded when it is first needed: all else works without it
    if name == "Network":
        from .network import Network

        globals()[name] = Network
        return Network
    if name == "WeightsReport":
        from ._native import WeightsReport

        return WeightsReport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

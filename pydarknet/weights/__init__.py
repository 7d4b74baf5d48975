"""Tools for .weights files: download, check, look into, cut and change them. Needs no engine."""

from .cache import cache_folder
from .downloading import download
from .file import StoredLayer, WeightsFile
from .fit import Fit
from .header import Header
from .layout import layer_weights
from .registry import PUBLISHED, Published, find_published
from .tools.average import average
from .tools.denormalize import denormalize
from .tools.normalize import normalize
from .tools.oneoff import oneoff
from .tools.partial import partial
from .tools.rescale import rescale
from .tools.reset import reset
from .tools.rgbgr import rgbgr

__all__ = [
    "PUBLISHED",
    "Fit",
    "Header",
    "Published",
    "StoredLayer",
    "WeightsFile",
    "average",
    "cache_folder",
    "denormalize",
    "download",
    "find_published",
    "layer_weights",
    "normalize",
    "oneoff",
    "partial",
    "rescale",
    "reset",
    "rgbgr",
]

"""Tools for .weights files: download, check, look into, cut and change them. Needs no engine."""

from .cache import cache_folder
from .downloading import download
from .file import StoredLayer, WeightsFile
from .fit import Fit
from .header import Header
from .layout import layer_weights
from .registry import PUBLISHED, Published, find_published

__all__ = [
    "PUBLISHED",
    "Fit",
    "Header",
    "Published",
    "StoredLayer",
    "WeightsFile",
    "cache_folder",
    "download",
    "find_published",
    "layer_weights",
]

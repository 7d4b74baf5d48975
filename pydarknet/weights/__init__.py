"""Tools for .weights files: download, check, look into, cut and change them. Needs no engine."""

from .cache import cache_folder
from .difference import Difference, diff
from .downloading import download
from .file import StoredLayer, WeightsFile
from .fit import Fit
from .header import Header
from .inspection import ArrayStatistics, inspect
from .layout import layer_weights
from .picture import draw_histograms, write_histograms
from .registry import PUBLISHED, Published, find_published
from .tools.average import average
from .tools.denormalize import denormalize
from .tools.normalize import normalize
from .tools.oneoff import oneoff
from .tools.partial import partial
from .tools.rescale import rescale
from .tools.reset import reset
from .tools.rgbgr import rgbgr
from .verification import Verification, verify

__all__ = [
    "PUBLISHED",
    "ArrayStatistics",
    "Difference",
    "Fit",
    "Header",
    "Published",
    "StoredLayer",
    "Verification",
    "WeightsFile",
    "average",
    "cache_folder",
    "denormalize",
    "diff",
    "download",
    "draw_histograms",
    "find_published",
    "inspect",
    "layer_weights",
    "normalize",
    "oneoff",
    "partial",
    "rescale",
    "reset",
    "rgbgr",
    "verify",
    "write_histograms",
]

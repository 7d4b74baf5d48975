"""Tools for .cfg files: read, edit and write them, check and draw them. Needs no engine.

>>> from pydarknet import cfg
>>> document = cfg.zoo.build("yolov4-tiny")
>>> [str(one) for one in cfg.for_classes(document, 3)][:2]
['[yolo] layer 30 classes: 80 -> 3', '[convolutional] layer 29 filters: 255 -> 24']
"""

from ..problems import Problem
from . import zoo
from .classes import for_classes
from .diff import Difference, diff
from .document import Document, Line, Section
from .edit import (
    Change,
    cut,
    insert_layer,
    remove_layers,
    set_batch,
    set_key,
    set_size,
)
from .lint import lint, lint_file
from .meaning import Meaning, meaning
from .picture import draw, picture
from .shapes import infer

__all__ = [
    "Change",
    "Difference",
    "Document",
    "Line",
    "Meaning",
    "Problem",
    "Section",
    "cut",
    "diff",
    "draw",
    "for_classes",
    "infer",
    "insert_layer",
    "lint",
    "lint_file",
    "meaning",
    "picture",
    "remove_layers",
    "set_batch",
    "set_key",
    "set_size",
    "zoo",
]

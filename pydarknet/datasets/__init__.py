"""Data sets: training data checked, augmented and batched; formats converted, checked and split.

::

    dataset = DetectionDataset.open("x.data")                     # every fault, with file and line
    samples = DetectionSamples(dataset, DetectionAugmentation(mosaic=True))
    with Loader(samples, batch=8, size=lambda number: (416, 416), seed=1) as loader:
        for batch in loader:                                      # endless, made ahead by threads
            batch.input, batch.truth                              # float32 (N, C, H, W), (N, ...)

`shapes` and `digits` draw data sets of their own; `contact_sheet` shows what a network gets to see.
`formats` reads and writes what other tools label with. Only what makes batches needs the engine,
which is loaded when one of those names is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..problems import Problem
    from .augmentation import ClassificationAugmentation, DetectionAugmentation
    from .cells import CellSamples, cell_truth
    from .classification import ClassificationDataset
    from .detection import DetectionDataset
    from .hierarchy import Hierarchy
    from .image_list import ListedImage, read_image_list
    from .loader import Batch, Loader, Position
    from .mask_samples import MaskSamples
    from .preview import contact_sheet, save_contact_sheet
    from .regression import RegressionDataset
    from .samples import ClassificationSamples, DetectionSamples, Samples
    from .segmentation import SegmentationDataset
    from .text import TextDataset, TextLoader

_MODULES = {
    "Batch": "loader",
    "CellSamples": "cells",
    "ClassificationAugmentation": "augmentation",
    "ClassificationDataset": "classification",
    "ClassificationSamples": "samples",
    "DetectionAugmentation": "augmentation",
    "DetectionDataset": "detection",
    "DetectionSamples": "samples",
    "Hierarchy": "hierarchy",
    "ListedImage": "image_list",
    "Loader": "loader",
    "MaskSamples": "mask_samples",
    "Position": "loader",
    "Problem": "problems",
    "RegressionDataset": "regression",
    "Samples": "samples",
    "SegmentationDataset": "segmentation",
    "TextDataset": "text",
    "TextLoader": "text",
    "cell_truth": "cells",
    "contact_sheet": "preview",
    "read_image_list": "image_list",
    "save_contact_sheet": "preview",
}

__all__ = [
    "Batch",
    "CellSamples",
    "ClassificationAugmentation",
    "ClassificationDataset",
    "ClassificationSamples",
    "DetectionAugmentation",
    "DetectionDataset",
    "DetectionSamples",
    "Hierarchy",
    "ListedImage",
    "Loader",
    "MaskSamples",
    "Position",
    "Problem",
    "RegressionDataset",
    "Samples",
    "SegmentationDataset",
    "TextDataset",
    "TextLoader",
    "cell_truth",
    "contact_sheet",
    "read_image_list",
    "save_contact_sheet",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

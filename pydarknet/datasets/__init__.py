"""Training data: Darknet's lists and labels, checked, augmented and made into batches.

::

    dataset = DetectionDataset.open("x.data")                     # every fault, with file and line
    samples = DetectionSamples(dataset, DetectionAugmentation(mosaic=True))
    with Loader(samples, batch=8, size=lambda number: (416, 416), seed=1) as loader:
        for batch in loader:                                      # endless, made ahead by threads
            batch.input, batch.truth                              # float32 (N, C, H, W), (N, ...)

`shapes` and `digits` draw data sets of their own; `contact_sheet` shows what a network gets to see.
"""

from __future__ import annotations

from .augmentation import ClassificationAugmentation, DetectionAugmentation
from .cells import CellSamples, cell_truth
from .classification import ClassificationDataset
from .detection import DetectionDataset
from .hierarchy import Hierarchy
from .image_list import ListedImage, read_image_list
from .loader import Batch, Loader, Position
from .mask_samples import MaskSamples
from .preview import contact_sheet, save_contact_sheet
from .problems import Problem
from .regression import RegressionDataset
from .samples import ClassificationSamples, DetectionSamples, Samples
from .segmentation import SegmentationDataset

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
    "cell_truth",
    "contact_sheet",
    "read_image_list",
    "save_contact_sheet",
]

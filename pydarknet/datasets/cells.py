"""Truth as the first YOLO takes it: what lies in each cell of a grid."""

from __future__ import annotations

import numpy as np

from .._native import FloatArray
from .._native_augment import TRUTH_SIZE
from ..errors import ArgumentError
from .samples import DetectionSamples


def cell_truth(truth: FloatArray, *, side: int, classes: int) -> FloatArray:
    """Turns boxes into the truth of a [detection] head.

    Of several boxes with their centre in one cell the first one counts.

    Args:
        truth: float32 (N, max_boxes * 6), as a `Loader` gives it.
        side: cells across and down.
        classes: number of classes.

    Returns:
        float32 (N, side * side * (1 + classes + 4)): for each cell, row by row, 1 where it holds
        an object; 1 for its class; x, y within the cell, w, h relative to the image.

    Raises:
        ArgumentError: the arrays do not fit, or a class is not below ``classes``.
    """
    if truth.ndim != 2 or truth.shape[1] % TRUTH_SIZE or side < 1 or classes < 1:
        raise ArgumentError(
            f"truth of shape {truth.shape}, side={side}, classes={classes}, expected "
            f"(N, boxes * {TRUTH_SIZE}) and 1 or more"
        )
    cells = np.zeros((len(truth), side, side, 1 + classes + 4), np.float32)
    for image, records in zip(cells, truth.reshape(len(truth), -1, TRUTH_SIZE), strict=True):
        for x, y, w, h, number, _ in records.tolist():
            if x == 0:
                break
            class_id = int(number)
            if not 0 <= class_id < classes:
                raise ArgumentError(f"class {class_id}, expected 0 to {classes - 1}")
            column, row = min(int(x * side), side - 1), min(int(y * side), side - 1)
            cell = image[row, column]
            if cell[0] == 0:
                cell[0] = cell[1 + class_id] = 1
                cell[1 + classes :] = x * side - column, y * side - row, w, h
    return cells.reshape(len(truth), -1)


class CellSamples:
    """A detector's images with the truth of a [detection] head: see `cell_truth`."""

    def __init__(self, boxes: DetectionSamples, *, side: int) -> None:
        """Takes the images with boxes, and the number of cells across and down.

        Raises:
            ArgumentError: there is no cell.
        """
        if side < 1:
            raise ArgumentError(f"side={side}, expected 1 or more")
        self.channels = boxes.channels
        self.truth_size = side * side * (1 + boxes.dataset.classes + 4)
        self._boxes = boxes
        self._side = side

    @property
    def digest(self) -> str:
        """Of the list of images."""
        return self._boxes.digest

    @property
    def skipped(self) -> list[str]:
        """Paths of images that could not be read while training."""
        return self._boxes.skipped

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        """Fills the arrays of one image; see `Samples.make`.

        Raises:
            DataError: an image cannot be read.
            OSError: a file cannot be read.
        """
        records = np.empty((1, self._boxes.truth_size), np.float32)
        paths = self._boxes.make(seed, image, input, records[0])
        classes = self._boxes.dataset.classes
        truth[:] = cell_truth(records, side=self._side, classes=classes)[0]
        return paths

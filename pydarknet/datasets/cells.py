"""Truth as the first YOLO takes it: what lies in each cell of a grid."""

from __future__ import annotations

import numpy as np

from .._native import FloatArray
from .._native_augment import TRUTH_SIZE
from ..errors import ArgumentError


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

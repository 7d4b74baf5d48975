"""Truth of a [detection] head."""

from __future__ import annotations

import numpy as np
import pytest

from pydarknet import ArgumentError
from pydarknet.datasets import cell_truth


def test_boxes_in_cells() -> None:
    truth = np.zeros((2, 4 * 6), np.float32)
    truth[0, :18] = [
        0.5, 0.125, 0.25, 0.5, 1, 7,  # column 2, row 0
        0.6, 0.2, 0.1, 0.1, 2, 8,  # the same cell: the first one counts
        1.0, 1.0, 0.5, 0.75, 0, 9,  # the last cell
    ]  # fmt: skip
    cells = cell_truth(truth, side=4, classes=3).reshape(2, 4, 4, 8)
    assert cells[0, 0, 2].tolist() == [1, 0, 1, 0, 0, 0.5, 0.25, 0.5]
    assert cells[0, 3, 3].tolist() == [1, 1, 0, 0, 1, 1, 0.5, 0.75]
    assert np.count_nonzero(cells[0, :, :, 0]) == 2
    assert not cells[1].any()


def test_truth_that_does_not_fit() -> None:
    with pytest.raises(ArgumentError, match="expected"):
        cell_truth(np.zeros((2, 7), np.float32), side=4, classes=3)
    with pytest.raises(ArgumentError, match="class 3, expected 0 to 2"):
        cell_truth(np.array([[0.5, 0.5, 0.1, 0.1, 3, 0]], np.float32), side=4, classes=3)

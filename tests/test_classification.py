"""The best classes, and the part of an image a classifier sees."""

from __future__ import annotations

import numpy as np
import pytest

from pydarknet import Classification
from pydarknet.classification import best, center_crop


def test_the_likeliest_first_and_of_equals_the_lower() -> None:
    found = best([0.1, 0.4, 0.1, 0.4], ["a", "b", "c", "d"], 3)
    assert found == [
        Classification("b", 1, 0.4),
        Classification("d", 3, 0.4),
        Classification("a", 0, 0.1),
    ]
    assert [one.name for one in best([0.1, 0.9], [], 9)] == ["1", "0"]


@pytest.mark.parametrize(
    ("image", "network", "rows", "columns"),
    [
        ((100, 60), (32, 32), (20, 80), (0, 60)),
        ((60, 100), (32, 32), (0, 60), (20, 80)),
        ((60, 60), (32, 32), (0, 60), (0, 60)),
        ((100, 100), (64, 32), (25, 75), (0, 100)),
        ((1, 9), (32, 32), (0, 1), (4, 5)),
    ],
)
def test_the_middle(
    image: tuple[int, int],
    network: tuple[int, int],
    rows: tuple[int, int],
    columns: tuple[int, int],
) -> None:
    pixels = np.arange(np.prod(image) * 3).astype(np.uint8).reshape(*image, 3)
    expected = pixels[slice(*rows), slice(*columns)]
    assert np.array_equal(center_crop(pixels, *network), expected)
    assert np.shares_memory(center_crop(pixels, *network), pixels)

"""Strategies: boxes, images with objects and detections near them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pydarknet import Detections
from pydarknet.metrics import Truth

CLASSES = 3
Image = tuple[int, Detections, Truth]


@st.composite
def boxes(draw: st.DrawFn, most: int = 6, size: int = 12) -> np.ndarray:
    """Boxes (N, 4) on a small grid, so that equal and touching ones are common."""
    count = draw(st.integers(0, most))
    corners = draw(arrays.arrays(np.int64, (count, 4), elements=st.integers(0, size)))
    low, high = (
        np.minimum(corners[:, :2], corners[:, 2:]),
        np.maximum(corners[:, :2], corners[:, 2:]),
    )
    return np.concatenate([low, high + 1], axis=1).astype(float)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    corners = draw(boxes())
    number = arrays.arrays(np.int64, len(corners), elements=st.integers(0, CLASSES - 1))
    return Truth(corners, draw(number), draw(arrays.arrays(np.bool_, len(corners))))


@st.composite
def detections(draw: st.DrawFn, truth: Truth) -> Detections:
    """Some anywhere, some at objects; confidences are few, so that many are equal."""
    anywhere = draw(boxes())
    rows = draw(st.lists(st.integers(0, max(len(truth) - 1, 0)), max_size=6 if len(truth) else 0))
    corners = np.concatenate([anywhere, truth.xyxy[rows]])
    count = len(corners)
    return Detections(
        corners,
        draw(arrays.arrays(np.float32, count, elements=st.sampled_from([0, 0.125, 0.25, 0.5, 1]))),
        draw(arrays.arrays(np.int32, count, elements=st.integers(0, CLASSES - 1))),
        box=draw(st.permutations(range(count))),
    )


@st.composite
def images(draw: st.DrawFn, most: int = 4) -> list[Image]:
    answer = []
    for number in range(draw(st.integers(0, most))):
        truth = draw(truths())
        answer.append((number, draw(detections(truth)), truth))
    return answer

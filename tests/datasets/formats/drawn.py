"""Data sets drawn by hypothesis, with image files of which only the header is there."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from pydarknet.datasets.formats import LabelledDataset, LabelledImage

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1,
                max_size=8).filter(lambda s: s == s.strip() and s.splitlines() == [s])  # fmt: skip
STEMS = st.text("abcXYZ0189_-. äß", min_size=1, max_size=6).filter(
    lambda s: s == s.strip(" .") and not s.startswith(".")
)


def png_header(width: int, height: int) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02" * 8
    )


@st.composite
def images(draw, classes: int, name: str, split: str, flags: int, polygons: bool) -> LabelledImage:
    width, height = draw(st.integers(8, 4000)), draw(st.integers(8, 4000))
    count = draw(st.integers(0, 4))
    unit = st.floats(0, 1)
    boxes, shapes = [], []
    for _ in range(count):
        x, y = sorted([draw(unit), draw(unit)]), sorted([draw(unit), draw(unit)])
        if x[1] - x[0] < 0.01 or y[1] - y[0] < 0.01:
            x, y = [0.25, 0.5], [0.0, 1.0]
        boxes.append([x[0] * width, y[0] * height, x[1] * width, y[1] * height])
        left, top, right, bottom = boxes[-1]
        corners = np.array([[left, top], [right, top], [right, bottom], [left, (top + bottom) / 2]])
        shapes.append((corners,) if polygons and draw(st.booleans()) else None)
    ids = draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    marks = draw(st.lists(st.integers(0, 15), min_size=count, max_size=count))
    return LabelledImage(
        name, None, width, height, split,
        np.array(boxes, np.float64).reshape(-1, 4), np.array(ids, np.int32),
        np.array(marks, np.uint8) & flags,
        tuple(shapes) if any(shapes) else None,
    )  # fmt: skip


@st.composite
def datasets(draw, flags: int = 0, polygons: bool = False) -> LabelledDataset:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    stems = draw(st.lists(STEMS, min_size=1, max_size=4, unique_by=str.lower))
    found = [
        draw(images(len(names), f"{stem}.png", draw(st.sampled_from(["train", "valid"])), flags,
                    polygons))
        for stem in stems
    ]  # fmt: skip
    return LabelledDataset(tuple(names), found)


def with_files(dataset: LabelledDataset, folder: Path) -> LabelledDataset:
    """Makes a file for each image, below a folder for each split."""
    for image in dataset.images:
        path = folder / image.split / image.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_header(image.width, image.height))
        image.path = str(path)
    return dataset


def assert_same(
    found: LabelledDataset, expected: LabelledDataset, pixels: float, *, area: bool = False
) -> None:
    """The same classes, images and objects; box edges within ``pixels``."""
    assert found.names == expected.names
    key = lambda image: (image.split, image.name)  # noqa: E731
    ours, theirs = sorted(found.images, key=key), sorted(expected.images, key=key)
    assert [key(image) for image in ours] == [key(image) for image in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert (one.width, one.height) == (other.width, other.height)
        np.testing.assert_allclose(one.boxes, other.boxes, rtol=0, atol=pixels)
        np.testing.assert_array_equal(one.class_id, other.class_id)
        np.testing.assert_array_equal(one.flags, other.flags)
        shapes = one.shapes or (None,) * len(one), other.shapes or (None,) * len(other)
        for a, b in zip(*shapes, strict=True):
            assert (a is None) == (b is None)
            for p, q in zip(a or (), b or (), strict=True):
                np.testing.assert_allclose(p, q, rtol=0, atol=max(pixels, 1e-5))

"""Darknet's label files."""

from __future__ import annotations

import pytest

from pydarknet import Detections
from pydarknet.label_files import format_labels, label_path


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("dog.jpg", "dog.txt"),
        ("/data/images/dog.JPEG", "/data/images/dog.txt"),
        ("coco/images/train2017/1.jpg", "coco/labels/train2017/1.txt"),
        ("coco/images/val2014/1.jpg", "coco/labels/val2014/1.txt"),
        ("VOC/JPEGImages/1.png", "VOC/labels/1.txt"),
        ("VOC\\JPEGImages\\1.png", "VOC\\labels\\1.txt"),
        ("a/JPEGImages/b/JPEGImages/1.jpg", "a/labels/b/JPEGImages/1.txt"),
        ("dog.webp", "dog.txt"),
        ("a.b/dog", "a.b/dog.txt"),
        (" dog.jpg ", "dog.txt"),
    ],
)
def test_where_labels_lie(image: str, expected: str) -> None:
    assert label_path(image) == expected


def test_a_line_for_the_strongest_class_of_each_box() -> None:
    found = Detections(
        [[10, 20, 30, 60], [0, 0, 100, 200], [10, 20, 30, 60]], [0.3, 0.9, 0.8], [4, 0, 7],
        box=[1, 2, 1],
    )  # fmt: skip
    assert format_labels(found, 100, 200) == (
        "7 0.2000 0.2000 0.2000 0.2000\n0 0.5000 0.5000 1.0000 1.0000\n"
    )
    assert format_labels(Detections.empty(), 100, 200) == ""

"""Drawn boxes: where, in which colour, and never into the caller's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pydarknet import DataError, Detections, draw
from pydarknet.drawing import class_color

NAMES = tuple(f"class {number}" for number in range(20))


def grey(height: int = 200, width: int = 300) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), 128, np.uint8)


def box(*xyxy: float, class_id: int = 3) -> Detections:
    return Detections([xyxy], [0.5], [class_id], NAMES)


def test_a_box_is_drawn_at_its_edges_only() -> None:
    picture = grey()
    drawn = draw(picture, box(50, 60, 250, 160), labels=False, line_width=1)
    assert (picture == 128).all()
    changed = (drawn != 128).any(axis=2)
    assert changed[60, 50:251].all()
    assert changed[160, 50:251].all()
    assert changed[60:161, 50].all()
    assert changed[60:161, 250].all()
    assert changed.sum() == 2 * 201 + 2 * 101 - 4


def test_the_colour_follows_the_order_of_the_channels() -> None:
    red, green, blue = class_color(3, 20)
    bgr = draw(grey(), box(50, 60, 250, 160), labels=False)
    rgb = draw(grey(), box(50, 60, 250, 160), labels=False, color="rgb")
    assert bgr[60, 100].tolist() == [blue, green, red]
    assert rgb[60, 100].tolist() == [red, green, blue]


@pytest.mark.parametrize(
    ("class_id", "classes", "expected"),
    [
        # the formula of the spec by hand: offset 0 is the palette's first row (1, 0, 1)
        (0, 80, (255, 0, 255)),
        # offset 123457 mod 80 = 17, ratio 1.0625: rows (0, 0, 1) and (0, 1, 1) as b, g, r
        (1, 80, (255, 15, 0)),
        # offset 49 = 2 * 123457 mod 5 = 4, ratio 4: row (1, 1, 0)
        (2, 5, (0, 255, 255)),
    ],
)
def test_darknets_colours(class_id: int, classes: int, expected: tuple[int, int, int]) -> None:
    assert class_color(class_id, classes) == expected


def test_a_label_is_written_above_the_box() -> None:
    with_label = draw(grey(), box(50, 100, 250, 160))
    without = draw(grey(), box(50, 100, 250, 160), labels=False)
    changed = (with_label != without).any(axis=2)
    assert changed[:100].any()
    assert not changed[110:].any()


@pytest.mark.parametrize(
    "xyxy",
    [(-500, -400, 900, 800), (-1e9, -1e9, 1e9, 1e9), (299, 199, 310, 220), (5, 5, 5, 5),
     (np.nan, 0, np.inf, 9)],
)  # fmt: skip
def test_boxes_beyond_the_edges(xyxy: tuple[float, ...]) -> None:
    drawn = draw(grey(), box(*xyxy))
    assert drawn.shape == (200, 300, 3)
    assert (drawn != 128).any()


def test_the_strongest_box_lies_on_top() -> None:
    found = Detections([[50, 60, 250, 160]] * 2, [0.4, 0.9], [0, 1], NAMES)
    drawn = draw(grey(), found, labels=False)
    assert drawn[60, 100].tolist() == list(class_color(1, 20)[::-1])


def test_classes_of_one_box_share_a_label() -> None:
    two = Detections([[50, 100, 250, 160]] * 2, [0.9, 0.4], [1, 0], NAMES, box=[3, 3])
    one = two[[0]]
    wide, narrow = ((draw(grey(), found) != 128).any(axis=2)[:98] for found in (two, one))
    assert wide.any(axis=0).sum() > narrow.any(axis=0).sum() > 0


def test_grey_pictures_files_and_no_detections(picture_file: Path, picture: object) -> None:
    assert np.array_equal(draw(picture_file, Detections.empty()), picture)
    assert draw(grey()[:, :, 0], box(1, 2, 30, 40)).shape == (200, 300, 3)
    with pytest.raises(DataError):
        draw(b"nothing", Detections.empty())

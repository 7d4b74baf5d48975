from __future__ import annotations

import numpy as np
import pytest

from layers.decoding import Found, above, cells, same, yolo_output
from layers.network_check import Array, Case, check, net, refused, section

ANCHORS = [10, 14, 23, 27, 37, 58, 81, 82]


def yolo(mask: list[int], **options: object) -> str:
    return section("yolo", **{"classes": 3, "num": 4, "mask": ",".join(map(str, mask)),
                              "anchors": ",".join(map(str, ANCHORS)), **options})  # fmt: skip


def decoded(
    output: Array, mask: list[int], size: tuple[int, int], new_coords: bool, threshold: float
) -> list[Found]:
    """Detections in one image's output; size is the network's width and height."""
    _, h, w = output.shape
    found = []
    for row, column, anchor, entries in cells(output, len(mask)):
        if entries[4] <= threshold:
            continue
        sides = 4 * entries[2:4] ** 2 if new_coords else np.exp(entries[2:4])
        width, height = ANCHORS[2 * mask[anchor] : 2 * mask[anchor] + 2]
        box = ((column + entries[0]) / w, (row + entries[1]) / h,
               sides[0] * width / size[0], sides[1] * height / size[1])  # fmt: skip
        for k, confidence in above(entries[4] * entries[5:], threshold):
            found.append(Found(k, confidence, entries[4], box))
    return found


@pytest.mark.parametrize("new_coords", [0, 1])
@pytest.mark.parametrize("scale", [1, 1.05, 2])
@pytest.mark.parametrize("mask", [[0, 1, 2, 3], [3, 1]])
def test_output_and_boxes(mask: list[int], scale: float, new_coords: int) -> None:
    h, w = 5, 7
    text = net(8 * len(mask), h, w) + yolo(mask, scale_x_y=scale, new_coords=new_coords)
    case = Case(text, batch=2)
    if new_coords:
        case.input = np.abs(case.input) / 3
    expected = yolo_output(case.input, len(mask), scale, bool(new_coords))
    check(case, expected, bf16=False)
    for slot in (0, 1):
        ours = case.detect(slot=slot, threshold=0.2)
        same(ours, decoded(expected[slot], mask, (w, h), bool(new_coords), 0.2))


@pytest.mark.parametrize("threshold", [0, 0.5, 0.6])
def test_anchors_are_pixels_of_the_network(threshold: float) -> None:
    case = Case(net(16, 10, 14) + section("maxpool", size=2, stride=2) + yolo([2, 0]))
    cells_ = case.input.reshape(1, 16, 5, 2, 7, 2).max(axis=(3, 5))
    expected = yolo_output(cells_, 2, 1, False)
    same(case.detect(threshold=threshold), decoded(expected[0], [2, 0], (14, 10), False, threshold))


def test_heads_follow_one_another() -> None:
    text = net(16, 4, 6) + section("dropout") + yolo([2, 3]) + section("route", layers=0)
    text += section("maxpool", size=2, stride=2) + yolo([1, 0])
    case = Case(text)
    small = case.input.reshape(1, 16, 2, 2, 3, 2).max(axis=(3, 5))
    expected = decoded(yolo_output(case.input, 2, 1, False)[0], [2, 3], (6, 4), False, 0.3)
    expected += decoded(yolo_output(small, 2, 1, False)[0], [1, 0], (6, 4), False, 0.3)
    same(case.detect(threshold=0.3), expected)


def unboxed(found: Found, size: tuple[int, int], shown: tuple[int, int]) -> Found:
    """Without the bars of a letterbox: shown is the part of the network the image fills."""
    x, y, w, h = found.box
    x = (x * size[0] - (size[0] - shown[0]) / 2) / shown[0]
    y = (y * size[1] - (size[1] - shown[1]) / 2) / shown[1]
    return found._replace(box=(x, y, w * size[0] / shown[0], h * size[1] / shown[1]))


@pytest.mark.parametrize(
    ("image", "shown"), [((100, 30), (14, 4)), ((30, 100), (3, 10)), ((28, 20), (14, 10))]
)
def test_letterbox(image: tuple[int, int], shown: tuple[int, int]) -> None:
    case = Case(net(16, 10, 14) + yolo([2, 0]))
    output = yolo_output(case.input, 2, 1, False)[0]
    expected = [
        unboxed(found, (14, 10), shown) for found in decoded(output, [2, 0], (14, 10), False, 0.3)
    ]
    same(case.detect(threshold=0.3, resize="letterbox", image=image), expected)


def test_an_anchor_that_is_listed_may_lie_beyond_num() -> None:
    case = Case(net(16, 4, 6) + yolo([3, 2], num=2))
    expected = decoded(yolo_output(case.input, 2, 1, False)[0], [3, 2], (6, 4), False, 0.3)
    same(case.detect(threshold=0.3), expected)


def test_missing_anchors_are_a_half() -> None:
    case = Case(net(6, 3, 3) + section("yolo", classes=1))
    entries = case.input[0].astype(float)
    found = case.detect(threshold=0)
    places = found["box"]
    assert len(places) == 9
    np.testing.assert_allclose(found["w"], (np.exp(entries[2]) * 0.5 / 3).ravel(), rtol=1e-5)
    np.testing.assert_allclose(found["h"], (np.exp(entries[3]) * 0.5 / 3).ravel(), rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (yolo([0, 1]), "expected filters=16"),
        (yolo([4]), "mask names anchor 4"),
        (yolo([0], anchors="1,2,3"), "expected pairs"),
        (yolo([0], nms_kind="soft"), "nms_kind=soft is unknown"),
        (yolo([0], classes=0), "expected 1 to"),
    ],
)
def test_wrong_options(text: str, words: str) -> None:
    refused(net(9, 4, 4) + text, words)

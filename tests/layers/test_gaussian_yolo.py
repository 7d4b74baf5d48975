from __future__ import annotations

import numpy as np
import pytest

from layers.decoding import Found, above, cells, gaussian_output, same
from layers.network_check import Array, Case, check, net, refused, section

ANCHORS = [10, 14, 23, 27, 37, 58]
SIDE = {"center": 0.0, "left_top": 0.5, "right_bottom": -0.5}


def head(**options: object) -> str:
    return section("Gaussian_yolo", **{"classes": 2, "num": 3, "mask": "0,2",
                                       "anchors": ",".join(map(str, ANCHORS)),
                                       **options})  # fmt: skip


def decoded(output: Array, point: str, threshold: float) -> list[Found]:
    _, h, w = output.shape
    found = []
    for row, column, anchor, entries in cells(output, 2):
        objectness, deviations = entries[8], entries[[1, 3, 5, 7]]
        if objectness <= threshold:
            continue
        aw, ah = ANCHORS[4 * anchor : 4 * anchor + 2]
        width, height = np.exp(entries[4]) * aw / w, np.exp(entries[6]) * ah / h
        x = (column + entries[0]) / w + SIDE[point] * width
        y = (row + entries[2]) / h + SIDE[point] * height
        sure = 1 - deviations.mean()
        for k, confidence in above(objectness * entries[9:] * sure, threshold):
            box = (x, y, width, height)
            found.append(Found(k, confidence, objectness, box, tuple(deviations)))
    return found


@pytest.mark.parametrize("point", SIDE)
@pytest.mark.parametrize("scale", [1, 1.2])
def test_output_and_boxes(scale: float, point: str) -> None:
    case = Case(net(22, 5, 7) + head(scale_x_y=scale, yolo_point=point), batch=2)
    expected = gaussian_output(case.input, 2, scale)
    check(case, expected, bf16=False)
    for slot in (0, 1):
        ours = case.detect(slot=slot, threshold=0.15)
        same(ours, decoded(expected[slot], point, 0.15))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"classes": 3}, "expected filters=24"),
        ({"yolo_point": "middle"}, "yolo_point=middle is unknown"),
        ({"new_coords": 1}, "unknown key new_coords"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str) -> None:
    refused(net(22, 4, 4) + head(**options), words)

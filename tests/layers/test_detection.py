from __future__ import annotations

import numpy as np
import pytest

from layers.decoding import Found, above, same
from layers.network_check import Array, Case, check, net, refused, section
from layers.oracle import softmax

SIDE, NUM, CLASSES = 3, 2, 4
COUNT = SIDE * SIDE * (CLASSES + 5 * NUM)


def head(**options: object) -> str:
    return section("detection", **{"side": SIDE, "num": NUM, "classes": CLASSES, "coords": 4,
                                   **options})  # fmt: skip


def decoded(numbers: Array, power: int, threshold: float) -> list[Found]:
    cells = SIDE * SIDE
    classes = numbers[: cells * CLASSES].reshape(cells, CLASSES)
    sure = numbers[cells * CLASSES :][: cells * NUM].reshape(cells, NUM)
    boxes = numbers[cells * (CLASSES + NUM) :].reshape(cells, NUM, 4)
    found = []
    for cell, n in np.ndindex(cells, NUM):
        x, y, w, h = boxes[cell, n]
        box = ((cell % SIDE + x) / SIDE, (cell // SIDE + y) / SIDE, w**power, h**power)
        for k, confidence in above(sure[cell, n] * classes[cell], threshold):
            found.append(Found(k, confidence, sure[cell, n], box))
    return found


@pytest.mark.parametrize("soft", [0, 1])
@pytest.mark.parametrize("sqrt", [0, 1])
def test_output_and_boxes(sqrt: int, soft: int) -> None:
    case = Case(net(COUNT, 1, 1) + head(softmax=soft, sqrt=sqrt), batch=2)
    expected = case.input.astype(float).reshape(2, COUNT)
    if soft:
        groups = expected[:, : SIDE * SIDE * CLASSES].reshape(2, -1, CLASSES)
        expected[:, : SIDE * SIDE * CLASSES] = softmax(groups, axis=2).reshape(2, -1)
    check(case, expected.reshape(2, COUNT, 1, 1), bf16=False)
    for slot in (0, 1):
        same(case.detect(slot=slot, threshold=0.2), decoded(expected[slot], 1 + sqrt, 0.2))


def test_other_inputs() -> None:
    refused(net(COUNT + 1, 1, 1) + head(), f"has {COUNT + 1} outputs, expected .* = {COUNT}")

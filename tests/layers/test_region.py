from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.decoding import Found, above, same
from layers.network_check import Array, Case, check, net, refused, section
from layers.oracle import sigmoid, softmax

ANCHORS = [1.5, 2, 0.7, 3.1]
TREE = "animal -1\nthing -1\ncat 0\ndog 0\ncup 1\nplate 1\n"
PARENTS, GROUPS = [-1, -1, 0, 0, 1, 1], [2, 2, 2]


def head(**options: object) -> str:
    return section("region", **{"classes": 6, "num": 2, "anchors": ",".join(map(str, ANCHORS)),
                                **options})  # fmt: skip


def output(raw: Array, groups: list[int], coords: int = 4) -> Array:
    """(N, H, W, C): cell by cell, as AlexeyAB's Darknet has it."""
    n, c, h, w = raw.shape
    entries = raw.astype(np.float64).reshape(n, 2, c // 2, h, w)
    entries[:, :, coords] = sigmoid(entries[:, :, coords])
    first = coords + 1
    for size in groups:
        entries[:, :, first : first + size] = softmax(entries[:, :, first : first + size], axis=2)
        first += size
    return entries.reshape(raw.shape).transpose(0, 2, 3, 1)


def boxes(cells: Array) -> list[tuple[Array, tuple[float, float, float, float]]]:
    """Each anchor's entries and box in one image's output."""
    h, w, c = cells.shape
    found = []
    for row, column, anchor in np.ndindex(h, w, 2):
        entries = cells[row, column].reshape(2, c // 2)[anchor]
        aw, ah = ANCHORS[2 * anchor : 2 * anchor + 2]
        box = ((column + sigmoid(entries[0])) / w, (row + sigmoid(entries[1])) / h,
               np.exp(entries[2]) * aw / w, np.exp(entries[3]) * ah / h)  # fmt: skip
        found.append((entries, tuple(map(float, box))))
    return found


@pytest.mark.parametrize("classes_", ["raw", "softmax"])
@pytest.mark.parametrize("coords", [4, 6])
def test_output_and_boxes(coords: int, classes_: str) -> None:
    text = net(2 * (coords + 7), 3, 5) + head(coords=coords, softmax=int(classes_ == "softmax"))
    case = Case(text, batch=2)
    expected = output(case.input, [6] if classes_ == "softmax" else [], coords)
    check(case, expected, bf16=False)
    for slot in (0, 1):
        found = [
            Found(k, confidence, 1, box)
            for entries, box in boxes(expected[slot])
            for k, confidence in above(entries[coords] * entries[coords + 1 :], 0.1)
        ]
        same(case.detect(slot=slot, threshold=0.1), found)


def test_weak_objects_count_as_none() -> None:
    case = Case(net(22, 3, 5) + head(softmax=1, classfix=-1))
    found = [
        Found(k, confidence, 1, box)
        for entries, box in boxes(output(case.input, [6])[0])
        for k, confidence in above(entries[4] * (entries[4] >= 0.5) * entries[5:], 0.05)
    ]
    same(case.detect(threshold=0.05), found)


def absolute(conditional: Array) -> Array:
    p = conditional.copy()
    for node, parent in enumerate(PARENTS):
        p[node] *= p[parent] if parent >= 0 else 1
    return p


def test_the_most_special_class_of_a_tree(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text(TREE)
    case = Case(net(22, 3, 5) + head(tree="x.tree"), folder=tmp_path, batch=2)
    case.input[:, 5:] *= 3
    expected = output(case.input, GROUPS)
    check(case, expected, bf16=False)
    found = []
    for entries, box in boxes(expected[1]):
        likely = [(k, p) for k, p in enumerate(absolute(entries[5:])) if p > 0.5]
        if likely and entries[4] > 0.3:
            found.append(Found(*likely[-1], 1, box))
    same(case.detect(slot=1, threshold=0.3), found)


def test_classes_picked_from_a_tree_by_a_map(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text(TREE)
    (tmp_path / "x.map").write_text("3\n1\n5\n")
    case = Case(net(22, 3, 5) + head(tree="x.tree", map="x.map"), folder=tmp_path)
    found = [
        Found(k, confidence, 1, box)
        for entries, box in boxes(output(case.input, GROUPS)[0])
        for k, confidence in above(entries[4] * absolute(entries[5:])[[3, 1, 5]], 0.2)
    ]
    same(case.detect(threshold=0.2), found)


def test_a_tree_of_another_size(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text("animal -1\nthing -1\n")
    refused(net(22, 3, 5) + head(tree=tmp_path / "x.tree"), "has 2 nodes, expected classes=6")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"classes": 3}, "expected filters=16"),
        ({"coords": 3}, "at least 4"),
        ({"tree": "nowhere.tree"}, "no such file"),
        ({"map": "nowhere.map"}, "no such file"),
        ({"anchors": "1,x"}, "expected numbers"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str) -> None:
    refused(net(22, 4, 4) + head(**options), words)

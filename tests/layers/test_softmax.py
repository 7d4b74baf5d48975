from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import Array, softmax


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("temperature", [1, 0.5, 3])
def test_equal_parts_of_the_flat_input(groups: int, temperature: float) -> None:
    text = net(12, 1, 3) + section("softmax", groups=groups, temperature=temperature)
    case = Case(text, batch=3)
    case.input *= 20
    parts = case.input.astype(float).reshape(3, groups, -1) / temperature
    check(case, softmax(parts, axis=2).reshape(3, 12, 1, 3))


def test_counted_cells() -> None:
    case = Case(net(1, 2, 2) + section("soft", temperature=2))
    case.input = np.array([1, 2, 3, 4], np.float32).reshape(1, 1, 2, 2)
    check(case, np.array([[[[0.10154, 0.16741], [0.27600, 0.45505]]]]))


@pytest.mark.parametrize("c", [1, 5, 16])
def test_channels_of_a_pixel(c: int) -> None:
    case = Case(net(c, 4, 5) + section("softmax", spatial=1, temperature=7), batch=2)
    check(case, softmax(case.input.astype(float), axis=1))


def test_large_numbers_stay_finite() -> None:
    case = Case(net(5, 1, 1) + section("softmax"))
    case.input = np.array([-3e38, -1e4, 0, 1e4, 1e4], np.float32).reshape(1, 5, 1, 1)
    check(case, np.array([0, 0, 0, 0.5, 0.5]).reshape(1, 5, 1, 1))


def in_groups(x: Array, sizes: list[int]) -> Array:
    parts = np.split(x.astype(float), np.cumsum(sizes)[:-1], axis=1)
    return np.concatenate([softmax(part, axis=1) for part in parts], axis=1)


def test_groups_of_a_tree(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text("animal -1\nthing -1\ncat 0\ndog 0\nbird 0\ncup 1\n")
    text = net(6, 1, 1) + section("softmax", tree="x.tree")
    case = Case(text, batch=4, folder=tmp_path)
    check(case, in_groups(case.input, [2, 3, 1]))


def test_a_tree_of_another_size(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text("animal -1\nthing -1\n")
    text = net(6, 1, 1) + section("softmax", tree=tmp_path / "x.tree")
    refused(text, "hold 2 numbers, expected the 6 inputs")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"groups": 5}, "does not divide"),
        ({"groups": 0}, "at least 1"),
        ({"temperature": 0}, "above 0"),
        ({"tree": "nowhere.tree"}, "no such file"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str) -> None:
    refused(net(6, 1, 1) + section("softmax", **options), words)

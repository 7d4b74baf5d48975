from __future__ import annotations

import pytest

from layers.network_check import Case, check, net, refused, section


@pytest.mark.parametrize("name", ["avgpool", "avg"])
@pytest.mark.parametrize(("c", "h", "w"), [(1, 1, 1), (3, 5, 7), (16, 8, 8), (37, 3, 2)])
def test_mean_of_each_plane(c: int, h: int, w: int, name: str) -> None:
    case = Case(net(c, h, w) + section(name), batch=3)
    check(case, case.input.mean(axis=(2, 3), keepdims=True, dtype=float))


def test_it_has_no_keys() -> None:
    refused(net(3, 8, 8) + section("avgpool", size=2), "unknown key size")

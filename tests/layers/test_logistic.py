from __future__ import annotations

import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import sigmoid


@pytest.mark.parametrize("c", [3, 16])
def test_sigmoid(c: int) -> None:
    case = Case(net(c, 5, 6) + section("logistic"), batch=2)
    case.input *= 10
    check(case, sigmoid(case.input))


def test_it_has_no_keys() -> None:
    refused(net(3, 8, 8) + section("logistic", classes=2), "unknown key classes")

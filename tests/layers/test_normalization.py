from __future__ import annotations

import numpy as np
import pytest

from layers.network_check import Array, Case, check, net, refused, section


def response(x: Array, size: int, alpha: float, beta: float, kappa: float) -> Array:
    """Darknet's window, whose square at distance size / 2 is only ever subtracted."""
    c, squares = x.shape[1], x.astype(np.float64) ** 2
    ahead, behind = size // 2, (size - 1) // 2
    out = np.empty(x.shape)
    norm = kappa + alpha * squares[:, :ahead].sum(axis=1)
    for k in range(c):
        if k:
            if k - behind - 1 >= 0:
                norm = norm - alpha * squares[:, k - behind - 1]
            if k + ahead < c:
                norm = norm + alpha * squares[:, k + ahead]
        out[:, k] = x[:, k] * norm**-beta
    return out


@pytest.mark.parametrize(("c", "size"), [(1, 5), (3, 5), (16, 5), (21, 3), (9, 4), (5, 9)])
def test_window(c: int, size: int) -> None:
    text = net(c, 5, 6) + section("normalization", size=size, alpha=0.1, beta=0.75, kappa=20)
    case = Case(text, batch=2)
    check(case, response(case.input, size, 0.1, 0.75, 20))


def test_counted_cells() -> None:
    case = Case(net(7, 2, 2) + section("lrn", size=5, alpha=1, beta=1, kappa=1))
    planes = np.arange(1, 8, dtype=np.float32).reshape(1, 7, 1, 1)
    case.input = np.broadcast_to(planes, (1, 7, 2, 2)).copy()
    expected = np.array([1 / 6, 2 / 22, 3 / 47, 4 / 82, 5 / 127, 6 / 118, 7 / 102])
    check(case, np.broadcast_to(expected.reshape(1, 7, 1, 1), (1, 7, 2, 2)))


def test_defaults() -> None:
    case = Case(net(20, 3, 3) + section("normalization"))
    case.input *= 50
    check(case, response(case.input, 5, 1e-4, 0.75, 1))


def test_wrong_options() -> None:
    refused(net(3, 4, 4) + section("normalization", size=0), "at least 1")
    refused(net(3, 4, 4) + section("normalization", alpha="x"), "expected a number")

from __future__ import annotations

import numpy as np
import pytest

from layers.network_check import Case, check, net, refused, section


@pytest.mark.parametrize("c", [1, 7, 16])
def test_length_over_channels(c: int) -> None:
    case = Case(net(c, 4, 5) + section("l2norm"), batch=2)
    check(case, case.input / np.linalg.norm(case.input, axis=1, keepdims=True))


def test_a_pixel_of_zeros_stays_zero() -> None:
    case = Case(net(3, 2, 2) + section("l2norm"))
    case.input[:, :, 0, 1] = 0
    length = np.linalg.norm(case.input, axis=1, keepdims=True)
    check(case, case.input / np.where(length > 0, length, 1))


def test_it_has_no_keys() -> None:
    refused(net(3, 8, 8) + section("l2norm", size=2), "unknown key size")

"""What "auto" makes of a network, and that the plan says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layers.network_check import HAS_BF16, Case, net, normalised_error, section

from pydarknet._native import NativeNetwork, NativePlan, PlanOptions, build_info

HAS_PRODUCTS = bool(build_info()["int16_products"])


def conv(filters: int, **options: object) -> str:
    return section("conv", filters=filters, activation="relu6", batch_normalize=1, **options)


MOBILE = net(96, 9, 11) + conv(96, groups=96, size=3, pad=1) + conv(288) + conv(96)
DENSE = net(96, 9, 11) + conv(96, size=3, pad=1) + conv(288)


def described(text: str, precision: str, backend: str = "auto") -> Any:
    network = NativeNetwork(text.encode(), "<text>")
    return NativePlan(network, PlanOptions(0, 0, 1, 1, precision, backend)).describe()


@pytest.mark.parametrize("backend", ["auto", "portable"])
def test_networks_with_depthwise_convolutions_are_mixed(backend: str) -> None:
    plan = described(MOBILE, "auto", backend)
    assert plan["precision"] == ("mixed" if HAS_PRODUCTS else "f32")
    by_layer = {step["layer"]: step["precision"] for step in plan["steps"]}
    expected = "mixed" if HAS_PRODUCTS else "f32"
    assert by_layer == {-1: "f32", 0: "f32", 1: expected, 2: expected}


def test_others_are_bf16() -> None:
    plan = described(DENSE, "auto")
    assert plan["precision"] == ("bf16" if HAS_BF16 else plan["precision"])
    assert described(DENSE, "auto", "reference")["precision"] == "f32"


@pytest.mark.parametrize("text", [MOBILE, DENSE])
def test_what_was_asked_for(text: str) -> None:
    plan = described(text, "f32")
    assert plan["precision"] == "f32"
    assert {step["precision"] for step in plan["steps"]} == {"f32"}
    if HAS_BF16:
        assert described(text, "bf16")["precision"] == "bf16"


@pytest.mark.skipif(not HAS_PRODUCTS, reason="this processor has no products of 16-bit integers")
def test_mixed_is_near_and_another() -> None:
    case = Case(MOBILE, batch=2)
    exact, mixed = case.run(precision="f32"), case.run(precision="auto")
    assert 0 < normalised_error(mixed, exact) < 5e-4
    np.testing.assert_array_equal(mixed, case.run(precision="auto", threads=3))

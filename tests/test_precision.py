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


def conv3(filters: int, activation: str) -> str:
    return section("conv", filters=filters, size=3, pad=1, activation=activation)


def shortcut(layer: int, activation: str) -> str:
    return section("shortcut", **{"from": layer, "activation": activation})


HEAD = section("conv", filters=16, activation="linear")

# Kernels kept or transformed when they are packed; borders, sums and several images.
ROUNDED_WINOGRAD = {
    "kept": net(512, 9, 7) + conv3(512, "mish") + HEAD,
    "transformed": net(64, 21, 17) + conv3(96, "leaky") + HEAD,
    "sum": net(64, 13, 26) + conv3(64, "leaky") + conv3(64, "relu") + shortcut(-2, "leaky") + HEAD,
}


@pytest.mark.skipif(not HAS_BF16, reason="this processor does not multiply bfloat16")
@pytest.mark.parametrize("name", ROUNDED_WINOGRAD)
@pytest.mark.parametrize("batch", [1, 3])
def test_rounded_winograd_is_near(name: str, batch: int) -> None:
    case = Case(ROUNDED_WINOGRAD[name], batch=batch)
    exact, rounded = case.run(precision="f32"), case.run(precision="bf16")
    assert 0 < normalised_error(rounded, exact) < 8e-3
    np.testing.assert_array_equal(rounded, case.run(precision="bf16", threads=3))


@pytest.mark.skipif(not HAS_BF16, reason="this processor does not multiply bfloat16")
@pytest.mark.parametrize("name", ROUNDED_WINOGRAD)
def test_rounded_winograd_is_chosen(name: str) -> None:
    kernels = [step["kernel"] for step in described(ROUNDED_WINOGRAD[name], "bf16")["steps"]]
    if any("amx" in kernel for kernel in kernels):
        pytest.skip("AMX multiplies faster than any Winograd")
    assert "conv winograd 2x2 bf16" in kernels

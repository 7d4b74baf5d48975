"""[route], [shortcut], [scale_channels], [sam]."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import Case, check, examples, net, refused, section
from layers.oracle import Array, activate, convolve, normalize_or_bias


def branches(*filters: int, h: int = 7, w: int = 9) -> str:
    """Convolutions 1x1 of the same input, each at an even index."""
    text = net(16, h, w)
    for index, count in enumerate(filters):
        if index:
            text += section("route", layers=0)
        else:
            text += section("dropout")  # layer 0 is the input
        text += section("convolutional", filters=count, activation="linear")
    return text


def outputs(case: Case, count: int) -> list[Array]:
    layers = range(1, 2 * count, 2)
    parameters = [case.parameters[layer] for layer in layers]
    return [normalize_or_bias(convolve(case.input, p["weights"]), p) for p in parameters]


@examples(max_examples=25)
@given(
    filters=st.lists(st.sampled_from([2, 6, 16, 18, 32]), min_size=1, max_size=4),
    group=st.sampled_from([(1, 0), (2, 0), (2, 1)]),
    batch=st.integers(1, 3),
)
def test_route(filters: list[int], group: tuple[int, int], batch: int) -> None:
    groups, group_id = group
    layers = [2 * index + 1 for index in range(len(filters))][::-1]
    text = branches(*filters) + section(
        "route", layers=",".join(map(str, layers)), groups=groups, group_id=group_id
    )
    case = Case(text, batch=batch)
    parts = [np.split(y, groups, axis=1)[group_id] for y in outputs(case, len(filters))]
    check(case, np.concatenate(parts[::-1], axis=1))


@examples(max_examples=25)
@given(
    filters=st.lists(st.sampled_from([3, 16, 21, 32]), min_size=2, max_size=4),
    activation=st.sampled_from(["linear", "leaky", "mish"]),
)
def test_shortcut(filters: list[int], activation: str) -> None:
    count = len(filters)
    sources = [2 * index + 1 for index in range(count - 1)]
    text = branches(*filters) + section(
        "shortcut", **{"from": ",".join(map(str, sources))}, activation=activation
    )
    case = Case(text, batch=2)
    *added, total = outputs(case, count)
    for y in added:  # the channels that both have
        common = min(y.shape[1], total.shape[1])
        total[:, :common] += y[:, :common]
    check(case, activate(activation, total))


def shares(weights: Array, normalization: str) -> Array:
    if normalization == "none":
        return weights
    if normalization == "softmax":
        positive = np.exp(weights - weights.max(axis=0))
    else:
        positive = np.maximum(weights, 0)
    return positive / (1e-4 + positive.sum(axis=0))


@pytest.mark.parametrize("normalization", ["none", "relu", "avg_relu", "softmax"])
@pytest.mark.parametrize("kind", ["per_feature", "per_layer", "per_channel"])
def test_weighted_shortcut(kind: str, normalization: str) -> None:
    text = branches(18, 18, 18) + section(
        "shortcut", **{"from": "1,3"}, weights_type=kind, weights_normalization=normalization,
        activation="leaky",
    )  # fmt: skip
    case = Case(text, batch=2)
    first, second, last = outputs(case, 3)
    weights = case.parameters[-1]["weights"]
    weights[...] = np.abs(weights) + 0.1
    weights[0] = -0.2
    factors = shares(weights.astype(float).reshape(3, -1), normalization)[:, None, :, None, None]
    expected = last * factors[0] + first * factors[1] + second * factors[2]
    check(case, activate("leaky", expected))


def test_alpha_and_beta() -> None:
    text = branches(16, 16) + section("shortcut", **{"from": 1}, alpha=0.5, beta=-2)
    case = Case(text)
    first, last = outputs(case, 2)
    check(case, 0.5 * last - 2 * first)


@pytest.mark.parametrize("filters", [3, 16, 21])
@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_scale_channels(filters: int, activation: str) -> None:
    text = branches(filters, filters) + section("avgpool")
    text += section("scale_channels", **{"from": 1}, activation=activation)
    case = Case(text, batch=2)
    image, scale = outputs(case, 2)
    check(case, activate(activation, image * scale.mean(axis=(2, 3), keepdims=True)))


@pytest.mark.parametrize("filters", [3, 16, 21])
def test_scale_cells(filters: int) -> None:
    text = branches(filters, 1) + section("scale_channels", **{"from": 1}, scale_wh=1)
    case = Case(text, batch=2)
    image, scale = outputs(case, 2)
    check(case, image * scale)


@pytest.mark.parametrize("filters", [3, 16, 21])
def test_sam(filters: int) -> None:
    text = branches(filters, filters) + section("sam", **{"from": 1}, activation="leaky")
    case = Case(text, batch=2)
    image, scale = outputs(case, 2)
    check(case, activate("leaky", image * scale))


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("route", {}, "layers"),
        ("route", {"layers": 9}, "points nowhere"),
        ("route", {"layers": -9}, "points nowhere"),
        ("route", {"layers": 1, "groups": 3}, "does not divide"),
        ("route", {"layers": 1, "groups": 2, "group_id": 2}, "below groups"),
        ("shortcut", {}, "from"),
        ("shortcut", {"from": 4}, "points nowhere"),
        ("shortcut", {"from": 1, "weights_type": "per_pixel"}, "weights_type"),
        ("scale_channels", {}, "from"),
        ("scale_channels", {"from": 1}, "expected"),
        ("sam", {}, "from"),
        ("sam", {"from": 1}, "do not meet"),
    ],
)
def test_wrong_options(name: str, options: dict[str, Any], words: str) -> None:
    refused(branches(4, 6) + section(name, **options), words)

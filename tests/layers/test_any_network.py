"""Small networks of any kind: the fast kernels against the readable ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.network_check import (
    TOLERANCE_BF16,
    Case,
    distance,
    examples,
    net,
    normalised_error,
    section,
)
from pydarknet import DeviceError, Network

ACTIVATIONS = st.sampled_from(["leaky", "relu", "mish", "swish", "linear"])


@st.composite
def networks(draw: st.DrawFn) -> str:
    size = st.integers(9, 37)
    channels = draw(st.sampled_from([1, 3, 4, 16]))
    text = net(channels, draw(size), draw(size))
    channels = draw(st.sampled_from([16, 24, 32]))
    text += section("convolutional", filters=channels, size=draw(st.sampled_from([1, 3, 5])),
                    stride=draw(st.integers(1, 2)), pad=1, activation=draw(ACTIVATIONS),
                    batch_normalize=draw(st.integers(0, 1)))  # fmt: skip
    kinds = ["3x3", "3x3 stride 2", "1x1", "depthwise", "max", "same max", "shortcut", "route"]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=5)):
        if kind in ("3x3", "3x3 stride 2", "1x1", "depthwise"):
            deep = kind == "depthwise"
            groups = channels if deep else 1
            channels = channels if deep else draw(st.sampled_from([16, 21, 48]))
            text += section("convolutional", filters=channels, groups=groups, pad=1,
                            size=1 if kind == "1x1" else 3, activation=draw(ACTIVATIONS),
                            stride=2 if kind == "3x3 stride 2" else 1,
                            batch_normalize=draw(st.integers(0, 1)))  # fmt: skip
        elif kind == "max":
            text += section("maxpool", size=2, stride=2)
        elif kind == "same max":
            text += section("maxpool", size=draw(st.sampled_from([3, 5])), stride=1)
        elif kind == "shortcut":
            text += section("convolutional", filters=channels, size=3, pad=1, activation="leaky")
            text += section("shortcut", **{"from": -2}, activation=draw(ACTIVATIONS))
        else:
            text += section("convolutional", filters=17, activation="leaky")
            text += section("route", layers="-1,-2")
            channels += 17
    return text + section("convolutional", filters=5, activation="linear")


@examples(max_examples=40)
@given(text=networks(), batch=st.integers(1, 3))
def test_backends_batches_and_precisions_agree(text: str, batch: int) -> None:
    case = Case(text, batch=batch)
    expected = case.run(backend="reference")
    with case.open() as network:
        ours = network.predict(case.input)[-1]
        single = [network.predict(image[None])[-1][0] for image in case.input]
    assert distance(ours, expected) < 1e-4
    for image, alone in zip(ours, single, strict=True):
        assert distance(image, alone) < 1e-5
    try:
        Network.from_text(text, precision="bf16").predict(case.input)
    except DeviceError:
        return  # this processor has no bf16
    assert normalised_error(case.run(precision="bf16"), expected) < TOLERANCE_BF16


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_matter(threads: int) -> None:
    text = net(16, 23, 29) + 2 * section("convolutional", filters=32, size=3, pad=1,
                                         activation="leaky")  # fmt: skip
    case = Case(text, batch=2)
    assert distance(case.run(threads=threads), case.run(backend="reference")) < 1e-4

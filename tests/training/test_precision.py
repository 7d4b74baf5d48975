"""Training with products of bfloat16: near float32, the same from run to run, or a typed error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.network_check import examples, net, section
from small_trained import detector_cfg

from pydarknet._native import build_info
from pydarknet.errors import ArgumentError, DeviceError
from pydarknet.training import Trainer, replay
from training.small_training import Recorder

from .test_fast_path import NETWORKS, Run, conv

HAS_BF16 = bool(build_info()["bf16_training"])
needs_bf16 = pytest.mark.skipif(not HAS_BF16, reason="this processor has no products of bfloat16")


def distance(run: Run, exact: Run) -> float:
    """Of all gradients, relative to their length."""
    ours, theirs = (np.concatenate([a.ravel() for a in r.gradients[0].values()]) for r in
                    (run, exact))  # fmt: skip
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


@needs_bf16
@examples(max_examples=60)
@given(
    channels=st.integers(1, 70), filters=st.integers(1, 70),
    height=st.integers(1, 26), width=st.integers(1, 26), batch=st.integers(1, 3),
    size=st.sampled_from([1, 2, 3, 3, 5]), stride_x=st.integers(1, 3), stride_y=st.integers(1, 3),
    padding=st.integers(0, 2), dilation=st.integers(1, 2),
)  # fmt: skip
def test_gradients_are_near(
    channels: int, filters: int, height: int, width: int, batch: int, size: int, stride_x: int,
    stride_y: int, padding: int, dilation: int,
) -> None:  # fmt: skip
    if stride_x > 1 or stride_y > 1:
        dilation = 1
    height, width = height + size * dilation, width + size * dilation
    smooth = {"batch_normalize": 0, "activation": "tanh"}
    layers = (
        section("convolutional", filters=channels, size=1, **smooth)
        + section("convolutional", filters=filters, size=size, stride_x=stride_x,
                  stride_y=stride_y, padding=padding, dilation=dilation, **smooth)
        + section("convolutional", filters=5, size=1, **smooth)
    )  # fmt: skip
    options: dict[str, Any] = {"shape": (2, height, width), "batch": batch}
    exact, rounded = Run(layers, **options), Run(layers, precision="bf16", **options)
    assert "conv bf16" in rounded.kernels
    assert "conv bf16" not in exact.kernels
    assert 0 < distance(rounded, exact) < 0.03


def whole_numbers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).integers(-7, 8, shape).astype(np.float32)


@needs_bf16
@pytest.mark.parametrize(
    ("size", "stride", "channels", "filters"),
    [(1, 1, 7, 33), (1, 1, 48, 17), (3, 2, 21, 40), (5, 1, 16, 9), (2, 2, 35, 64)],
)
def test_what_needs_no_rounding_is_exact(
    size: int, stride: int, channels: int, filters: int
) -> None:
    """Small whole numbers have no more bits than bfloat16, and sums are float32."""
    plain = {"batch_normalize": 0, "activation": "linear"}
    layers = section("convolutional", filters=channels, size=1, **plain) + section(
        "convolutional", filters=filters, size=size, stride=stride, pad=1, **plain
    )
    found = []
    for precision in ("f32", "bf16"):
        run = Run(layers, shape=(1, 9, 13), precision=precision, keep_all=True, input_delta=True)
        trainer = run.trainer
        for layer, parameters in enumerate(run.case.parameters):
            for index, (name, values) in enumerate(parameters.items()):
                trainer.set_value(layer, index, whole_numbers(values.shape, 10 * layer + index))
                assert name in ("weights", "biases")
        trainer.set_input(whole_numbers(run.case.input.shape, 5) / 8)
        trainer.run()
        # the output, from factors of at most 8 bits each
        found.append(trainer.layer_output(1, (3, trainer.describe()["truths"])))
    np.testing.assert_array_equal(*found)


@needs_bf16
@pytest.mark.parametrize("name", ["plain", "winograd", "strides", "csp", "residual", "dilated"])
def test_same_seed_same_bytes_whatever_the_threads(name: str) -> None:
    runs = [
        Run(NETWORKS[name], shape=(3, 33, 31), updates=3, threads=threads, precision="bf16")
        for threads in (1, 2, 2, 3, 5)
    ]
    assert len({run.weights for run in runs}) == 1
    assert runs[0].weights != Run(NETWORKS[name], shape=(3, 33, 31), updates=3).weights


@needs_bf16
def test_loss_curves(tmp_path: Path, shapes_data: Path) -> None:
    """Those of f32 and bf16 lie closer together than those of two seeds."""
    cfg = detector_cfg(tmp_path, max_batches=60)
    losses, weights = {}, {}
    for key in (("f32", 1), ("f32", 2), ("auto", 1), ("bf16", 1), ("bf16", 1, "again")):
        recorder, folder = Recorder(), tmp_path / "-".join(map(str, key))
        Trainer(
            cfg, shapes_data, seed=int(key[1]), precision=str(key[0]), run_dir=folder,
            callbacks=[recorder], eval_every=0, threads=1,
        ).run()  # fmt: skip
        losses[key] = np.array([step.loss for step in recorder.of("step")])
        weights[key] = (folder / "small_final.weights").read_bytes()
    exact, rounded = losses["f32", 1], losses["bf16", 1]
    assert weights["auto", 1] == weights["f32", 1]
    assert weights["bf16", 1] == weights["bf16", 1, "again"]
    assert weights["bf16", 1] != weights["f32", 1]
    assert len(rounded) == 60
    assert rounded[-10:].mean() < 0.5 * rounded[0]
    apart = np.abs(rounded - exact).mean()
    assert 0 < apart < 0.5 * np.abs(losses["f32", 2] - exact).mean()
    assert rounded[-20:].mean() == pytest.approx(exact[-20:].mean(), rel=0.05)


TEXT = net(3, 8, 8, batch=1) + conv(16) + conv(16) + section("cost", type="sse")


def test_where_it_is_missing() -> None:
    inputs, truth = np.ones((1, 3, 8, 8)), np.ones((1, 16 * 64))
    if HAS_BF16:
        assert replay(TEXT, None, inputs, truth, 1, precision="bf16").loss[0] > 0
    else:
        with pytest.raises(DeviceError, match="AVX512-BF16"):
            replay(TEXT, None, inputs, truth, 1, precision="bf16")
    with pytest.raises(ArgumentError, match="automatic backend"):
        replay(TEXT, None, inputs, truth, 1, precision="bf16", backend="reference")
    with pytest.raises(ArgumentError, match="precision"):
        replay(TEXT, None, inputs, truth, 1, precision="f16")

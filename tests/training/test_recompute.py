"""Activations that are made again for the backward pass: less memory, and the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from layers.network_check import section
from small_trained import detector_cfg

from pydarknet._native import build_info
from pydarknet.training import Trainer

from .test_fast_path import NETWORKS, Run, conv

SIZE: dict[str, Any] = {"shape": (3, 34, 29), "updates": 3}
DROPPED = (
    conv(24)
    + section("dropout", probability=0.4)
    + conv(24)
    + section("dropout", probability=0.2)
    + section("shortcut", **{"from": "-4"}, activation="leaky")
    + conv(16)
    + section("dropout", probability=0.3)
)


def test_same_bytes() -> None:
    """Weights and rolling statistics behind three updates, with the same draws of dropout."""
    for name, layers in {**NETWORKS, "dropped": DROPPED}.items():
        kept, again = Run(layers, **SIZE), Run(layers, recompute=True, **SIZE)
        assert again.weights == kept.weights, name
        assert again.costs == kept.costs, name


def test_the_reference_makes_nothing_again() -> None:
    options: dict[str, Any] = {"shape": (3, 9, 8), "updates": 2, "backend": "reference"}
    kept, again = Run(DROPPED, **options), Run(DROPPED, recompute=True, **options)
    assert again.weights == kept.weights


@pytest.mark.skipif(not build_info()["bf16_training"], reason="no products of bfloat16")
def test_with_bf16() -> None:
    for threads in (1, 2):
        kept = Run(NETWORKS["csp"], precision="bf16", **SIZE)
        again = Run(NETWORKS["csp"], precision="bf16", recompute=True, threads=threads, **SIZE)
        assert again.weights == kept.weights


def test_memory() -> None:
    """Of each convolution's two large outputs one is kept."""
    layers = "".join(conv(32, 1) for _ in range(20))
    bytes_of = {}
    for recompute in (False, True):
        run = Run(layers, shape=(3, 40, 40), recompute=recompute)
        bytes_of[recompute] = run.trainer.describe()["activation_bytes"]
    assert bytes_of[True] < 0.62 * bytes_of[False]


def test_trainer(tmp_path: Path, shapes_data: Path) -> None:
    cfg = detector_cfg(tmp_path, max_batches=6)
    weights = []
    for recompute in (False, True):
        folder = tmp_path / str(recompute)
        Trainer(
            cfg, shapes_data, seed=3, run_dir=folder, recompute=recompute, eval_every=0, threads=1
        ).run()
        weights.append((folder / "small_final.weights").read_bytes())
    assert weights[0] == weights[1]

"""Runs what was exported and compares it with the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import pydarknet
from pydarknet.export import export_onnx
from pydarknet.export.graph import Array


def run(path: Path, x: Array) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, {"input": x}))


def assert_same(found: list[Array], expected: list[Array], tolerance: float = 1e-3) -> None:
    assert len(found) == len(expected)
    for f, e in zip(found, expected, strict=True):
        assert f.shape == e.shape
        assert np.isfinite(e).all()
        scale = max(float(np.abs(e).max()), 1e-6)
        assert float(np.abs(f - e).max()) <= tolerance * scale


def check(network: pydarknet.Network, x: Array, path: Path, batch: int | None) -> None:
    assert export_onnx(network, path, batch=batch) == path
    assert_same(run(path, x), list(network.predict(x)))

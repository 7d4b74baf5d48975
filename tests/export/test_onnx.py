"""ONNX export: the file that is written, and what is refused."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx_check import assert_same, check, run

import pydarknet
from pydarknet.export import export_onnx
from pydarknet.export.graph import Array, parse_graph
from pydarknet.export.operators import WRITERS

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ROOT = Path(__file__).resolve().parents[2]

SMALL = """[net]
width=32
height=32
channels=3

[convolutional]
filters=8
size=3
stride=2
pad=1
activation=mish

[maxpool]
size=2
stride=2

[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=0,1
anchors=4,6, 8,9, 12,20
classes=2
num=3
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[pydarknet.Network]:
    (tmp_path / "small.cfg").write_text(SMALL)
    (tmp_path / "small.names").write_text("cat\ndog\n")
    with pydarknet.Network(
        tmp_path / "small.cfg", names=tmp_path / "small.names", precision="f32"
    ) as network:
        yield network


def test_metadata_and_names(small: pydarknet.Network, tmp_path: Path) -> None:
    path = export_onnx(small, tmp_path / "small.onnx", batch=None)
    model = onnx.load(str(path))
    assert [i.version for i in model.opset_import] == [18]
    assert [t.name for t in model.graph.input] == ["input"]
    assert [t.name for t in model.graph.output] == ["yolo_3"]
    metadata = {p.key: p.value for p in model.metadata_props}
    assert json.loads(metadata["names"]) == ["cat", "dog"]
    assert metadata["cfg"] == "small.cfg"
    (head,) = json.loads(metadata["heads"])
    assert head["type"] == "yolo"
    assert head["classes"] == 2
    assert np.allclose(np.reshape(head["anchors"], (-1, 2)), [[4, 6], [8, 9]])


def test_open_batch_takes_any(small: pydarknet.Network, tmp_path: Path) -> None:
    path = export_onnx(small, tmp_path / "small.onnx", batch=None)
    for batch in (1, 3):
        x = np.random.default_rng(batch).random((batch, 3, 32, 32), dtype=np.float32)
        assert_same(run(path, x), list(small.predict(x)))


def test_size_after_resize(small: pydarknet.Network, tmp_path: Path) -> None:
    small.resize(64, 96)
    x = np.random.default_rng(0).random((1, 3, 96, 64), dtype=np.float32)
    check(small, x, tmp_path / "small.onnx", batch=1)


@pytest.mark.parametrize("opset", [18, 19, 20, 21])
def test_newer_opsets(small: pydarknet.Network, tmp_path: Path, opset: int) -> None:
    path = export_onnx(small, tmp_path / "small.onnx", opset=opset)
    x = np.random.default_rng(0).random((1, 3, 32, 32), dtype=np.float32)
    assert_same(run(path, x), list(small.predict(x)))


@pytest.mark.parametrize(("key", "value"), [("opset", 17), ("opset", 10_000), ("batch", 0)])
def test_bad_values(small: pydarknet.Network, tmp_path: Path, key: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{key}={value}"):
        export_onnx(small, tmp_path / "small.onnx", **{key: value})
    assert not (tmp_path / "small.onnx").exists()


def test_nothing_half_written(
    small: pydarknet.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "small.onnx").write_bytes(b"before")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        export_onnx(small, folder / "small.onnx")
    assert [p.name for p in folder.iterdir()] == ["small.onnx"]
    assert (folder / "small.onnx").read_bytes() == b"before"


def test_missing_folder(small: pydarknet.Network, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        export_onnx(small, tmp_path / "nowhere" / "small.onnx")


def test_an_op_without_counterpart(
    small: pydarknet.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(WRITERS, "maxpool")
    with pytest.raises(
        pydarknet.CfgError, match=r"small\.cfg:13: \[maxpool\] cannot be written"
    ) as info:
        export_onnx(small, tmp_path / "small.onnx")
    assert info.value.line == 13
    assert info.value.section == "maxpool"
    assert info.value.layer == 1
    assert not (tmp_path / "small.onnx").exists()


def test_without_onnx(
    small: pydarknet.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'pydarknet\[onnx\]'"):
        export_onnx(small, tmp_path / "small.onnx")


def test_every_writer_is_an_op_of_the_engine() -> None:
    sources = ROOT / "darknet" / "src" / "ops"
    if not sources.is_dir():
        pytest.skip("no sources of the engine here")
    text = "".join(p.read_text() for p in sources.glob("*.h"))
    kinds = set(re.findall(r'kind\(\) const override \{ return .*?"(\w+)"(?: : "(\w+)")?;', text))
    names = {name for pair in kinds for name in pair if name}
    assert set(WRITERS) <= names


def test_parse_graph() -> None:
    text = json.dumps(
        {
            "values": [[3, 4, 5], [3, 4, 5]],
            "nodes": [
                {
                    "op": "activation", "layer": 0, "inputs": [0], "output": 1,
                    "attributes": {"activation": "leaky"},
                    "constants": [{"name": "c", "dims": [2, 3]}], "post": [],
                }
            ],
            "layers": [1],
            "outputs": [{"layer": 0, "value": 1}],
        }
    )  # fmt: skip
    asked = []

    def read(node: int, index: int, size: int) -> Array:
        asked.append((node, index, size))
        return np.arange(size, dtype=np.float32)

    graph = parse_graph(text, read)
    assert graph.values == ((3, 4, 5), (3, 4, 5))
    assert graph.constant(graph.nodes[0], "c").shape == (2, 3)
    assert asked == [(0, 0, 6)]
    assert graph.outputs == ((0, 1),)

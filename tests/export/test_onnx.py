"""ONNX export: onnxruntime must give the engine's numbers."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet.export import export_onnx
from pydarknet.export.graph import Array, parse_graph
from pydarknet.export.operators import WRITERS

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
OWN_GOLDEN = ROOT / "tests" / "golden" / "micro" / "infer"
GOLDEN = OWN_GOLDEN if OWN_GOLDEN.is_dir() else SHARED / "golden" / "micro" / "infer"
RECURRENT = {
    "rnn",
    "rnn_bn",
    "gru",
    "gru_tanh",
    "lstm",
    "lstm_bn",
    "crnn",
    "conv_lstm",
    "conv_lstm_peephole",
}


def run(path: Path, x: Array) -> list[Array]:
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


# ---- every op ------------------------------------------------------------------------------------


def golden_cases() -> list[Path]:
    return [p for p in sorted(GOLDEN.glob("*.npz")) if p.stem not in RECURRENT]


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"{GOLDEN} is missing")
@pytest.mark.parametrize("case", golden_cases(), ids=lambda p: p.stem)
def test_micro(case: Path, tmp_path: Path) -> None:
    with np.load(case) as data:
        text, weights, x = str(data["cfg"]), data["init"].tobytes(), data["input"]
    (tmp_path / "net.cfg").write_text(text)
    (tmp_path / "net.weights").write_bytes(weights)
    with pydarknet.Network(
        tmp_path / "net.cfg", tmp_path / "net.weights", precision="f32", strict=False
    ) as network:
        x = x.reshape(-1, network.channels, network.height, network.width)
        check(network, x, tmp_path / "net.onnx", batch=len(x))
        check(network, x, tmp_path / "open.onnx", batch=None)


# ---- whole networks ------------------------------------------------------------------------------

# cfg and size
ZOO = [
    ("yolov2-tiny", 96),
    ("yolov2", 96),
    ("yolo9000", 96),
    ("yolov3-tiny", 96),
    ("yolov3-spp", 96),
    ("yolov3-tiny-prn", 96),
    ("yolov4-tiny", 96),
    ("yolov4", 96),
    ("yolov4-csp", 96),
    ("yolov4-sam-mish-csp-reorg-bfm", 96),
    ("yolov7-tiny", 96),
    ("csresnext50-panet-spp", 96),
    ("Gaussian_yolov3_BDD", 96),
    ("efficientnet_b0", 96),
    ("enet-coco", 96),
    ("darknet19", 96),
    ("densenet201", 96),
    ("alexnet", 227),
]
QUICK = {"yolov2-tiny", "yolov3-tiny", "yolov4-tiny", "yolov7-tiny", "efficientnet_b0"}


def zoo_parameters() -> list[object]:
    slow = [pytest.mark.slow]
    return [
        pytest.param(name, size, id=name, marks=[] if name in QUICK else slow) for name, size in ZOO
    ]


# the tool leaves a file open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not (SHARED / "cfg").is_dir(), reason=f"{SHARED}/cfg is missing")
@pytest.mark.parametrize(("name", "size"), zoo_parameters())
def test_zoo(name: str, size: int, tmp_path: Path) -> None:
    text = (SHARED / "cfg" / f"{name}.cfg").read_text(errors="replace")
    for key, value in (("width", size), ("height", size), ("batch", 1), ("subdivisions", 1)):
        text = re.sub(rf"(?m)^\s*{key}\s*=.*$", f"{key}={value}", text, count=1)
    cfg, weights = tmp_path / f"{name}.cfg", tmp_path / f"{name}.weights"
    # side files of word trees and the like are not there
    cfg.write_text(re.sub(r"(?m)^(tree|map)\s*=.*$", "", text))
    spec = importlib.util.spec_from_file_location(
        "zoo_weights", SHARED / "tools" / "zoo_weights.py"
    )
    assert spec is not None
    assert spec.loader is not None
    zoo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(zoo)
    zoo.write_random_weights(str(cfg), str(weights), 3)
    with pydarknet.Network(cfg, weights, precision="f32") as network:
        x = np.random.default_rng(0).random((1, network.channels, size, size), dtype=np.float32)
        check(network, x, tmp_path / "net.onnx", batch=1)


# ---- the file ------------------------------------------------------------------------------------

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

"""The file model beside the engine: layouts, and bytes that come back as they were."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from pydarknet import Network
from pydarknet.cfg import Document
from pydarknet.errors import ArgumentError, WeightsError
from pydarknet.weights import Header, WeightsFile, layer_weights
from pydarknet.weights.registry import PUBLISHED
from weights.engine_files import drawn, drawn_bytes, golden_cfgs, golden_file

CFGS = golden_cfgs()
CONNECTED = "[net]\ninputs=5\n[connected]\noutput=3\n[rnn]\noutput=2\nhidden=4\nbatch_normalize=1\n"
FLIPPED = "[net]\nwidth=6\nheight=6\nchannels=4\n[convolutional]\nfilters=3\nsize=3\nflipped=1\n"
BATCHNORM = "[net]\nwidth=6\nheight=6\nchannels=4\n[batchnorm]\n[convolutional]\nfilters=3\n"


@pytest.mark.parametrize("name", CFGS)
def test_layers_hold_what_the_engine_says(name: str) -> None:
    layout = layer_weights(Document.parse(CFGS[name]))
    engine = {one.index: one.parameters for one in Network.from_text(CFGS[name]).layers}
    assert {one.index: one.count for one in layout.layers} == {
        index: count for index, count in engine.items() if count
    }


@pytest.mark.parametrize("name", CFGS)
def test_files_written_by_darknet_come_back(name: str, tmp_path: Path) -> None:
    data = golden_file(name)
    (tmp_path / "x.weights").write_bytes(data)
    found = WeightsFile.read(tmp_path / "x.weights", Document.parse(CFGS[name]))
    found.write(tmp_path / "y.weights")
    assert (tmp_path / "y.weights").read_bytes() == data


@pytest.mark.parametrize("name", CFGS)
def test_drawn_files_load_into_the_engine_and_back(name: str, tmp_path: Path) -> None:
    drawn(CFGS[name], tmp_path).write(tmp_path / "y.weights")
    network = Network.from_text(CFGS[name], tmp_path / "y.weights")
    network.save_weights(tmp_path / "z.weights")
    assert (tmp_path / "z.weights").read_bytes() == (tmp_path / "y.weights").read_bytes()


@pytest.mark.parametrize(
    "header",
    [Header(0, 1, 0, 640, 4), Header(0, 2, 0, 2**40), Header(0, 1002, 0, 7, 4),
     Header(2000, 0, 0, 7, 8)],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("text", [CONNECTED, FLIPPED, BATCHNORM])
def test_every_kind_of_header(header: Header, text: str, tmp_path: Path) -> None:
    data = drawn_bytes(text, header=header)
    (tmp_path / "x.weights").write_bytes(data)
    found = WeightsFile.read(tmp_path / "x.weights", Document.parse(text))
    assert found.header == header
    found.write(tmp_path / "y.weights")
    assert (tmp_path / "y.weights").read_bytes() == data
    Network.from_text(text, tmp_path / "x.weights").save_weights(tmp_path / "z.weights")
    assert (tmp_path / "z.weights").read_bytes() == data


def test_matrices_have_outputs_first(tmp_path: Path) -> None:
    """Of a file of the old kind the numbers lie with inputs first."""
    text = "[net]\ninputs=2\n[connected]\noutput=3\nactivation=linear\n"
    numbers = np.array([0, 0, 0, 1, 2, 3, 10, 20, 30], "<f4").tobytes()
    path = tmp_path / "x.weights"
    path.write_bytes(struct.pack("<iiiI", 0, 1001, 0, 0) + numbers)
    found = WeightsFile.read(path, Document.parse(text))
    weights = found.layer(0).arrays["weights"]
    assert weights.tolist() == [[1, 10], [2, 20], [3, 30]]
    x = np.ones((1, 2, 1, 1), np.float32)
    assert Network.from_text(text, path).predict(x)[0].ravel().tolist() == [11, 22, 33]


def test_batchnorm_without_biases(tmp_path: Path) -> None:
    """As the original Darknet writes it."""
    data = drawn_bytes(BATCHNORM)
    short = data[:20] + data[20 + 4 * 4 :]
    (tmp_path / "x.weights").write_bytes(short)
    found = WeightsFile.read(tmp_path / "x.weights", Document.parse(BATCHNORM))
    assert list(found.layer(0).arrays) == ["scales", "rolling_mean", "rolling_variance"]
    found.write(tmp_path / "y.weights")
    assert (tmp_path / "y.weights").read_bytes() == short


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("dontload=1", 0),
        ("numload=2", 2 + 18 * 4),
        ("dontsave=1", 3 + 27 * 4),
        ("batch_normalize=1\ndontloadscales=1", 3 + 27 * 4),
        ("cbn=1", 12 + 108),
    ],
)
def test_keys_that_change_what_is_stored(change: str, count: int, tmp_path: Path) -> None:
    text = FLIPPED.replace("flipped=1", change) + "[convolutional]\nfilters=2\n"
    layout = layer_weights(Document.parse(text))
    assert layout.numbers_bytes == 4 * (count + 2 + 6)
    drawn(text, tmp_path)
    report = Network.from_text(text, tmp_path / "x.weights").weights_report
    assert report is not None
    assert report.bytes_left == 0


def test_layers_by_number(tmp_path: Path) -> None:
    found = drawn(CONNECTED, tmp_path)
    assert found.layer(1).block(found.layer(1).layout.blocks[1]).keys() == {
        "biases", "weights", "scales", "rolling_mean", "rolling_variance",
    }  # fmt: skip
    with pytest.raises(ArgumentError, match="layer 2 has no weights here, expected one of 0, 1"):
        found.layer(2)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    found = drawn(CONNECTED, tmp_path)
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        found.write(tmp_path / "mine")
    assert (tmp_path / "mine").read_bytes() == b"mine"
    found.write(tmp_path / "mine", force=True)
    assert (tmp_path / "mine").read_bytes() == (tmp_path / "x.weights").read_bytes()


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: one.name)
def test_published_sizes_follow_from_the_cfg(published: object, shared: Path) -> None:
    layout = layer_weights(shared / "cfg" / published.cfg)  # type: ignore[attr-defined]
    layers = layout.layers if published.cut is None else layout.below(published.cut)  # type: ignore[attr-defined]
    numbers = 4 * sum(layer.count for layer in layers)
    assert set(published.sizes) <= {16 + numbers, 20 + numbers}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "model", ["yolo-fastest-1.1", "yolo-fastest-1.1-xl", "MobileNetV2-YOLOv3-Nano-voc"]
)
def test_trained_networks(model: str, shared: Path, tmp_path: Path) -> None:
    stem = shared / "models" / model / model
    found = WeightsFile.read(f"{stem}.weights", f"{stem}.cfg")
    found.write(tmp_path / "again.weights")
    assert (tmp_path / "again.weights").read_bytes() == Path(f"{stem}.weights").read_bytes()
    with pytest.raises(WeightsError, match="expected"):
        WeightsFile.read(f"{stem}.weights", shared / "cfg" / "yolov4-tiny.cfg")

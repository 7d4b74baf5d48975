"""Weights files: what fits, what does not, and what is written."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_networks import DETECTOR, open_small

from pydarknet import ArgumentError, CfgError, Network, WeightsError

HEADER = 20


@pytest.fixture
def weights(detector_folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "x.weights"
    path.write_bytes((detector_folder / "small.weights").read_bytes())
    return path


def test_the_report(weights: Path) -> None:
    report = Network.from_text(DETECTOR, weights).weights_report
    assert report is not None
    assert (report.layers, report.layers_loaded, report.bytes_left) == (3, 3, 0)
    assert report.bytes_found == report.bytes_expected == weights.stat().st_size
    assert (report.version[:2], report.seen_bytes) == ((0, 2), 8)
    assert Network.from_text(DETECTOR).weights_report is None


def test_a_variance_has_a_root(weights: Path) -> None:
    """Rounding may have left one just below 0."""
    filters = 8
    cfg = "[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=8\n"
    numbers = np.full(4 * filters + 3 * filters, 0.5, np.float32)
    numbers[3 * filters + 2] = -9e-6
    weights.write_bytes(struct.pack("<iiiQ", 0, 2, 5, 0) + numbers.tobytes())
    found = Network.from_text(cfg, weights).predict(np.ones((1, 3, 8, 8), np.float32))[0]
    assert np.isfinite(found).all()
    numbers[3 * filters + 2] = -1e-4
    weights.write_bytes(struct.pack("<iiiQ", 0, 2, 5, 0) + numbers.tobytes())
    message = "layer 0: number 2 of rolling_variance is -0.0001, expected a variance"
    with pytest.raises(WeightsError, match=message):
        Network.from_text(cfg, weights)


def test_saving_gives_the_same_bytes(weights: Path, tmp_path: Path) -> None:
    data = struct.pack("<iiiQ", 0, 2, 5, 32_013_312) + weights.read_bytes()[HEADER:]
    weights.write_bytes(data)
    Network.from_text(DETECTOR, weights).save_weights(tmp_path / "again.weights")
    assert (tmp_path / "again.weights").read_bytes() == data


def test_cut_files(weights: Path, tmp_path: Path, picture: object) -> None:
    network = Network.from_text(DETECTOR, weights)
    network.save_weights(tmp_path / "x.conv.2", up_to=2)
    cut = (tmp_path / "x.conv.2").read_bytes()
    assert weights.read_bytes().startswith(cut)
    assert len(cut) == HEADER + 4 * sum(layer.parameters for layer in network.layers[:2])
    report = Network.from_text(DETECTOR, tmp_path / "x.conv.2").weights_report
    assert report is not None
    assert (report.layers_loaded, report.bytes_left) == (2, 0)


@pytest.mark.parametrize("change", [-1, -8, -3000, +1, +4000])
def test_a_wrong_size(change: int, weights: Path) -> None:
    data = weights.read_bytes()
    wrong = data[:change] if change < 0 else data + b"\0" * change
    weights.write_bytes(wrong)
    with pytest.raises(WeightsError) as caught:
        Network.from_text(DETECTOR, weights)
    digits = str(caught.value).replace(",", "")
    assert str(len(data)) in digits
    assert str(len(wrong)) in digits
    assert caught.value.file == str(weights)
    report = Network.from_text(DETECTOR, weights, strict=False).weights_report
    assert report is not None
    assert (report.bytes_expected, report.bytes_found) == (len(data), len(wrong))
    assert report.bytes_left == max(change, 0)
    assert (report.layers_loaded == 3) == (change > 0)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0", b"<!DOCTYPE html>\n<html><head>" + b" " * 5000, b"version https://git-lfs"],
)
def test_files_that_hold_no_weights(data: bytes, weights: Path) -> None:
    weights.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        Network.from_text(DETECTOR, weights)
    assert caught.value.file == str(weights)
    if b"html" in data:
        assert "HTML" in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 400, -1])
def test_numbers_that_are_not_finite(
    value: float, place: int, weights: Path, detector_folder: Path, picture: object
) -> None:
    data = weights.read_bytes()
    numbers = np.frombuffer(data[HEADER:], "<f4").copy()
    numbers[place] = value
    weights.write_bytes(data[:HEADER] + numbers.tobytes())
    with pytest.raises(WeightsError, match="expected finite numbers") as caught:
        Network.from_text(DETECTOR, weights).detect(picture)
    assert caught.value.file == str(weights)
    layer = {0: 0, 400: 1, -1: 2}[place]
    assert (caught.value.section, caught.value.layer) == ("convolutional", layer)
    assert f"[convolutional] layer {layer}: number" in str(caught.value)
    assert len(open_small(detector_folder, "small").detect(picture, threshold=0.1)) > 0


def test_a_file_that_lacks_its_last_number(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(WeightsError, match="expected"):
        Network.from_text(DETECTOR, weights)


@pytest.mark.parametrize("size", [16, 19])
def test_a_file_that_ends_inside_its_header(size: int, weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:size])
    for strict in (True, False):
        with pytest.raises(WeightsError, match=f"has {size} bytes, expected"):
            Network.from_text(DETECTOR, weights, strict=strict)


def test_a_file_that_changes_after_it_was_loaded(weights: Path, picture: object) -> None:
    network = Network.from_text(DETECTOR, weights)
    weights.write_bytes(weights.read_bytes()[:50])
    with pytest.raises(WeightsError, match="was changed") as caught:
        network.detect(picture)
    assert caught.value.file == str(weights)
    assert str(caught.value).startswith(f"{weights}: ")


def test_what_is_no_file() -> None:
    with pytest.raises(OSError, match=r"^/dev/null: is not a file$"):
        Network.from_text(DETECTOR, "/dev/null")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Network.from_text(DETECTOR, tmp_path / "none.weights")
    with pytest.raises(IsADirectoryError):
        Network.from_text(DETECTOR, tmp_path)


def test_layers_below_zero(weights: Path) -> None:
    with pytest.raises(ArgumentError, match="up_to=-2"):
        Network.from_text(DETECTOR, weights, up_to=-2)
    with pytest.raises(ArgumentError, match="up_to=-2"):
        Network.from_text(DETECTOR, weights).save_weights(weights, up_to=-2)


def test_saving_where_nobody_can(detector: Network, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        detector.save_weights(tmp_path / "none" / "x.weights")
    with pytest.raises(IsADirectoryError):
        detector.save_weights(tmp_path)
    with pytest.raises(OSError, match=r"No such file|cannot|denied"):
        detector.save_weights("/proc/x.weights")
    assert list(tmp_path.iterdir()) == []


def test_saving_through_a_link(detector: Network, tmp_path: Path) -> None:
    (tmp_path / "latest.weights").symlink_to("x.weights")
    detector.save_weights(tmp_path / "latest.weights")
    detector.save_weights(tmp_path / "latest.weights")
    assert (tmp_path / "latest.weights").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.weights", "x.weights"]


def test_saving_into_a_pipe(detector: Network, weights: Path, tmp_path: Path) -> None:
    """What is no file is written to as it is: /dev/null must stay a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)
    try:
        detector.save_weights(pipe)
        assert pipe.is_fifo()
        assert os.read(reader, 1 << 16) == weights.read_bytes()
    finally:
        os.close(reader)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "x.weights"]


@pytest.mark.parametrize("minor", [1, 1002])
def test_a_counter_of_four_bytes(minor: int, weights: Path) -> None:
    """Old files, and some odd ones, count the images in 32 bits."""
    x = np.linspace(0, 1, 3 * 64 * 64, dtype=np.float32).reshape(1, 3, 64, 64)
    expected = Network.from_text(DETECTOR, weights).predict(x)
    weights.write_bytes(struct.pack("<iiiI", 0, minor, 0, 640) + weights.read_bytes()[HEADER:])
    network = Network.from_text(DETECTOR, weights)
    report = network.weights_report
    assert report is not None
    assert (report.seen, report.seen_bytes) == (640, 4)
    assert np.array_equal(network.predict(x)[0], expected[0])


def _kept(head: str, filters: int = 4, size: int = 3) -> str:
    conv = f"[convolutional]\nfilters={filters}\nsize={size}\npad=1\nbatch_normalize=1\n{head}\n"
    return f"[net]\nwidth=6\nheight=6\nchannels=2\n{conv}[convolutional]\nfilters=5\nsize=1\n"


def _numbers(text: str, path: Path) -> np.ndarray[Any, Any]:
    Network.from_text(text).save_weights(path)
    random = np.random.default_rng(4)
    count = (path.stat().st_size - HEADER) // 4
    numbers = random.random(count).astype("<f4")
    path.write_bytes(path.read_bytes()[:HEADER] + numbers.tobytes())
    return numbers


def test_numload_reads_the_first_filters(tmp_path: Path) -> None:
    """The other filters keep what they begin with."""
    file, again = tmp_path / "x.weights", tmp_path / "again.weights"
    alone = {
        key: _kept(key, filters).partition("[convolutional]\nfilters=5")[0]
        for key, filters in (("", 4), ("numload=3", 4), ("stride=1", 3))
    }
    numbers = _numbers(alone["stride=1"], file)
    network = Network.from_text(alone["numload=3"], file)
    assert network.weights_report is not None
    assert network.weights_report.bytes_left == 0
    network.save_weights(again)
    saved = np.frombuffer(again.read_bytes()[HEADER:], "<f4")
    Network.from_text(alone[""]).save_weights(again)
    initial = np.frombuffer(again.read_bytes()[HEADER:], "<f4")
    place = 0
    for first, whole in ((3, 4), (3, 4), (3, 4), (3, 4), (54, 72)):
        begin = place // 3 * 4
        np.testing.assert_array_equal(saved[begin : begin + first], numbers[place : place + first])
        np.testing.assert_array_equal(
            saved[begin + first : begin + whole], initial[begin + first : begin + whole]
        )
        place += first
    assert len(saved) == len(initial)


def test_numload_of_flipped_weights(tmp_path: Path) -> None:
    cfg = "[net]\nwidth=4\nheight=4\nchannels=2\n[convolutional]\nfilters={}\nsize=1\n{}\n"
    file, again = tmp_path / "x.weights", tmp_path / "again.weights"
    numbers = _numbers(cfg.format(3, ""), file)
    Network.from_text(cfg.format(5, "flipped=1\nnumload=3"), file).save_weights(again)
    saved = np.frombuffer(again.read_bytes()[HEADER:], "<f4")
    np.testing.assert_array_equal(saved[:3], numbers[:3])
    np.testing.assert_array_equal(saved[5:11].reshape(3, 2), numbers[3:].reshape(2, 3).T)


def test_numload_of_more_filters_than_there_are() -> None:
    with pytest.raises(CfgError, match="numload=5, expected at most filters=4") as caught:
        Network.from_text(_kept("numload=5"))
    assert caught.value.line == 10


def test_dontsave_omits_a_layer(tmp_path: Path) -> None:
    file, short = tmp_path / "x.weights", tmp_path / "short.weights"
    _numbers(_kept(""), file)
    Network.from_text(_kept("dontsave=1"), file).save_weights(short)
    data = file.read_bytes()
    assert short.read_bytes() == data[:HEADER] + data[HEADER + 4 * (4 * 4 + 72) :]
    Network.from_text(_kept("dontload=1"), short)


def test_what_is_not_loaded_is_saved(tmp_path: Path) -> None:
    """A layer with dontload=1 is there to be trained: a file without it would be of no use."""
    whole = tmp_path / "whole.weights"
    for keys in ("dontload=1", "dontloadscales=1"):
        Network.from_text(_kept(keys)).save_weights(whole)
        Network.from_text(_kept(""), whole)
        with pytest.raises(WeightsError, match="holds all layers, expected the cfg without dontl"):
            Network.from_text(_kept(keys), whole)

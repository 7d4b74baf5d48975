"""Weights files: what fits, what does not, and what is written."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from small_networks import DETECTOR, open_small

from pydarknet import ArgumentError, Network, WeightsError

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

""".names files, and whether they fit a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_networks import CLASSIFIER, DETECTOR

from pydarknet import DataError, Network, read_names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"cat\ndog\n", ("cat", "dog")),
        (b"cat\r\ntraffic light \r\n\r\n\n", ("cat", "traffic light")),
        (b"\xef\xbb\xbfcat\ndog", ("cat", "dog")),
        ("Käse\n犬\n".encode(), ("Käse", "犬")),
        (b"cat\n\ndog\n", ("cat", "", "dog")),  # the line's number is the class
    ],
)
def test_reading(text: bytes, expected: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "x.names"
    path.write_bytes(text)
    assert read_names(path) == expected


@pytest.mark.parametrize("data", [b"", b"\n \n", b"cat\0dog"])
def test_no_names(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.names"
    path.write_bytes(data)
    with pytest.raises(DataError, match="expected") as caught:
        read_names(path)
    assert caught.value.file == str(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Network.from_text(DETECTOR, names=tmp_path / "none.names")


@pytest.mark.parametrize("names", [["cat"], ["cat", "dog", "bird"]])
def test_a_wrong_number_of_names(names: list[str]) -> None:
    with pytest.raises(DataError, match="2 classes") as caught:
        Network.from_text(DETECTOR, names=names)
    assert caught.value.section == "yolo"
    assert caught.value.layer == 3


def test_a_classifier_may_use_a_longer_list() -> None:
    listed = [f"class {number}" for number in range(9)]
    assert Network.from_text(CLASSIFIER, names=listed).names == tuple(listed[:4])
    with pytest.raises(DataError, match="4 classes"):
        Network.from_text(CLASSIFIER, names=listed[:3])

"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet._files import atomic_path, read_text_bytes


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"old")
    with atomic_path(target) as part:
        assert part.parent == tmp_path
        assert part.suffix == ".png"
        part.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out.png"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_nothing_is_left_after_an_exception(error: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old")

    def write() -> None:
        with atomic_path(target) as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with atomic_path(tmp_path / "link.txt") as part:
        part.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with atomic_path(pipe) as part:
        part.write_bytes(b"text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert pipe.is_fifo()


def test_where_nobody_can_write(tmp_path: Path) -> None:
    for target, error in (
        (tmp_path, IsADirectoryError),
        (tmp_path / "none" / "x", FileNotFoundError),
        (Path("/proc/none.txt"), OSError),
    ):
        with pytest.raises(error) as caught, atomic_path(target):
            pass
        assert caught.value.filename == str(target)
    assert os.listdir(tmp_path) == []


def test_a_full_disk() -> None:
    with pytest.raises(OSError, match="No space left") as caught, atomic_path("/dev/full") as part:
        part.write_bytes(b"text")
    assert caught.value.filename == "/dev/full"
    assert Path("/dev/full").is_char_device()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write of a whole file stops half-way."""

    def write_bytes(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_picture(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_text("old")
    with pytest.raises(OSError, match="No space left") as caught:
        pydarknet.save_image(target, np.zeros((9, 9, 3), np.uint8))
    assert caught.value.filename == str(target)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.png"]


def test_weights_on_a_limited_disk(
    run_python: object, detector_folder: Path, tmp_path: Path
) -> None:
    """The engine's own writer: a file may not grow beyond 4 KB, the weights need more."""
    code = """
import resource, signal, sys
import pydarknet
network = pydarknet.Network(sys.argv[1] + "/small.cfg", sys.argv[1] + "/small.weights")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    network.save_weights("out.weights")
except OSError:
    sys.exit(7)
"""
    (tmp_path / "out.weights").write_text("old")
    done = run_python("-c", code, detector_folder)  # type: ignore[operator]
    assert done.returncode == 7, done.stderr.decode()
    assert (tmp_path / "out.weights").read_text() == "old"
    assert os.listdir(tmp_path) == ["out.weights"]


def test_a_pipe_is_read_as_a_text() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"[net]\n")
    os.close(writer)
    try:
        assert read_text_bytes(f"/dev/fd/{reader}") == b"[net]\n"
    finally:
        os.close(reader)
    with pytest.raises(OSError, match="is a device, expected a text file"):
        read_text_bytes("/dev/zero")

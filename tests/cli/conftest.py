"""Running the command line inside the test."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pydarknet.cli import main


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Command:
    """Runs ``command("detect", "x.cfg", ..., stdin="...")`` in a temporary folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object, stdin: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capfd.readouterr()
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def model(detector_folder: Path) -> tuple[Path, Path]:
    """Cfg and weights of the small detector."""
    return detector_folder / "small.cfg", detector_folder / "small.weights"


@pytest.fixture
def pictures(tmp_path: Path, picture_file: Path) -> list[Path]:
    """Three files of the picture: a.png, b c.png, d.png."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    files = [folder / name for name in ("a.png", "b c.png", "d.png")]
    for file in files:
        file.write_bytes(picture_file.read_bytes())
    picture_file.unlink()
    return files

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


@pytest.fixture
def labelled(tmp_path: Path, pictures: list[Path]) -> Path:
    """A .data file with three pictures, a box each; the last with two."""
    for number, file in enumerate(pictures):
        lines = [f"{number % 2} 0.5 0.5 0.6 0.6"] + ["1 0.2 0.2 0.2 0.2"] * (number == 2)
        file.with_suffix(".txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "valid.txt").write_text("".join(f"{file}\n" for file in pictures))
    (tmp_path / "x.names").write_text("cat\ndog\n")
    file = tmp_path / "x.data"
    file.write_text("classes = 2\nvalid = valid.txt\nnames = x.names\n")
    return file

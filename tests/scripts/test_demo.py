"""scripts/demo.py: what `make demo` does, and its one-line errors."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import requests

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "demo.py"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module that thinks it lives in a temporary folder."""
    spec = importlib.util.spec_from_file_location("demo", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("PYDARKNET_SHARED", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    return module


class Answer:
    """What requests.get gives for a file of some size."""

    def __init__(self, size: int, status: int = 200) -> None:
        self.size, self.status = size, status

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def raise_for_status(self) -> None:
        if self.status != 200:
            raise requests.HTTPError(str(self.status))

    def iter_content(self, block: int) -> Iterator[bytes]:
        for first in range(0, self.size, block):
            yield bytes(min(block, self.size - first))


def run(
    demo: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *words: str,
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["demo.py", *words])
    status = demo.main()
    out, err = capfd.readouterr()
    return status, out, err


def test_a_model_of_ones_own(
    demo: ModuleType,
    detector_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.full((60, 90, 3), 128, np.uint8))
    status, out, err = run(
        demo, monkeypatch, capfd, "--model", str(detector_folder), "--image", str(picture)
    )
    assert (status, err) == (0, "")
    first, *_, last = out.splitlines()
    assert first.startswith(f"small on {picture}: ")
    assert last == f"written: {tmp_path / 'demo.jpg'}"
    assert cv2.imread(str(tmp_path / "demo.jpg")).shape == (60, 90, 3)


def test_without_a_photograph(
    demo: ModuleType,
    detector_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = run(demo, monkeypatch, capfd, "--model", str(detector_folder))
    assert status == 0
    assert "scene.png" in out.splitlines()[0]


def refuse(*_: object, **__: object) -> Answer:
    raise requests.ConnectionError("no network")


@pytest.mark.parametrize(
    ("get", "message"),
    [
        (refuse, "could not be downloaded (ConnectionError)"),
        (lambda *_, **__: Answer(10, 404), "could not be downloaded (HTTPError)"),
        (lambda *_, **__: Answer(24_251_275), "has 24,251,275 bytes, expected 24,251,276"),
    ],
    ids=["no network", "not there", "too short"],
)
def test_no_download(
    get: object,
    message: str,
    demo: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(requests, "get", get)
    status, out, err = run(demo, monkeypatch, capfd)
    assert (status, out) == (1, "")
    error = err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert "make demo MODEL=<folder with .cfg .weights .names>" in error
    assert not list((tmp_path / "models").iterdir())


def test_what_was_downloaded_is_whole(
    demo: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "get", lambda *_, **__: Answer(demo.WEIGHTS_SIZE))
    _, weights, _ = demo.default_model()
    assert weights.stat().st_size == 24_251_276
    monkeypatch.setattr(requests, "get", refuse)
    assert demo.default_model()[1] == weights  # not asked for again


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "nowhere"], "MODEL=nowhere is not a folder"),
        (["--model", "."], ". holds no .cfg file"),
    ],
)
def test_wrong_model(
    words: list[str],
    message: str,
    demo: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(demo, monkeypatch, capfd, *words)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {message}")
    assert len(err.splitlines()) == 1


def test_wrong_image(
    demo: ModuleType,
    detector_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = ["--model", str(detector_folder), "--image", str(SCRIPT)]
    status, _, err = run(demo, monkeypatch, capfd, *words)
    assert status == 1
    assert err == f"error: IMAGE={SCRIPT} is not a picture that can be read\n"

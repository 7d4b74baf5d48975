"""scripts/demo.py: what `make demo` does, and its one-line errors."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

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


def test_no_download(
    demo: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYDARKNET_OFFLINE", "1")
    status, out, err = run(demo, monkeypatch, capfd)
    assert (status, out) == (1, "")
    error = err.splitlines()[-1]
    assert error.startswith("error: yolov4-tiny.weights is not in ")
    assert "make demo MODEL=<folder with .cfg .weights .names>" in error
    assert not (demo.ROOT / "models").exists()


def test_what_was_downloaded_is_not_asked_for_again(
    demo: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYDARKNET_OFFLINE", "1")
    (tmp_path / "models").mkdir()
    with (tmp_path / "models" / "yolov4-tiny.weights").open("wb") as file:
        file.truncate(24_251_276)
    cfg, weights, names = demo.default_model()
    assert weights == tmp_path / "models" / "yolov4-tiny.weights"
    assert (cfg.name, names.name) == ("yolov4-tiny.cfg", "coco.names")


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

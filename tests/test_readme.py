"""What the README shows works as it stands: pasted into an empty folder with the files it names."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from small_networks import RunPython

from pydarknet import Network
from pydarknet.cfg import Document, set_batch, set_key, set_size
from pydarknet.datasets.formats import read_dataset, write_dataset
from pydarknet.datasets.shapes import write_shapes
from pydarknet.embedded import shapes_model
from pydarknet.weights import WeightsFile, partial

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
_HEAD, _TOUR, _TAIL = re.split(r"(?ms)^## The toolkit.*?```console\n(.*?)^```", README.read_text())
TOUR = re.findall(r"^\$ pydarknet (.*)$", _TOUR, re.MULTILINE)
COMMANDS = re.findall(r"^\$ pydarknet (.*)$", _HEAD + _TAIL, re.MULTILINE)


def _few(line: re.Match[str]) -> str:
    """Few images, few iterations."""
    return line[0].split("=")[0] + "=2"


@pytest.fixture
def folder(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name, and a cache with what they download.

    The network is a smaller one under yolov4-tiny's name, at yolov4-tiny's size. That of
    shapes.cfg is trained for two small iterations.
    """
    model = shared / "models" / "yolo-fastest-1.1"
    cfg = (model / "yolo-fastest-1.1.cfg").read_text()
    cfg, count = re.subn(r"^(width|height)\s*=\s*320", r"\1=416", cfg, flags=re.MULTILINE)
    assert count == 2
    (tmp_path / "yolov4-tiny.cfg").write_text(cfg)
    shutil.copy(model / "yolo-fastest-1.1.weights", tmp_path / "yolov4-tiny.weights")
    shutil.copy(model / "coco.names", tmp_path)
    data = "classes = 80\nnames = coco.names\nvalid = coco_valid.txt\n"
    (tmp_path / "coco.data").write_text(data)
    (tmp_path / "coco_valid.txt").write_text("photo.jpg\n")
    (tmp_path / "photo.txt").write_text("16 0.29 0.66 0.24 0.55\n1 0.45 0.48 0.59 0.5\n")
    shutil.copy(shared / "images" / "dog.jpg", tmp_path / "photo.jpg")
    monkeypatch.setenv("PYDARKNET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYDARKNET_OFFLINE", "1")
    (tmp_path / "home" / "weights").mkdir(parents=True)
    with (tmp_path / "home" / "weights" / "yolov4-tiny.weights").open("wb") as file:
        file.truncate(24_251_276)
    write_shapes(tmp_path / "shapes", train=8, valid=2, size=(48, 48))
    cfg = shapes_model().cfg.read_text()
    cfg, count = re.subn(r"^batch=.*|^max_batches=.*", _few, cfg, flags=re.MULTILINE)
    assert count == 2
    (tmp_path / "shapes.cfg").write_text(cfg)
    cfg = (README.parent / "cfg" / "chars.cfg").read_text()
    (tmp_path / "chars.cfg").write_text(re.sub(r"(?m)^max_batches=.*", _few, cfg))
    (tmp_path / "text.txt").write_bytes((README.parent / "LICENSE").read_bytes())
    with Network(tmp_path / "chars.cfg") as network:
        network.save_weights(tmp_path / "chars.weights")
    return tmp_path


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3
    assert len(COMMANDS) >= 3
    assert len(TOUR) >= 10


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python(number: int, folder: Path, run_python: RunPython) -> None:
    before = {path.name for path in folder.iterdir()}
    block = BLOCKS[number]
    if "write_shapes(" in block:  # few scenes, few iterations
        shutil.rmtree(folder / "shapes")
        (folder / "shapes.cfg").rename(folder / "short.cfg")
        for given, short in (
            ('"shapes")', '"shapes", train=8, valid=2, size=(48, 48))'),
            ("shapes_model().cfg", '"short.cfg"'),
        ):
            assert block.count(given) == 1
            block = block.replace(given, short)
    done = run_python("-W", "error", "-c", block)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    written = {path.name for path in folder.iterdir()} - before
    # an example that neither prints nor writes would show nothing
    assert done.stdout or written
    for name in re.findall(r'save_image\("(.*?)"', block):
        assert name in written
    if "filers" in block:
        assert "filers (did you mean filters?)" in done.stdout.decode()


@pytest.mark.parametrize("words", COMMANDS)
def test_commands(words: str, folder: Path, run_python: RunPython) -> None:
    if words.startswith("export"):
        pytest.importorskip("onnx")
    done = run_python("-m", "pydarknet", *shlex.split(words))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout
    given = shlex.split(words)
    for option in ("-o", "-out"):
        if option in given:
            assert (folder / given[given.index(option) + 1]).stat().st_size > 0


def test_tour(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_python: RunPython
) -> None:
    """The toolkit's tour, line after line in one folder; only its training is made short."""
    indoor = read_dataset(shared / "indoor85" / "indoor.data")
    write_dataset(indoor, tmp_path / "indoor", "voc")
    with Network(README.parent / "cfg" / "yolov4-tiny.cfg") as network:
        network.save_weights(tmp_path / "whole.weights")
    whole = WeightsFile.read(tmp_path / "whole.weights", README.parent / "cfg" / "yolov4-tiny.cfg")
    partial(whole, 29).write(tmp_path / "yolov4-tiny.conv.29")
    monkeypatch.setenv("PYDARKNET_OFFLINE", "1")
    for words in TOUR:
        if " train " in words:
            fitted = Document.read(tmp_path / "fitted.cfg")
            set_size(fitted, 96, 96)
            set_batch(fitted, 2, 1)
            set_key(fitted, "net", "max_batches", "2")
            fitted.write(tmp_path / "fitted.cfg", force=True)
        done = run_python("-m", "pydarknet", *shlex.split(words))
        assert done.returncode == 0, (words, done.stderr.decode())
        assert done.stdout + done.stderr, words
    for name in ("stats.png", "sheet.jpg", "fitted.svg", "report/index.html", "run/report.html"):
        assert (tmp_path / name).stat().st_size > 0
    assert b"mean average precision" in done.stdout

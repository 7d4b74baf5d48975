"""Networks that circulate with Darknet, with seeded weights, and trained ones."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pydarknet import Network, load_image
from pydarknet.cfg.keys import canonical
from pydarknet.weights import (
    WeightsFile,
    denormalize,
    diff,
    layer_weights,
    normalize,
    partial,
    rescale,
    reset,
    rgbgr,
    verify,
)
from pydarknet.weights.layout import Layout

SHARED = Path(os.environ.get("PYDARKNET_SHARED", Path(__file__).parents[3] / "shared"))
CFGS = sorted(path.stem for path in (SHARED / "cfg").glob("*.cfg"))
MODELS = ("yolo-fastest-1.1", "yolo-fastest-1.1-xl", "MobileNetV2-YOLOv3-Nano-voc")
SMALL = ("writing", "tiny", "yolov3-tiny-prn", "yolov4-tiny", "yolov7-tiny", "darknet")
UNCLOSED = ("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""The script leaves a file to be closed by Python."""
SEEDED = {"convolutional", "connected", "local"}
"""What tools/zoo_weights.py draws numbers for."""


@pytest.fixture(scope="session")
def zoo(shared: Path) -> ModuleType:
    """The script that draws seeded weights."""
    path = shared / "tools" / "zoo_weights.py"
    spec = importlib.util.spec_from_file_location("zoo_weights", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_seeded(name: str, layout: Layout, zoo: ModuleType, folder: Path) -> None:
    """The file fits; what is read comes back; its first half is what the engine cuts."""
    path, cfg = folder / "x.weights", SHARED / "cfg" / f"{name}.cfg"
    zoo.write_random_weights(cfg, path, 5)
    found = verify(path, layout)
    assert (found.ok, found.kind) == (True, "whole"), str(found)
    whole = WeightsFile.read(path, layout)
    whole.write(folder / "y.weights")
    data = path.read_bytes()
    assert (folder / "y.weights").read_bytes() == data
    half = layout.layers[len(layout.layers) // 2].index + 1
    partial(whole, half).write(folder / f"x.conv.{half}")
    cut = (folder / f"x.conv.{half}").read_bytes()
    assert cut[20:] == data[20 : len(cut)]
    assert verify(folder / f"x.conv.{half}", layout).ok
    if name == "yolo9000":  # the engine wants its tree of classes, which is not there
        return
    with Network(cfg, folder / f"x.conv.{half}") as network:
        report = network.weights_report
        assert report is not None
        assert (report.bytes_left, report.seen) == (0, 0)


def seeded_layout(name: str) -> Layout:
    cfg = SHARED / "cfg" / f"{name}.cfg"
    if not cfg.is_file():
        pytest.skip(f"third-party data is not in {SHARED} (set PYDARKNET_SHARED)")
    if name == "cspx-p7-mish_hp":
        pytest.skip("half a pair of anchors: neither we nor the engine read it")
    layout = layer_weights(cfg)
    sections = layout.document.layers
    if any(one.type == "reorg3d" or one.get("share_index") for one in sections):
        pytest.skip("the script knows no shared weights and no [reorg3d]")
    kinds = {canonical(layer.layer.type) for layer in layout.layers}
    if not kinds <= SEEDED or not layout.layers:
        pytest.skip(f"no seeded weights for {', '.join(sorted(kinds - SEEDED)) or 'no layers'}")
    return layout


@pytest.mark.filterwarnings(*UNCLOSED)
@pytest.mark.parametrize("name", SMALL)
def test_seeded_weights(name: str, zoo: ModuleType, tmp_path: Path) -> None:
    check_seeded(name, seeded_layout(name), zoo, tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings(*UNCLOSED)
@pytest.mark.parametrize("name", [name for name in CFGS if name not in SMALL])
def test_seeded_weights_of_large_networks(name: str, zoo: ModuleType, tmp_path: Path) -> None:
    layout = seeded_layout(name)
    if layout.numbers_bytes > 300 << 20:
        pytest.skip("too large for a test")
    check_seeded(name, layout, zoo, tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()


def model_file(shared: Path, model: str) -> WeightsFile:
    stem = shared / "models" / model / model
    return WeightsFile.read(f"{stem}.weights", f"{stem}.cfg")


def heads(weights: WeightsFile, x: np.ndarray, folder: Path) -> list[np.ndarray]:
    weights.write(folder / "made.weights", force=True)
    text = weights.layout.document.to_bytes().decode()
    with Network.from_text(text, folder / "made.weights", precision="f32") as network:
        return [out.copy() for out in network.predict(x)]


@pytest.mark.parametrize("model", MODELS)
def test_trained_networks_still_see_the_same(model: str, shared: Path, tmp_path: Path) -> None:
    whole = model_file(shared, model)
    channels, height, width = whole.layout.structure.input_shape
    pixels = load_image(shared / "images" / "dog.jpg", color="rgb").pixels
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    x = (pixels[rows][:, columns].transpose(2, 0, 1)[None] / np.float32(255)).astype(np.float32)
    expected = heads(whole, x, tmp_path)
    for tool in (denormalize, reset, normalize):
        for one, other in zip(heads(tool(whole), x, tmp_path), expected, strict=True):
            assert np.abs(one - other).max() < 1e-3 * max(1, np.abs(other).max())
    swapped = heads(rgbgr(whole), np.ascontiguousarray(x[:, ::-1]), tmp_path)
    for one, other in zip(swapped, expected, strict=True):
        assert np.abs(one - other).max() < 1e-3 * max(1, np.abs(other).max())
    assert channels == 3


def test_rescale_away_from_the_border(shared: Path, tmp_path: Path) -> None:
    """Zeros around the picture mean another colour than before: only the inside is equal."""
    whole = model_file(shared, MODELS[0])
    text = whole.layout.document.copy()
    del text.sections[2:]
    first = WeightsFile(whole.header, layer_weights(text), whole.layers[:1])
    x = np.random.default_rng(2).uniform(0, 1, (1, 3, 320, 320)).astype(np.float32)
    (one,), (other,) = (
        heads(weights, given, tmp_path)
        for weights, given in ((rescale(first), x), (first, 2 * x - 1))
    )
    inside = np.s_[:, :, 1:-1, 1:-1]
    assert np.abs(one[inside] - other[inside]).max() < 1e-4 * np.abs(other).max()
    assert np.abs(one - other).max() > 0.1


@pytest.mark.parametrize("model", MODELS)
def test_trained_networks_are_whole(model: str, shared: Path) -> None:
    stem = shared / "models" / model / model
    found = verify(f"{stem}.weights", f"{stem}.cfg", whole=True)
    assert found.ok, str(found)
    whole = model_file(shared, model)
    assert diff(whole, whole).equal

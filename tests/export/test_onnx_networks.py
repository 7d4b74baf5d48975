"""ONNX export: onnxruntime must give the engine's numbers, section by section and as networks."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import numpy as np
import pytest
from onnx_check import assert_same, check, run
from small_networks import write_weights

import pydarknet
from pydarknet.export import export_onnx

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
OWN_MICRO = ROOT / "tests" / "golden" / "micro" / "infer"
MICRO = OWN_MICRO if OWN_MICRO.is_dir() else SHARED / "golden" / "micro" / "infer"
FULL = SHARED / "golden" / "full"
RECURRENT = re.compile(r"(rnn|gru|lstm|crnn|conv_lstm)(_.*)?")

# ---- every op ------------------------------------------------------------------------------------


def micro_cases() -> list[Path]:
    return [p for p in sorted(MICRO.glob("*.npz")) if not RECURRENT.fullmatch(p.stem)]


@pytest.mark.skipif(not MICRO.is_dir(), reason=f"{MICRO} is missing")
@pytest.mark.parametrize("case", micro_cases(), ids=lambda p: p.stem)
def test_micro(case: Path, tmp_path: Path) -> None:
    with np.load(case) as data:
        text, weights, x = str(data["cfg"]), data["init"].tobytes(), data["input"]
    (tmp_path / "net.cfg").write_text(text)
    (tmp_path / "net.weights").write_bytes(weights)
    with pydarknet.Network(
        tmp_path / "net.cfg", tmp_path / "net.weights", precision="f32", strict=False
    ) as network:
        x = x.reshape(-1, network.channels, network.height, network.width)
        check(network, x, tmp_path / "net.onnx", batch=len(x))
        check(network, x, tmp_path / "open.onnx", batch=None)


NET = "[net]\nwidth=13\nheight=9\nchannels=3\n"
CONV = "[convolutional]\nfilters=16\nsize=3\nstride=1\npad=1\nactivation=leaky\n"

# what the micro networks leave out
SECTIONS = {
    "relu6": f"{NET}{CONV}".replace("leaky", "relu6"),
    "revleaky": f"{NET}{CONV}".replace("leaky", "revleaky"),
    "stride and dilation": f"{NET}{CONV}dilation=2\n".replace("stride=1", "stride=2"),
    "asymmetric": f"{NET}{CONV}".replace("stride=1", "stride_x=3\nstride_y=2"),
    "implicit": f"{NET}{CONV}[implicit]\nfilters=16\nmean=1\n[scale_channels]\nfrom=-2\n",
    "implicit alone": f"{NET}{CONV}[implicit]\nfilters=5\natoms=3\n",
    "iseg": f"{NET}{CONV}[iseg]\nclasses=4\nids=12\n",
    "contrastive": f"{NET}{CONV}[contrastive]\nclasses=4\n",
    "empty": f"{NET}{CONV}[empty]\n[convolutional]\nfilters=4\nsize=1\nactivation=linear\n",
    "cost": f"{NET}{CONV}[cost]\ntype=sse\n",
    "xnor": f"{NET}{CONV}[convolutional]\nfilters=8\nsize=3\npad=1\nxnor=1\nactivation=leaky\n",
    "binary": f"{NET}{CONV}[convolutional]\nfilters=8\nsize=3\nbinary=1\nactivation=leaky\n",
    "deconvolutional": f"{NET}{CONV}[deconvolutional]\nbatch_normalize=1\nfilters=5\nsize=3\n"
    "stride=2\nactivation=mish\n",
    "maxpool antialiasing": f"{NET}{CONV}[maxpool]\nsize=2\nstride=2\nantialiasing=1\n",
    "maxpool wide padding": f"{NET}{CONV}[maxpool]\nsize=3\nstride=2\npadding=6\n",
    "maxpool leftover": f"{NET}{CONV}[maxpool]\nsize=2\nstride=5\npadding=0\n",
    "chained": f"{NET}{CONV}[avgpool]\n[connected]\noutput=7\nactivation=gelu\n[softmax]\n",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections(name: str, tmp_path: Path) -> None:
    cfg, weights = tmp_path / "net.cfg", tmp_path / "net.weights"
    cfg.write_text(SECTIONS[name])
    with pydarknet.Network.from_text(SECTIONS[name]) as network:
        write_weights(network, weights)
    with pydarknet.Network(cfg, weights, precision="f32") as network:
        x = np.random.default_rng(0).normal(0.4, 0.5, (2, 3, 9, 13)).astype(np.float32)
        check(network, x, tmp_path / "net.onnx", batch=2)
        check(network, x, tmp_path / "open.onnx", batch=None)


# ---- whole networks ------------------------------------------------------------------------------


def make(name: str, width: int, height: int, seed: int, folder: Path) -> tuple[Path, Path]:
    """Writes a network of shared/cfg at a size, with seeded weights."""
    text = (SHARED / "cfg" / f"{name}.cfg").read_text(errors="replace")
    for key, value in (("width", width), ("height", height), ("batch", 1), ("subdivisions", 1)):
        text = re.sub(rf"(?m)^\s*{key}\s*=.*$", f"{key}={value}", text, count=1)
    # side files of word trees are not there
    text = re.sub(r"(?m)^(tree|map)\s*=.*$", "", text)
    cfg, weights = folder / f"{name}.cfg", folder / f"{name}.weights"
    cfg.write_text(text)
    tool = SHARED / "tools" / "zoo_weights.py"
    spec = importlib.util.spec_from_file_location("zoo_weights", tool)
    assert spec is not None
    assert spec.loader is not None
    zoo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(zoo)
    zoo.write_random_weights(str(cfg), str(weights), seed)
    return cfg, weights


def golden_input(channels: int, height: int, width: int) -> np.ndarray:
    """What the networks of golden/full were fed: shared/README.md has the formula."""
    state, values = 7 * 7919 + 17, np.empty(channels * height * width, np.float32)
    for i in range(len(values)):
        state = (1664525 * state + 1013904223) % 2**32
        values[i] = (state >> 8) / 2**24
    return values.reshape(1, channels, height, width)


QUICK = {"yolov2-tiny-voc", "yolov3-tiny", "yolov4-tiny", "yolov7-tiny", "efficientnet_b0", "cifar"}


def marked(names: list[str]) -> list[object]:
    return [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in names]


# the tool leaves a file open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not FULL.is_dir(), reason=f"{FULL} is missing")
@pytest.mark.parametrize("name", marked(sorted(p.stem for p in FULL.glob("*.npz"))))
def test_golden_networks(name: str, tmp_path: Path) -> None:
    """The exported network against Darknet's own numbers, not the engine's alone."""
    with np.load(FULL / f"{name}.npz") as data:
        width, height, seed = (int(data[k]) for k in ("width", "height", "weights_seed"))
        heads = {int(k[6:]): data[k] for k in data.files if k.startswith("layer_")}
    cfg, weights = make(name, width, height, seed, tmp_path)
    with pydarknet.Network(cfg, weights, precision="f32") as network:
        x = golden_input(network.channels, height, width)
        export_onnx(network, tmp_path / "net.onnx")
        found, own = run(tmp_path / "net.onnx", x), list(network.predict(x))
    assert_same(found, own)
    assert_same([f.ravel() for f in found], [heads[layer] for layer in sorted(heads)])


OTHERS = ["yolo9000", "yolov3-tiny-prn", "yolov3-tiny_xnor", "yolov4-csp-x-swish"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not (SHARED / "cfg").is_dir(), reason=f"{SHARED}/cfg is missing")
@pytest.mark.parametrize("name", marked(OTHERS))
def test_other_networks(name: str, tmp_path: Path) -> None:
    cfg, weights = make(name, 96, 96, 3, tmp_path)
    with pydarknet.Network(cfg, weights, precision="f32") as network:
        x = np.random.default_rng(0).random((1, network.channels, 96, 96), dtype=np.float32)
        check(network, x, tmp_path / "net.onnx", batch=1)


MODELS = ["MobileNetV2-YOLOv3-Nano-voc", "yolo-fastest-1.1", "yolo-fastest-1.1-xl"]


@pytest.mark.parametrize("name", MODELS)
def test_trained_networks(name: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "models" / name
    picture = pydarknet.load_image(shared / "images" / "dog.jpg").pixels
    with pydarknet.Network(
        folder / f"{name}.cfg", folder / f"{name}.weights", precision="f32"
    ) as network:
        rows = np.linspace(0, picture.shape[0] - 1, network.height).astype(int)
        columns = np.linspace(0, picture.shape[1] - 1, network.width).astype(int)
        planes = picture[rows][:, columns, ::-1].transpose(2, 0, 1)
        x = np.ascontiguousarray(planes[None], np.float32) / 255
        check(network, x, tmp_path / "net.onnx", batch=1)
        check(network, np.repeat(x, 2, 0), tmp_path / "open.onnx", batch=None)

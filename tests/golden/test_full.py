"""Whole networks with weights made from a seed: the heads are those that Darknet computed."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.vector import FloatArray, distance
from pydarknet import CfgError, Network

TOLERANCE = 1e-3
SHARED = Path(os.environ.get("PYDARKNET_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SMALL = {"cifar", "enet-coco", "tiny", "tiny-yolo-voc", "yolov3-tiny", "yolov4-tiny"}
RECORDED = [
    pytest.param(path, id=path.stem, marks=[] if path.stem in SMALL else pytest.mark.slow)
    for path in sorted((SHARED / "golden" / "full").glob("*.npz"))
]
CFGS = sorted(SHARED.glob("cfg/*.cfg")) + sorted(SHARED.glob("models/*/*.cfg"))
RECURRENT = re.compile(r"^\[(rnn|crnn|gru|lstm|conv_lstm)\]", re.MULTILINE)
DEFECTIVE = {
    "cspx-p7-mish_hp.cfg": "anchors",  # has an odd number of them
    "yolo9000.cfg": "tree",  # needs a file that is not there
}


def random_input(count: int) -> FloatArray:
    """The input of the recorded runs: a linear congruential generator."""
    state, numbers = 7 * 7919 + 17, np.empty(count, np.float32)
    for i in range(count):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        numbers[i] = (state >> 8) / 2**24
    return numbers


def write_weights(cfg: Path, weights: Path, seed: int) -> None:
    """Runs the tool that made the weights of the recorded runs."""
    spec = importlib.util.spec_from_file_location("zoo", SHARED / "tools" / "zoo_weights.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.write_random_weights(str(cfg), str(weights), seed)


def resized(cfg: str, data: Any) -> str:
    """The cfg at the recorded size, one image at a time."""
    head, rest = re.split(r"(?m)^(?=\[(?!net|network))", cfg, maxsplit=1)
    size = {"width": int(data["width"]), "height": int(data["height"])}
    for key, value in {**size, "batch": 1, "subdivisions": 1}.items():
        head = re.sub(rf"(?m)^\s*{key}\s*=.*\n", "", head) + f"{key}={value}\n"
    return head + rest


@pytest.mark.skipif(not RECORDED, reason=f"{SHARED} has no recorded runs (set PYDARKNET_SHARED)")
@pytest.mark.filterwarnings(  # the tool that makes the weights leaves its cfg open
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("path", RECORDED)
def test_heads(path: Path, tmp_path: Path) -> None:
    data = np.load(path)
    source = SHARED / "cfg" / f"{path.stem}.cfg"
    cfg, weights = tmp_path / source.name, tmp_path / "random.weights"
    cfg.write_text(resized(source.read_text(errors="replace"), data))
    write_weights(cfg, weights, int(data["weights_seed"]))
    for backend in ("auto", "portable"):
        with Network(cfg, weights, precision="f32", backend=backend) as network:
            shape = (1, network.channels, network.height, network.width)
            x = random_input(int(np.prod(shape))).reshape(shape)
            compared = 0
            for layer, ours in zip(network.outputs, network.predict(x), strict=True):
                if f"layer_{layer:03d}" in data:
                    golden = data[f"layer_{layer:03d}"].reshape(ours.shape)
                    assert distance(ours, golden) < TOLERANCE, (backend, layer)
                    compared += 1
            assert compared


@pytest.mark.skipif(not CFGS, reason=f"{SHARED} has no cfgs (set PYDARKNET_SHARED)")
def test_every_cfg_opens() -> None:
    refused = {}
    for path in CFGS:
        text = path.read_text(errors="replace")
        if RECURRENT.search(text):
            continue
        try:
            Network.from_text(text, name=str(path)).close()
        except CfgError as error:
            refused[path.name] = str(error)
    assert set(refused) == set(DEFECTIVE) & {path.name for path in CFGS}
    for name, message in refused.items():
        assert DEFECTIVE[name] in message

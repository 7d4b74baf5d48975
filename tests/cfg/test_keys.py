"""The table of keys is the engine's."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pydarknet import Network
from pydarknet.cfg.keys import canonical, keys_of, nearest, section_names

ROOT = Path(__file__).parents[2]


def test_the_file_is_what_the_engine_declares() -> None:
    spec = importlib.util.spec_from_file_location(
        "export_cfg_keys", ROOT / "scripts" / "export_cfg_keys.py"
    )
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.FILE.read_text() == script.text(script.collect())


def test_the_keys_of_net_are_the_engines() -> None:
    text = "[net]\nwidth=0\nheight=0\nchannels=0\ninputs=1\n[avgpool]\n"
    with Network.from_text(text) as network:
        engine = network._native.describe(0, 0)["net"]
    ours = keys_of("net")
    assert ours is not None
    assert {key.name: key.default for key in ours.values()} == engine | {"inputs": "0"}


def test_net_refuses_what_the_table_calls_wrong() -> None:
    """The types: the engine accepts a sample value of each key, and no word for a number."""
    samples = {"integer": "1", "real": "0.5", "flag": "1", "list of integers": "1,2",
               "list of reals": "0.5,1"}  # fmt: skip
    ours = keys_of("net")
    assert ours is not None
    for key in ours.values():
        values = key.choices or (samples[key.type],)
        for value in values:
            lines = {"width": "32", "height": "32", "channels": "3", key.name: value}
            body = "".join(f"{name}={value}\n" for name, value in lines.items())
            Network.from_text(f"[net]\n{body}[avgpool]\n").close()


def test_short_names() -> None:
    assert canonical("conv") == "convolutional"
    assert keys_of("conv") is keys_of("convolutional")
    assert keys_of("network") is keys_of("net")
    assert keys_of("conw") is None
    assert "Gaussian_yolo" in section_names()


def test_choices_and_kinds() -> None:
    yolo = keys_of("yolo")
    assert yolo is not None
    assert yolo["iou_loss"].choices == ("iou", "mse", "giou", "diou", "ciou")
    assert yolo["jitter"].training
    assert not yolo["anchors"].training


@given(st.sampled_from(sorted(keys_of("convolutional") or {})), st.data())
def test_one_wrong_letter_is_guessed(word: str, data: st.DataObject) -> None:
    if len(word) < 4:
        return
    at = data.draw(st.integers(0, len(word) - 1))
    wrong = word[:at] + word[at + 1 :]
    guess = nearest(wrong, keys_of("convolutional") or {})
    assert guess is not None
    assert abs(len(guess) - len(word)) <= 1


def test_json_is_read_without_the_engine() -> None:
    assert set(json.loads((ROOT / "pydarknet/cfg/keys.json").read_text())) == {
        "aliases", "net", "every_layer", "layers",
    }  # fmt: skip

"""The table of keys is the engine's."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import CfgError, Network
from pydarknet.cfg.keys import canonical, keys_of, nearest, section_names
from pydarknet.cfg.ranges import FREE, bounds_of

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    """The script that writes the file."""
    spec = importlib.util.spec_from_file_location(
        "export_cfg_keys", ROOT / "scripts" / "export_cfg_keys.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_engine_declares() -> None:
    exporting = script()
    assert exporting.FILE.read_text() == exporting.text(exporting.collect())


def test_the_keys_of_net_are_the_engines() -> None:
    text = "[net]\nwidth=0\nheight=0\nchannels=0\ninputs=1\n[avgpool]\n"
    with Network.from_text(text) as network:
        engine = network._native.describe(0, 0)["net"]
    ours = keys_of("net")
    assert ours is not None
    assert {key.name: key.default for key in ours.values()} == engine | {"inputs": "0"}


def answer(key: str, value: str) -> str:
    """What the engine says to a value of a key of [net]; empty where it takes it."""
    given = {"width": "32", "height": "32", "channels": "3", key: value}
    body = "".join(f"{name}={text}\n" for name, text in given.items())
    try:
        Network.from_text(f"[net]\n{body}[avgpool]\n").close()
    except CfgError as error:
        return str(error).rpartition("expected ")[2]
    return ""


def type_in_the_engine(key: str) -> tuple[str, tuple[str, ...]]:
    """The type that the engine gives a key, from what it asks for instead of a word."""
    wanted = answer(key, "a_word")
    if wanted.startswith("one of "):
        return "choice", tuple(wanted.split()[2:])
    if wanted == "numbers with commas":
        whole = answer(key, "0.5") == "integers with commas"
        return ("list of integers" if whole else "list of reals"), ()
    names = {"an integer": "integer", "a number": "real", "0 or 1": "flag", "": "text"}
    return names[wanted], ()


def test_the_types_of_net_are_the_engines() -> None:
    ours = keys_of("net")
    assert ours is not None
    engine = {name: type_in_the_engine(name) for name in ours}
    assert engine == {name: (key.type, key.choices) for name, key in ours.items()}


def bounds_in_the_engine(section: str, key: str) -> tuple[int, int]:
    """The range that the engine gives a key, from what it says to a number far outside."""
    found = list(FREE)
    for end, value in enumerate((-2000000000, 2000000)):
        net = f"[net]\n{key}={value}\n" if section == "net" else "[net]\n"
        size = "".join(f"{name}=8\n" for name in ("width", "height", "channels") if name != key)
        layer = "[avgpool]\n" if section == "net" else f"[{section}]\n{key}={value}\n"
        # on its own some layers lack what they read, which is told behind the keys
        text = f"{net}{size}{layer}layers=0\n" if section == "route" else f"{net}{size}{layer}"
        try:
            Network.from_text(text).close()
        except CfgError as error:
            limits = re.search(rf"{key}={value}, expected (?:at least (\S+)|(\S+) to (\S+))$",
                               str(error))  # fmt: skip
            if limits:
                found[end] = int(limits[1] or limits[2 + end])
    return found[0], found[1]


@pytest.mark.parametrize("section", ["net", *sorted(set(section_names()) - {"net", "network"})])
def test_the_ranges_of_whole_numbers_are_the_engines(section: str) -> None:
    keys = [name for name, key in (keys_of(section) or {}).items() if key.type == "integer"]
    engine = {key: bounds_in_the_engine(section, key) for key in keys}
    assert engine == {key: bounds_of(section, key) for key in keys}


def test_the_sentences_of_net_are_the_engines() -> None:
    """The engine exports the keys of layers; those of [net] stand in its source alone."""
    declared = script().net_sentences()
    if not declared:
        pytest.skip("the engine's source is not here")
    ours = keys_of("net")
    assert ours is not None
    assert len(declared) > 30, "the way the engine declares keys has changed"
    assert declared == {name: ours[name].meaning for name in declared}
    # what stands in a table of the loader's keys is only called "training" there
    for name in ours.keys() - declared.keys():
        assert ours[name].training or ours[name].idle, name


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

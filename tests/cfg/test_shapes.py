"""Shapes, parameters and work are those that the engine finds."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from pydarknet import CfgError, Network
from pydarknet.cfg import Document, infer

SHARED = Path(os.environ.get("PYDARKNET_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CFGS = sorted(SHARED.glob("cfg/*.cfg")) + sorted(SHARED.glob("models/*/*.cfg"))
GOLDEN = sorted(Path(__file__).parents[1].glob("golden/**/*.npz"))


def compare(text: bytes, name: str, *, one_fault: bool = True) -> None:
    """Both agree on the structure, or both refuse at the same line.

    Of several faults the engine tells another one: it reads all keys before it looks at shapes.
    """
    try:
        with Network.from_text(text.decode("utf-8", "replace"), name=name) as network:
            theirs = network._structure
    except CfgError as error:
        with pytest.raises(CfgError) as ours:
            infer(Document.parse(text, name))
        assert not one_fault or ours.value.line == error.line  # noqa: PT017
        return
    ours_ = infer(Document.parse(text, name))
    assert ours_.input_shape == theirs.input_shape
    for a, b in zip(ours_.layers, theirs.layers, strict=True):
        for key in b.options:
            assert a.options[key] == b.options[key], (a, key)
        assert dataclasses.replace(a, options={}) == dataclasses.replace(b, options={})
    assert ours_.outputs == theirs.outputs
    assert ours_.heads == tuple(
        dataclasses.replace(
            head, anchors=tuple(tuple(pytest.approx(x, rel=1e-6) for x in p) for p in head.anchors)
        )
        for head in theirs.heads
    )
    assert ours_.letter_box == theirs.letter_box


@pytest.mark.skipif(not CFGS, reason="PYDARKNET_SHARED holds no cfgs")
@pytest.mark.parametrize("path", CFGS, ids=lambda path: path.stem)
def test_known_networks(path: Path) -> None:
    if "tree=" in path.read_text(errors="replace"):
        pytest.skip("needs a file of classes that is not there")
    compare(path.read_bytes(), path.name)


def test_every_kind_of_layer() -> None:
    """The micro networks, which have every section."""
    folder = SHARED / "golden" / "micro"
    found = sorted(folder.glob("*/*.npz"))
    if not found:
        pytest.skip("PYDARKNET_SHARED holds no golden/micro")
    for path in found:
        with np.load(path, allow_pickle=False) as data:
            cfg = data["cfg"]
        text = cfg.tobytes() if cfg.dtype == np.uint8 else str(cfg).encode()
        compare(text, path.stem)


@pytest.mark.parametrize("key", ["numload=3", "numload=4", "numload=5", "numload=-1"])
def test_filters_of_the_weights_file(key: str) -> None:
    text = f"[net]\nwidth=6\nheight=6\nchannels=2\n[convolutional]\nfilters=4\n{key}\n"
    compare(text.encode(), "x.cfg")


def test_whole_numbers_in_other_spellings_are_ints() -> None:
    text = (
        "[net]\nwidth=8\nheight=8\nchannels=2\n[convolutional]\nfilters=1e1\nsize=3.0\n"
        "[route]\nlayers=0e0\n"
    )
    compare(text.encode(), "x.cfg")
    with Network.from_text(text) as network:
        for structure in (network._structure, infer(Document.parse(text))):
            first, second = structure.layers
            assert first.options["filters"] == first.output_shape[0] == 10
            assert isinstance(first.options["filters"], int)
            assert isinstance(first.options["size"], int)
            assert isinstance(second.options["layers"], int)
            assert "10.0" not in structure.summary()

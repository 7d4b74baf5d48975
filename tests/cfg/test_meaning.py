"""Meaning: the same for every spelling of a network, and another for every other network."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from pydarknet.cfg import Document, diff, meaning, zoo
from pydarknet.cfg.keys import keys_of
from pydarknet.cfg.references import reference_key

NAMES = ["yolov4-tiny", "yolov3", "yolov7-tiny", "lenet", "enet-coco", "yolov2", "yolov1-tiny"]
SHORT = {"convolutional": "conv", "maxpool": "max", "connected": "conn", "avgpool": "avg",
         "softmax": "soft", "net": "network"}  # fmt: skip


def spelled_otherwise(document: Document, seed: int) -> str:
    """The same network in other words."""
    draw = random.Random(seed)
    parts = []
    for index, section in enumerate(document.sections):
        type_ = SHORT.get(section.type, section.type) if draw.random() < 0.5 else section.type
        entries = [(line.key or "", line.value or "") for line in section.entries]
        named = reference_key(section)
        written = []
        for key, value in entries:
            if key == named and draw.random() < 0.7:
                numbers = [int(one) for one in value.split(",")]
                value = ",".join(
                    str(one + index - 1 if one < 0 else one - index + 1) for one in numbers
                )
            elif draw.random() < 0.3 and value.startswith("0."):
                value = value[1:]
            elif draw.random() < 0.2 and value.isdigit():
                value = f"{value}.0"
            written.append(f"{key} = {value}{' # said' if draw.random() < 0.1 else ''}")
        # keys that say the default
        for key in keys_of(section.type) or {}:
            fallback = (keys_of(section.type) or {})[key].default
            plain = key not in ("stride_x", "stride_y", "size", "padding", "hidden", "max_crop",
                                "min_crop", "sgdr_cycle", "sequential_subdivisions")  # fmt: skip
            said = {one for one, _ in entries}
            if plain and fallback and key not in said and draw.random() < 0.2:
                if key in ("share_index", "num", "yolo_layer"):
                    continue
                written.append(f"{key}={fallback}")
        draw.shuffle(written)
        # of equal keys the first counts
        if written and draw.random() < 0.3:
            written.append(f"{written[0].partition('=')[0]}=7")
        parts.append(f"# {index}\n[{type_}]\n\n" + "\r\n".join(written))
    return "\n".join(parts)


@profile(deadline=None, max_examples=40)
@given(st.sampled_from(NAMES), st.integers(0, 2**32))
def test_other_spellings_mean_the_same(name: str, seed: int) -> None:
    document = zoo.build(name)
    again = Document.parse(spelled_otherwise(document, seed))
    assert [str(one) for one in diff(document, again)] == []


@profile(deadline=None, max_examples=60)
@given(st.sampled_from(NAMES), st.data())
def test_every_key_that_changes_is_told(name: str, data: st.DataObject) -> None:
    document, other = zoo.build(name), zoo.build(name)
    sections = [i for i, section in enumerate(other.sections) if section.entries]
    index = data.draw(st.sampled_from(sections))
    section = other.sections[index]
    line = data.draw(st.sampled_from(section.entries))
    key = (keys_of(section.type) or {})[line.key or ""]
    # power is read by two policies only, pad=1 of a 1x1 convolution pads nothing
    if key.idle or key.name in ("power", "pad", "batch_normalize"):
        return
    if key.type == "choice":
        value = data.draw(st.sampled_from([one for one in key.choices if one != line.value]))
    elif key.type == "flag":
        value = "0" if line.value == "1" else "1"
    elif key.type.startswith("list"):
        value = (line.value or "") + ",1"
    else:
        value = str(float(line.value or 0) + 1)
    section.set(key.name, value)
    found = diff(document, other)
    assert [(one.layer[0], one.key) for one in found if one.key == key.name] or (
        key.name == "stride" and {one.key for one in found} >= {"stride_x", "stride_y"}
    ), (key, value, found)
    assert {one.layer[0] for one in found} == {index - 1}


def test_what_follows_from_several_keys() -> None:
    base = "[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nsize=3\n"
    same = ["pad=1\n", "padding=1\n", "pad=1\npadding=5\n", "pad=1\nstride=1\nstride_x=0\n"]
    documents = [Document.parse(base + one) for one in same]
    for one in documents[1:]:
        assert diff(documents[0], one) == []
    (told,) = diff(documents[0], Document.parse(base))
    assert str(told) == "~ [convolutional] layer 0 padding: 1 -> 0"
    pool = "[net]\nwidth=8\nheight=8\nchannels=3\n[maxpool]\n"
    assert diff(Document.parse(f"{pool}stride=2\n"), Document.parse(
        f"{pool}size=2\nstride=2\npadding=1\n")) == []  # fmt: skip


def test_one_more_layer_is_one_difference() -> None:
    document = zoo.build("yolov3")
    text = document.to_bytes().replace(b"[upsample]", b"[dropout]\n\n[upsample]", 1)
    # the layers behind are named by their number: 61, 36
    text = text.replace(b"-1,36", b"-1,36").replace(b"from=-3", b"from=-3")
    found = diff(document, Document.parse(text))
    assert [str(one) for one in found] == ["+ [dropout] layer 85"]
    back = diff(Document.parse(text), document)
    assert [str(one) for one in back] == ["- [dropout] layer 85"]


def test_training_keys_are_marked() -> None:
    a, b = zoo.build("yolov4-tiny"), zoo.build("yolov4-tiny")
    b.net.set("learning_rate", 1)
    b.layers[30].set("jitter", 1)
    b.layers[30].set("scale_x_y", 2)
    found = {one.key: one.training for one in diff(a, b)}
    assert found == {"learning_rate": True, "jitter": True, "scale_x_y": False}


def test_unknown_sections_and_keys_mean_their_text() -> None:
    base = "[net]\nwidth=8\n[strange]\na=1\n"
    assert diff(Document.parse(base), Document.parse(base)) == []
    (told,) = diff(Document.parse(base), Document.parse(base.replace("a=1", "a=1.0")))
    assert str(told) == "~ [strange] layer 0 a: 1 -> 1.0"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_differs_from_itself(name: str) -> None:
    assert diff(zoo.build(name), zoo.build(name)) == []
    assert len(meaning(zoo.build(name))) == len(zoo.build(name).sections)

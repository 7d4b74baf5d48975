"""Edits: what is meant changes, nothing else does, and the network still fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from pydarknet import ArgumentError, CfgError
from pydarknet.cfg import (
    Document,
    cut,
    diff,
    for_classes,
    infer,
    insert_layer,
    remove_layers,
    set_batch,
    set_key,
    set_size,
    zoo,
)

DETECTORS = [
    name
    for name, recipe in zoo.NETWORKS.items()
    if recipe.data not in ("imagenet", "mnist", "combine9k")
]
CLASSIFIERS = [n for n, recipe in zoo.NETWORKS.items() if recipe.data in ("imagenet", "mnist")]


def lines_that_differ(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(a, b) for a, b in pairs if a != b]


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("classes", [1, 7])
def test_a_detector_for_other_classes(name: str, classes: int) -> None:
    document = zoo.build(name)
    before = document.to_bytes()
    changes = for_classes(document, classes)
    structure = infer(document)
    assert {head.classes for head in structure.heads} == {classes}
    changed = lines_that_differ(before, document.to_bytes())
    assert {b.split(b"=")[0].decode() for _, b in changed} <= {
        "classes", "filters", "output", "max_batches", "steps", "scales",
    }  # fmt: skip
    assert len(changed) == len(changes)
    assert document.net.get("max_batches") == str(max(6000, 2000 * classes))
    if name not in ("yolov1", "yolov1-tiny"):
        entries = classes + (9 if "Gaussian" in name else 5)
        for head in structure.heads:
            filters = structure.layers[head.layer - 1].options["filters"]
            assert filters == len(head.anchors) * entries


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_for_other_classes(name: str) -> None:
    document = zoo.build(name)
    for_classes(document, 12)
    assert infer(document).classes == 12


@profile(deadline=None, max_examples=20)
@given(st.integers(1, 500))
def test_there_and_back(classes: int) -> None:
    document = zoo.build("yolov4")
    for_classes(document, classes)
    assert infer(document).classes == classes
    for_classes(document, 80, images=500500)
    assert [one.key for one in diff(document, zoo.build("yolov4"))] == ["steps"]


def test_the_rule_of_thumb() -> None:
    document = zoo.build("yolov4-tiny")
    for_classes(document, 10)
    assert document.net.get("max_batches") == "20000"
    assert document.net.get("steps") == "16000,18000"
    for_classes(document, 1, images=90000)
    assert document.net.get("max_batches") == "90000"


def test_steps_without_scales_for_each() -> None:
    document = zoo.build("yolov4-tiny")
    document.net.set("scales", ".5,.2,.1")
    for_classes(document, 2)
    assert document.net.get("scales") == "0.1,0.1"


@pytest.mark.parametrize(
    ("name", "steps", "scales"),
    [("yolov1", "200,400,600,8000,9000", "2.5,2,2,0.1,0.1"),
     ("yolov2-tiny-voc", "-1,100,8000,9000", "0.1,10,0.1,0.1")],
)  # fmt: skip
def test_a_ramp_of_the_rate_stays(name: str, steps: str, scales: str) -> None:
    document = zoo.build(name)
    for_classes(document, 5)
    assert (document.net.get("steps"), document.net.get("scales")) == (steps, scales)
    # with another number of falls; and with a step that never comes
    document.net.set("steps", "10,600000,700000,800000")
    document.net.set("scales", "2,3,.5,.5")
    for_classes(document, 5)
    assert document.net.get("steps") == "10,8000,9000"
    assert document.net.get("scales") == "2,0.1,0.1"


YOLO = """[net]
width=64
height=64
channels=3
[conv]
filters=14
size=3
stride=2
pad=1
{between}[yolo]
classes=2
num=2
anchors=1,2,3,4
counters_per_class=3,4
"""


def test_counters_that_no_longer_fit_go() -> None:
    document = Document.parse(YOLO.format(between=""))
    changes = for_classes(document, 3)
    assert "[yolo] layer 1 counters_per_class: 3,4 -> (none)" in map(str, changes)
    assert infer(document).classes == 3


@pytest.mark.parametrize(
    "between", ["[dropout]\n", "[route]\nlayers=-1\n[empty]\n", "[activation]\nactivation=leaky\n"]
)
def test_filters_behind_layers_that_hand_on(between: str) -> None:
    document = Document.parse(YOLO.format(between=between))
    for_classes(document, 5)
    assert document.layers[0].get("filters") == "20"


def test_filters_that_cannot_be_told_change_nothing() -> None:
    between = "[reorg]\nstride=2\n"
    document = Document.parse(YOLO.format(between=between), "x.cfg")
    with pytest.raises(CfgError, match=r"x\.cfg:12: \[yolo\] cannot tell which layer's filters"):
        for_classes(document, 5)
    assert document.to_bytes() == YOLO.format(between=between).encode()
    with pytest.raises(CfgError, match="tree"):
        for_classes(zoo.build("yolo9000"), 5)
    with pytest.raises(ArgumentError, match="expected 1 to"):
        for_classes(document, 0)


def test_size_and_batch() -> None:
    document = zoo.build("yolov4-tiny")
    assert [str(one) for one in set_size(document, 608, 416)] == ["[net] width: 416 -> 608"]
    with pytest.raises(ArgumentError, match=r"height=400, expected a multiple of 32.*such as 384"):
        set_size(document, 416, 400)
    with pytest.raises(ArgumentError, match="multiple of 64"):
        set_size(zoo.build("yolov4-p6"), 1280, 1312)
    set_size(zoo.build("vgg-16"), 255, 257)  # a classifier takes any
    set_batch(document, 32, 4)
    assert (document.net.get("batch"), document.net.get("subdivisions")) == ("32", "4")
    with pytest.raises(ArgumentError, match="multiple of subdivisions"):
        set_batch(document, 10, 4)


def test_set_a_key_of_some_sections() -> None:
    document = zoo.build("yolov4-tiny")
    assert len(set_key(document, "yolo", "jitter", "0.2")) == 2
    assert len(set_key(document, "30", "jitter", None)) == 1
    assert set_key(document, "net", "learning_rate", "1e-3")[0].after == "1e-3"
    assert set_key(document, "conv", "pad", "1") == []
    with pytest.raises(ArgumentError, match="did you mean jitter"):
        set_key(document, "yolo", "jiter", "1")
    with pytest.raises(ArgumentError, match=r"has no section \[yollo\], did you mean yolo"):
        set_key(document, "yollo", "jitter", "1")
    with pytest.raises(ArgumentError, match="expected 0 to 37"):
        set_key(document, "38", "jitter", "1")
    with pytest.raises(CfgError, match="expected a number"):
        set_key(document.copy(), "yolo", "jitter", "much")
    with pytest.raises(ArgumentError, match="is no value"):
        set_key(document, "yolo", "jitter", "1#2")


@pytest.mark.parametrize("layers", [1, 29, 38])
def test_cut(layers: int) -> None:
    document = zoo.build("yolov4-tiny")
    text = document.to_bytes()
    cut(document, layers)
    assert len(infer(document).layers) == layers
    assert text.startswith(document.to_bytes())
    with pytest.raises(ArgumentError, match="expected 1 to"):
        cut(document, layers + 1)


@pytest.mark.parametrize("name", ["yolov3", "yolov4", "enet-coco", "yolov7-tiny"])
def test_a_layer_more_and_a_layer_less(name: str) -> None:
    """Layers go on naming the same layers, wherever one comes in."""
    original = zoo.build(name)
    shapes = [layer.output_shape for layer in infer(original).layers]
    for at in range(0, len(shapes), 9):
        document = original.copy()
        insert_layer(document, at, "# nothing\n[empty]\n")
        found = [layer.output_shape for layer in infer(document).layers]
        assert found[:at] + found[at + 1 :] == shapes
        assert [(one.section, one.layer, one.key) for one in diff(original, document)] == [
            ("empty", (None, at), None)
        ]
        remove_layers(document, [at])
        assert document.to_bytes() == original.to_bytes()


def test_a_layer_that_is_named_stays() -> None:
    document = zoo.build("yolov3")
    with pytest.raises(ArgumentError, match=r"cannot remove layer 61: layer 86 \[route\] names"):
        remove_layers(document, [61])
    with pytest.raises(ArgumentError, match="expected some of 0 to 106"):
        remove_layers(document, [107])
    with pytest.raises(ArgumentError, match="expected one"):
        insert_layer(document, 0, "[empty]\n[empty]\n")

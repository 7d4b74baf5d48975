"""The zoo: equal in meaning to what circulates with Darknet, and on disk as it is generated."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from cfg.test_shapes import compare
from pydarknet import ArgumentError
from pydarknet.cfg import Document, diff, infer, zoo
from pydarknet.data_file import read_data_file
from pydarknet.names import read_names

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))


def counterpart(name: str) -> Path:
    return SHARED / "cfg" / f"{zoo.find(name).also or name}.cfg"


def parameters(name: str) -> int:
    return sum(layer.parameters for layer in infer(zoo.build(name)).layers)


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_equal_to_its_counterpart(name: str) -> None:
    path = counterpart(name)
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    ours, theirs = zoo.build(name), Document.read(path)
    assert [str(one) for one in diff(ours, theirs)] == []
    a, b = infer(ours), infer(theirs)
    assert [layer.output_shape for layer in a.layers] == [layer.output_shape for layer in b.layers]
    assert [layer.parameters for layer in a.layers] == [layer.parameters for layer in b.layers]
    assert a.heads == b.heads


def test_most_have_a_counterpart() -> None:
    if not (SHARED / "cfg").is_dir():
        pytest.skip(f"there is no {SHARED / 'cfg'}")
    alone = {name for name in zoo.NETWORKS if not counterpart(name).is_file()}
    assert alone == {"lenet", "resnet18", "resnet34", "resnext50", "yolov1", "yolov1-tiny"}


@pytest.mark.parametrize(
    ("name", "published", "shortcuts", "normalized"),
    [
        # published for a ResNet with convolutions on its shortcuts; batch normalisation has two
        # numbers a filter there, here four
        ("resnet18", 11_689_512, (64, 128, 256, 512), 64 + 4 * (64 + 128 + 256 + 512)),
        ("resnet34", 21_797_672, (64, 128, 256, 512),
         64 + 6 * 64 + 8 * 128 + 12 * 256 + 6 * 512),
        ("resnext50", 25_028_904, (64, 256, 512, 1024, 2048),
         64 + 3 * 512 + 4 * 1024 + 6 * 2048 + 3 * 4096),
    ],
)  # fmt: skip
def test_residual_networks_have_the_published_size(
    name: str, published: int, shortcuts: tuple[int, ...], normalized: int
) -> None:
    steps = itertools.pairwise(shortcuts)
    missing = sum(a * b + 2 * b for a, b in steps)
    assert parameters(name) == published - missing + 2 * normalized


def test_lenet_and_yolov1_have_the_published_size() -> None:
    assert parameters("lenet") == 61_706
    assert 16 + 4 * parameters("yolov1") == 789_312_988  # bytes of yolov1.weights
    assert infer(zoo.build("yolov1-tiny")).layers[-1].output_shape == (1470, 1, 1)


@pytest.mark.parametrize("name", [name for name in zoo.NETWORKS if name != "yolo9000"])
def test_the_engine_opens_it(name: str) -> None:
    compare(zoo.text(name).encode(), name)


def test_the_folder_is_what_is_generated() -> None:
    """``python -m pydarknet cfg zoo --all -o cfg --force`` writes it."""
    folder = ROOT / "cfg"
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    # those of docs/training.md and docs/segmentation.md
    by_hand = {"chars.cfg", "digits.cfg", "segments.cfg"}
    assert by_hand <= found.keys()
    assert {name: text for name, text in found.items() if name not in by_hand} == zoo.files()


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_data_and_names_fit(name: str) -> None:
    recipe = zoo.find(name)
    folder = ROOT / "cfg"
    data = read_data_file(folder / f"{recipe.data}.data")
    classes = int(data["classes"])
    assert infer(zoo.build(name)).classes == classes
    if recipe.data in ("coco", "voc", "bdd", "mnist"):
        names = read_names(ROOT / data["names"])
        assert len(set(names)) == len(names) == classes


def test_names_that_are_not_there() -> None:
    with pytest.raises(ArgumentError, match="did you mean yolov4-tiny"):
        zoo.find("yolov4-tinny")
    assert zoo.find("efficientnet_b0") is zoo.find("efficientnet-b0")
    assert set(zoo.files("yolov4")) == {"yolov4.cfg", "coco.data", "coco.names"}


def test_text_is_our_own() -> None:
    """Every file says what it is, and names the paper."""
    for name in zoo.NETWORKS:
        assert zoo.text(name).startswith("# "), name

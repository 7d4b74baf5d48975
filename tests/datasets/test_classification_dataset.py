"""A classifier's data: labels from paths, hierarchies."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet import ArgumentError, DataError, DatasetError
from pydarknet.datasets import (
    ClassificationAugmentation,
    ClassificationDataset,
    ClassificationSamples,
    Hierarchy,
)
from pydarknet.datasets.hierarchy import IGNORED


def write(folder: Path, names: list[str], labels: str = "cat\ndog\nfish\n") -> Path:
    folder.mkdir(exist_ok=True)
    for index, name in enumerate(names):
        (folder / name).parent.mkdir(exist_ok=True)
        pydarknet.save_image(folder / name, np.full((8, 9, 3), 20 * index, np.uint8))
    (folder / "train.txt").write_text("".join(f"{name}\n" for name in names))
    (folder / "x.labels").write_text(labels)
    (folder / "x.data").write_text("classes=3\ntrain=train.txt\nlabels=x.labels\n")
    return folder / "x.data"


def test_labels_are_parts_of_paths(tmp_path: Path) -> None:
    data = write(tmp_path / "dog-show", ["cat/1.png", "2_fish.png", "hotdogs.png"])
    dataset = ClassificationDataset.open(data)
    # the list's own words count, not the folder it lies in
    assert dataset.matches == ((0,), (2,), (1,))
    assert dataset.classes == 3
    assert dataset.label(1).tolist() == [0, 0, 1]
    assert dataset.label(1, smooth=0.1).tolist() == pytest.approx([0.05, 0.05, 0.9])


def test_the_first_classes_count(tmp_path: Path) -> None:
    """As in Darknet, whose file of ImageNet's labels has all 21,842."""
    data = write(tmp_path / "a", ["cat/1.png", "dogfish.png"])
    text = data.read_text()
    data.write_text(text.replace("classes=3", "classes=2"))
    dataset = ClassificationDataset.open(data)
    assert (dataset.labels, dataset.matches) == (("cat", "dog"), ((0,), (1,)))
    data.write_text("# labels\n" + text.replace("classes=3", "classes=4"))
    message = f"{data}:2: classes=4, expected at most 3, the lines of labels=x.labels"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        ClassificationDataset.open(data)


def test_too_few_and_too_many(tmp_path: Path) -> None:
    data = write(tmp_path / "a", ["cat.png", "bird.png", "catfish.png"])
    with pytest.raises(DatasetError) as caught:
        ClassificationDataset.open(data)
    assert [str(p) for p in caught.value.problems] == [
        f"{tmp_path}/a/train.txt:2: no label is part of bird.png, expected one of 3",
        f"{tmp_path}/a/train.txt:3: 2 labels are part of catfish.png ('cat', 'fish'), expected one",
    ]
    kept = ClassificationDataset.open(data, on_bad_data="skip", multiple_labels="keep")
    assert kept.matches == ((0,), (0, 2))
    assert kept.label(1, smooth=0.2).tolist() == pytest.approx([0.8, 0.1, 0.8])


def test_images_that_cannot_be_read(tmp_path: Path) -> None:
    data = write(tmp_path / "a", ["cat.png", "dog.png"])
    (tmp_path / "a/dog.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"train\.txt:2: .*dog\.png is empty"):
        ClassificationDataset.open(data)


def test_data_files_that_are_wrong(tmp_path: Path) -> None:
    data = write(tmp_path / "a", ["cat.png"])
    data.write_text("train=train.txt\n")
    with pytest.raises(DataError, match="has no labels="):
        ClassificationDataset.open(data)
    with pytest.raises(ArgumentError, match="multiple_labels="):
        ClassificationDataset.from_list(
            tmp_path / "a/train.txt",
            labels=["cat"],
            multiple_labels="some",  # type: ignore[arg-type]
        )


TREE = "animal -1\nthing -1\ncat 0\ndog 0\nfish 0\ncup 1\nbowl 1\n"


def test_a_hierarchy(tmp_path: Path) -> None:
    path = tmp_path / "x.tree"
    path.write_text(TREE)
    tree = Hierarchy(path)
    assert tree.names[2] == "cat"
    assert tree.groups == ((0, 2), (2, 5), (5, 7))
    dataset = ClassificationDataset(["cat.png"], [[2]], labels=list(tree.names), hierarchy=tree)
    unknown = float(IGNORED)
    assert dataset.label(0).tolist() == [1, 0, 1, 0, 0, unknown, unknown]
    with pytest.raises(DataError, match="7 classes, expected 1"):
        ClassificationDataset(["cat.png"], [[0]], labels=["cat"], hierarchy=tree)
    with pytest.raises(ArgumentError, match="label_smooth_eps and a hierarchy"):
        ClassificationSamples(dataset, ClassificationAugmentation(label_smooth_eps=0.1))


@pytest.mark.parametrize("line", ["cat", "cat dog", "cat 0 1", "cat 2", "cat -2", "cat 1.5"])
def test_hierarchies_that_are_wrong(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.tree"
    path.write_text(f"a -1\nb 0\n{line}\n")
    with pytest.raises(DataError, match=r"x\.tree:3: cannot read .* from -1 to 1") as caught:
        Hierarchy(path)
    assert caught.value.line == 3


def test_an_empty_hierarchy(tmp_path: Path) -> None:
    (tmp_path / "x.tree").write_text("\n")
    with pytest.raises(DataError, match="holds no classes"):
        Hierarchy(tmp_path / "x.tree")


def test_samples(tmp_path: Path) -> None:
    data = write(tmp_path / "a", ["cat.png", "dog.png", "fish.png"])
    dataset = ClassificationDataset.open(data)
    planes, truth = np.empty((3, 6, 6), np.float32), np.empty(3, np.float32)
    as_they_are = ClassificationSamples(dataset, None)
    for number in range(5):
        (path,) = as_they_are.make(0, number, planes, truth)
        assert path == dataset.images[number % 3]
        assert truth.tolist() == np.eye(3)[number % 3].tolist()
        assert planes == pytest.approx(np.full((3, 6, 6), 20 * (number % 3) / 255), abs=1e-6)
    drawn = ClassificationSamples(dataset, ClassificationAugmentation(label_smooth_eps=0.2))
    seen = set()
    for number in range(30):
        (path,) = drawn.make(0, number, planes, truth)
        index = dataset.images.index(path)
        assert truth.tolist() == pytest.approx(np.where(np.arange(3) == index, 0.8, 0.1))
        seen.add(index)
    assert seen == {0, 1, 2}

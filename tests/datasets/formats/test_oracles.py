"""Our files read by other libraries, and theirs by us."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet.datasets.formats import (
    CROWD,
    LabelledDataset,
    LabelledImage,
    Mask,
    ReadOptions,
    WriteOptions,
    read_dataset,
    write_dataset,
)
from pydarknet.datasets.formats.outlines import mask_area, mask_box, mask_counts

globox = pytest.importorskip("globox")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> LabelledDataset:
    """Ten images with whole pixels, so that every format can hold them exactly."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(3)
    found = []
    for number in range(10):
        width, height = random.integers(40, 120, 2).tolist()
        path = folder / f"picture{number}.png"
        pydarknet.save_image(path, random.integers(0, 255, (height, width, 3)).astype(np.uint8))
        count = number % 4
        low = random.integers(0, 20, (count, 2))
        boxes = np.concatenate([low, low + random.integers(1, 20, (count, 2))], 1).astype(float)
        found.append(LabelledImage(
            path.name, str(path), width, height, "train", boxes,
            random.integers(0, 3, count).astype(np.int32), np.zeros(count, np.uint8),
        ))  # fmt: skip
    return LabelledDataset(("cat", "dog", "traffic light"), found)


def ours(dataset: LabelledDataset) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    return {
        image.name: sorted(
            (dataset.names[k], tuple(np.round(box, 3).tolist()))
            for k, box in zip(image.class_id.tolist(), image.boxes, strict=True)
        )
        for image in dataset.images
        if len(image)
    }


def globoxes(found) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    return {
        Path(annotation.image_id).name: sorted(
            (box.label, tuple(round(float(v), 3) + 0.0 for v in box.ltrb))
            for box in annotation.boxes
        )
        for annotation in found
        if annotation.boxes
    }


def test_globox_reads_what_we_write(dataset: LabelledDataset, tmp_path: Path) -> None:
    expected = ours(dataset)
    write_dataset(dataset, tmp_path / "coco.json", "coco")
    assert globoxes(globox.AnnotationSet.from_coco(tmp_path / "coco.json")) == expected
    write_dataset(dataset, tmp_path / "voc", "voc", WriteOptions(voc_offset="zero-based"))
    assert globoxes(globox.AnnotationSet.from_pascal_voc(tmp_path / "voc/Annotations")) == expected
    write_dataset(dataset, tmp_path / "yolo", "yolo")
    images, labels = tmp_path / "yolo/images/train", tmp_path / "yolo/labels/train"
    found = globox.AnnotationSet.from_yolo_v5(labels, image_folder=images, image_extension=".png")
    found.map_labels({str(number): name for number, name in enumerate(dataset.names)})
    assert globoxes(found) == expected


def test_we_read_what_globox_writes(dataset: LabelledDataset, tmp_path: Path) -> None:
    expected = ours(dataset)
    write_dataset(dataset, tmp_path / "coco.json", "coco")
    theirs = globox.AnnotationSet.from_coco(tmp_path / "coco.json")
    theirs.save_coco(tmp_path / "theirs.json", auto_ids=True)
    assert ours(read_dataset(tmp_path / "theirs.json", "coco")) == expected
    (tmp_path / "voc").mkdir()
    theirs.save_pascal_voc(tmp_path / "voc")
    found = read_dataset(tmp_path / "voc", "voc", ReadOptions(voc_offset="zero-based"))
    assert ours(found) == expected


def test_supervision_reads_what_we_write_and_back(dataset: LabelledDataset, tmp_path: Path) -> None:
    supervision = pytest.importorskip("supervision")
    expected = ours(dataset)

    def theirs(found):
        return {
            Path(path).name: sorted(
                (found.classes[k], tuple((np.round(box.astype(float), 3) + 0.0).tolist()))
                for k, box in zip(boxes.class_id.tolist(), boxes.xyxy, strict=True)
            )
            for path, boxes in found.annotations.items()
            if len(boxes)
        }

    write_dataset(dataset, tmp_path / "coco", "coco")
    write_dataset(dataset, tmp_path / "yolo", "yolo")
    write_dataset(dataset, tmp_path / "voc", "voc", WriteOptions(voc_offset="one-based"))
    detection = supervision.DetectionDataset
    coco = detection.from_coco(
        str(tmp_path / "coco/train"), str(tmp_path / "coco/annotations/instances_train.json")
    )
    assert theirs(coco) == expected
    yolo = detection.from_yolo(
        str(tmp_path / "yolo/images/train"), str(tmp_path / "yolo/labels/train"),
        str(tmp_path / "yolo/data.yaml"),
    )  # fmt: skip
    assert {k: [n for n, _ in v] for k, v in theirs(yolo).items()} == {
        k: [n for n, _ in v] for k, v in expected.items()
    }
    coco.as_coco(str(tmp_path / "back"), str(tmp_path / "back/instances_train.json"))
    assert ours(read_dataset(tmp_path / "back/instances_train.json", "coco")) == expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pycocotools and numpy 2
def test_coco_tools_agree_about_files_masks_and_areas(tmp_path: Path) -> None:
    from pycocotools import mask as masks
    from pycocotools.coco import COCO

    random = np.random.default_rng(5)
    for _ in range(40):
        height, width = random.integers(1, 30, 2).tolist()
        pixels = np.asfortranarray(random.random((height, width)) < random.random(), np.uint8)
        encoded = masks.encode(pixels)
        mask = Mask(height, width, encoded["counts"].decode())
        assert mask_area(mask) == masks.area(encoded)
        runs = np.repeat(np.arange(len(mask_counts(mask))) % 2, mask_counts(mask))
        np.testing.assert_array_equal(runs.reshape(width, height).T, pixels)
        left, top, right, bottom = mask_box(mask)
        assert [left, top, right - left, bottom - top] == masks.toBbox(encoded).tolist()
    image = LabelledImage(
        "1.png", None, width, height, "train",
        np.array([[0, 0, 5, 4], mask_box(mask)], float), np.array([0, 1], np.int32),
        np.array([0, CROWD], np.uint8),
        ((np.array([[0, 0], [5, 0], [5, 4], [0, 4]], float),), mask),
    )  # fmt: skip
    write_dataset(LabelledDataset(("a", "b"), [image]), tmp_path / "x.json", "coco")
    found = COCO(str(tmp_path / "x.json"))
    assert [a["area"] for a in found.loadAnns(found.getAnnIds())] == [20, mask_area(mask)]
    np.testing.assert_array_equal(found.annToMask(found.loadAnns(2)[0]), pixels)
    again = read_dataset(tmp_path / "x.json")
    assert again.images[0].shapes[1] == mask
    assert again.images[0].flags.tolist() == [0, CROWD]


def test_whats_a_mask_that_does_not_fill_its_image() -> None:
    for counts in ([3, 4], "abc\x7f", [-1, 5]):
        with pytest.raises(pydarknet.DataError, match=r"expected"):
            mask_counts(Mask(2, 2, counts))


def test_darknet_in_numbers(tmp_path: Path, dataset: LabelledDataset) -> None:
    """The label of a known box, by hand: x=(10+30)/2/100, y=(20+60)/2/200, w=20/100, h=40/200."""
    file = tmp_path / "a.png"
    pydarknet.save_image(file, np.zeros((200, 100, 3), np.uint8))
    image = LabelledImage(
        "a.png", str(file), 100, 200, "train", np.array([[10.0, 20, 30, 60]]),
        np.array([1], np.int32), np.zeros(1, np.uint8),
    )  # fmt: skip
    known = LabelledDataset(("cat", "dog"), [image])
    write_dataset(known, tmp_path / "out", "darknet")
    assert (tmp_path / "out/images/a.txt").read_text() == "1 0.2 0.2 0.2 0.2\n"
    assert (tmp_path / "out/out.names").read_text() == "cat\ndog\n"
    for offset, edges in {
        "darknet": (11, 21, 31, 61), "one-based": (11, 21, 30, 60), "zero-based": (10, 20, 30, 60),
    }.items():  # fmt: skip
        write_dataset(known, tmp_path / offset, "voc", WriteOptions(voc_offset=offset))
        text = (tmp_path / offset / "Annotations/a.xml").read_text()
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True):
            assert f"<{name}>{value}</{name}>" in text
    write_dataset(known, tmp_path / "c.json", "coco")
    annotation = json.loads((tmp_path / "c.json").read_text())["annotations"][0]
    assert annotation["bbox"] == [10, 20, 20, 40]

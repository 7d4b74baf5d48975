"""What is written reads back as it was."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydarknet.datasets.formats import (
    CROWD,
    DIFFICULT,
    OCCLUDED,
    TRUNCATED,
    ReadOptions,
    WriteOptions,
    find_format,
    read_dataset,
    write_dataset,
)

from .drawn import assert_same, datasets, with_files

FLAGS = {"coco": CROWD | DIFFICULT | TRUNCATED | OCCLUDED, "voc": DIFFICULT | TRUNCATED | OCCLUDED}
PIXELS = {"darknet": 1e-5, "yolo": 1e-5, "voc": 6e-4, "coco": 2e-6}


@pytest.mark.parametrize("name", ["darknet", "yolo", "voc", "coco"])
@settings(max_examples=25)
@given(data=st.data())
def test_there_and_back(name: str, data: st.DataObject) -> None:
    offset = data.draw(st.sampled_from(["darknet", "one-based", "zero-based"]))
    dataset = data.draw(datasets(FLAGS.get(name, 0), polygons=name in ("coco", "yolo")))
    with tempfile.TemporaryDirectory() as folder:
        with_files(dataset, Path(folder) / "images")
        for image in dataset.images if name == "yolo" else ():
            if image.shapes and None in image.shapes:
                image.shapes = None  # its labels are boxes or polygons, never both
        segments = name == "yolo" and all(i.shapes or not len(i) for i in dataset.images)
        for image in dataset.images if name == "yolo" and not segments else ():
            image.shapes = None
        out = f"{folder}/out"
        write_dataset(dataset, out, name, WriteOptions(voc_offset=offset, segments=segments))
        assert not dataset.notes
        assert find_format(out) == name
        found = read_dataset(out, options=ReadOptions(voc_offset=offset))
        assert_same(found, dataset, PIXELS[name])
        assert not found.notes
        assert all(Path(image.path).read_bytes() for image in found.images)


@settings(max_examples=25)
@given(dataset=datasets())
def test_through_all_formats(dataset) -> None:
    """Boxes survive a journey through every format, rounded by each."""
    with tempfile.TemporaryDirectory() as folder:
        with_files(dataset, Path(folder) / "images")
        found = dataset
        for step, name in enumerate(["darknet", "coco", "yolo", "voc", "darknet"]):
            write_dataset(found, f"{folder}/{step}", name)
            found = read_dataset(f"{folder}/{step}", name)
        assert_same(found, dataset, 2e-3)


@pytest.mark.parametrize("name", ["darknet", "yolo", "voc", "coco"])
@settings(max_examples=10)
@given(dataset=datasets())
def test_a_second_writing_changes_no_byte(name: str, dataset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with_files(dataset, Path(folder) / "images")
        texts = []
        for place in ("1", "2"):
            out = Path(folder) / place / "out"
            write_dataset(dataset, out, name)
            texts.append(
                {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
            )
            dataset = read_dataset(out, name)
        assert texts[0] == texts[1]

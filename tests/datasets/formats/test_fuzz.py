"""Whatever a file holds, a reader gives a data set or says what is wrong in our own words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydarknet import DarknetError
from pydarknet.datasets.checking import check_dataset
from pydarknet.datasets.formats import READERS, find_format, read_dataset, write_dataset
from pydarknet.problems import Problem

from .drawn import datasets, with_files
from .test_bad_input import COCO, VOC
from .test_read_only import CASES, put

SOURCES = {
    **{name: (files, place) for name, (files, place, _) in CASES.items()},
    "coco": ({"x.json": COCO}, "x.json"),
    "voc": ({"Annotations/a.xml": VOC}, ""),
    "yolo": (
        {"data.yaml": "train: images\nnames: {0: cat, 1: dog}\n", "labels/a.txt": "0 .5 .5 .1 .1\n",
         "images/a.png": CASES["labelme"][0]["a.png"]}, "",
    ),
    "darknet": (
        {"x.data": "classes=1\ntrain=t.txt\nnames=x.names\n", "x.names": "cat\n", "t.txt": "a.png\n",  # noqa: E501
         "a.txt": "0 .5 .5 .1 .1\n", "a.png": CASES["labelme"][0]["a.png"]}, "",
    ),
}  # fmt: skip
IMAGES = r"cannot be decoded|is not there \(--image-folder"
BITS = [b"", b"\0", b"-", b"1e999", b'"', b"[", b"]", b"{", b"}", b"null", b"\xff", b"9" * 30, b"<", b",",  # noqa: E501
        b"../../", b"\n", b"0", b"true", b"nan", b"\xef\xbb\xbf", b" ", b"5", b"a"]  # fmt: skip


def checked(path: Path, name: str) -> list[Problem] | None:
    """What check says besides that these images are no more than headers; None if it stops."""
    try:
        report = check_dataset(path, name)
    except (DarknetError, FileNotFoundError, IsADirectoryError) as error:
        assert "\n" not in str(error)  # noqa: PT017
        return None
    return [one for one in report.problems if not re.search(IMAGES, one.message)]


@pytest.mark.parametrize("name", SOURCES)
def test_undamaged(name: str, tmp_path: Path) -> None:
    files, place = SOURCES[name]
    put(tmp_path, files)
    found = checked(tmp_path / place, name.split()[0])
    assert [problem for problem in found or () if problem.severity == "error"] == []


@pytest.mark.parametrize("name", SOURCES)
@settings(max_examples=60)
@given(data=st.data())
def test_damaged(name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    files, place = SOURCES[name]
    folder = tmp_path_factory.mktemp("fuzz")
    put(folder, files)
    texts = [key for key, value in files.items() if not isinstance(value, bytes)]
    file = folder / data.draw(st.sampled_from(texts))
    content = file.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 12))
        content = content[:at] + data.draw(st.sampled_from(BITS)) + content[at + length :]
    file.write_bytes(content)
    found = checked(folder / place, name.split()[0])
    try:
        dataset = read_dataset(folder / place, name.split()[0])
    except (DarknetError, FileNotFoundError, IsADirectoryError) as error:
        assert "\n" not in str(error)  # noqa: PT017
        # what reading stops at, check lists
        assert found is None or any(problem.severity == "error" for problem in found)
        return
    for image in dataset.images:
        assert np.isfinite(image.boxes).all()
        assert (image.boxes[:, 2:] >= image.boxes[:, :2]).all()
        assert (image.class_id < len(dataset.names)).all()
        assert ".." not in image.name.split("/")


def values(tree: object, path: tuple = ()):
    """Every place in a JSON document."""
    yield path
    children = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, child in children:
        yield from values(child, (*path, key))


@pytest.mark.parametrize("name", [n for n, (f, _) in SOURCES.items() if any(
    isinstance(v, dict | list) for v in f.values())])  # fmt: skip
def test_a_wrong_type_anywhere(name: str, tmp_path: Path) -> None:
    files, place = SOURCES[name]
    put(tmp_path, files)
    for key, value in files.items():
        if not isinstance(value, dict | list):
            continue
        for path in list(values(value)):
            for wrong in (None, True, -1, 10**30, 2**40, 1e308, "x", "", [], [[]], {}, {"a": 1}):
                tree = json.loads(json.dumps(value))
                if path:
                    parent = tree
                    for step in path[:-1]:
                        parent = parent[step]
                    parent[path[-1]] = wrong
                else:
                    tree = wrong
                (tmp_path / key).write_text(json.dumps(tree))
                try:
                    read_dataset(tmp_path / place, name.split()[0])
                except (DarknetError, FileNotFoundError):
                    continue
        put(tmp_path, {key: value})


@settings(max_examples=20)
@given(dataset=datasets(), content=st.binary(max_size=60))
def test_any_file_has_one_format_or_none(dataset, content, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("any")
    for ending in ("json", "xml", "csv", "yaml", "data", "txt"):
        (folder / f"x.{ending}").write_bytes(content)
        try:
            assert find_format(folder / f"x.{ending}") in READERS
        except DarknetError as error:
            told = "cannot tell its format" in str(error)
            assert told or (ending == "json" and error.line is not None)  # noqa: PT017
    with_files(dataset, folder / "images")
    write_dataset(dataset, folder / "out", "voc")
    assert find_format(folder / "out") == "voc"

"""Malformed files: the place and what was expected are said, nothing is half-written."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import DarknetError, DataError
from pydarknet.datasets.formats import (
    CROWD,
    DIFFICULT,
    WRITERS,
    LabelledDataset,
    LabelledImage,
    ReadOptions,
    WriteOptions,
    map_classes,
    read_dataset,
    write_dataset,
)
from pydarknet.datasets.formats.image_size import image_size
from pydarknet.datasets.formats.json_stream import read_json, stream_json
from pydarknet.datasets.formats.output import ImageMode, output_file, output_folder

from .drawn import png_header


@pytest.fixture
def dataset(tmp_path: Path) -> LabelledDataset:
    file = tmp_path / "in" / "a.png"
    file.parent.mkdir()
    file.write_bytes(png_header(100, 50))
    boxes = np.array([[10.0, 10, 20, 20], [-5, 0, 50, 60], [30, 30, 30, 40]])
    image = LabelledImage(
        "a.png", str(file), 100, 50, "train", boxes, np.array([0, 1, 1], np.int32),
        np.array([0, DIFFICULT, CROWD], np.uint8),
    )  # fmt: skip
    return LabelledDataset(("cat", "dog"), [image])


COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 3, "name": "cat"}],
}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[1, 2, 3, 4]", "[1, 2, 3]", r"annotations\[0\]\.bbox is \[1, 2, 3\], expected \[x, y, w"),
        ("[1, 2, 3, 4]", "[1, 2, -3, 4]", r"annotations\[0\]\.bbox has the edges 1, 2, -2"),
        ("[1, 2, 3, 4]", "[1, 2, 1e999, 4]", r"bbox=inf, expected a number"),
        ("[1, 2, 3, 4]", "[]", "has neither bbox nor segmentation"),
        ('"image_id": 1', '"image_id": 2', r"annotations\[0\]\.image_id=2: no such image"),
        ('"category_id": 3', '"category_id": 4', "category_id=4 of image 1"),
        ('"a.png"', '"../a.png"', r"x\.json:2: '../a.png' leaves the data set's folder"),
        ('"a.png"', '"/etc/passwd"', "leaves the data set's folder"),
        ('"a.png"', '"C:\\\\a.png"', "leaves the data set's folder"),
        ('"cat"', '" "', "is no class name"),
        ('"categories"', '"cats"', r"x\.json: has no categories"),
        ('{"id": 3', '{"id": 3, "name": "dog"}, {"id": 3', "id 3 is there before"),
        ('{"id": 3', '{"id": 4, "name": "cat"}, {"id": 3', "are both called 'cat'"),
        ("}]", "}", r"x\.json:\d: '\"' found, expected , or \]|expected"),
    ],
)
def test_coco(old: str, new: str, expected: str, tmp_path: Path) -> None:
    text = "{\n" + json.dumps(COCO)[1:].replace("}], ", "}],\n")
    assert old in text
    file = tmp_path / "x.json"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=expected) as caught:
        read_dataset(file, "coco")
    assert caught.value.file == str(file)


VOC = """<annotation>
<filename>a.png</filename>
<size><width>100</width><height>50</height><depth>3</depth></size>
<object><name>cat</name><bndbox>
<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>
</annotation>"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<xmin>1", "<xmin>one", r"a\.xml:4: xmin='one', expected a number"),
        ("<xmin>1", "<xmin>nan", r"a\.xml:4: xmin='nan', expected a number"),
        ("<xmin>1", "<xmin>7", r"a\.xml:4: box has the edges"),
        ("bndbox>", "box>", "has no <bndbox>"),
        ("<name>cat</name>", "<name/>", r"a\.xml:4: '' is no class name"),
        ("a.png", "../../a.png", "leaves the data set's folder"),
        ("<annotation>", "<html>", r"a\.xml:1: <html> found, expected <annotation>"),
        ("</object>", "", r"a\.xml:6: mismatched tag"),
        (
            "<annotation>",
            '<!DOCTYPE a [<!ENTITY x "boom">]><annotation>',
            r"a\.xml:1: declares an entity",
        ),
        (
            "<annotation>",
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>',
            "declares an entity",
        ),
    ],
)
def test_voc(old: str, new: str, expected: str, tmp_path: Path) -> None:
    folder = tmp_path / "Annotations"
    folder.mkdir()
    text = VOC.replace(old, new, 1) if old != "bndbox>" else VOC.replace(old, new)
    (folder / "a.xml").write_text(text)
    with pytest.raises(DataError, match=expected):
        read_dataset(tmp_path, "voc")


@pytest.mark.parametrize(
    ("yaml", "label", "expected"),
    [
        ("train: images\nnames: [cat]\n  x", "", r"data\.yaml:\d: .*expected YAML"),
        ("train: images\nnames: cat", "", "names is 'cat', expected the names"),
        ("train: images\nnames: {0: cat, 2: dog}", "", "numbers have gaps"),
        ("train: images\nnc: 3\nnames: [cat]", "", "nc=3, but there are 1 names"),
        ("names: [cat]", "", "has no train or val"),
        ("train: pictures\nnames: [cat]", "", "pictures is not there"),
        ("train: images\nnames: [cat]", "0 .5 .5 .1", r"a\.txt:1: has 4 columns"),
        ("train: images\nnames: [cat]", "\n1 .5 .5 .1 .1", r"a\.txt:2: class 1, expected 0 to 0"),
        ("train: images\nnames: [cat]", "0 .5 .5 .1 nan", r"a\.txt:1: coordinate='nan'"),
        ("train: images\nnames: [cat]", "0 50 .5 .1 .1", r"a\.txt:1: 50, expected 0 to 1"),
    ],
)
def test_data_yaml(yaml: str, label: str, expected: str, tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "images/a.png").write_bytes(png_header(10, 10))
    (tmp_path / "labels/a.txt").write_text(label)
    (tmp_path / "data.yaml").write_text(yaml)
    with pytest.raises(DataError, match=expected):
        read_dataset(tmp_path / "data.yaml")


def test_a_test_split_that_was_not_exported(tmp_path: Path) -> None:
    (tmp_path / "train/images").mkdir(parents=True)
    (tmp_path / "train/images/a.png").write_bytes(png_header(10, 10))
    file = tmp_path / "data.yaml"
    file.write_text("train: ../train/images\ntest: ../test/images\nnames: [cat]\n")
    dataset = read_dataset(file)
    assert [image.split for image in dataset.images] == ["train"]
    assert dataset.notes["splits left out: the images of test are not there"] == 1
    file.write_text("train: ../train/images\nval: ../valid/images\nnames: [cat]\n")
    with pytest.raises(DataError, match=r"data\.yaml: \.\./valid/images is not there"):
        read_dataset(file)


def test_a_class_called_no_and_key_points(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "images/a.png").write_bytes(png_header(10, 10))
    (tmp_path / "labels/a.txt").write_text("0 .5 .5 .2 .4 .1 .1 .2 .2\n")
    (tmp_path / "data.yaml").write_text("train: images\nnames: [no]\nkpt_shape: [2, 2]\n")
    found = read_dataset(tmp_path)
    assert found.names == ("no",)
    np.testing.assert_allclose(found.images[0].boxes, [[4, 3, 6, 7]])
    assert found.notes == {"key points left out": 1}


def test_darknet_says_file_and_line(tmp_path: Path, dataset: LabelledDataset) -> None:
    write_dataset(dataset, tmp_path / "out", "darknet")
    label = tmp_path / "out/images/a.txt"
    label.write_text("0 .5 .5 .1 .1\n7 .5 .5 .1 .1\n")
    with pytest.raises(DataError, match=r"a\.txt:2: class 7, expected 0 to 1"):
        read_dataset(tmp_path / "out")
    label.unlink()
    with pytest.raises(DataError, match=r"train\.txt:1: .* has no label file"):
        read_dataset(tmp_path / "out")
    found = read_dataset(tmp_path / "out", options=ReadOptions(missing_labels="background"))
    assert found.objects() == 0
    (tmp_path / "out/out.names").write_text("cat\n\ndog\n")
    with pytest.raises(DataError, match=r"out\.names:2: is empty"):
        read_dataset(tmp_path / "out")


def test_what_darknet_cannot_hold_is_counted(tmp_path: Path, dataset: LabelledDataset) -> None:
    write_dataset(dataset, tmp_path / "1", "darknet")
    assert dataset.notes == {"crowd objects left out": 1, "difficult objects left out": 1}
    dataset.notes.clear()
    options = WriteOptions(keep_crowd=True, keep_difficult=True)
    write_dataset(dataset, tmp_path / "2", "darknet", options)
    assert dataset.notes == {
        "crowd objects written as ordinary ones": 1,
        "difficult objects written as ordinary ones": 1,
        "boxes cut at the image's edge": 1,
        "boxes without width or height left out": 1,
    }
    found = read_dataset(tmp_path / "2")
    np.testing.assert_allclose(found.images[0].boxes, [[10, 10, 20, 20], [0, 0, 50, 50]], atol=1e-6)


def test_nothing_is_overwritten_without_force(tmp_path: Path, dataset: LabelledDataset) -> None:
    for target, name in (("out", "darknet"), ("x.json", "coco")):
        (tmp_path / "out").mkdir(exist_ok=True)  # an empty folder may be filled
        write_dataset(dataset, tmp_path / target, name)
        with pytest.raises(FileExistsError, match="--force"):
            write_dataset(dataset, tmp_path / target, name)
        (tmp_path / "out" / "mine.txt").write_text("kept")
        write_dataset(dataset, tmp_path / target, name, WriteOptions(force=True))
    assert (tmp_path / "out" / "mine.txt").read_text() == "kept"
    assert sorted(os.listdir(tmp_path)) == ["in", "out", "x.json"]


@pytest.mark.parametrize("name", ["darknet", "yolo", "voc", "coco"])
def test_a_failure_leaves_nothing(name: str, tmp_path: Path, dataset: LabelledDataset) -> None:
    dataset.images.append(LabelledImage("b.png", None, boxes=dataset.images[0].boxes,
                                        class_id=dataset.images[0].class_id,
                                        flags=np.zeros(3, np.uint8)))  # fmt: skip
    with pytest.raises(DataError, match=r"the image b\.png is not there"):
        write_dataset(dataset, tmp_path / "out", name)
    assert os.listdir(tmp_path) == ["in"]


@pytest.mark.parametrize("before", ["nothing", "empty folder", "link to an empty folder"])
def test_of_two_that_write_one_folder_at_once_one_is_refused(before: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if before == "empty folder":
        out.mkdir()
    elif before != "nothing":
        (tmp_path / "real").mkdir()
        out.symlink_to("real")

    def write_two() -> None:
        with output_folder(out, False) as one:
            one.write("a/late.txt", "late")
            with output_folder(out, False) as other:
                other.write("a/early.txt", "early")

    with pytest.raises(FileExistsError, match="is already there"):
        write_two()
    files = [path.name for path in sorted(out.rglob("*")) if path.is_file()]
    assert files == ["early.txt"]
    assert [path.name for path in sorted(tmp_path.iterdir()) if path.suffix == ".part"] == []


def test_of_two_that_write_one_file_at_once_one_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "x.json"

    def write_two() -> None:
        with output_file(out, False) as one:
            one.write_text("late")
            with output_file(out, False) as other:
                other.write_text("early")

    with pytest.raises(FileExistsError, match="is already there"):
        write_two()
    assert out.read_text() == "early"
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_writing_onto_its_own_images_keeps_them(tmp_path: Path, dataset: LabelledDataset) -> None:
    write_dataset(dataset, tmp_path / "out", "darknet")
    for mode in ("link", "copy"):
        again = read_dataset(tmp_path / "out")
        write_dataset(again, tmp_path / "out", "darknet", WriteOptions(images=mode, force=True))
        assert not (tmp_path / "out/images/a.png").is_symlink()
        assert (tmp_path / "out/images/a.png").read_bytes() == png_header(100, 50)


def test_classes_are_mapped_by_name(dataset: LabelledDataset) -> None:
    map_classes(dataset, names=["bird", "dog", "cat"])
    assert dataset.images[0].class_id.tolist() == [2, 1, 1]
    with pytest.raises(DataError, match="has objects of 'cat'"):
        map_classes(dataset, names=["dog"])
    map_classes(dataset, rename={"cat": "pet", "dog": "pet"})
    assert dataset.names == ("bird", "pet")
    assert dataset.images[0].class_id.tolist() == [1, 1, 1]
    map_classes(dataset, names=["bird"], leave_out_others=True)
    assert dataset.notes == {"objects of other classes left out": 3}
    with pytest.raises(DarknetError, match="there is no class 'ant'"):
        map_classes(dataset, rename={"ant": "bee"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(), lambda c: st.lists(c, max_size=4) | st.dictionaries(st.text(), c, max_size=4),
)  # fmt: skip


@given(
    value=st.lists(JSON) | st.dictionaries(st.text(), JSON), indent=st.none() | st.integers(0, 2)
)
def test_streaming_gives_what_json_gives(tmp_path_factory, value, indent) -> None:
    import pydarknet.datasets.formats.json_stream as module

    file = tmp_path_factory.mktemp("json") / "x.json"
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    file.write_bytes(text.encode("utf-8", "surrogatepass") if text.isprintable() else text.encode())
    chunk, module._CHUNK = module._CHUNK, 3  # every cut there can be
    try:
        parts = list(stream_json(file))
        whole = [read_json(file, depth)[0] for depth in range(4)]
        assert whole == [value] * 4
    finally:
        module._CHUNK = chunk
    if isinstance(value, list):
        assert [part.value for part in parts] == value
        return
    found: dict = {key: [] for key, each in value.items() if isinstance(each, list)}
    for part in parts:
        if part.item is None:
            found[part.key] = part.value
        else:
            found[part.key].append(part.value)
    assert found == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"a": 1,\n "b": }', 2), (b'{"a": 1\n', 2), (b"[1, 2,\n\n x]", 3), (b"", 1), (b"[1] 2", 1),  # noqa: E501
        (b'{"a":\n"unterminated', 2), (b"[1e]", 1), (b"[NaN]", 1), (b'{"a": "\xff"}', None),
        (b"[" * 100_000, None), (b"7", 1), (b"[" + b"9" * 5000 + b"]", 1), (b"[1,]", 1),
    ],
)  # fmt: skip
def test_no_json(text: bytes, line: int | None, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(DataError, match=r"x\.json") as caught:
        list(stream_json(tmp_path / "x.json"))
    if line is not None:
        assert caught.value.line == line


def test_lines_of_elements(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('\n{"a": [1,\n 2, {\n"b": 3}\n],\n"c": {}, "d":\n[]}\n')
    value, lines = read_json(tmp_path / "x.json", 3)
    assert value == {"a": [1, 2, {"b": 3}], "c": {}, "d": []}
    places = [(), ("a",), ("a", 0), ("a", 1), ("a", 2), ("a", 2, "b"), ("c",), ("d",)]
    assert [lines.at(*place) for place in places] == [2, 2, 2, 3, 3, 4, 6, 7]
    assert (lines.at("e"), lines.at("a", 9), lines.at("a", 1, "b")) == (2, 2, 3)


def test_what_follows_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(COCO) + "\n x")
    message = r"x\.json:2: 'x' found behind the end of the JSON$"
    with pytest.raises(DataError, match=message):
        read_dataset(tmp_path / "x.json", "coco")
    with pytest.raises(DataError, match=message):
        read_json(tmp_path / "x.json")


def test_runs_of_another_length_are_told_with_their_line(tmp_path: Path) -> None:
    data = json.loads(json.dumps(COCO))
    data["annotations"][0]["segmentation"] = {"size": [2, 2], "counts": [1, 2]}
    (tmp_path / "x.json").write_text(json.dumps(data).replace('"annotations"', '\n"annotations"'))
    expected = (
        r"x\.json:2: annotations\[0\]\.segmentation: the runs cover 3 pixels, expected 2 x 2$"
    )
    with pytest.raises(DataError, match=expected) as caught:
        read_dataset(tmp_path / "x.json")
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "x.json"), 2)


@given(data=st.binary(max_size=80), head=st.sampled_from([
    b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM",
    b"RIFF\0\0\0\0WEBPVP8L", b"RIFF\0\0\0\0WEBPVP8 ",
]))  # fmt: skip
def test_damaged_headers_are_data_errors(tmp_path_factory, data: bytes, head: bytes) -> None:
    file = tmp_path_factory.mktemp("image") / "x.bin"
    file.write_bytes(head + data)
    try:
        width, height = image_size(file)
    except DataError:
        return
    assert width > 0
    assert height > 0


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm"])
def test_sizes_are_those_of_the_pixels(ending: str, tmp_path: Path) -> None:
    import cv2

    for shape in ((37, 61, 3), (1, 300, 3), (200, 7, 3)):
        file = tmp_path / f"x{ending}"
        cv2.imwrite(str(file), np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8))
        assert image_size(file) == (shape[1], shape[0])


@pytest.mark.parametrize("to", WRITERS)
def test_a_set_without_objects_needs_its_classes(to: str, tmp_path: Path) -> None:
    """Where no object says what classes there are, a list of none is never written."""
    folder = tmp_path / "in/Annotations"
    folder.mkdir(parents=True)
    (folder / "a.xml").write_text(
        "<annotation><filename>a.png</filename><size><width>20</width><height>10</height></size>"
        "</annotation>"
    )
    (tmp_path / "in/a.png").write_bytes(png_header(20, 10))
    dataset = read_dataset(tmp_path / "in")
    out = tmp_path / ("out.json" if to == "coco" else "out")
    if to in ("darknet", "yolo"):
        with pytest.raises(DataError, match=r"no object says .* expected a list.*--names"):
            write_dataset(dataset, out, to)
        assert not out.exists()
        map_classes(dataset, names=["cat"])
    write_dataset(dataset, out, to)
    again = read_dataset(out)
    assert (again.names, len(again.images)) == (dataset.names, 1)


def disk_is_full(*_: object, **__: object) -> None:
    """As where shutil.copyfile() meets it: the source is named first."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "in/a.png", None, "out/a.png")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("images", ["copy", "link"])
def test_a_full_disk_names_the_output(
    name: str, images: ImageMode, tmp_path: Path, dataset: LabelledDataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(shutil, "copyfile", disk_is_full)
    monkeypatch.setattr(Path, "symlink_to", disk_is_full)
    out = tmp_path / "out"
    with pytest.raises(OSError, match="No space left") as caught:
        write_dataset(dataset, out, name, WriteOptions(images=images))
    assert (caught.value.filename, caught.value.filename2) == (str(out), None)
    assert os.listdir(tmp_path) == ["in"]


def test_a_full_disk_that_names_no_file(tmp_path: Path) -> None:
    def fill() -> None:
        with output_folder(tmp_path / "out", False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left") as caught:
        fill()
    assert caught.value.filename == str(tmp_path / "out")


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path, dataset: LabelledDataset) -> None:
    source = str(dataset.images[0].path)
    os.unlink(source)
    with pytest.raises(FileNotFoundError) as caught:
        write_dataset(dataset, tmp_path / "out", "darknet")
    assert caught.value.filename == source


@pytest.mark.parametrize(
    ("crowd", "flags"),
    [("0", 0), ("1", CROWD), ("false", 0), ("true", CROWD), ("null", 0),
     ('"maybe"', None), ("2", None), ("[]", None)],
)  # fmt: skip
def test_what_is_a_crowd(crowd: str, flags: int | None, tmp_path: Path) -> None:
    text = json.dumps(COCO).replace('"bbox"', f'"iscrowd": {crowd}, "bbox"')
    (tmp_path / "x.json").write_text(text)
    if flags is None:
        with pytest.raises(
            DataError, match=r"x\.json:1: annotations\[0\]\.iscrowd=.*, expected 0 or 1"
        ):
            read_dataset(tmp_path / "x.json")
        return
    assert read_dataset(tmp_path / "x.json").images[0].flags.tolist() == [flags]

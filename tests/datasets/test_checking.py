"""Every fault planted into a set of any format is found, with file and line or element."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet.datasets.checking import CheckReport, check_dataset
from pydarknet.datasets.formats import ReadOptions, WriteOptions, read_dataset, write_dataset

from .formats.test_read_only import CASES, changed, put

FORMATS = ("voc", "yolo", "coco")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same set in three formats: train of 4 images, valid of 2, two boxes in each."""
    root = tmp_path_factory.mktemp("sets")
    folder = root / "darknet"
    folder.mkdir()
    random = np.random.default_rng(1)
    for split, numbers in {"train": range(4), "valid": range(4, 6)}.items():
        for number in numbers:
            pixels = random.integers(0, 256, (40, 60, 3)).astype(np.uint8)
            pydarknet.save_image(folder / f"{number}.jpg", pixels)
            (folder / f"{number}.txt").write_text("0 0.5 0.5 0.25 0.25\n1 0.5 0.5 0.5 0.5\n")
        (folder / f"{split}.txt").write_text("".join(f"{number}.jpg\n" for number in numbers))
    (folder / "x.names").write_text("cat\ndog\n")
    (folder / "x.data").write_text("classes=2\ntrain=train.txt\nvalid=valid.txt\nnames=x.names\n")
    for name in FORMATS:
        write_dataset(read_dataset(folder), root / name, name, WriteOptions())
    return root


@pytest.fixture
def folder(sets: Path, tmp_path: Path) -> Path:
    for name in FORMATS:
        shutil.copytree(sets / name, tmp_path / name)
    return tmp_path


def found(report: CheckReport, folder: Path) -> list[tuple[str, int | None, str, str]]:
    return [
        (Path(p.file).name, p.line, p.severity, p.message.replace(f"{folder}/", ""))
        for p in report.problems
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_wrong(name: str, folder: Path) -> None:
    report = check_dataset(folder / name)
    assert report.problems == []
    assert (report.images, report.objects, report.errors) == ({"train": 4, "valid": 2}, 12, 0)


def voc(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "voc/Annotations/1.xml", old, new)


def yolo(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "yolo/labels/train/1.txt", old, new)


def coco(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        file = folder / "coco/annotations/instances_train.json"
        data = json.loads(file.read_text())
        change(data)
        lists = (
            f'"{key}":[\n' + ",\n".join(map(json.dumps, value)) + "\n]"
            for key, value in data.items()
        )
        file.write_text("{" + ",\n".join(lists) + "}")

    return plant


def second(key: str, value: object) -> Callable[[Path], None]:
    return coco(lambda data: data["annotations"][3].update({key: value}))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


FAULTS = {
    "voc bad class": ("voc", voc("<name>dog", "<name>bird"), "1.xml", 23, "error",
                      "class 'bird' is not in voc/classes.txt"),
    "voc empty class": ("voc", voc("<name>dog", "<name>"), "1.xml", 23, "error", "no class name"),
    "voc w=0": ("voc", voc("<xmax>46", "<xmax>16"), "1.xml", 23, "error", "w=0, h=20"),
    "voc order": ("voc", voc("<xmax>46", "<xmax>6"), "1.xml", 29, "error", "left <= right"),
    "voc NaN": ("voc", voc("<xmax>46", "<xmax>nan"), "1.xml", 29, "error", "xmax='nan'"),
    "voc beyond": ("voc", voc("<xmax>46", "<xmax>66"), "1.xml", 23, "note",
                   "the box 15, 10, 65, 30 reaches beyond the image of 60 x 40"),
    "voc outside": ("voc", voc("<ymin>11<", "<ymin>99<"), "1.xml", 29, "error", "top <= bottom"),
    "voc no box": ("voc", voc("bndbox", "box"), "1.xml", 21, "error", "mismatched tag"),
    "voc size": ("voc", voc("<width>60", "<width>40"), "1.xml", None, "error",
                 "says 40 x 40, but voc/JPEGImages/1.jpg is 60 x 40"),
    "voc missing annotation": (
        "voc", lambda f: (f / "voc/Annotations/1.xml").unlink(), "Main", None, "error", "names 1,"),
    "voc missing image": (
        "voc", lambda f: (f / "voc/JPEGImages/1.jpg").unlink(), "1.xml", None, "error",
        "the image 1.jpg is not there"),
    "yolo bad class": ("yolo", yolo("1 0.5", "7 0.5"), "1.txt", 2, "error", "class 7, expected 0"),
    "yolo range": ("yolo", yolo("1 0.5", "1 1.5"), "1.txt", 2, "error", "1.5, expected 0 to 1"),
    "yolo NaN": ("yolo", yolo("1 0.5", "1 nan"), "1.txt", 2, "error", "coordinate='nan'"),
    "yolo w=0": ("yolo", yolo("1 0.5 0.5 0.5", "1 0.5 0.5 0"), "1.txt", 2, "error", "w=0, h=20"),
    "yolo columns": ("yolo", yolo("1 0.5 ", "1 "), "1.txt", 2, "error", "has 4 columns"),
    "yolo repeated": ("yolo", yolo("1 0.5", "0 0.5 0.5 0.25 0.25\n1 0.5"), "1.txt", 2, "note",
                      "repeats line 1: cat"),
    "yolo CR LF": ("yolo", yolo("0.25\n", "0.25\r\n"), "1.txt", 1, "note", "CR LF"),
    "yolo no label": ("yolo", lambda f: (f / "yolo/labels/train/1.txt").unlink(), "1.txt", None,
                      "note", "has no label file"),
    "coco bad class": ("coco", second("category_id", 9), "instances_train.json", 15, "error",
                       "category_id=9 of image 1"),
    "coco w=0": ("coco", second("bbox", [5, 5, 0, 9]), "instances_train.json", 15, "error",
                 "annotations[3]: w=0, h=9"),
    "coco no number": ("coco", second("bbox", [5, 5, "a", 9]), "instances_train.json", 15, "error",
                       "annotations[3].bbox='a'"),
    "coco image": ("coco", second("image_id", 77), "instances_train.json", 15, "error",
                   "annotations[3].image_id=77: no such image"),
    "coco outline": ("coco", second("segmentation", [[1, 2, 3, 4, 5, "x"]]),
                     "instances_train.json", 15, "error", "expected 3 points or more"),
    "coco repeated": ("coco", coco(lambda d: d["annotations"].insert(
                          3, {**d["annotations"][2], "id": 99})),
                      "instances_train.json", 15, "note", "repeats annotations[2]: cat"),
    "coco missing image": (
        "coco", lambda f: (f / "coco/train/1.jpg").unlink(), "instances_train.json", 6, "error",
        "images[1]: the image 1.jpg is not there"),
    "coco name": ("coco", coco(lambda d: d["images"][1].update(file_name="../1.jpg")),
                  "instances_train.json", 7, "error", "leaves the data set's folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_planted(name: str, folder: Path) -> None:
    format, plant, *expected, message = FAULTS[name]
    plant(folder)
    problems = found(check_dataset(folder / format), folder)
    (problem,) = problems
    assert problem[:3] == tuple(expected)
    assert message in problem[3]


IMAGES = {"voc": "JPEGImages/{}.jpg", "yolo": "images/{split}/{}.jpg", "coco": "{word}/{}.jpg"}


def image_file(folder: Path, name: str, number: int) -> Path:
    word = "train" if number < 4 else "val"
    return folder / name / IMAGES[name].format(number, split=word, word=word)


@pytest.mark.parametrize("name", FORMATS)
def test_images(name: str, folder: Path) -> None:
    cut = image_file(folder, name, 1)
    cut.write_bytes(cut.read_bytes()[:-40])
    shutil.copy(image_file(folder, name, 0), image_file(folder, name, 2))
    shutil.copy(image_file(folder, name, 3), image_file(folder, name, 5))
    problems = found(check_dataset(folder / name), folder)
    severities = [
        (severity, message.rpartition(f"{name}/")[0]) for *_, severity, message in problems
    ]
    assert [severity for severity, _ in severities] == ["error", "note", "error"]
    assert "is cut off: the JPEG file has no end" in problems[0][3]
    assert "has the same content as" in problems[1][3]
    assert problems[2][3].endswith("too: train and valid overlap")


@pytest.mark.parametrize("name", FORMATS)
def test_where_reading_ends(name: str, folder: Path) -> None:
    file = {"voc": "classes.txt", "yolo": "data.yaml",
            "coco": "annotations/instances_train.json"}[name]  # fmt: skip
    wrong = {"voc": "cat\ncat\n", "yolo": "names: [a", "coco": "{"}[name]
    (folder / name / file).write_text(wrong)
    problems = found(check_dataset(folder / name, name), folder)
    assert problems[-1][0] == Path(file).name
    assert problems[-1][2] == "error"


# in each file two objects are broken, or one and an image: all is listed, the rest is read
READ_ONLY = [
    ("labelme", "a.json", [("[30, 40]", "[30]"), ("circle", "cube")], 2),
    ("cvat", "annotations.xml", [('xtl="10.5"', 'xtl="99"'), ("1,2;9,4;5,8", "1,2")], 2),
    ("cvat video", "x.xml", [('xtl="1"', 'xtl="x"')], 1),
    ("label-studio", "x.json", [('"x": 5,', '"x": null,'), ("[1, 2]", "[1]")], 2),
    ("open-images", "train-bbox.csv", [("0.05", "5"), ("0,1,0,1,0", "0,x,0,1,0")], 2),
    ("kitti", "label_2/000001.txt", [("Cyclist 0.00", "Cyclist"), ("192.37", "z")], 2),
    ("createml", "x.json", [('"x": 20', '"x": "a"')], 1),
    ("via", "x.json", [('"x": 10', '"x": "b"'), ("[2, 4, 8]", "[2, 4]")], 2),
    ("via csv", "x.csv", [('""x"":10', '""x"":""10z""')], 1),
    ("wider", "wider_face_val_bbx_gt.txt", [("449", "x"), ("10 20", "10")], 2),
    ("visdrone", "annotations/a.txt", [(",4,0,1", ",14,0,1"), ("11,1,0,", "11,1,")], 2),
    ("bdd100k", "labels_val.json", [('"x1": 10', '"x1": true')], 1),
    ("supervisely", "train/ann/a.png.json", [("[30, 40]", "[30]"), ("[9, 4]", "[9]")], 2),
]


@pytest.mark.parametrize(("name", "file", "edits", "count"), READ_ONLY)
def test_formats_that_are_only_read(
    name: str, file: str, edits: list[tuple[str, str]], count: int, tmp_path: Path
) -> None:
    files, place, _ = CASES[name]
    put(tmp_path, files)
    whole = check_dataset(tmp_path / place)
    value = files[file]
    for old, new in edits:
        value = changed(value, old, new)
    put(tmp_path, {file: value})
    report = check_dataset(tmp_path / place)
    assert report.objects == whole.objects - count
    new_problems = [
        p for p in report.problems if p not in whole.problems and "repeats" not in p.message
    ]
    named = [p for p in new_problems if p.file.endswith(file)]
    assert len(named) == count
    # a line where it says something, else the element
    for problem in named:
        assert problem.severity == "error"
        assert problem.line is not None or "[" in problem.message


def test_every_format_has_faults() -> None:
    from pydarknet.datasets.formats import READERS

    assert {name.split()[0] for name, *_ in READ_ONLY} | {*FORMATS, "darknet"} == set(READERS)


def test_a_folder_of_images_with_labels(sets: Path, tmp_path: Path) -> None:
    """Darknet's files without a .data file: no list has lines, labels have."""
    shutil.copytree(sets / "darknet", tmp_path / "x")
    for file in ("x.data", "train.txt", "valid.txt"):
        (tmp_path / "x" / file).unlink()
    assert check_dataset(tmp_path / "x").problems == []
    (tmp_path / "x/2.txt").write_text("0 0.5 0.5 0.25 0.25\n5 .5 .5 .1 .1\n0 0.5 0.5 0 0.25\n")
    assert [(Path(p.file).name, p.line) for p in check_dataset(tmp_path / "x").problems] == [
        ("2.txt", 2), ("2.txt", 3),
    ]  # fmt: skip


def test_notes_of_a_list_that_a_yaml_names(folder: Path) -> None:
    edit(folder / "yolo/data.yaml", "images/train", "train.txt")
    lines = [f"{folder}/yolo/images/train/{number}.jpg" for number in range(4)]
    (folder / "yolo/train.txt").write_text("\n".join([lines[0] + " ", "", *lines[1:], ""]))
    assert [problem[:3] for problem in found(check_dataset(folder / "yolo"), folder)] == [
        ("train.txt", 1, "note"), ("train.txt", 2, "note"),
    ]  # fmt: skip


def test_without_check_the_first_fault_is_raised(folder: Path) -> None:
    FAULTS["voc NaN"][1](folder)
    with pytest.raises(pydarknet.DataError, match=r"1\.xml:29: xmax='nan'"):
        read_dataset(folder / "voc")


def test_images_are_looked_for_where_the_caller_says(folder: Path) -> None:
    (folder / "voc/JPEGImages").rename(folder / "pictures")
    assert check_dataset(folder / "voc").errors == 6
    options = ReadOptions(image_folders=[folder / "pictures"])
    assert check_dataset(folder / "voc", options=options).problems == []


@pytest.mark.parametrize(
    "val",
    ["images/train", "./images/train", "images/train/", "../yolo/images/train",
     "[images/train]", "\n- images/train"],
)  # fmt: skip
def test_a_yaml_that_validates_with_what_it_trains_with(val: str, folder: Path) -> None:
    edit(folder / "yolo/data.yaml", "val: images/val", f"val: {val}")
    edit(folder / "yolo/labels/train/1.txt", "1 0.5", "7 0.5")
    report = check_dataset(folder / "yolo")
    assert sorted(found(report, folder)) == [
        ("1.txt", 2, "error", "class 7, expected 0 to 1"),
        ("data.yaml", 2, "note", "val names the images of another split, expected images of its "
         "own"),
    ]  # fmt: skip
    assert report.images == {"train": 4}

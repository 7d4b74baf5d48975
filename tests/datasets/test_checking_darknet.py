"""Every fault planted into a Darknet set is found, with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import pydarknet
from pydarknet.datasets.checking_darknet import check_darknet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set without faults: four images in train, two in valid."""
    random = np.random.default_rng(1)
    lists = {"train": range(4), "valid": range(4, 6)}
    for split, numbers in lists.items():
        lines = []
        for number in numbers:
            pixels = random.integers(0, 256, (40, 60, 3)).astype(np.uint8)
            pydarknet.save_image(tmp_path / f"{number}.jpg", pixels)
            (tmp_path / f"{number}.txt").write_text("0 0.5 0.5 0.25 0.25\n1 0.5 0.5 1 1\n")
            lines.append(f"{number}.jpg\n")
        (tmp_path / f"{split}.txt").write_text("".join(lines))
    (tmp_path / "x.names").write_text("cat\ndog\n")
    (tmp_path / "x.data").write_text(
        "classes = 2\ntrain = train.txt\nvalid = valid.txt\nnames = x.names\n"
    )
    return tmp_path


def found(folder: Path, **options: object) -> list[tuple[str, int | None, str, str]]:
    report = check_darknet(folder / "x.data", **options)  # type: ignore[arg-type]
    return [
        (Path(p.file).name, p.line, p.severity, p.message.replace(f"{folder}/", ""))
        for p in report.problems
    ]


def test_nothing_wrong(folder: Path) -> None:
    report = check_darknet(folder / "x.data")
    assert report.problems == []
    assert (report.images, report.objects, report.errors) == ({"train": 4, "valid": 2}, 12, 0)


LABELS = [
    (b"2 .5 .5 .1 .1", "error", "class 2, expected 0 to 1"),
    (b"-1 .5 .5 .1 .1", "error", "class -1, expected 0 to 1"),
    (b"cat .5 .5 .1 .1", "error", "class 'cat' is no whole number"),
    (b"1 -.1 .5 .1 .1", "error", "x=-.1, expected 0 to 1"),
    (b"1 .5 1.2 .1 .1", "error", "y=1.2, expected 0 to 1"),
    (b"1 .5 .5 0 .1", "error", "w=0, expected above 0"),
    (b"1 .5 .5 .1 3", "error", "h=3, expected above 0, up to 1"),
    (b"1 .5 .5 .1", "error", "has 4 columns, expected class x y w h"),
    (b"1 .5 .5 .1 .1 .9", "error", "has 6 columns"),
    (b"1 .5 nan .1 .1", "error", "y=nan, expected 0 to 1"),
    (b"1 .5 .5 .1 inf", "error", "h=inf"),
    (b"1 .5 .5 .1 x", "error", "h='x' is no number"),
    (b"1 .5 .5 .1 .1 ", "note", "has blanks around it"),
    (b"0 0.5 0.5 0.25 0.25", "note", "repeats line 1"),
    (b"1 .5 .5 .1 .1\r", "note", "lines end in CR LF"),
    (b"1 .9 .5 .5 .1", "note", "the box reaches beyond the image: right edge at 1.15"),
]


@pytest.mark.parametrize(("line", "severity", "message"), LABELS)
def test_labels(line: bytes, severity: str, message: str, folder: Path) -> None:
    (folder / "2.txt").write_bytes(b"0 0.5 0.5 0.25 0.25\n" + line + b"\n")
    (problem,) = found(folder)
    assert problem[:3] == ("2.txt", 2, severity)
    assert message in problem[3]


def write(name: str, data: bytes):
    return lambda folder: (folder / name).write_bytes(data)


def truncate(folder: Path) -> None:
    data = (folder / "1.jpg").read_bytes()
    (folder / "1.jpg").write_bytes(data[: len(data) // 2])


def rename(folder: Path) -> None:
    for ending in ("jpg", "txt"):
        (folder / f"1.{ending}").rename(folder / f"ä.{ending}")
    (folder / "train.txt").write_text("0.jpg\nä.jpg\n2.jpg\n3.jpg\n")


def leak(folder: Path) -> None:
    (folder / "valid.txt").write_text("4.jpg\n1.jpg\n")


FILES = {
    "missing label": (lambda f: (f / "1.txt").unlink(), "train.txt", 2, "error", "no label file"),
    "missing image": (lambda f: (f / "1.jpg").unlink(), "train.txt", 2, "error", "No such file"),
    "byte order mark": (
        write("1.txt", b"\xef\xbb\xbf1 .5 .5 .1 .1\n"), "1.txt", 1, "note", "byte order mark",
    ),
    "non-ASCII path": (rename, "train.txt", 2, "note", "ä.jpg: the path is not ASCII"),
    "truncated JPEG": (truncate, "train.txt", 2, "error", "1.jpg is cut off"),
    "0-byte file": (write("1.jpg", b""), "train.txt", 2, "error", "1.jpg is empty"),
    "no image": (write("1.jpg", b"hello"), "train.txt", 2, "error", "cannot be decoded"),
    "name missing": (write("x.names", b"cat\n"), "x.data", 1, "error", "holds 1 names"),
    "blank name": (write("x.names", b"\ndog\n"), "x.names", 1, "error", "is blank, expected the"),
    "name of two lines": (
        write("x.names", b"cat\nd\x0bg\n"), "x.names", 2, "error", "is no class name"),
    "names in Latin-1": (
        write("x.names", b"cat\nd\xf6g\n"), "x.names", 2, "error", "0xf6 is no UTF-8"),
    "name twice": (write("x.names", b"cat\ncat\n"), "x.names", 2, "error", "'cat' is the name of"),
    "names missing": (lambda f: (f / "x.names").unlink(), "x.data", 4, "error", "neither in the"),
    "list missing": (lambda f: (f / "valid.txt").unlink(), "x.data", 3, "error", "neither in the"),
    "list empty": (write("valid.txt", b"\n"), "x.data", 3, "error", "holds no images"),
    "list in CR LF": (write("valid.txt", b"4.jpg\r\n5.jpg\r\n"), "valid.txt", 1, "note", "CR LF"),
    "listed twice": (write("valid.txt", b"4.jpg\n4.jpg\n"), "valid.txt", 2, "note", "before"),
    "same content": (
        lambda f: shutil.copy(f / "0.jpg", f / "3.jpg"), "train.txt", 4, "note",
        "3.jpg has the same content as 0.jpg",
    ),
    "leak by content": (
        lambda f: shutil.copy(f / "0.jpg", f / "5.jpg"), "valid.txt", 2, "error",
        "5.jpg has the same content as 0.jpg, listed in train.txt:1 too: train and valid overlap",
    ),
    "leak by path": (leak, "valid.txt", 2, "error", "1.jpg is listed in train.txt:2 too"),
    "one list for both": (
        write("x.data", b"classes=2\ntrain=train.txt\nvalid=train.txt\nnames=x.names\n"), "x.data",
        3, "note", "names the list of another split",
    ),
    "label shared": (
        lambda f: (shutil.copy(f / "5.jpg", f / "6.jpg"), (f / "6.jpg").rename(f / "4.png"),
                   (f / "valid.txt").write_text("4.jpg\n4.png\n")),
        "valid.txt", 2, "error", "4.png has the same label file as 4.jpg",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files(name: str, folder: Path) -> None:
    plant, file, line, severity, message = FILES[name]
    plant(folder)
    (problem,) = found(folder)
    assert problem[:3] == (file, line, severity)
    assert message in problem[3]


def test_all_at_once(folder: Path) -> None:
    (folder / "2.txt").write_bytes(b"\n".join(line for line, _, _ in LABELS))
    for name in ("missing label", "0-byte file", "leak by path"):
        FILES[name][0](folder)
    problems = found(folder)
    assert sum(severity == "error" for *_, severity, _ in problems) == 12 + 3
    assert len(found(folder, missing_labels="background")) == len(problems) - 1


def test_faults_of_the_data_file_hide_no_others(folder: Path) -> None:
    FILES["missing label"][0](folder)
    (folder / "x.data").write_text(
        "classes = many\ntrian = 3\ntrain = train.txt\nvalid = valid.txt\nfoo\nnames = x.names\n"
        "valid = train.txt\nmine = 1\n"
    )
    assert found(folder) == [
        ("x.data", 2, "note", "trian is a key nothing reads, did you mean train?"),
        ("x.data", 5, "error", "cannot read 'foo', expected key = value"),
        ("x.data", 7, "note", "valid is set in line 4 too: this line does not count"),
        ("x.data", 1, "error", "classes=many, expected 1 to 999999"),
        ("train.txt", 2, "error",
         "1.jpg has no label file 1.txt, expected one (empty for an image without objects)"),
    ]  # fmt: skip


def test_labels_are_checked_where_the_number_of_classes_is_not_known(folder: Path) -> None:
    (folder / "0.txt").write_text("7 .5 .5 0 .1\n")
    for text in ("", "classes = 0\n", "names = none.names\n"):
        (folder / "x.data").write_text(f"{text}train = train.txt\n")
        first, second = found(folder)[-2:]
        assert first[0] == "x.data"
        assert second[:3] == ("0.txt", 1, "error")
        assert second[3].startswith("w=0, expected above 0")
    (folder / "x.data").write_text("train = train.txt\n")
    assert found(folder)[0][1:] == (
        None, "error", "has neither classes= nor names=, expected the number of classes"
    )  # fmt: skip


def test_blanks_in_lists_are_told(folder: Path) -> None:
    (folder / "train.txt").write_text("0.jpg \n\n \n1.jpg\n\t2.jpg\n3.jpg\n\n\n")
    assert found(folder) == [
        ("train.txt", 1, "note", "0.jpg has blanks around it"),
        ("train.txt", 2, "note", "is blank, expected an image's path"),
        ("train.txt", 5, "note", "2.jpg has blanks around it"),
    ]


def test_blank_lines_at_the_end_of_the_names_are_told(folder: Path) -> None:
    message = "is blank, which Darknet counts as a name, expected the file's end"
    for text in (b"cat\ndog\n\n \n", b"cat\ndog\n\n ", b"cat\ndog\n\n\n"):
        (folder / "x.names").write_bytes(text)
        assert found(folder) == [("x.names", line, "note", message) for line in (3, 4)]
    for text in (b"cat\ndog\n", b"cat\ndog"):
        (folder / "x.names").write_bytes(text)
        assert found(folder) == []

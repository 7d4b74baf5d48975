"""A detector's data: what is read, and every fault that is found in it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.small_sets import write_set
from pydarknet import ArgumentError, DataError, DatasetError
from pydarknet.datasets import DetectionDataset, Problem, read_image_list
from pydarknet.datasets.boxes import read_boxes


def test_reading(tmp_path: Path) -> None:
    dataset = DetectionDataset.open(write_set(tmp_path / "a"))
    assert len(dataset) == 6
    assert dataset.classes == 3
    assert dataset.names == ("name0", "name1", "name2")
    assert dataset.problems == ()
    assert [len(dataset.boxes(i)) for i in range(6)] == [1, 2, 3, 1, 2, 3]
    assert dataset.boxes(2).tolist()[1][:5] == pytest.approx((0.4, 0.5, 0.4, 0.25, 1))
    tracks = [track for i in range(6) for track in dataset.boxes(i)["track_id"].tolist()]
    assert len(set(tracks)) == len(tracks)
    assert len(DetectionDataset.open(tmp_path / "a/x.data", split="valid")) == 1


def test_numbers_of_objects_fit_a_float() -> None:
    assert float(4000 * 4000) < 1 << 24


@pytest.mark.parametrize("place", ["", "elsewhere"])
def test_relative_paths(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_set(tmp_path / "a")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / (place or "a"))
    assert len(DetectionDataset.open(data)) == 6


def test_lists_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffa b.jpg \r\n\r\n\t ü.png\r\na b.jpg".encode())
    images, notes = read_image_list(path)
    assert [(image.name, image.line) for image in images] == [
        ("a b.jpg", 1), ("ü.png", 3), ("a b.jpg", 4),
    ]  # fmt: skip
    assert [str(note) for note in notes] == [
        f"{path}:1: note: begins with a byte order mark",
        f"{path}:1: note: lines end in CR LF",
        f"{path}:1: note: a b.jpg has blanks around it",
        f"{path}:2: note: is blank, expected an image's path",
        f"{path}:3: note: ü.png has blanks around it",
        f"{path}:4: note: a b.jpg is listed before, in line 1",
    ]
    assert {note.severity for note in notes} == {"note"}


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"a.jpg\0"])
def test_lists_without_images(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"list\.txt .* expected an? .*path"):
        read_image_list(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 .5 .5 .1", "has 4 columns, expected class x y w h"),
        ("0 .5 .5 .1 .1 .9", "has 6 columns"),
        ("cat .5 .5 .1 .1", "class 'cat' is no whole number"),
        ("1.0 .5 .5 .1 .1", "class '1.0' is no whole number"),
        ("3 .5 .5 .1 .1", "class 3, expected 0 to 2"),
        ("-1 .5 .5 .1 .1", "class -1, expected 0 to 2"),
        ("0 -.1 .5 .1 .1", "x=-.1, expected 0 to 1"),
        ("0 .5 1.2 .1 .1", "y=1.2, expected 0 to 1"),
        ("0 .5 .5 0 .1", "w=0, expected above 0"),
        ("0 .5 .5 .1 -.2", "h=-.2, expected above 0"),
        ("0 .5 .5 1e9 .1", "w=1e9, expected above 0, up to 1"),
        ("0 nan .5 .1 .1", "x=nan, expected 0 to 1"),
        ("0 .5 .5 inf .1", "w=inf"),
        ("0 .5 .5,2 .1 .1", "y='.5,2' is no number"),
        ("0 0 0 .1 .1", "the corner 0, 0"),
    ],
)
def test_lines_that_are_wrong(line: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"0 .5 .5 .1 .1\n\n{line}\n1 .5 .5 .1 .1\n")
    boxes, problems = read_boxes(str(path), 3)
    assert boxes["class_id"].tolist() == [0, 1]
    assert [(p.file, p.line, p.severity) for p in problems] == [(str(path), 3, "error")]
    assert words in problems[0].message


def test_lines_that_are_only_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf0 .5 .5 .1 .1 \r\n+1\t.5 .5 1.0004 1\r\n0 .5 .5 .1 .1\r\n")
    boxes, problems = read_boxes(str(path), 3, first_track_id=8000)
    assert boxes["class_id"].tolist() == [0, 1, 0]
    assert boxes["w"].tolist() == pytest.approx([0.1, 1, 0.1])
    assert boxes["track_id"].tolist() == [8000, 8001, 8002]
    assert [(p.line, p.message, p.severity) for p in problems] == [
        (1, "begins with a byte order mark", "note"),
        (1, "lines end in CR LF", "note"),
        (1, "has blanks around it", "note"),
        (3, "repeats line 1", "note"),
    ]


@given(data=st.one_of(st.binary(max_size=60), st.text("0123456789.-+eE \n\t\rnaif,", max_size=80)))
@settings(max_examples=300, deadline=None)
def test_anything_may_stand_in_a_label_file(data: bytes | str, tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    boxes, problems = read_boxes(str(path), 3)
    for x, y, w, h, class_id, _ in boxes.tolist():
        assert 0 <= x <= 1
        assert 0 <= y <= 1
        assert 0 < w <= 1
        assert 0 < h <= 1
        assert 0 <= class_id < 3
    assert all("\n" not in str(problem) for problem in problems)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A data set of 12 images with one fault of each kind."""
    data = write_set(tmp_path / "a", count=12)
    images = tmp_path / "a/images"
    (images / "1.png").unlink()
    (images / "2.png").write_bytes(b"")
    (images / "3.png").write_bytes((images / "3.png").read_bytes()[:400])
    (images / "4.png").write_bytes(b"<html>not found</html>")
    (images / "5.txt").unlink()
    (images / "6.txt").write_text("0 .5 .5 .1 .1\n9 .5 .5 .1 .1\n0 .5 .5 .1\n")
    shutil.rmtree(images / "7.txt", ignore_errors=True)
    (images / "7.txt").unlink()
    (images / "7.txt").mkdir()
    (images / "8.txt").write_text("")
    return data


def test_every_fault_is_listed(faulty: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DatasetError) as caught:
        DetectionDataset.open(faulty)
    error = caught.value
    listed = str(faulty.parent / "train.txt")
    images = faulty.parent / "images"
    assert [(p.file, p.line) for p in error.problems] == [
        (listed, 2), (listed, 3), (listed, 4), (listed, 5), (listed, 6),
        (str(images / "6.txt"), 2), (str(images / "6.txt"), 3), (listed, 8),
    ]  # fmt: skip
    words = ["1.png", "2.png is empty", "ends too early", "4.png cannot be decoded",
             "has no label file", "class 9", "4 columns", "7.txt"]  # fmt: skip
    for problem, word in zip(error.problems, words, strict=True):
        assert word in problem.message
        assert str(problem) in caplog.text
    assert str(error) == f"{listed} has 8 problems, the first: {error.problems[0]}"
    assert (error.file, error.line) == (listed, 2)


def test_faults_are_skipped(faulty: Path) -> None:
    dataset = DetectionDataset.open(faulty, on_bad_data="skip")
    assert [Path(path).stem for path in dataset.images] == ["0", "8", "9", "10", "11"]
    assert len(dataset.boxes(1)) == 0
    assert len(dataset.problems) == 8
    with pytest.raises(DatasetError, match="has 7 problems"):
        DetectionDataset.open(faulty, missing_labels="background")
    more = DetectionDataset.open(faulty, missing_labels="background", on_bad_data="skip")
    assert len(more) == 6


def test_without_reading_the_images(faulty: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        DetectionDataset.open(faulty, decode=False)
    assert [p.line for p in caught.value.problems] == [2, 6, 2, 3, 8]


def test_one_fault_is_the_message(tmp_path: Path) -> None:
    data = write_set(tmp_path / "a")
    (tmp_path / "a/images/3.txt").write_text("0 .5 .5 2 .1\n")
    with pytest.raises(DatasetError, match=r"3\.txt:1: w=2, expected above 0, up to 1") as caught:
        DetectionDataset.open(data)
    assert str(caught.value).startswith(str(tmp_path / "a/images/3.txt"))


def test_notes_do_not_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = write_set(tmp_path / "a")
    listed = tmp_path / "a/train.txt"
    listed.write_bytes(listed.read_bytes().replace(b"\n", b"\r\n"))
    with caplog.at_level(logging.WARNING):
        dataset = DetectionDataset.open(data)
    assert [str(p) for p in dataset.problems] == [f"{listed}:1: note: lines end in CR LF"]
    assert not caplog.text


def test_nothing_is_left(tmp_path: Path) -> None:
    data = write_set(tmp_path / "a", count=2)
    for index in range(2):
        (tmp_path / f"a/images/{index}.png").unlink()
    with pytest.raises(DatasetError, match=r"train\.txt holds no usable image"):
        DetectionDataset.open(data, on_bad_data="skip")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train=train.txt\nclasses=0", "classes=0, expected 1 to 999999"),
        ("train=train.txt\nclasses=x", "classes=x"),
        ("classes=3", "has no train="),
        ("classes=3\ntrain=none.txt", "names none.txt"),
    ],
)
def test_data_files_that_are_wrong(text: str, words: str, tmp_path: Path) -> None:
    data = write_set(tmp_path / "a")
    data.write_text(text)
    with pytest.raises((DataError, FileNotFoundError), match=words):
        DetectionDataset.open(data)


def test_names_that_do_not_fit(tmp_path: Path) -> None:
    data = write_set(tmp_path / "a")
    names = tmp_path / "a/x.names"
    names.write_text("cat\n\ndog\n")
    assert [str(p) for p in DetectionDataset.open(data).problems] == [
        f"{names}:2: note: is empty, expected a name"
    ]
    names.write_text("cat\ndog\n")
    with pytest.raises(DatasetError, match=r"x\.names: holds 2 names, expected 3"):
        DetectionDataset.open(data)


def test_words_that_are_not_known(tmp_path: Path) -> None:
    data = write_set(tmp_path / "a")
    for keys in ({"split": "test"}, {"missing_labels": "skip"}, {"on_bad_data": "ignore"}):
        with pytest.raises(ArgumentError, match=f"{next(iter(keys))}="):
            DetectionDataset.open(data, **keys)


def test_progress(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    data = write_set(tmp_path / "a")
    DetectionDataset.open(data, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(i + 1, 6) for i in range(6)]


def test_an_interrupt_stops_the_check(tmp_path: Path) -> None:
    data = write_set(tmp_path / "a")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        DetectionDataset.open(data, progress=interrupt)


def test_a_problem_without_a_line() -> None:
    assert str(Problem("a.txt", None, "is wrong")) == "a.txt: is wrong"


def test_real_photographs(shared: Path) -> None:
    dataset = DetectionDataset.open(shared / "indoor85/indoor.data")
    assert (len(dataset), dataset.classes, len(dataset.names)) == (70, 30, 30)
    assert sum(len(dataset.boxes(i)) for i in range(70)) == 564
    assert dataset.problems == ()

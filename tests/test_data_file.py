""".data files and the files they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydarknet import DataError
from pydarknet.data_file import (
    find_file_of_key,
    find_named_file,
    line_of,
    read_classes,
    read_data_file,
)


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.data"
    path.write_bytes(
        b"\xef\xbb\xbfclasses= 80\r\n# a comment\r\n; another\n\n names = data/coco.names \n"
        b"classes=20\neval=coco"
    )
    assert read_data_file(path) == {"classes": "80", "names": "data/coco.names", "eval": "coco"}


@pytest.mark.parametrize("line", ["classes", "= 80", "names = a\0b"])
def test_lines_that_say_nothing(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.data"
    path.write_text(f"train=x\n{line}\n")
    with pytest.raises(DataError, match=r"x\.data:2: .* expected key = value") as caught:
        read_data_file(path)
    assert (caught.value.file, caught.value.line) == (str(path), 2)


@pytest.mark.parametrize("place", ["work", "work/cfg", "elsewhere/cfg", "elsewhere"])
def test_named_files_are_found(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work/cfg").mkdir(parents=True)
    (tmp_path / "elsewhere/cfg").mkdir(parents=True)
    data = tmp_path / ("elsewhere" if place.startswith("elsewhere") else "work") / "cfg/x.data"
    names = tmp_path / place / "x.names"
    names.write_text("cat\n")
    monkeypatch.chdir(tmp_path / "work")
    assert find_named_file(data, "x.names").resolve() == names


def test_named_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"x\.data names none\.names"):
        find_named_file(tmp_path / "x.data", "none.names")


def test_files_of_keys_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x.data"
    path.write_text("# names = none.names\n\ntrain =\n na mes = none.names\n")
    assert (line_of(path, "names"), line_of(path, "valid")) == (4, None)
    options = read_data_file(path)
    with pytest.raises(FileNotFoundError, match=r"x\.data:4: names names none\.names, which"):
        find_file_of_key(path, options, "names")
    with pytest.raises(FileNotFoundError, match=r"x\.data:3: train has no value, expected a file"):
        find_file_of_key(path, options, "train")
    (tmp_path / "none.names").write_text("cat\n")
    assert find_file_of_key(path, options, "names") == tmp_path / "none.names"


def test_the_number_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "x.data"
    path.write_text("train=x\nclasses=0\n")
    assert read_classes(path, {"classes": "7"}, 3) == 7
    assert read_classes(path, {}, 3) == 3
    with pytest.raises(DataError) as caught:
        read_classes(path, {"train": "x"})
    assert str(caught.value) == f"{path}: classes= is missing, and names= too, expected one"
    with pytest.raises(DataError, match=r"x\.data:2: classes=0, expected 1 to 999999"):
        read_classes(path, {"classes": "0"}, 3)

"""Where images come from."""

from __future__ import annotations

import io
import os

import pytest

from pydarknet.cli.image_list import find_images


def listed(*words: object, list_file: object = None) -> list[str]:
    found = find_images([str(word) for word in words], list_file and str(list_file))
    paths = list(found.paths)
    assert found.total in (None, len(paths))
    return paths


def test_words_and_folders(tmp_path):
    for name in ("b.PNG", "a.jpg", "c.webp", "labels.txt", "x.weights"):
        (tmp_path / name).touch()
    folder = [str(tmp_path / name) for name in ("a.jpg", "b.PNG", "c.webp")]
    assert listed("x.jpg", tmp_path, "y.jpg") == ["x.jpg", *folder, "y.jpg"]


def test_lists_in_files(tmp_path, monkeypatch):
    (tmp_path / "here.jpg").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "there.jpg").touch()
    file = tmp_path / "sub" / "list.txt"
    file.write_bytes("\ufeffhere.jpg\r\n\n  there.jpg \nwith blank.jpg\nnone.jpg".encode())
    monkeypatch.chdir(tmp_path)
    expected = ["here.jpg", os.path.join("sub", "there.jpg"), "with blank.jpg", "none.jpg"]
    assert [os.path.relpath(path) for path in listed("sub/list.txt")] == expected
    file.rename(tmp_path / "sub" / "paths.lst")
    assert [os.path.relpath(path) for path in listed(list_file="sub/paths.lst")] == expected


@pytest.mark.parametrize("words", [[], ["-"], ["x.jpg", "-"]])
def test_stdin(words, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a.jpg\n\nb c.jpg\r\n"))
    assert listed(*words) == [*(word for word in words if word != "-"), "a.jpg", "b c.jpg"]


def test_a_list_on_stdin(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a.jpg\nb.jpg\n"))
    assert list(find_images(["c.jpg"], "-").paths) == ["c.jpg", "a.jpg", "b.jpg"]


def test_stdin_is_read_as_it_comes(monkeypatch):
    stream = io.StringIO("a.jpg\nb.jpg\n")
    monkeypatch.setattr("sys.stdin", stream)
    found = find_images([])
    assert next(found.paths) == "a.jpg"
    assert stream.read() == "b.jpg\n"


def test_a_person_is_asked(monkeypatch, capsys):
    stream = io.StringIO("a.jpg\n")
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stream)
    found = find_images([])
    assert found.typed
    assert list(found.paths) == ["a.jpg"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Enter Image Path: " * 2


def test_empty_lists_and_folders(tmp_path):
    (tmp_path / "empty.txt").write_text("\n \n")
    for word in (tmp_path, tmp_path / "empty.txt"):
        with pytest.raises(FileNotFoundError) as caught:
            find_images([str(word)])
        assert caught.value.filename == str(word)

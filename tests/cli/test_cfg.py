"""``pydarknet cfg``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydarknet.cfg import Document, zoo
from pydarknet.cli.cfg import COMMANDS

Command = Callable[..., Any]

TINY = zoo.text("yolov4-tiny")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.cfg"
    path.write_bytes(TINY.replace("\n", "\r\n").encode())
    return path


def test_help(command: Command) -> None:
    done = command("cfg", "--help")
    assert done.code == 0
    for name in COMMANDS:
        assert name in done.out
        own = command("cfg", name, "--help")
        assert own.code == 0
        assert own.out.startswith(f"usage: pydarknet cfg {name}")
        wrong = command("cfg", name, "--wrong")
        assert wrong.code == 2
        assert "unknown option --wrong" in wrong.err
    assert command("cfg").code == 2
    assert "did you mean lint?" in command("cfg", "lnit").err


@pytest.mark.parametrize(
    "words",
    [("lint",), ("summary",), ("diff", "a.cfg"), ("draw",), ("for-classes", "a.cfg"), ("set",),
     ("for-classes", "a.cfg", "none"), ("cut", "a.cfg", "0"), ("zoo", "--all", "yolov4")],
)  # fmt: skip
def test_wrong_usage(command: Command, words: tuple[str, ...]) -> None:
    done = command("cfg", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pydarknet cfg {words[0]}: ")


@pytest.mark.parametrize(
    "words",
    [("lint",), ("summary",), ("diff", "zoo:yolov4"), ("draw",), ("cut", "3"),
     ("for-classes", "3"), ("set", "batch=1")],
)  # fmt: skip
def test_a_file_that_is_missing_or_broken(
    command: Command, words: tuple[str, ...], tmp_path: Path
) -> None:
    name, *rest = words
    done = command("cfg", name, "no.cfg", *rest)
    assert (done.code, done.out) == (1, "")
    assert done.err == "pydarknet: error: no.cfg: No such file or directory\n"
    (tmp_path / "broken.cfg").write_text("[net]\nwidth=\n")
    done = command("cfg", name, "broken.cfg", *rest)
    assert done.code == 1
    assert "broken.cfg:2: [net] width has no value, expected width=value" in done.out + done.err
    assert [one.name for one in tmp_path.iterdir()] == ["broken.cfg"]


@pytest.mark.parametrize("words", [("lint",), ("summary",), ("for-classes", "3")])
def test_what_is_endless_is_not_read(
    command: Command, words: tuple[str, ...], tmp_path: Path
) -> None:
    name, *rest = words
    done = command("cfg", name, "/dev/zero", *rest)
    expected = "pydarknet: error: /dev/zero: is a device, expected a text file\n"
    assert (done.code, done.out, done.err) == (1, "", expected)
    with (tmp_path / "long.cfg").open("wb") as file:
        file.truncate((64 << 20) + 1)
    done = command("cfg", name, "long.cfg", *rest)
    expected = "pydarknet: error: long.cfg: is longer than 64 MB, expected a text file\n"
    assert (done.code, done.out, done.err) == (1, "", expected)


def test_lint_of_endless_names_and_data(command: Command, tiny: Path) -> None:
    for option in ("--names", "--data"):
        done = command("cfg", "lint", str(tiny), option, "/dev/zero")
        assert done.code == 1
        assert done.err == "pydarknet: error: /dev/zero: is a device, expected a text file\n"


def test_lint(command: Command, tiny: Path) -> None:
    done = command("cfg", "lint", "tiny.cfg")
    assert done.code == 0
    assert "note: [yolo] anchors 0 are in no head's mask" in done.out
    assert done.err == "1 file: 0 errors, 1 note\n"
    tiny.write_text(TINY.replace("filters=255", "filters=24", 1))
    (tiny.parent / "x.names").write_text("one\n")
    done = command("cfg", "lint", "tiny.cfg", "--names", "x.names")
    assert done.code == 1
    assert "filters=24, expected 255 for [yolo]" in done.out
    assert "x.names:1: holds 1 names, expected 80" in done.out
    done = command("cfg", "lint", "tiny.cfg", "-json")
    assert done.code == 1
    assert {one["severity"] for one in json.loads(done.out)} == {"error", "note"}
    assert command("cfg", "lint", "zoo:yolov3").code == 0


def test_lint_of_several_goes_on_where_one_is_missing(command: Command, tiny: Path) -> None:
    tiny.write_text(TINY.replace("filters=255", "filters=24", 1))
    done = command("cfg", "lint", "./no.cfg", "tiny.cfg", "--json")
    assert (done.code, done.err) == (1, "")
    missing, *others = json.loads(done.out)
    assert (missing["file"], missing["line"], missing["severity"]) == ("./no.cfg", None, "error")
    assert missing["message"] == "No such file or directory"
    assert {one["file"] for one in others} == {"tiny.cfg"}
    assert any("filters=24, expected 255" in one["message"] for one in others)
    done = command("cfg", "lint", "tiny.cfg", "no.cfg", "--names", "none.names")
    assert (done.code, done.out) == (1, "")
    assert done.err == "pydarknet: error: none.names: No such file or directory\n"


def test_lint_of_utf16(command: Command, tmp_path: Path) -> None:
    for data in ("[net]\n".encode("utf-16"), b"\xfe\xff[net]\n"):
        (tmp_path / "x.cfg").write_bytes(data)
        done = command("cfg", "lint", "x.cfg")
        assert (done.code, done.out) == (
            1, "x.cfg:1: is no UTF-8 text but begins as UTF-16 does, expected UTF-8\n"
        )  # fmt: skip


def test_a_dash_is_stdout(command: Command, tiny: Path) -> None:
    for words in (("set", "tiny.cfg", "batch=7"), ("for-classes", "tiny.cfg", 3),
                  ("cut", "tiny.cfg", 2)):  # fmt: skip
        assert command("cfg", *words, "-o", "-") == command("cfg", *words)
        assert command("cfg", *words, "-o", "-", "--json").code == 2
    assert [one.name for one in tiny.parent.iterdir()] == ["tiny.cfg"]


def test_summary(command: Command) -> None:
    done = command("cfg", "summary", "zoo:yolov4-tiny", "--size", "608x416")
    assert done.code == 0
    assert "6,062,814 parameters" in done.out
    assert "608 x 416 x 3" in done.out
    found = json.loads(command("cfg", "summary", "zoo:yolov4-tiny", "--json").out)
    assert (found["classes"], len(found["layers"]), found["outputs"]) == (80, 38, [30, 37])


def test_diff(command: Command, tiny: Path) -> None:
    assert command("cfg", "diff", "tiny.cfg", "zoo:yolov4-tiny") == (0, "", "")
    done = command("cfg", "diff", "tiny.cfg", "zoo:yolov4-tiny-3l")
    assert done.code == 1
    assert "~ [net] width: 416 -> 608\n" in done.out
    assert "+ [yolo] layer 44\n" in done.out
    assert "max_batches: 2000200 -> 500200 (training)" in done.out
    assert done.err == "parameters: 6,062,814 -> 6,334,045\n"
    plain = command("cfg", "diff", "tiny.cfg", "zoo:yolov4-tiny-3l", "--no-training")
    assert "training" not in plain.out
    assert len(json.loads(command("cfg", "diff", "zoo:yolov3", "zoo:yolov4", "--json").out)) > 50


def test_for_classes(command: Command, tiny: Path) -> None:
    done = command("cfg", "for-classes", "tiny.cfg", 3, "-o", "three.cfg")
    assert done.code == 0
    assert "[convolutional] layer 29 filters: 255 -> 24\n" in done.out
    three = (tiny.parent / "three.cfg").read_bytes()
    assert three.count(b"filters=24\r\n") == 2
    assert three.count(b"\r\n") == tiny.read_bytes().count(b"\r\n")
    again = command("cfg", "for-classes", "tiny.cfg", 5, "-o", "three.cfg")
    assert again.code == 1
    assert "three.cfg: is already there" in again.err
    assert (tiny.parent / "three.cfg").read_bytes() == three
    forced = command("cfg", "for-classes", "tiny.cfg", 5, "-o", "three.cfg", "--force", "--json")
    assert {one["key"] for one in json.loads(forced.out)} >= {"classes", "filters"}
    shown = command("cfg", "for-classes", "tiny.cfg", 3)
    assert shown.code == 0
    assert Document.parse(shown.out).layers[29].get("filters") == "24"
    assert "max_batches: 2000200 -> 6000" in shown.err
    assert command("cfg", "for-classes", "tiny.cfg", 3, "--json").code == 2


def test_a_key_that_nobody_knows_stays(command: Command, tiny: Path) -> None:
    text = tiny.read_bytes().replace(b"[yolo]\r\n", b"[yolo]\r\nfoo=bar\r\n", 1)
    tiny.write_bytes(text)
    line = text[: text.index(b"foo=")].count(b"\n") + 1
    note = f"note: {tiny}:{line}: [yolo] unknown key foo, kept as it is\n"
    new = tiny.parent / "new.cfg"
    done = command("cfg", "for-classes", str(tiny), "3", "-o", str(new))
    assert (done.code, done.err) == (0, note)
    assert b"[yolo]\r\nfoo=bar\r\n" in new.read_bytes()
    assert new.read_bytes().count(b"classes=3\r\n") == 2
    done = command("cfg", "summary", str(tiny))
    assert (done.code, done.err) == (0, note)
    done = command("cfg", "draw", str(tiny), "-o", str(tiny.parent / "x.svg"))
    assert (done.code, done.err) == (0, note)
    assert command("cfg", "lint", str(tiny)).code == 1
    # the engine runs no network whose keys it does not know
    assert command("summary", str(tiny)).code == 1


def test_set(command: Command, tiny: Path) -> None:
    done = command(
        "cfg", "set", "tiny.cfg", "--size", "608", "--batch", 32, "-subdivisions", 4,
        "learning_rate=0.01", "yolo.jitter=.2", "30.resize=", "-o", "new.cfg",
    )  # fmt: skip
    assert done.code == 0
    new = Document.read(tiny.parent / "new.cfg")
    assert [new.net.get(key) for key in ("width", "height", "batch", "subdivisions")] == [
        "608", "608", "32", "4",
    ]  # fmt: skip
    assert new.layers[37].get("jitter") == ".2"
    assert new.layers[30].get("resize") is None
    assert "[yolo] layer 30 resize: 1.5 -> (none)" in done.out
    for words, problem in (
        (("--size", "600"), "expected a multiple of 32"),
        (("yolo.jiter=1",), "did you mean jitter?"),
        (("batch=x",), "[net] batch=x, expected an integer"),
    ):
        wrong = command("cfg", "set", "tiny.cfg", *words, "-o", "other.cfg")
        assert wrong.code == 1
        assert problem in wrong.err
    assert not (tiny.parent / "other.cfg").exists()
    assert command("cfg", "set", "tiny.cfg", "jitter").code == 2


def test_cut(command: Command, tiny: Path) -> None:
    done = command("cfg", "cut", "tiny.cfg", 29, "-o", "cut.cfg")
    assert done == (0, "written: cut.cfg (29 layers)\n", "")
    assert tiny.read_bytes().startswith((tiny.parent / "cut.cfg").read_bytes())
    assert "expected 1 to 38" in command("cfg", "cut", "tiny.cfg", 99).err


def test_draw(command: Command, tiny: Path) -> None:
    done = command("cfg", "draw", "tiny.cfg")
    assert (done.code, done.out) == (0, "written: tiny.svg (1632 x 1112)\n")
    assert command("cfg", "draw", "tiny.cfg").code == 1
    assert command("cfg", "draw", "tiny.cfg", "-o", "tiny.png", "--json").code == 0
    assert (tiny.parent / "tiny.png").read_bytes().startswith(b"\x89PNG")
    assert "expected .svg or .png" in command("cfg", "draw", "tiny.cfg", "-o", "tiny.jpg").err


def test_zoo(command: Command, tmp_path: Path) -> None:
    listed = command("cfg", "zoo")
    assert listed.code == 0
    assert listed.out.count("\n") == len(zoo.NETWORKS) + 1
    assert len(json.loads(command("cfg", "zoo", "--json").out)) == len(zoo.NETWORKS)
    done = command("cfg", "zoo", "yolov4-tiny", "yolov4", "-o", "new")
    assert done.code == 0
    folder = tmp_path / "new"
    files = {"yolov4-tiny.cfg", "yolov4.cfg", "coco.data", "coco.names"}
    assert {one.name for one in folder.iterdir()} == files
    assert command("cfg", "zoo", "yolov3", "-o", "new").code == 0  # the same coco.names
    (folder / "coco.names").write_text("mine\n")
    refused = command("cfg", "zoo", "yolov2", "-o", "new")
    assert refused.code == 1
    assert not (folder / "yolov2.cfg").exists()
    assert (folder / "coco.names").read_text() == "mine\n"
    assert command("cfg", "zoo", "yolov2", "-o", "new", "--force").code == 0
    assert "did you mean yolov7x" in command("cfg", "zoo", "yolov7xx").err


def test_zoo_all(command: Command, tmp_path: Path) -> None:
    assert command("cfg", "zoo", "--all", "-o", "all").code == 0
    found = {path.name: path.read_text() for path in (tmp_path / "all").iterdir()}
    assert found == zoo.files()

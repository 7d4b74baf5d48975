"""``pydarknet weights``, and Darknet's words for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from weights.engine_files import drawn, drawn_bytes
from weights.fault_server import FaultServer
from weights.test_tools import DETECTOR

from pydarknet.cli import main
from pydarknet.weights import PUBLISHED, WeightsFile, cache_folder

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with x.cfg and x.weights, and a cache of its own."""
    drawn(DETECTOR, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYDARKNET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYDARKNET_OFFLINE", raising=False)
    monkeypatch.delenv("PYDARKNET_MIRROR", raising=False)
    return tmp_path


def run(capfd: Capture, *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capfd.readouterr()
    return code, out, err


CHANGES = {
    "partial": ["x.cfg", "x.weights", "out", "3"],
    "rgbgr": ["x.cfg", "x.weights", "out"],
    "rescale": ["x.cfg", "x.weights", "out"],
    "denormalize": ["x.cfg", "x.weights", "out"],
    "reset": ["x.cfg", "x.weights", "out"],
    "normalize": ["x.cfg", "x.weights", "out"],
    "average": ["x.cfg", "out", "x.weights", "x.weights"],
}


@pytest.mark.parametrize("command", CHANGES)
def test_commands_that_write(command: str, folder: Path, capfd: Capture) -> None:
    words = CHANGES[command]
    code, out, err = run(capfd, command, *words)  # as Darknet's users write it
    assert (code, err) == (0, "")
    data = (folder / "out").read_bytes()
    assert out.startswith(f"written: out ({len(data):,} bytes, ")
    code, out, err = run(capfd, "weights", command, *words)
    assert (code, out) == (1, "")
    assert "out: is already there" in err
    assert (folder / "out").read_bytes() == data
    code, out, _ = run(capfd, "weights", command, *words, "--force", "--json")
    assert code == 0
    written = json.loads(out)
    assert (written["file"], written["bytes"]) == ("out", len(data))
    assert sorted(path.name for path in folder.iterdir()) == ["out", "x.cfg", "x.weights"]


@pytest.mark.parametrize("command", CHANGES)
def test_numbers_nobody_can_compute_with(command: str, folder: Path, capfd: Capture) -> None:
    """They are not spread; what is cut off may be anything."""
    data = (folder / "x.weights").read_bytes()
    (folder / "x.weights").write_bytes(data[:-4] + b"\0\0\xc0\x7f")
    code, _, err = run(capfd, command, *CHANGES[command])
    assert (folder / "out").exists() == (command == "partial")
    if command != "partial":
        last = "layer 3 [convolutional]: number 143 of weights is nan, expected finite numbers"
        assert (code, err) == (1, f"pydarknet: error: x.weights: {last}\n")


@pytest.mark.parametrize("command", ["denormalize", "normalize"])
def test_the_cfg_that_fits(command: str, folder: Path, capfd: Capture) -> None:
    words = [command, "x.cfg", "x.weights", "y.weights", "--cfg-out", "y.cfg"]
    assert run(capfd, *words)[0] == 0
    assert run(capfd, "weights", "verify", "y.cfg", "y.weights", "--whole")[0] == 0
    assert run(capfd, "weights", "verify", "x.cfg", "y.weights")[0] == 1
    (folder / "y.weights").unlink()
    code, _, err = run(capfd, *words)
    assert (code, "y.cfg: is already there" in err) == (1, True)
    assert not (folder / "y.weights").exists()


def test_normalize_as_darknet_does(folder: Path, capfd: Capture) -> None:
    words = ["normalize", "x.cfg", "x.weights", "y.weights", "--cfg-out", "y.cfg", "-variance", "0"]
    assert run(capfd, *words)[0] == 0
    found = WeightsFile.read(folder / "y.weights", folder / "y.cfg")
    assert not found.layer(2).arrays["rolling_variance"].any()


def test_oneoff(folder: Path, capfd: Capture) -> None:
    classifier = DETECTOR[: DETECTOR.index("[yolo]")].replace("filters=24", "filters=2")
    (folder / "c.weights").write_bytes(drawn_bytes(classifier))
    assert run(capfd, "oneoff", "x.cfg", "c.weights", "out")[0] == 0
    assert run(capfd, "oneoff", "x.cfg", "c.weights", "out2", "2")[0] == 0
    assert (folder / "out").read_bytes() == (folder / "out2").read_bytes()
    assert len((folder / "out").read_bytes()) == len((folder / "x.weights").read_bytes())
    code, _, err = run(capfd, "oneoff", "x.cfg", "c.weights", "out3", "3")
    assert (code, "each of 3 filters" in err) == (1, True)
    assert not (folder / "out3").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["partial", "x.cfg", "x.weights", "out"], "3 words, expected x.cfg x.weights out N"),
        (["partial", "x.cfg", "x.weights", "out", "0"], "N: '0', expected a whole number"),
        (["rgbgr", "x.cfg", "x.weights", "out", "4"], "unexpected '4'"),
        (["weights", "rgbgr", "x.cfg", "x.weights", "out", "-frce"], "did you mean --force?"),
        (["weights"], "usage: pydarknet weights VERB"),
        (["weights", "verfy", "x.cfg"], "there is no 'verfy', did you mean verify?"),
        (["weights", "verify", "x.cfg"], "expected x.cfg x.weights"),
        (["weights", "inspect", "x.cfg"], "expected x.cfg x.weights"),
        (["weights", "diff", "x.cfg", "x.weights"], "expected x.cfg one.weights"),
        (["weights", "download"], "which? expected NAME"),
    ],
)
def test_wrong_usage(words: list[str], problem: str, folder: Path, capfd: Capture) -> None:
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "")
    assert problem in err


@pytest.mark.parametrize("command", [*CHANGES, "oneoff", "verify", "inspect", "diff", "download",
                                     "list"])  # fmt: skip
def test_help(command: str, capfd: Capture) -> None:
    code, out, err = run(capfd, "weights", command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: pydarknet weights {command} ")
    assert run(capfd, "weights", "--help")[0] == 0


def test_verify(folder: Path, capfd: Capture) -> None:
    for words in (["x.cfg", "x.weights"], ["x.weights", "--cfg", "x.cfg"]):
        code, out, err = run(capfd, "weights", "verify", *words)
        assert (code, err) == (0, "")
        assert out.startswith("x.weights: fits x.cfg: all 3 layers")
    (folder / "y.weights").write_bytes((folder / "x.weights").read_bytes()[:-5])
    code, out, _ = run(capfd, "weights", "verify", "x.cfg", "x.weights", "y.weights", "--json")
    assert code == 1
    assert [(one["file"], one["kind"], one["ok"]) for one in json.loads(out)] == [
        ("x.weights", "whole", True), ("y.weights", "misfit", False),
    ]  # fmt: skip
    assert run(capfd, "partial", "x.cfg", "x.weights", "x.conv.3", "3")[0] == 0
    code, out, _ = run(capfd, "weights", "verify", "x.cfg", "x.conv.3")
    assert (code, "a cut of x.cfg: its first 3 layers, 2 of 3 with weights" in out) == (0, True)
    assert run(capfd, "weights", "verify", "x.cfg", "x.conv.3", "--whole")[0] == 1


def test_verify_by_the_name_of_a_published_file(folder: Path, capfd: Capture) -> None:
    (folder / "yolov4-tiny.weights").write_bytes(b"<html>")
    code, out, _ = run(capfd, "weights", "verify", "yolov4-tiny.weights")
    assert code == 1
    assert out == "yolov4-tiny.weights: has 6 bytes, expected 24,251,276\n"
    code, _, err = run(capfd, "weights", "verify", "x.weights")
    assert (code, "or give the cfg it should fit" in err) == (1, True)
    with (folder / "yolov7.weights").open("wb") as file:
        file.truncate(147898248)
    code, out, _ = run(capfd, "weights", "verify", "yolov7.weights", "--json")
    assert (code, json.loads(out)[0]["checked"]) == (0, "size")


@pytest.mark.parametrize("word", ["weights inspect", "weights statistics", "statistics"])
def test_inspect(word: str, folder: Path, capfd: Capture) -> None:
    code, out, err = run(capfd, *word.split(), "x.cfg", "x.weights", "--picture", "h.png")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:4] == ["layer", "type", "array", "shape"]
    assert len(lines) == 1 + 9 + 1
    assert lines[-1] == "written: h.png"
    code, out, _ = run(capfd, *word.split(), "x.cfg", "x.weights", "--json", "-layer", "2")
    assert [row["array"] for row in json.loads(out)["arrays"]] == ["biases", "weights"]


def test_inspect_as_far_as_it_goes(folder: Path, capfd: Capture) -> None:
    (folder / "y.weights").write_bytes((folder / "x.weights").read_bytes()[:-5])
    code, out, err = run(capfd, "weights", "inspect", "x.cfg", "y.weights")
    assert (code, len(out.splitlines())) == (0, 1 + 7)
    assert "it ends within layer 3 [convolutional], weights" in err


def test_diff(folder: Path, capfd: Capture) -> None:
    assert run(capfd, "reset", "x.cfg", "x.weights", "y.weights")[0] == 0
    code, out, _ = run(capfd, "weights", "diff", "x.cfg", "x.weights", "y.weights")
    assert code == 1
    assert out.splitlines()[-1] == "4 of 9 arrays are equal"
    code, out, _ = run(capfd, "weights", "diff", "x.cfg", "x.weights", "x.weights", "--json")
    assert (code, json.loads(out)["equal"]) == (0, True)


def test_list(folder: Path, capfd: Capture) -> None:
    code, out, _ = run(capfd, "weights", "list")
    assert (code, len(out.splitlines())) == (0, len(PUBLISHED))
    code, out, _ = run(capfd, "weights", "list", "v4-tiny", "--json")
    found = json.loads(out)
    assert [one["name"] for one in found] == ["yolov4-tiny.weights", "yolov4-tiny.conv.29"]
    assert found[0]["urls"][0].endswith("/yolov4-tiny.weights")
    assert found[0]["cached"] is False


def test_download(folder: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydarknet.weights import registry

    data = (folder / "x.weights").read_bytes()
    with FaultServer(data) as server:
        mine = registry.Published("x.weights", "x.cfg", (), (server.url,))
        monkeypatch.setattr(registry, "PUBLISHED", (mine,))
        words = ["weights", "download", "x", "--cfg", "x.cfg", "--retries", "0"]
        code, out, err = run(capfd, *words)
        assert (code, out) == (0, f"{cache_folder() / 'x.weights'}\n")
        assert "x.weights:" in err  # the bar
        code, out, err = run(capfd, *words, "--folder", "here", "--quiet", "--json")
        assert (code, err) == (0, "")
        assert json.loads(out) == {"x.weights": "here/x.weights"}
        assert Path("here/x.weights").read_bytes() == data
        server.will("404")
        code, out, err = run(capfd, *words, "--force", "--quiet")
        assert (code, out) == (1, "")
        assert err == (
            "pydarknet: error: x.weights could not be downloaded: "
            f"{server.url}x.weights answers 404 Not Found\n"
        )
        code, _, err = run(capfd, *words, "--offline", "--folder", "there")
        assert (code, "may not be used" in err) == (1, True)


def test_download_for_a_cfg_of_the_zoo(folder: Path, capfd: Capture) -> None:
    words = ["weights", "download", "yolov4-tiny", "--offline", "--cfg"]
    code, _, err = run(capfd, *words, "zoo:yolov4-tiny")
    assert (code, "may not be used" in err) == (1, True)  # it fits
    code, _, err = run(capfd, *words, "zoo:yolov4")
    assert (code, "has 24,251,276 bytes, expected 257,717,640 for yolov4.cfg" in err) == (1, True)

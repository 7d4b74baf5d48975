"""Commands, exit codes, and where words go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pydarknet
from pydarknet.cli import program


@pytest.mark.parametrize("words", [["--help"], ["help"], ["-h"], ["-help"]])
def test_help(words, command):
    done = command(*words)
    assert (done.code, done.err) == (0, "")
    for name in program.COMMANDS:
        assert f"  {name} " in done.out


@pytest.mark.parametrize("name", ["detect", "classify", "summary", "info", "export"])
def test_help_of_a_command(name, command):
    done = command(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: pydarknet {name}")
    assert "--json" in done.out


@pytest.mark.parametrize("words", [["detector", "-h"], ["detector", "test", "--help"],
                                   ["classifier", "predict", "-h"]])  # fmt: skip
def test_help_of_darknets_words(words, command):
    done = command(*words)
    assert (done.code, done.err) == (0, "")
    assert "x.data x.cfg x.weights" in done.out


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed, model, picture_file, tmp_path):
    words = f'detect "$1" "$2" {"" if "<" in closed else picture_file} --out x.json'
    script = f'exec "$0" -m pydarknet {words} {closed}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, *map(str, model)], cwd=tmp_path, capture_output=True
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (2 if "<" in closed else 0)
    assert (tmp_path / "x.json").exists() == ("<" not in closed)


def test_version(command):
    assert command("--version") == (0, f"pydarknet {pydarknet.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "usage: pydarknet COMMAND"),
        (["detct"], "did you mean detect?"),
        (["zzz"], "expected one of detect"),
        (["detect"], "which network?"),
        (["detect", "x.cfg", "-tresh", ".5"], "--tresh, did you mean --thresh?"),
        (["detect", "x.cfg", "-thresh"], "--thresh: expected one argument"),
        (["detect", "x.cfg", "-thresh", "1.5"], "expected a number from 0 to 1"),
        (["detect", "x.cfg", "-thresh", "high"], "expected a number from 0 to 1"),
        (["detect", "x.cfg", "--batch", "0"], "at least 1"),
        (["detect", "x.cfg", "--size", "0x3"], "WIDTHxHEIGHT"),
        (["detect", "x.cfg", "--precision", "f16"], "invalid choice"),
        (["detector"], "expected test"),
        (["detector", "nope"], "expected one of test, train, map, valid, recall, calc_anchors"),
        (["classifier", "trian"], "did you mean train?"),
        (["detector", "tets"], "did you mean test?"),
        (["detector", "test", "x.data", "x.cfg"], "x.weights missing"),
        (["classifier", "predict"], "x.data, x.cfg, x.weights missing"),
        (["summary"], "expected x.cfg"),
        (["summary", "a", "b", "c"], "expected x.cfg"),
        (["info", "x"], "unexpected 'x'"),
        (["export", "tflite"], "expected onnx"),
        (["export", "onnx"], "which network?"),
        (["export", "onnx", "x.cfg", "x.weights", "y"], "unexpected 'y'"),
    ],
)
def test_wrong_usage(words, says, command):
    done = command(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    "words",
    [["detector", "draw", "x.data", "x.cfg"], ["classifier", "validfull"], ["yolo", "test"]],
)
def test_what_comes_later(words, command):
    done = command(*words)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "not in this version of pydarknet yet" in done.err


def test_errors_are_one_line(command, detector_folder, tmp_path):
    (tmp_path / "wrong.cfg").write_text("[net]\ninputs=9\n[connected]\noutpt=1\n")
    weights = detector_folder / "small.weights"
    (tmp_path / "html.weights").write_text("<html>" + " " * 99)
    for words, says in (
        (["summary", "wrong.cfg"], "wrong.cfg:4: [connected] unknown key outpt"),
        (["summary", "none.cfg"], "none.cfg is not there"),
        (["detect", "none.cfg", weights, "x.jpg"], "none.cfg: No such file or directory"),
        (["detect", detector_folder / "small.cfg", "html.weights", "x.jpg"], "HTML"),
        (["detect", detector_folder, "x.jpg", "--names", "none"], "none: No such file"),
        (["detect", detector_folder, "x.jpg", "--device", "cuda"], "CPU only"),
        (["detect", detector_folder, "none.txt"], "none.txt: No such file or directory"),
        (["classify", detector_folder, "x.jpg"], "x.jpg: No such file or directory"),
    ):
        done = command(*words)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("pydarknet: error: ")
        assert says in done.err
        assert done.err.count("\n") == 1


def test_python_m_pydarknet(run_python):
    done = run_python("-m", "pydarknet", "--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"pydarknet {pydarknet.__version__}\n"


def test_help_needs_no_engine(run_python):
    code = """
import sys
sys.modules["pydarknet._engine"] = None
from pydarknet.cli import main
assert main(["detect", "--help"]) == 0
sys.exit(main(["info"]))
"""
    done = run_python("-c", code)
    assert done.returncode == 1
    assert b"engine: none" in done.stdout


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(pydarknet.__file__).parents[1])}


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "terminated"),
    ],
)
def test_a_signal_leaves_nothing_behind(
    number, code, word, detector_folder, picture_file, tmp_path
):
    process = subprocess.Popen(
        [sys.executable, "-m", "pydarknet", "detect", detector_folder, "-out", "r.json", "--quiet"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{picture_file}\n".encode())
    process.stdin.flush()
    assert b"Predicted in" in process.stdout.readline()
    assert len(list(tmp_path.glob(".r.*.part.json"))) == 1
    process.send_signal(number)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == code
    assert messages.decode() == f"pydarknet: {word}\n"
    assert [path.name for path in tmp_path.iterdir()] == [picture_file.name]


def test_a_reader_that_goes_away(detector_folder, picture_file, tmp_path):
    (tmp_path / "list.txt").write_text(f"{picture_file}\n" * 200)
    command = [sys.executable, "-m", "pydarknet", "detect", detector_folder, "list.txt", "--quiet"]
    process = subprocess.Popen(
        [*map(str, command), "-thresh", "0"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == b""
    process.stderr.close()


def test_a_terminal_without_letters(run_python, classifier_folder, picture_file):
    names = classifier_folder / "tiny.names"
    other = picture_file.parent / "other.names"
    other.write_text(names.read_text().replace("red", "rød"))
    done = run_python(
        "-m", "pydarknet", "classify", classifier_folder, picture_file, "--names", other,
        env={**environment(), "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0
    assert b"r\\xf8d: " in done.stdout

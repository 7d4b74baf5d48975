"""Finds the command, runs it, and turns exceptions into one line and an exit code."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence

from .. import __version__
from .._interrupts import Terminated, terminated_by_signal
from ..errors import DarknetError
from .parser import UsageError

OK, ERROR, USAGE, INTERRUPTED = 0, 1, 2, 130

COMMANDS = {
    "detect": "finds objects: detect x.cfg x.weights image.jpg",
    "classify": "says what images show: classify x.cfg x.weights image.jpg",
    "summary": "the layers of a network, their shapes and work: summary x.cfg",
    "info": "versions, and what the engine was built with",
    "cfg": "checks, edits, compares, draws and writes .cfg files: cfg lint x.cfg",
    "export": "writes other formats: export onnx x.cfg x.weights -o x.onnx",
    "dataset": "converts, checks, counts, splits, shows: dataset check x.data",
    "demo": "detects in a drawn scene, offline; --train trains the network that does",
    "weights": "downloads, checks and changes weights: weights verify x.cfg x.weights",
    "detector": "as in Darknet: detector test x.data x.cfg x.weights image.jpg",
    "classifier": "as in Darknet: classifier predict x.data x.cfg x.weights image.jpg",
    "rnn": "networks of characters: rnn train x.cfg -file text.txt, rnn generate x.cfg x.weights",
    "segmenter": "a class for each pixel: segmenter train|valid|test x.data x.cfg ...",
    "isegmenter": "objects and their pixels: isegmenter train|valid|test x.data x.cfg ...",
    "regressor": "numbers of images: regressor train|valid|test x.data x.cfg ...",
}

LATER = {
    *("yolo", "coco", "cifar", "go", "super", "lsd", "art", "tag", "nightmare"),
    *("ops", "speed", "visualize"),
}
"""Darknet's other commands."""


def overview() -> str:
    """What the program can do, for ``--help``."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {does}" for name, does in COMMANDS.items())
    return (
        f"usage: pydarknet COMMAND ...\n\n{commands}\n\n"
        "pydarknet COMMAND --help says more. Options may stand anywhere and be written as in\n"
        "Darknet (-ext_output) or with two dashes (--ext-output)."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: the words behind the program's name; None takes the process's.

    Returns:
        The exit code: 0, 1 after an error, 2 after wrong usage, 130 after Ctrl-C, 143 after
        SIGTERM, 129 after SIGHUP.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a name the terminal has no letters for must not end the program
            stream.reconfigure(errors="backslashreplace")
    try:
        # so that files that are being written are removed
        with terminated_by_signal():
            code = _dispatch(words)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse, after --help
        return int(stop.code or OK)
    except UsageError as error:
        print(error, file=sys.stderr)
        return USAGE
    except Terminated as signal:
        print("pydarknet: terminated", file=sys.stderr)
        return 128 + signal.number
    except KeyboardInterrupt:
        print("pydarknet: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader went away; nothing is left to be said, nor to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ERROR
    except (DarknetError, ImportError, EOFError) as error:
        return complain(str(error), ERROR)
    except MemoryError:
        return complain("out of memory", ERROR)
    except OSError as error:
        return complain(f"{describe(error)}", ERROR)
    return code


def _open_missing_streams() -> None:
    """Gives a process that was started with closed streams empty ones, under their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - until the process ends


def describe(error: Exception) -> str:
    """An exception as one line: of an OSError the file and what is wrong with it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def complain(message: str, code: int) -> int:
    """Writes an error to stderr, and returns its exit code."""
    with contextlib.suppress(OSError):  # there may be nobody to tell
        print(f"pydarknet: error: {message}", file=sys.stderr)
    return code


def _dispatch(words: list[str]) -> int:
    if not words:
        raise UsageError(overview())
    command, rest = words[0], words[1:]
    if command in ("help", "-h", "-help", "--help"):
        print(overview())
        return OK
    if command in ("version", "-version", "--version"):
        print(f"pydarknet {__version__}")
        return OK
    if command in COMMANDS:
        module = importlib.import_module(f".{command}", __package__)
        return int(module.run(rest))
    from .weights import DARKNETS
    from .weights import run as weights

    if command in DARKNETS:
        return weights(words)
    if command in LATER:
        return complain(f"{command} is not in this version of pydarknet yet", ERROR)
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f", did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"pydarknet: there is no command {command!r}{hint}\n"
        f"expected one of {', '.join(COMMANDS)}; see pydarknet --help"
    )

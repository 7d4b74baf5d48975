""".data files: which names, lists and folders belong to a network."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ._files import read_text_bytes
from .errors import DataError
from .problems import Problem, message_of

KEYS = (
    "classes", "train", "valid", "test", "names", "labels", "backup", "results", "top", "map",
    "eval", "difficult", "tree", "tag", "leaves", "saveweights", "savelast",
)  # fmt: skip
"""Keys that Darknet or this package reads; others are allowed, and mean nothing to it."""


def read_data_file(
    path: str | os.PathLike[str], problems: list[Problem] | None = None
) -> dict[str, str]:
    """Reads the ``key = value`` lines of a .data file.

    Like in Darknet, blanks are removed everywhere, ``#`` and ``;`` begin a comment line, and of
    equal keys the first counts.

    Args:
        path: the file.
        problems: where lines go that are no ``key = value`` or may not be meant as they are; None:
            the first that cannot be read is raised, and there are no notes.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: a line is no ``key = value``.
    """
    file = os.fspath(path)
    options: dict[str, str] = {}
    lines: dict[str, int] = {}
    text = read_text_bytes(file).decode("utf-8-sig", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        line = "".join(line.split())
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        if not equals or not key or "\0" in line:
            error = DataError(
                f"{file}:{number}: cannot read {line[:60]!r}, expected key = value",
                file=file,
                line=number,
            )
            if problems is None:
                raise error
            problems.append(Problem(file, number, message_of(error)))
            continue
        if problems is not None and (message := _key_note(key, lines)):
            problems.append(Problem(file, number, message, "note"))
        lines.setdefault(key, number)
        options.setdefault(key, value)
    return options


def _key_note(key: str, lines: Mapping[str, int]) -> str:
    if key in lines:
        return f"{key} is set in line {lines[key]} too: this line does not count"
    near = difflib.get_close_matches(key.lower(), KEYS, n=1)
    if key not in KEYS and near:
        return f"{key} is a key nothing reads, did you mean {near[0]}?"
    return ""


def line_of(path: str | os.PathLike[str], key: str) -> int | None:
    """The number of the line in which a .data file sets a key, from 1; None where it does not."""
    lines = read_text_bytes(path).decode("utf-8-sig", "replace").splitlines()
    return next(
        (n for n, line in enumerate(lines, 1) if "".join(line.split()).startswith(f"{key}=")), None
    )


def read_classes(path: str | os.PathLike[str], options: Mapping[str, str], default: int = 0) -> int:
    """The number of classes that a .data file gives.

    Args:
        path: the file, for messages.
        options: its keys.
        default: what counts where there is no ``classes=``, such as the number of names.

    Raises:
        DataError: it is no number from 1 to 999999; or there is neither it nor a default.
    """
    file = os.fspath(path)
    if "classes" not in options and not default:
        raise DataError(f"{file}: classes= is missing, and names= too, expected one", file=file)
    given = options.get("classes", str(default))
    if not given.isdecimal() or not 1 <= int(given[:9]) < 10**6 or len(given) > 9:
        line = line_of(file, "classes") if "classes" in options else None
        place = file if line is None else f"{file}:{line}"
        raise DataError(
            f"{place}: classes={given[:20]}, expected 1 to 999999", file=file, line=line
        )
    return int(given)


def find_named_file(data_file: str | os.PathLike[str], name: str) -> Path:
    """Finds a file that a .data file names.

    Darknet takes such paths from the working directory; here the folder of the .data file and the
    one above serve too, so that ``cfg/coco.data`` finds ``data/coco.names`` from anywhere.

    Raises:
        FileNotFoundError: it is in none of these places.
    """
    for place in _places(Path(data_file), name):
        if place.is_file():
            return place
    raise FileNotFoundError(
        f"{os.fspath(data_file)} names {name}, which is neither in the working directory nor "
        "beside it"
    )


def find_file_of_key(
    data_file: str | os.PathLike[str], options: Mapping[str, str], key: str
) -> Path:
    """Finds the file that a key of a .data file names, as `find_named_file` does.

    Args:
        data_file: path of the .data file.
        options: what it says; the key is there.
        key: of the file.

    Raises:
        FileNotFoundError: it is in none of these places, or has no name.
    """
    fault = f"{key} has no value, expected a file's path"
    if options[key]:
        with contextlib.suppress(FileNotFoundError):
            return find_named_file(data_file, options[key])
        fault = (
            f"{key} names {options[key]}, which is neither in the working directory nor beside it"
        )
    raise FileNotFoundError(f"{os.fspath(data_file)}:{line_of(data_file, key)}: {fault}")


def _places(data_file: Path, name: str) -> Iterator[Path]:
    yield Path(name)
    yield data_file.parent / name
    yield data_file.parent.parent / name

"""Checks the .names and .data files that go with a cfg."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from .._files import read_text_bytes
from ..data_file import find_named_file, line_of, read_data_file
from ..errors import CfgError, DataError
from ..names import read_names
from ..problems import Problem, message_of
from .classes import HEADS, feeding_layer
from .document import Document
from .keys import canonical
from .options import read_whole, whole


def check_files(
    document: Document,
    names: str | os.PathLike[str] | None,
    data: str | os.PathLike[str] | None,
) -> Iterator[Problem]:
    """Whether the .names and .data files have as many classes as the cfg."""
    classes = _classes(document)
    if data is not None:
        file = os.fspath(data)
        try:
            options = read_data_file(file)
        except DataError as error:
            yield Problem(file, error.line, message_of(error))
            options = {}
        else:
            yield from _check_classes(document, file, options, classes)
        if names is None and options.get("names"):
            try:
                names = find_named_file(file, options["names"])
            except FileNotFoundError:
                line = line_of(file, "names")
                yield Problem(file, line, f"names={options['names']} is not there", "note")
    if names is None or classes is None:
        return
    file = os.fspath(names)
    try:
        lines = read_names(file)
    except DataError as error:
        yield Problem(file, None, message_of(error))
        return
    if len(lines) != classes:
        message = f"holds {len(lines)} names, expected {classes} as in {document.name}"
        # the first that is too much, or the last where some are missing
        yield Problem(file, min(len(lines), classes + 1), message)
    for number, line_text in enumerate(lines, 1):
        if not line_text:
            yield Problem(file, number, "is empty, expected a name", "note")
    if os.path.isfile(file):  # a pipe cannot be read again
        count = len(read_text_bytes(file).decode("utf-8-sig", "replace").splitlines())
        for number in range(len(lines) + 1, count + 1):
            message = "is empty, which Darknet counts as a name, expected the file's end"
            yield Problem(file, number, message, "note")


def _check_classes(
    document: Document, file: str, options: Mapping[str, str], classes: int | None
) -> Iterator[Problem]:
    """Whether a .data file says as many classes as the cfg."""
    if classes is None:
        return
    expected = f"expected {classes} as in {document.name}"
    if "classes" not in options:
        yield Problem(file, None, f"classes= is missing, {expected}")
    elif read_whole(options["classes"]) != classes:
        line = line_of(file, "classes")
        yield Problem(file, line, f"classes={options['classes']}, {expected}")


def _classes(document: Document) -> int | None:
    """The classes of the first head, or what a classifier's last layer gives."""
    for section in document.layers:
        if canonical(section.type) in HEADS:
            return whole(section, "classes", {"detection": 1}.get(section.type, 20))
    try:
        last = feeding_layer(document, len(document.layers))
    except (CfgError, IndexError):
        return None
    return whole(last, "output" if canonical(last.type) == "connected" else "filters", 1)

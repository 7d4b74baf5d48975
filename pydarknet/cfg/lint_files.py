"""Checks the .names and .data files that go with a cfg."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
        given = read_whole(options.get("classes", "")) if "classes" in options else None
        if classes is not None and options and given != classes:
            shown = options.get("classes", "(none)")
            line = line_of(file, "classes")
            yield Problem(file, line, f"classes={shown}, expected {classes} as in {document.name}")
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
        yield Problem(file, None, message)
    for number, line_text in enumerate(lines, 1):
        if not line_text:
            yield Problem(file, number, "is empty, expected a name", "note")


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

"""JSON files of any size, item by item, with line numbers."""

from __future__ import annotations

import codecs
import itertools
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import DataError
from .faults import fault

_CHUNK = 1 << 20
_NEAR_END = 64
"""A fault so close to the end of what was read may only be the end of the chunk."""

_NUMBER_TAIL = 3
"""So many characters of a number (``e-``) may be cut off from their digits."""


class JsonPart(NamedTuple):
    """A part of a JSON file.

    Attributes:
        key: of the object's member it belongs to; None where the file is one array.
        item: its number in the member's array; None where the member is no array, or an empty one.
        value: what it is.
        line: where it begins, from 1.
    """

    key: str | None
    item: int | None
    value: Any
    line: int


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


class _Text:
    """The part of a file that is being looked at, and what line it is in."""

    def __init__(self, file: str, stream: Any) -> None:
        self.file = file
        self.text = ""
        self.at = 0
        self.line = 1
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        self._ended = False
        self._counted = 0
        self._space = json.decoder.WHITESPACE  # type: ignore[attr-defined]

    def _more(self) -> bool:
        if self._ended:
            return False
        self._count()
        data = self._stream.read(max(_CHUNK, len(self.text) - self.at))
        self._ended = not data
        try:
            self.text = self.text[self.at :] + self._decode(data, self._ended)
        except UnicodeDecodeError as error:
            line = self.line + self.text.count("\n", self.at) + data.count(b"\n", 0, error.start)
            raise fault(self.file, line, "is no UTF-8 text, expected JSON") from None
        self.at = self._counted = 0
        return True

    def _count(self) -> None:
        self.line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        if self.at < len(self.text) and self.text[self.at] > " ":
            return self.text[self.at]
        while True:
            self.at = self._space.match(self.text, self.at).end()
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def refuse_empty(self) -> None:
        """Checks that the file holds anything."""
        if not self.peek():
            raise fault(self.file, 1, "is empty, expected JSON")

    def expect(self, characters: str) -> str:
        found = self.peek()
        if not found or found not in characters:
            self._count()
            wanted = " or ".join(characters)
            what = repr(found) if found else "the end of the file"
            raise fault(self.file, self.line, f"{what} found, expected JSON ({wanted})")
        self.at += 1
        return found

    def here(self) -> int:
        """The line of the next character."""
        self._count()
        return self.line

    def end(self) -> None:
        """Checks that nothing follows."""
        if found := self.peek():
            raise fault(self.file, self.here(), f"{found!r} found behind the end of the JSON")

    def value(self) -> tuple[Any, int]:
        """The next value, and the line it begins in."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self.text) - _NEAR_END or "Unterminated" in error.msg
                if cut and self._more():
                    continue
                self.at = error.pos
                self._count()
                raise fault(self.file, self.line, f"{error.msg}, expected JSON") from None
            except RecursionError:
                self._count()
                raise fault(self.file, self.line, "is nested too deeply for JSON") from None
            except ValueError as error:
                self._count()
                text = str(error).partition(";")[0]
                raise fault(self.file, self.line, text) from None
            may_go_on = end + _NUMBER_TAIL > len(self.text) and isinstance(value, (int, float))
            if may_go_on and self._more():
                continue
            self._count()
            line = self.line
            self.at = end
            return value, line


def stream_json(path: str | os.PathLike[str]) -> Iterator[JsonPart]:
    """Reads a file that is one object or one array: arrays in it item by item.

    Only one item is held at a time, so a file may be larger than memory.

    Raises:
        DataError: it is no JSON, with file and line.
        OSError: it cannot be read.
    """
    file = os.fspath(path)
    with open(file, "rb") as stream:
        text = _Text(file, stream)
        text.refuse_empty()
        if text.expect("{[") == "[":
            yield from _items(text, None)
        elif text.peek() == "}":
            text.at += 1
        else:
            yield from _members(text)
        text.end()


def _members(text: _Text) -> Iterator[JsonPart]:
    while True:
        if text.peek() != '"':
            text.expect('"')
        key, _ = text.value()
        text.expect(":")
        if text.peek() == "[":
            text.at += 1
            yield from _items(text, key)
        else:
            value, line = text.value()
            yield JsonPart(key, None, value, line)
        if text.expect(",}") == "}":
            return


def _items(text: _Text, key: str | None) -> Iterator[JsonPart]:
    if text.peek() == "]":
        text.at += 1
        if key is not None:
            yield JsonPart(key, None, [], text.line)  # a member that is there, but empty
        return
    index = 0
    while True:
        value, line = text.value()
        yield JsonPart(key, index, value, line)
        index += 1
        if text.expect(",]") == "]":
            return


class JsonLines(dict[tuple[str | int, ...], int]):
    """The line in which each element of a file begins, by the keys and numbers that lead to it."""

    def at(self, *path: str | int) -> int:
        """The line of an element, from 1; of one that is not there or too deep, what holds it."""
        while path not in self and path:
            path = path[:-1]
        return self.get(path, 1)


def read_json(path: str | os.PathLike[str], depth: int = 0) -> tuple[Any, JsonLines]:
    """Reads a small file as a whole.

    Args:
        path: the file.
        depth: so many objects and arrays within each other are looked into for lines.

    Returns:
        What it holds, and the lines of its elements.

    Raises:
        DataError: it is no JSON, with file and line.
        OSError: it cannot be read.
    """
    file = os.fspath(path)
    with open(file, "rb") as stream:
        text = _Text(file, stream)
        text.refuse_empty()
        lines = JsonLines()
        value = _element(text, depth, (), lines)
        text.end()
    return value, lines


def _element(text: _Text, depth: int, path: tuple[str | int, ...], lines: JsonLines) -> Any:
    opening = text.peek()
    lines[path] = text.here()
    if depth == 0 or not opening or opening not in "{[":
        return text.value()[0]
    text.at += 1
    closing = "}" if opening == "{" else "]"
    found: dict[str, Any] = {}
    if text.peek() == closing:
        text.at += 1
        return found if opening == "{" else []
    items: list[Any] = []
    while True:
        if opening == "{":
            if text.peek() != '"':
                text.expect('"')
            key, _ = text.value()
            text.expect(":")
            found[key] = _element(text, depth - 1, (*path, key), lines)
        else:
            items.append(_element(text, depth - 1, (*path, len(items)), lines))
        if text.expect("," + closing) == closing:
            return found if opening == "{" else items


def check_json(path: str | os.PathLike[str]) -> None:
    """Refuses a file that is no JSON: it has no first parts, but no other format either.

    Raises:
        DataError: it is none, or breaks off, with file and line.
        OSError: it cannot be read.
    """
    for _ in stream_json(path):
        pass


def first_parts(path: str | os.PathLike[str], most: int = 50) -> dict[str | None, Any]:
    """The first members of a file's object, of arrays the first item: enough to tell its format.

    Args:
        path: the file; one that is no JSON gives nothing.
        most: items that are read.
    """
    found: dict[str | None, Any] = {}
    try:
        for part in itertools.islice(stream_json(path), most):
            found.setdefault(part.key, part.value)
    except (DataError, OSError):
        pass
    return found

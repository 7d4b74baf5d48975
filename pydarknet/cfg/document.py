"""A .cfg file as lines that know what they mean; what is not edited is written back as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .._files import read_text_bytes, write_new
from ..errors import CfgError

_BLANKS = str.maketrans("", "", " \t\r\n")
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(eq=False)
class Line:
    r"""One line.

    Attributes:
        text: the line without its ending.
        ending: ``\n``, ``\r\n``, or empty at the end of a file.
        number: of the line in its document, from 1.
        key: of ``key=value``, without blanks; None for other lines.
        value: without blanks and without a comment behind it; None for other lines.
    """

    text: str
    ending: str = "\n"
    number: int = 0
    key: str | None = field(default=None, init=False)
    value: str | None = field(default=None, init=False)

    def replace_value(self, value: str) -> None:
        """Puts another value into ``key=value``; blanks around it and comments stay.

        Raises:
            ValueError: the value is empty, or holds a ``#``, a line break or a zero byte.
        """
        new = value.translate(_BLANKS)
        if not new or re.search(r"[#\n\0]", value):
            raise ValueError(f"{value!r} is no value of {self.key}, expected text without #")
        before, _, rest = self.text.partition("=")
        old, hash_sign, comment = rest.partition("#")
        lead = old[: len(old) - len(old.lstrip(" \t\r"))]
        trail = old[len(old.rstrip(" \t\r")) :]
        self.text = f"{before}={lead}{value.strip()}{trail}{hash_sign}{comment}"
        self.value = new


class Section:
    """A ``[section]``: the comment right above it, its header, and all lines up to the next one.

    Attributes:
        type: as the file spells it, without brackets.
        above: comment lines that stand right above the header.
        header: the line of the brackets.
        body: the lines below.
    """

    def __init__(self, type_: str, above: list[Line], header: Line, newline: str = "\n") -> None:
        self.type = type_
        self.above = above
        self.header = header
        self.body: list[Line] = []
        self._newline = newline

    @property
    def line(self) -> int:
        """Number of the header's line, from 1."""
        return self.header.number

    @property
    def lines(self) -> list[Line]:
        """All lines in order."""
        return [*self.above, self.header, *self.body]

    @property
    def entries(self) -> list[Line]:
        """The lines with ``key=value``, duplicates included."""
        return [line for line in self.body if line.key is not None]

    def find(self, key: str) -> Line | None:
        """The line of a key: the first, as in Darknet; None where it is missing."""
        return next((line for line in self.body if line.key == key), None)

    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of a key, as text without blanks."""
        found = self.find(key)
        return default if found is None else found.value

    def set(self, key: str, value: object) -> None:
        """Sets a key: its first line changes, or a new line follows the last key.

        Raises:
            ValueError: no such key or value can stand in a cfg.
        """
        found = self.find(key)
        if found is not None:
            found.replace_value(str(value))
            return
        if not re.fullmatch(r"[^\s=#;\[\0][^\s=#\0]*", key):
            raise ValueError(f"{key!r} cannot be a key, expected letters without blanks, = and #")
        line = Line(f"{key}=?", self._newline)
        line.key = key
        line.replace_value(str(value))
        at = max((i + 1 for i, one in enumerate(self.body) if one.key is not None), default=0)
        before = self.body[at - 1] if at else self.header
        if not before.ending:  # the file's last line
            before.ending, line.ending = self._newline, ""
        self.body.insert(at, line)

    def remove(self, key: str) -> bool:
        """Removes every line of a key; whether there was one."""
        kept = [line for line in self.body if line.key != key]
        removed = len(kept) < len(self.body)
        self.body = kept
        return removed

    def __repr__(self) -> str:
        return f"<[{self.type}] at line {self.line}>"


class Document:
    """A .cfg file.

    Attributes:
        name: of the file, as it stands in messages.
        top: lines above the first section's comment.
        sections: ``[net]`` first, then the layers.
    """

    def __init__(self, name: str, top: list[Line], sections: list[Section], bom: bool) -> None:
        self.name = name
        self.top = top
        self.sections = sections
        self._bom = bom
        self.renumber()

    @classmethod
    def parse(cls, text: str | bytes, name: str = "cfg") -> Document:
        """Reads a text by the engine's rules.

        Blanks count nowhere, ``#`` and ``;`` begin a comment line, ``#`` ends a value, of equal
        keys the first counts. Letters that are no UTF-8 are kept as they are.

        Args:
            text: of the file.
            name: stands in messages.

        Raises:
            CfgError: a line is no section and no ``key=value``, or the first section is not [net].
        """
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        if data.startswith(_UTF16):
            raise cfg_error("is no UTF-8 text but begins as UTF-16 does, expected UTF-8", name, 1)
        if b"\0" in data:
            raise cfg_error("holds a zero byte, expected a text file", name)
        bom = data.startswith(_BOM)
        lines = _split(data[len(_BOM) if bom else 0 :].decode("utf-8", "surrogateescape"))
        newline = next((line.ending for line in lines if line.ending), "\n")
        top: list[Line] = []
        sections: list[Section] = []
        for line in lines:
            stripped = line.text.translate(_BLANKS)
            body = sections[-1].body if sections else top
            if not stripped or stripped[0] in "#;":
                body.append(line)
            elif stripped[0] == "[":
                type_ = _section_type(stripped, name, line.number)
                sections.append(Section(type_, _take_comment(body), line, newline))
            else:
                _read_entry(line, stripped, name, sections[-1].type if sections else None)
                body.append(line)
        _check_first(sections, name)
        return cls(name, top, sections, bom)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Document:
        """Reads a file; see `parse`.

        Raises:
            OSError: it cannot be read, is a device, or is far too long.
            CfgError: it is no cfg.
        """
        return cls.parse(read_text_bytes(path), os.fspath(path))

    @property
    def net(self) -> Section:
        """The first section, ``[net]`` or ``[network]``."""
        return self.sections[0]

    @property
    def layers(self) -> list[Section]:
        """All other sections; their number in this list is the number of the layer."""
        return self.sections[1:]

    @property
    def newline(self) -> str:
        """The ending of the file's lines."""
        return next((line.ending for line in self.lines() if line.ending), "\n")

    def lines(self) -> Iterator[Line]:
        """All lines in order."""
        yield from self.top
        for section in self.sections:
            yield from section.lines

    def renumber(self) -> None:
        """Gives every line the number it has now, after lines came or went."""
        for number, line in enumerate(self.lines(), 1):
            line.number = number

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        text = "".join(line.text + line.ending for line in self.lines())
        return (_BOM if self._bom else b"") + text.encode("utf-8", "surrogateescape")

    def copy(self) -> Document:
        """A document of its own with the same text."""
        return Document.parse(self.to_bytes(), self.name)

    def write(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes the file, whole or not at all.

        Raises:
            FileExistsError: there is one, and ``force`` is False.
            OSError: it cannot be written.
        """
        write_new(path, self.to_bytes(), force=force)

    def wrong(self, message: str, section: Section, key: str | None = None) -> CfgError:
        """An error at a section, or at the line of one of its keys; to be raised."""
        found = section.find(key) if key else None
        line = found.number if found else section.line
        index = self.sections.index(section) - 1
        return cfg_error(message, self.name, line, section.type, index if index >= 0 else None)

    def __repr__(self) -> str:
        return f"<cfg {self.name}: {len(self.layers)} layers>"


def _split(text: str) -> list[Line]:
    pieces = text.split("\n")
    lines = [
        Line(one[:-1], "\r\n", number) if one.endswith("\r") else Line(one, "\n", number)
        for number, one in enumerate(pieces[:-1], 1)
    ]
    return [*lines, Line(pieces[-1], "", len(pieces))] if pieces[-1] else lines


def _take_comment(lines: list[Line]) -> list[Line]:
    """Takes the comment at the end of lines away: it belongs to the section that follows."""
    start = len(lines)
    while start and lines[start - 1].key is None and lines[start - 1].text.translate(_BLANKS):
        start -= 1
    comment = lines[start:]
    del lines[start:]
    return comment


def _section_type(stripped: str, name: str, number: int) -> str:
    text = stripped.partition("#")[0]
    if not text.endswith("]") or len(text) < 3:
        raise cfg_error(f"'{text[:60]}' is no section, expected [name]", name, number)
    return text[1:-1]


def _read_entry(line: Line, stripped: str, name: str, section: str | None) -> None:
    text = stripped.partition("#")[0]
    key, equals, value = text.partition("=")
    if not equals or not key:
        problem = f"cannot read '{text[:60]}', expected key=value"
    elif section is None:
        problem = f"'{text[:60]}' stands before any section, expected [net] first"
    elif not value:
        problem = f"{key} has no value, expected {key}=value"
    else:
        line.key, line.value = key, value
        return
    raise cfg_error(problem, name, line.number, section)


def _check_first(sections: list[Section], name: str) -> None:
    if not sections:
        raise cfg_error("has no sections, expected [net] first", name)
    first = sections[0]
    if first.type not in ("net", "network"):
        problem = f"the first section is [{first.type}], expected [net]"
        raise cfg_error(problem, name, first.line, first.type)


def cfg_error(
    message: str,
    file: str,
    line: int | None = None,
    section: str | None = None,
    layer: int | None = None,
) -> CfgError:
    """An error in one line, ``file:line: [section] message``; to be raised."""
    place = file if line is None else f"{file}:{line}"
    text = f"{place}: [{section}] {message}" if section else f"{place}: {message}"
    # a file may hold anything; what is quoted from it must not break the line
    text = re.sub(r"[\x00-\x1f\x7f]", "?", text)
    return CfgError(text, file=file, line=line, section=section, layer=layer)

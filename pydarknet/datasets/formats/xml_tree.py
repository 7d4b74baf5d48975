"""XML files as small trees that know their lines; entities are refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from xml.parsers import expat

from ...errors import DataError
from .faults import fault

_DEEPEST = 100


class Element:
    """An element.

    Attributes:
        tag: its name.
        attributes: by name.
        text: all text directly in it, without blanks around it.
        children: the elements in it.
        line: where it begins, from 1.
    """

    __slots__ = ("attributes", "children", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []
        self.line = line

    def find(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.tag == tag)

    def text_of(self, tag: str, default: str = "") -> str:
        """Text of the first child of that name."""
        child = self.find(tag)
        return default if child is None else child.text


def read_xml(
    path: str | os.PathLike[str], root: str, each: Callable[[Element], bool] | None = None
) -> Element:
    """Reads a file.

    Args:
        path: the file.
        root: the name its outermost element must have.
        each: called with every child of the root when it is complete; where it returns True the
            child is dropped, so that files may be larger than memory.

    Raises:
        DataError: it is no XML, declares entities, or is about something else.
        OSError: it cannot be read.
    """
    file = os.fspath(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    open_elements: list[Element] = []
    top: list[Element] = []
    texts: list[list[str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, parser.CurrentLineNumber)
        if not open_elements:
            if tag != root:
                raise fault(file, element.line, f"<{tag[:40]}> found, expected <{root}>")
            top.append(element)
        else:
            open_elements[-1].children.append(element)
        if len(open_elements) >= _DEEPEST:
            raise fault(file, element.line, f"is nested more than {_DEEPEST} deep")
        open_elements.append(element)
        texts.append([])

    def end(tag: str) -> None:
        element = open_elements.pop()
        element.text = "".join(texts.pop()).strip()
        if each and len(open_elements) == 1 and each(element):
            open_elements[0].children.pop()

    def entity(*_: object) -> int:
        raise fault(
            file, parser.CurrentLineNumber, "declares an entity, expected XML without entities"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: texts[-1].append(data) if texts else None
    parser.EntityDeclHandler = entity
    parser.UnparsedEntityDeclHandler = entity
    parser.ExternalEntityRefHandler = entity
    try:
        with open(file, "rb") as stream:
            while data := stream.read(1 << 20):
                parser.Parse(data, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        message = f"{expat.ErrorString(error.code)}, expected XML"
        raise fault(file, error.lineno, message) from None
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise fault(file, parser.CurrentLineNumber, f"{error}, expected XML") from None
    return top[0]

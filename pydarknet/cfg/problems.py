"""What is wrong with a cfg or a file that goes with it, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import CfgError
from .document import Document, Section

Severity = Literal["error", "note"]


@dataclass(frozen=True)
class Problem:
    """A fault of a cfg, or of a file that goes with it.

    Attributes:
        file: that is wrong.
        line: in it, from 1; None where the whole file is meant.
        message: what is wrong, and what was expected.
        severity: "error" where the network would not run or not learn what it should; "note" where
            it may be meant as it is.
    """

    file: str
    line: int | None
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {'note: ' if self.severity == 'note' else ''}{self.message}"


def message_of(error: CfgError) -> str:
    """An error's text without its place."""
    place = error.file or ""
    if error.line is not None:
        place += f":{error.line}"
    return str(error).removeprefix(f"{place}: ")


def problem_of(document: Document, error: CfgError, severity: Severity = "error") -> Problem:
    """An error of the cfg as a problem."""
    return Problem(document.name, error.line, message_of(error), severity)


def problem_at(
    document: Document,
    section: Section,
    message: str,
    key: str | None = None,
    severity: Severity = "error",
) -> Problem:
    """A problem of a section, at the line of a key if it has that."""
    return problem_of(document, document.wrong(message, section, key), severity)

"""What is wrong with files that a person wrote, and where: cfgs, lists, labels, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import DarknetError

Severity = Literal["error", "note"]


@dataclass(frozen=True)
class Problem:
    """A fault of a file.

    Attributes:
        file: the file that is wrong, as it was given; for an image that cannot be read, the file
            that names it.
        line: number of the line in it, from 1; None where the whole file is meant.
        message: what is wrong, and what was expected.
        severity: "error" where the network would not run or not learn what it should; "note" where
            it is read as it was meant, or may be meant as it is.
    """

    file: str
    line: int | None
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {'note: ' if self.severity == 'note' else ''}{self.message}"


def message_of(error: DarknetError) -> str:
    """An error's text without its place."""
    place = error.file or ""
    if error.line is not None:
        place += f":{error.line}"
    return str(error).removeprefix(f"{place}: ").removeprefix(f"{place} ")

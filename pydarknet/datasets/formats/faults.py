"""Errors of files that are read: where they are, and what was expected."""

from __future__ import annotations

import math
from typing import Any

from ...errors import DataError

MOST = 1e9
"""No image has so many pixels across; arithmetic with larger numbers could overflow."""


def fault(file: str, line: int | None, message: str) -> DataError:
    """A `DataError` whose text begins with the place."""
    place = file if line is None else f"{file}:{line}"
    return DataError(f"{place}: {message}", file=file, line=line)


def shown(value: Any) -> str:
    """A value for an error's text, never long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def to_number(
    value: Any, what: str, file: str, line: int | None = None, most: float = MOST
) -> float:
    """A number from text or JSON, no larger than ``most`` either way.

    Raises:
        DataError: it is none.
    """
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not abs(number) <= most:
        raise fault(file, line, f"{what}={shown(value)}, expected a number up to {most:g}")
    return number


def to_whole(value: Any, what: str, file: str, line: int | None = None, least: int = 0) -> int:
    """A whole number of at least ``least`` from text or JSON.

    Raises:
        DataError: it is none.
    """
    number = to_number(value, what, file, line, 2.0**53)
    if number != int(number) or not least <= number < 2**53:
        raise fault(file, line, f"{what}={shown(value)}, expected a whole number from {least}")
    return int(number)


def to_object(value: Any, what: str, file: str, line: int | None = None) -> dict[str, Any]:
    """A JSON object.

    Raises:
        DataError: it is none.
    """
    if not isinstance(value, dict):
        raise fault(file, line, f"{what} is {shown(value)}, expected an object")
    return value


def to_list(value: Any, what: str, file: str, line: int | None = None) -> list[Any]:
    """A JSON array.

    Raises:
        DataError: it is none.
    """
    if not isinstance(value, list):
        raise fault(file, line, f"{what} is {shown(value)}, expected a list")
    return value


def to_text(value: Any, what: str, file: str, line: int | None = None) -> str:
    """A JSON string that is not empty.

    Raises:
        DataError: it is none.
    """
    if not isinstance(value, str) or not value:
        raise fault(file, line, f"{what} is {shown(value)}, expected text")
    return value


def check_box(
    box: tuple[float, float, float, float], file: str, line: int | None = None, what: str = "box"
) -> tuple[float, float, float, float]:
    """Edges left, top, right, bottom that are in order.

    Raises:
        DataError: they are not.
    """
    left, top, right, bottom = box
    if right < left or bottom < top:
        raise fault(
            file,
            line,
            f"{what} has the edges {left:g}, {top:g}, {right:g}, {bottom:g}, expected left <= "
            "right and top <= bottom",
        )
    return box

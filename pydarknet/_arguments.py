"""Checks of the values a caller gives; what is wrong is said by the keyword's name."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable
from numbers import Real
from typing import Any

from .errors import ArgumentError

MOST = 2**31 - 1
"""The largest whole number the engine takes."""


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Checks that a keyword has one of its values.

    Raises:
        ArgumentError: it has not.
    """
    expected = [repr(choice) for choice in choices]
    if repr(value) not in expected:
        one_of = "one of " if len(expected) > 1 else ""
        raise ArgumentError(f"{name}={value!r}, expected {one_of}{', '.join(expected)}")


def check_whole(name: str, value: Any, least: int = 0, most: int = MOST) -> int:
    """Checks that a keyword is a whole number from ``least`` to ``most``; returns it as an int.

    Raises:
        ArgumentError: it is not.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if not least <= number <= most:
        open_end = most == MOST and number < least
        limit = f"of at least {least}" if open_end else f"from {least} to {most}"
        raise ArgumentError(f"{name}={value!r}, expected a whole number {limit}")
    return number


def check_fraction(name: str, value: Any) -> float:
    """Checks that a keyword is a number from 0 to 1; returns it as a float.

    Raises:
        ArgumentError: it is not.
    """
    number = float(value) if isinstance(value, Real) else -1.0
    if not 0 <= number <= 1:
        raise ArgumentError(f"{name}={value!r}, expected 0 to 1")
    return number


def check_callable(name: str, value: Any) -> None:
    """Checks that a keyword is a function, or None.

    Raises:
        ArgumentError: it is not.
    """
    if value is not None and not callable(value):
        raise ArgumentError(f"{name}={value!r}, expected a function or None")


def check_path(name: str, value: Any) -> str:
    """Checks that an argument is a path; returns it as text.

    Raises:
        ArgumentError: it is not.
    """
    text = os.fsencode(value) if isinstance(value, str | bytes | os.PathLike) else b""
    if not text or b"\0" in text:
        raise ArgumentError(f"{name}={value!r}, expected a path")
    return os.fsdecode(text)

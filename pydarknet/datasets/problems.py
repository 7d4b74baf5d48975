"""What becomes of the problems of a data set: logged, raised, or the items with them left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from ..errors import DataError, DatasetError
from ..problems import Problem

OnBadData = Literal["error", "skip"]

_log = logging.getLogger("pydarknet.datasets")


def settle(problems: Sequence[Problem], on_bad_data: OnBadData, name: str) -> None:
    """Logs problems, and stops at errors unless these are to be skipped.

    Raises:
        DatasetError: there are errors; its ``problems`` are all that were found.
    """
    for problem in problems:
        _log.log(logging.WARNING if problem.severity == "error" else logging.INFO, "%s", problem)
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors or on_bad_data == "skip":
        return
    first = errors[0]
    more = f"{name} has {len(errors)} problems, the first: " if len(errors) > 1 else ""
    raise DatasetError(f"{more}{first}", file=first.file, line=first.line, problems=problems)


Item = TypeVar("Item")


def usable(
    items: Iterable[Item], faults: Iterable[Sequence[Problem]], name: str
) -> tuple[list[Item], list[Problem]]:
    """The items without errors, and the problems of all.

    Raises:
        DataError: none is left.
    """
    kept: list[Item] = []
    problems: list[Problem] = []
    for item, found in zip(items, faults, strict=True):
        problems.extend(found)
        if all(problem.severity == "note" for problem in found):
            kept.append(item)
    if not kept:
        for problem in problems:
            _log.warning("%s", problem)
        first = f", the first of {len(problems)} problems: {problems[0]}" if problems else ""
        raise DatasetError(f"{name} holds no usable image{first}", file=name, problems=problems)
    return kept, problems


def problem_of(error: DataError | OSError, file: str, line: int) -> Problem:
    """What kept an image from being read, as a problem of the list that names it."""
    if isinstance(error, OSError):
        return Problem(file, line, f"{error.filename or 'the image'}: {error.strerror or error}")
    return Problem(file, line, str(error))


def unread(error: DataError | OSError, path: str) -> DataError:
    """What kept an image from being read once it had been checked, as an error that names it."""
    if isinstance(error, DataError):
        return error
    return DataError(f"{path}: {error.strerror or error}", file=path)


Progress = Callable[[int, int], object]
"""Called with the number of images checked and their total."""

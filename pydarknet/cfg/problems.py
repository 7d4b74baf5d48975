"""Errors of a cfg as problems: the linter lists what would stop a network from being read."""

from __future__ import annotations

from ..errors import CfgError
from ..problems import Problem, Severity, message_of
from .document import Document, Section


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

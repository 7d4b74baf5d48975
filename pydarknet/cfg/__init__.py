"""Tools for .cfg files: read, edit and write them, check and draw them. Needs no engine."""

from .diff import Difference, diff
from .document import Document, Line, Section
from .meaning import Meaning, meaning
from .shapes import infer

__all__ = ["Difference", "Document", "Line", "Meaning", "Section", "diff", "infer", "meaning"]

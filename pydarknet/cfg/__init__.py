"""Tools for .cfg files: read, edit and write them, check and draw them. Needs no engine."""

from .document import Document, Line, Section
from .shapes import infer

__all__ = ["Document", "Line", "Section", "infer"]

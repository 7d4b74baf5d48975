"""Tools for .cfg files: read, edit and write them, check and draw them. Needs no engine."""

from .document import Document, Line, Section

__all__ = ["Document", "Line", "Section"]

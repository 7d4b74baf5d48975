"""Charts of reports: described once, written as SVG or drawn as pixels. No engine is needed."""

from __future__ import annotations

from .bar_chart import bar_chart
from .canvas import Canvas
from .heat_map import heat_map
from .line_chart import Line, line_chart
from .page import Page

__all__ = ["Canvas", "Line", "Page", "bar_chart", "heat_map", "line_chart"]

"""A page of HTML with its pictures inside: one file, no scripts, nothing from elsewhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from .canvas import Canvas

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}.wide{overflow-x:auto}
td,th{padding:.2em .9em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child,.facts td{text-align:left}svg,img{max-width:100%;height:auto}
.note{color:#666}figure{margin:1.2em 0}figcaption{color:#444}
"""


class Page:
    """A page that grows from top to bottom. All text is escaped."""

    def __init__(self, title: str) -> None:
        """An empty page with a heading."""
        name = html.escape(title)
        self._parts = [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width'>",
            f"<title>{name}</title><style>{_STYLE}</style><h1>{name}</h1>",
        ]

    def heading(self, text: str) -> None:
        """Begins a part of the page."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def note(self, text: str) -> None:
        """A paragraph of explanation."""
        self._parts.append(f"<p class=note>{html.escape(text)}</p>")

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; without a header its rows are a list of facts."""
        head = "".join(f"<th>{html.escape(cell)}" for cell in header)
        opening = "<table>" if header else "<table class=facts>"
        lines = [f"<div class=wide>{opening}", f"<tr>{head}</tr>" if header else ""]
        for row in rows:
            lines.append("<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in row) + "</tr>")
        self._parts.append("\n".join([*lines, "</table></div>"]))

    def chart(self, canvas: Canvas) -> None:
        """A chart, as SVG."""
        self._parts.append(f"<figure>{canvas.svg(file=False)}</figure>")

    def picture(self, jpeg: bytes, caption: str) -> None:
        """A JPEG file and a line below it."""
        data = base64.b64encode(jpeg).decode()
        self._parts.append(
            f'<figure><img src="data:image/jpeg;base64,{data}" alt="{html.escape(caption)}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def text(self) -> str:
        """The whole page."""
        return "\n".join([*self._parts, "</html>\n"])

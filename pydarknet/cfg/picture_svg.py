"""Writes a picture of a network as SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .picture import BOX_HEIGHT, BOX_WIDTH, MARGIN, TOP, Picture


def svg(picture: Picture) -> str:
    """The picture as the text of an SVG file; boxes and lines say which layers they are."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width}" '
        f'height="{picture.height}" viewBox="0 0 {picture.width} {picture.height}" '
        'font-family="DejaVu Sans, Verdana, sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(MARGIN, 28, picture.title, 'font-size="15" font-weight="bold"'),
    ]
    for left, name in picture.columns:
        middle = left + BOX_WIDTH / 2
        parts.append(_text(middle, TOP - 16, name, 'text-anchor="middle" font-weight="bold"'))
        bottom = picture.height - MARGIN
        parts.append(
            f'<line x1="{middle}" y1="{TOP - 8}" x2="{middle}" y2="{bottom}" stroke="#eeeeee"/>'
        )
    for edge in picture.edges:
        a, b, c, d = (f"{x:g} {y:g}" for x, y in edge.points)
        parts.append(
            f'<path data-source="{edge.source}" data-target="{edge.target}" fill="none" '
            f'stroke="{edge.colour}" stroke-width="1.2" d="M {a} C {b}, {c}, {d}"/>'
        )
    for box in picture.boxes:
        parts.append(
            f'<rect data-layer="{box.layer}" x="{box.left:g}" y="{box.top:g}" '
            f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4" fill="{box.colour}" '
            'stroke="#666666" stroke-width="0.8"/>'
        )
        line = box.top + BOX_HEIGHT - 6
        parts.append(_text(box.left + 7, line, box.label))
        parts.append(_text(box.left + BOX_WIDTH - 7, line, box.channels, 'text-anchor="end"'))
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" {more}>{escape(text)}</text>'

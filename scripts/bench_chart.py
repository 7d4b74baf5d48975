"""Draws the speed table of scripts/bench.py as an SVG: for each network a group of bars."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

BAR, GAP, LABEL, WIDTH, TITLE = 16, 14, 150, 420, 24
OURS, PEER = "#d1495b", "#7d93ab"
# readable on a light and on a dark page
TEXT = "#808080"


def chart(speed: dict[str, Any], sizes: dict[str, int]) -> str:
    """SVG text: the median of each engine, as a share of the slowest on that network."""
    body: list[str] = []
    y = 0

    def text(
        x: float, baseline: float, words: str, anchor: str = "start", bold: bool = False
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        body.append(
            f'<text x="{x:.0f}" y="{baseline:.0f}" text-anchor="{anchor}" fill="{TEXT}"{weight}>'
            f"{escape(words)}</text>"
        )

    for network, row in speed.items():
        y += GAP
        text(0, y + TITLE - 8, f"{network} {sizes[network]}")
        y += TITLE
        slowest = max(engine["median"] for engine in row.values())
        for name, engine in row.items():
            length = max(WIDTH * engine["median"] / slowest, 1)
            colour = OURS if name.startswith("pydarknet") else PEER
            text(LABEL - 8, y + BAR - 4, name, "end")
            body.append(
                f'<rect x="{LABEL}" y="{y + 1}" width="{length:.1f}" height="{BAR - 3}" '
                f'fill="{colour}"/>'
            )
            text(LABEL + length + 6, y + BAR - 4, f"{engine['median']:.1f} ms")
            y += BAR
    width = LABEL + WIDTH + 80
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + GAP}" '
        f'viewBox="0 0 {width} {y + GAP}" font-family="sans-serif" font-size="12">\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )

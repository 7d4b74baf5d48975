"""Charts as SVG and as pixels, and the page around them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from pydarknet import DataError
from pydarknet.charts import Canvas, Line, Page, bar_chart, heat_map, line_chart

RED, BLUE = (200, 0, 0), (0, 0, 200)


def elements(canvas: Canvas, kind: str) -> list[ET.Element]:
    return ET.fromstring(canvas.svg()).findall(f"{{http://www.w3.org/2000/svg}}{kind}")


def where(pixels: np.ndarray, color: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero((pixels == color[::-1]).all(axis=2))


def test_svg_and_pixels_show_the_same() -> None:
    canvas = Canvas(200, 100)
    canvas.rectangle(20, 30, 50, 10, RED)
    canvas.line([(100, 50), (150, 50)], BLUE, 3)
    canvas.word("a < b & c", 10, 90, anchor="start")
    rows, columns = where(canvas.pixels(), RED)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (30, 39, 20, 69)
    rows, columns = where(canvas.pixels(), BLUE)
    assert 48 <= rows.min() <= rows.max() <= 52
    box = elements(canvas, "rect")[1].attrib
    assert (box["x"], box["y"], box["width"], box["fill"]) == ("20.0", "30.0", "50.0", "#c80000")
    assert elements(canvas, "polyline")[0].attrib["points"] == "100.0,50.0 150.0,50.0"
    assert elements(canvas, "text")[0].text == "a < b & c"


def test_words_are_anchored() -> None:
    edges = []
    for anchor in ("start", "middle", "end"):
        canvas = Canvas(300, 40)
        canvas.word("MMMMM", 150, 25, color=RED, anchor=anchor)
        _, columns = np.nonzero(canvas.pixels().min(axis=2) < 200)
        edges.append((columns.min(), columns.max()))
    assert edges[0][0] >= 149
    assert edges[1][0] < 150 < edges[1][1]
    assert edges[2][1] <= 151


def test_curves_are_where_their_values_are() -> None:
    line = Line("x", [(0, 0), (1, 1)], color=RED, width=3)
    chart = line_chart([line], title="t", x_name="a", y_name="b")
    rows, columns = where(chart.pixels()[50:350, 70:700], RED)
    assert np.corrcoef(rows, columns)[0, 1] < -0.99
    points = elements(chart, "polyline")[-1].attrib["points"].split()
    assert [point.split(",") for point in points] == [["62.0", "356.0"], ["706.0", "44.0"]]
    beyond = line_chart([Line("", [(-1, 5), (9, -3)])])
    points = elements(beyond, "polyline")[-1].attrib["points"]
    assert points == "62.0,12.0 706.0,356.0"


@pytest.mark.parametrize("lines", [[], [Line("n", [])], [Line("n", np.zeros((0, 2)))]])
def test_nothing_to_draw(lines) -> None:
    assert line_chart(lines).pixels().any()
    assert bar_chart([]).pixels().any()
    assert heat_map(np.zeros((0, 0)), [], [], []).pixels().any()


def test_bars() -> None:
    chart = bar_chart([("half", 0.5, "50"), ("one", 1.0, "100"), ("none", 0, "0")], color=RED)
    widths = [float(box.attrib["width"]) for box in elements(chart, "rect")[1:]]
    assert widths[0] == pytest.approx(widths[1] / 2, abs=0.1)
    assert widths[2] == 1
    assert bar_chart([("x", 0.0, "")], color=RED).pixels().any()


def test_heat_map() -> None:
    chart = heat_map(
        np.array([[1.0, 0.0], [0.5, 2.0]]), [["9", ""], ["5", "7"]], ["a" * 50, "b"], ["c", "ü"]
    )
    words = [word.text for word in elements(chart, "text")]
    assert {"9", "5", "7", "c", "ü", "b"} <= set(words)
    assert "a" * 20 + ".." in words
    many = heat_map(np.zeros((300, 300)), [[""] * 300] * 300, ["n"] * 300, ["n"] * 300)
    assert max(many.pixels().shape) < 2200


def test_files(tmp_path: Path) -> None:
    canvas = bar_chart([("x", 1.0, "1")])
    canvas.save(tmp_path / "x.png")
    canvas.save(tmp_path / "x.svg")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    ET.fromstring((tmp_path / "x.svg").read_text())
    with pytest.raises(DataError, match=r"'\.exe' is no format"):
        canvas.save(tmp_path / "x.exe")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.png", "x.svg"]


def test_a_page_stands_alone() -> None:
    page = Page("<script>")
    page.heading("a & b")
    page.note("x < y")
    page.table(("k", "v"), [("<b>", "1")])
    page.table((), [("fact", "2")])
    page.chart(Canvas(10, 10))
    page.picture(b"jpeg", '"quoted"')
    text = page.text()
    for wrong in ("<script", "<b>", "http:", "https:", 'src="/'):
        assert wrong not in text
    assert "&lt;script&gt;" in text
    assert "data:image/jpeg;base64,anBlZw==" in text

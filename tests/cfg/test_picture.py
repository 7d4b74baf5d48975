"""Pictures: every layer is a box, every input a line, and nothing lies on something else."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest

from pydarknet import ArgumentError, CfgError
from pydarknet.cfg import Document, draw, picture, zoo
from pydarknet.cfg.picture import BOX_HEIGHT, BOX_WIDTH
from pydarknet.cfg.references import inputs_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["yolov4-tiny", "yolov7", "lenet", "yolov2", "yolov1"])
def test_every_layer_and_every_input_is_there(name: str, tmp_path: Path) -> None:
    document = zoo.build(name)
    path = tmp_path / "net.svg"
    draw(document, path)
    root = ET.parse(path).getroot()
    rects = [one.attrib.get("data-layer") for one in root.iter(f"{SVG}rect")]
    layers = [int(one) for one in rects if one is not None]
    assert layers == list(range(-1, len(document.layers)))
    edges = {
        (int(one.attrib["data-source"]), int(one.attrib["data-target"]))
        for one in root.iter(f"{SVG}path")
    }
    assert edges == {
        (source, target) for target, sources in enumerate(inputs_of(document)) for source in sources
    }


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_boxes_stand_apart_and_inside(name: str) -> None:
    drawn = picture(zoo.build(name))
    tops = [box.top for box in drawn.boxes]
    assert all(b - a >= BOX_HEIGHT for a, b in itertools.pairwise(tops))
    for box in drawn.boxes:
        assert box.left >= 0
        assert box.left + BOX_WIDTH <= drawn.width
        assert box.top + BOX_HEIGHT <= drawn.height
        assert len(box.label) * 7 + len(box.channels) * 8 < BOX_WIDTH + 14
    lefts = [left for left, _ in drawn.columns]
    assert all(b - a > BOX_WIDTH for a, b in itertools.pairwise(lefts))
    for edge in drawn.edges:
        assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in edge.points)


def test_columns_are_the_sizes_of_maps() -> None:
    drawn = picture(zoo.build("yolov4-tiny"))
    names = [name for _, name in drawn.columns]
    assert names == [f"{side} x {side}" for side in (416, 208, 104, 52, 26, 13)]
    assert drawn.title == "yolov4-tiny.cfg: 38 layers, 6,062,814 parameters, 6.910 BFLOPs"


def test_a_region_has_channels_too() -> None:
    assert picture(zoo.build("yolov2")).boxes[-1].channels == "425"


def test_png_shows_the_boxes(tmp_path: Path) -> None:
    path = tmp_path / "net.png"
    drawn = draw(zoo.build("yolov4-tiny"), path)
    pixels = cv2.imread(str(path))
    assert pixels is not None
    assert pixels.shape == (drawn.height, drawn.width, 3)
    for box in drawn.boxes:
        colour = [int(box.colour[i : i + 2], 16) for i in (5, 3, 1)]
        inside = pixels[int(box.top) + 2 : int(box.top) + BOX_HEIGHT - 2, int(box.left) + 100 :][
            :, : BOX_WIDTH - 110
        ]
        assert np.all(inside == colour, axis=2).mean() > 0.5, box


def test_one_picture_is_always_the_same(tmp_path: Path) -> None:
    for ending in ("svg", "png"):
        paths = [tmp_path / f"{i}.{ending}" for i in range(2)]
        for path in paths:
            draw(zoo.build("yolov3-tiny"), path)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_is_written_where_it_cannot_be(tmp_path: Path) -> None:
    document = zoo.build("yolov4-tiny")
    with pytest.raises(ArgumentError, match=r"cannot draw \.gif, expected \.svg or \.png"):
        draw(document, tmp_path / "net.gif")
    broken = Document.parse("[net]\nwidth=8\nheight=8\nchannels=3\n[yolo]\n", "x.cfg")
    with pytest.raises(CfgError, match=r"x\.cfg:5"):
        draw(broken, tmp_path / "net.svg")
    (tmp_path / "old.svg").write_text("old")
    with pytest.raises(FileExistsError):
        draw(document, tmp_path / "old.svg")
    assert [one.name for one in tmp_path.iterdir()] == ["old.svg"]
    assert (tmp_path / "old.svg").read_text() == "old"
    draw(document, tmp_path / "old.svg", force=True)


def test_names_from_a_file_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a<b&c.cfg"
    path.write_text(zoo.text("lenet"))
    draw(Document.read(path), tmp_path / "net.svg")
    root = ET.parse(tmp_path / "net.svg").getroot()
    assert any("a<b&c.cfg" in (one.text or "") for one in root.iter(f"{SVG}text"))

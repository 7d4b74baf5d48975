"""Real networks on real pictures: the boxes Darknet finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pydarknet import Detections, Network, load_image

MODELS = ("yolo-fastest-1.1", "yolo-fastest-1.1-xl", "MobileNetV2-YOLOv3-Nano-voc")
SURE, IOU, CONFIDENCE = 0.3, 0.9, 0.03
"""Boxes above SURE must be found; how far they may be off."""

Boxes = npt.NDArray[np.float64]


def iou(one: Boxes, others: Boxes) -> npt.NDArray[np.float64]:
    """Overlap of a box (4,) with others (N, 4), all as edges."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(one[2:] - one[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(common / (area - common))


def edges(coordinates: dict[str, float], width: int, height: int) -> Boxes:
    """A box of Darknet's JSON in pixels."""
    x, y, w, h = (coordinates[key] for key in ("center_x", "center_y", "width", "height"))
    corners = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return corners * [width, height, width, height]


def missing(found: Detections, expected: list[dict[str, Any]], size: tuple[int, int]) -> list[str]:
    """The expected objects that were not found, each by its best candidate."""
    lost = []
    for one in expected:
        if one["confidence"] <= SURE:
            continue
        same = found[found.class_id == one["class_id"]]
        overlaps = iou(edges(one["relative_coordinates"], *size), same.xyxy.astype(float))
        near = np.abs(same.confidence - one["confidence"])
        if not ((overlaps >= IOU) & (near <= CONFIDENCE)).any():
            lost.append(f"{one} best {max(zip(overlaps, near, strict=True), default=None)}")
    return lost


@pytest.fixture(scope="module", params=MODELS)
def golden(request: pytest.FixtureRequest, shared: Path) -> tuple[Path, Any]:
    name = request.param
    expected = json.loads((shared / "golden" / "detect" / f"{name}.json").read_text())
    return shared / "models" / name, expected


@pytest.mark.parametrize(
    ("precision", "backend"),
    [("f32", "auto"), ("auto", "auto"), ("f32", "portable"), ("auto", "portable")],
)
def test_the_boxes_of_darknet(
    precision: Any, backend: Any, golden: tuple[Path, Any], shared: Path
) -> None:
    folder, expected = golden
    (names,) = folder.glob("*.names")
    files = (folder / f"{folder.name}.cfg", folder / f"{folder.name}.weights")
    lost, sure = [], 0
    with Network(*files, names=names, precision=precision, backend=backend) as network:
        for picture in expected:
            path = shared / "images" / picture["filename"]
            height, width = load_image(path).pixels.shape[:2]
            # a box may lie CONFIDENCE below what Darknet says
            found = network.detect(path, threshold=0.25 - CONFIDENCE)
            objects = picture["objects"]
            sure += sum(one["confidence"] > SURE for one in objects)
            assert {network.names[one["class_id"]] for one in objects} == {
                one["name"] for one in objects
            }
            lost += [f"{path.name}: {one}" for one in missing(found, objects, (width, height))]
            # and nothing is found that Darknet does not see
            invented = found[found.confidence > SURE + CONFIDENCE]
            lost += [
                f"{path.name}: invented {one}"
                for one in invented
                if not any(
                    known["class_id"] == one.class_id
                    and iou(
                        edges(known["relative_coordinates"], width, height),
                        np.array([one.xyxy]),
                    )[0]
                    >= IOU
                    for known in objects
                )
            ]
    assert sure > 10
    assert not lost, "\n".join(lost)

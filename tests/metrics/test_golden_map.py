"""The golden detector measured as Darknet measured it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pydarknet import Detections, read_names
from pydarknet.cli import main
from pydarknet.cli.detector_map import map_parser
from pydarknet.metrics import DetectionEvaluator, Truth, darknet_text

from .golden_set import MODEL, read_truth, write_golden_set

GOLDEN = Path(__file__).parents[1] / "golden" / "map"
POINTS = pytest.mark.parametrize("points", [0, 11, 101])


def golden_lines(points: int) -> list[str]:
    return lines((GOLDEN / f"{MODEL}.points_{points}.txt").read_text())


def lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("IoU threshold")]


@pytest.fixture(scope="module")
def images(shared: Path) -> list[tuple[str, Detections, Truth]]:
    """What the detector finds in pixels as Darknet decodes them, and what is there.

    Darknet's JPEG decoder gives pixels that differ by a grade here and there from OpenCV's; enough
    to move confidences by 0.01. The detections were made from its pixels once.
    """
    columns = dict(np.load(GOLDEN / f"{MODEL}.detections.npz"))
    names = (shared / "indoor85" / "all.txt").read_text().split()
    answer = []
    for number, name in enumerate(names):
        rows = columns["image"] == number
        parts = (columns[key][rows] for key in ("xyxy", "confidence", "class_id"))
        found = Detections(*parts, box=columns["box"][rows])
        answer.append((name, found, read_truth(shared, name)))
    return answer


@POINTS
def test_every_line_is_darknets(points: int, images, shared: Path) -> None:
    names = read_names(shared / "models" / MODEL / "voc.names")
    evaluator = DetectionEvaluator(names, points=points)
    for image in images:
        evaluator.add(*image)
    assert lines(darknet_text(evaluator.result())) == golden_lines(points)


@POINTS
def test_detector_map(
    points: int, shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = write_golden_set(shared, tmp_path)
    model = shared / "models" / MODEL / MODEL
    code = main(
        ["detector", "map", str(data), f"{model}.cfg", f"{model}.weights", "-points", str(points),
         "--precision", "f32", "--quiet"]
    )  # fmt: skip
    assert code == 0
    out = capfd.readouterr().out
    found, expected = lines(out), golden_lines(points)
    number = r"\d+(?:\.\d+)?(?: ?%)?"
    assert [re.sub(number, "#", line) for line in found] == [
        re.sub(number, "#", line) for line in expected
    ]
    for ours, darknets in zip(found, expected, strict=True):
        for a, b in zip(re.findall(number, ours), re.findall(number, darknets), strict=True):
            # OpenCV's pixels, see above: a part of a percent, an object or two
            off = 0.8 if "%" in b else 0.02 if "." in b else 2
            assert float(a.strip("% ")) == pytest.approx(float(b.strip("% ")), abs=off, rel=0.005)
    used = "Area-Under-Curve" if points == 0 else f"{points} Recall-points"
    assert f"IoU threshold = 50 %, used {used}" in out


def test_defaults_are_darknets() -> None:
    options, _ = map_parser().split([])
    assert (options.thresh, options.iou_thresh, options.points) == (0.25, 0.5, 0)

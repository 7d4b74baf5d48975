"""``pydarknet detector recall``, and the boxes it counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pydarknet import ArgumentError, Detections, Network
from pydarknet.metrics import RecallEvaluator, Truth, iou

SURE = ["--precision", "f32", "--quiet"]


def test_boxes_are_the_networks(detector) -> None:
    size = detector.height, detector.width
    picture = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    planes = picture[:, :, ::-1].transpose(2, 0, 1)[None] / np.float32(255)
    expected = []
    for head in detector.predict(planes):  # of each anchor x, y, w, h, objectness, classes
        anchors = head[0].reshape(-1, 5 + detector.classes, *head.shape[2:])
        expected += anchors[:, 4].ravel().tolist()
    found = detector.propose([picture], threshold=0.0, nms=None)[0]
    assert np.allclose(found.confidence, sorted(expected, reverse=True), atol=1e-5)
    assert len(found) > 100
    assert found.class_id.max() == 0
    with_classes = detector.detect(picture, threshold=0.3, nms=None)
    proposed = {tuple(box) for box in found.xyxy.tolist()}
    assert {tuple(box) for box in with_classes.xyxy.tolist()} <= proposed


def test_weaker_boxes_are_dropped(detector, picture) -> None:
    everything = detector.propose([picture], threshold=0.1, nms=None)[0]
    kept: list[int] = []
    for row in range(len(everything)):
        overlaps = [float(iou(everything.xyxy[row], everything.xyxy[k])) for k in kept]
        if all(overlap <= 0.4 for overlap in overlaps):
            kept.append(row)
    found = detector.propose([picture, picture], threshold=0.1)
    assert 0 < len(kept) < len(everything)
    for one in found:
        assert np.allclose(one.xyxy, everything.xyxy[kept], atol=1e-4)
    assert detector.propose([]) == []


def test_lines_are_darknets(command, labelled, model, picture) -> None:
    done = command("detector", "recall", labelled, *model, "--precision", "f32")
    assert done.code == 0
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert done.out == lines[-1] + "\n"
    network = Network(*model, precision="f32")
    evaluator = RecallEvaluator()
    boxes = network.propose([picture], resize="stretch")[0]
    height, width = picture.shape[:2]
    for number in range(3):
        rows = [[0.5, 0.5, 0.6, 0.6]] + [[0.2, 0.2, 0.2, 0.2]] * (number == 2)
        truth = Truth.from_relative(rows, [0] * len(rows), width, height)
        evaluator.add(number, boxes, truth)
        assert lines[number] == evaluator.result().darknet_line()
    assert lines[2].startswith("    2 ")
    told = json.loads(command("detector", "recall", labelled, *model, *SURE, "--json").out)
    assert told == pytest.approx(evaluator.result().to_dict())
    assert told["truths"] == 4


def test_counts_by_hand() -> None:
    evaluator = RecallEvaluator()
    assert evaluator.result().recall == evaluator.result().average_iou == 0
    truth = Truth([[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60]], [0, 1, 2])
    evaluator.add("a", Detections([[0, 0, 10, 10], [90, 90, 99, 99]], [0.9, 0.2], [0, 0]), truth)
    evaluator.add("b", Detections.empty(), Truth.empty())
    assert evaluator.result().darknet_line() == (
        "    1     2     3\tRPs/Img: 1.00\tIOU: 63.33%\tRecall:66.67%"
    )


def test_values_out_of_range(detector, classifier, picture, command, labelled, model) -> None:
    for wrong in ({"threshold": 2}, {"nms": -1}, {"resize": "crop"}):
        with pytest.raises(ArgumentError, match="expected"):
            detector.propose([picture], **wrong)
    with pytest.raises(ArgumentError, match="no detection head"):
        classifier.propose([picture])
    done = command("detector", "recall", labelled, *model, "-thresh", "2")
    assert (done.code, done.out) == (2, "")
    assert command("detector", "recall", labelled, *model, "more.jpg").code == 2


def test_labels_that_are_wrong(command, labelled, model, pictures: list[Path]) -> None:
    pictures[1].with_suffix(".txt").write_text("0 .5\n")
    done = command("detector", "recall", labelled, *model, *SURE)
    assert (done.code, done.out) == (1, "")
    assert "b c.txt:1" in done.err

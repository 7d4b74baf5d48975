"""TIDE's kinds of errors: beside a slow reading of the paper, and beside its authors' program."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given

from pydarknet import ArgumentError, Detections
from pydarknet.metrics import TideEvaluator, TideMetrics, Truth, iou
from pydarknet.metrics.tide import KINDS

from .drawn_boxes import CLASSES, Image, images


def evaluate(listed: list[Image], **settings) -> TideMetrics:
    evaluator = TideEvaluator(CLASSES, **settings)
    for image in listed:
        evaluator.add(*image)
    return evaluator.result()


def inside(box, other) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(width, 0) * max(height, 0) / area


def slow_ap(rows, truths: list[int]) -> float:
    """``rows``: (class, confidence, right), in order."""
    values = []
    for number, objects in enumerate(truths):
        if not objects:
            continue
        hits, curve = 0, []
        of_class = sorted((row for row in rows if row[0] == number), key=lambda row: -row[1])
        for count, (_, _, right) in enumerate(of_class, 1):
            hits += right
            curve.append((hits / objects, hits / count))
        grid = [k * 0.01 for k in range(101)]
        values.append(sum(max((p for r, p in curve if r >= at), default=0) for at in grid) / 101)
    return sum(values) / len(values) if values else 0.0


def slow_tide(listed: list[Image], t: float = 0.5, b: float = 0.1):
    """Counts and gains, detection by detection."""
    rows = []  # class, confidence, kind, class when mended or None
    truths, unfound, missed = ([0] * CLASSES for _ in range(3))
    for _, found, truth in listed:
        there = [j for j in range(len(truth)) if not truth.difficult[j]]
        boxes = [[float(x) for x in box] for box in found.xyxy]
        order = sorted(range(len(found)), key=lambda i: -float(found.confidence[i]))
        taken: dict[int, int] = {}  # object: detection
        of = {}
        for i in order:
            best, best_iou = None, 0.0
            for j in there:
                overlap = float(iou(boxes[i], truth.xyxy[j]))
                same = truth.class_id[j] == found.class_id[i]
                if same and j not in taken and overlap >= t and overlap > best_iou:
                    best, best_iou = j, overlap
            if best is not None:
                taken[best], of[i] = i, best
        given_away = set()
        for i in order:
            number, confidence = int(found.class_id[i]), float(found.confidence[i])
            if i in of:
                rows.append((number, confidence, "right", None))
                continue
            if any(
                truth.difficult[j]
                and truth.class_id[j] == number
                and inside(boxes[i], truth.xyxy[j]) > t
                for j in range(len(truth))
            ):
                continue
            overlaps = [(float(iou(boxes[i], truth.xyxy[j])), j) for j in there]
            same = [one for one in overlaps if truth.class_id[one[1]] == number]
            other = [one for one in overlaps if truth.class_id[one[1]] != number]

            target = None
            if b <= best_of(same)[0] <= t:
                kind, target = "loc", best_of(same)[1]
            elif best_of(other)[0] >= t:
                kind, target = "cls", best_of(other)[1]
            elif any(overlap >= t and j in taken for overlap, j in same):
                kind = "dupe"
            elif best_of(overlaps)[0] <= b:
                kind = "bkg"
            else:
                kind = "both"
            mended = None
            if target is not None and target not in taken and target not in given_away:
                given_away.add(target)
                mended = int(truth.class_id[target])
            rows.append((number, confidence, kind, mended))
        for j in there:
            truths[truth.class_id[j]] += 1
            unfound[truth.class_id[j]] += j not in taken
            missed[truth.class_id[j]] += j not in taken and j not in given_away
    plain = [(number, confidence, kind == "right") for number, confidence, kind, _ in rows]
    base = slow_ap(plain, truths)
    counts, gain = {}, {}
    for name in list(KINDS)[:-1]:
        counts[name] = sum(kind == name for _, _, kind, _ in rows)
        after = [
            (number if kind != name else mended, confidence, kind in ("right", name))
            for number, confidence, kind, mended in rows
            if kind != name or mended is not None
        ]
        gain[name] = max(slow_ap(after, truths) - base, 0)
    counts["miss"] = sum(missed)
    less = [a - m for a, m in zip(truths, missed, strict=True)]
    gain["miss"] = max(slow_ap(plain, less) - base, 0)
    certain = [(number, float(right), right) for number, _, right in plain]
    found_only = [a - m for a, m in zip(truths, unfound, strict=True)]
    specials = (slow_ap(certain, truths) - base, slow_ap(plain, found_only) - base)
    return base, counts, gain, specials


def best_of(some):
    return max(some, key=lambda one: (one[0], -one[1]), default=(0.0, None))


@given(listed=images())
def test_the_paper_read_slowly(listed) -> None:
    result = evaluate(listed)
    ap, counts, gain, (false_positives, false_negatives) = slow_tide(listed)
    assert result.ap == pytest.approx(ap)
    assert result.counts == counts
    assert result.gain == pytest.approx(gain)
    assert result.false_positives == pytest.approx(false_positives)
    assert result.false_negatives == pytest.approx(max(false_negatives, 0))
    for name, by_class in result.class_counts.items():
        assert by_class.sum() == counts[name]


def near_objects(random: np.random.Generator, count: int) -> list[Image]:
    """Images whose detections make every kind of error; each class has 7 objects a 7 images."""
    listed = []
    for number in range(count):
        classes = np.arange(CLASSES)
        low = random.uniform(0, 60, (CLASSES, 2))
        truth = np.concatenate([low, low + random.uniform(10, 60, (CLASSES, 2))], axis=1)
        rows = random.integers(0, CLASSES, 12)
        spread = random.choice([1.0, 6.0, 25.0], (12, 1))
        boxes = truth[rows] + random.normal(0, 1, (12, 4)) * spread
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 4)
        wrong = random.random(12) < 0.3
        said = np.where(wrong, random.integers(0, CLASSES, 12), classes[rows])
        found = Detections(boxes, random.permutation(12) / 12 + random.random() / 13, said)
        listed.append((number, found, Truth(truth, classes)))
    return listed


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("t", "b"), [(0.5, 0.1), (0.75, 0.3)])
def test_the_authors_program(seed: int, t: float, b: float) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        tidecv = pytest.importorskip("tidecv")
    listed = near_objects(np.random.default_rng(seed), 7)
    truth, found = tidecv.Data("truth"), tidecv.Data("found")
    for number, detections, objects in listed:
        for box, class_id in zip(objects.xyxy.tolist(), objects.class_id.tolist(), strict=True):
            truth.add_ground_truth(number, class_id, bbox(box))
        columns = (detections.xyxy, detections.confidence, detections.class_id)
        for box, score, class_id in zip(*(c.tolist() for c in columns), strict=True):
            found.add_detection(number, class_id, score, bbox(box))
    tide = tidecv.TIDE(pos_threshold=t, background_threshold=b)
    run = tide.evaluate(truth, found, mode=tidecv.TIDE.BOX)
    result = evaluate(listed, iou_threshold=t, background_iou=b)
    assert 100 * result.ap == pytest.approx(run.ap)
    counts = {error.short_name.lower(): count for error, count in run.count_errors().items()}
    assert counts == result.counts
    gain = {e.short_name.lower(): d for e, d in run.fix_main_errors().items()}
    assert {name: 100 * value for name, value in result.gain.items()} == pytest.approx(gain)
    specials = {e.short_name: d for e, d in run.fix_special_errors().items()}
    assert 100 * result.false_positives == pytest.approx(specials["FalsePos"])
    assert 100 * result.false_negatives == pytest.approx(specials["FalseNeg"])
    if t == 0.5:
        assert sum(value > 0 for value in result.counts.values()) >= 4


def bbox(box: list[float]) -> list[float]:
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def test_nothing_at_all() -> None:
    result = evaluate([])
    assert (result.ap, result.counts["bkg"], result.gain["miss"]) == (0, 0, 0)
    only_truth = evaluate([(1, Detections.empty(), Truth([[0, 0, 9, 9]], [1]))])
    assert only_truth.counts["miss"] == 1
    only_found = evaluate([(1, Detections([[0, 0, 9, 9]], [0.5], [1]), Truth.empty())])
    assert only_found.counts["bkg"] == 1
    assert all(np.isfinite(list(only_found.gain.values())))


def test_the_most_confident_count() -> None:
    far = [[50, 50, 60, 60]] * 4 + [[0, 0, 9, 9]]
    found = Detections(far, [0.9, 0.8, 0.7, 0.6, 0.5], [0] * 5)
    image = (1, found, Truth([[0, 0, 9, 9]], [0]))
    assert evaluate([image], most=4).counts["miss"] == 1
    assert evaluate([image], most=5).counts["miss"] == 0


@pytest.mark.parametrize("settings", [{"background_iou": 0}, {"background_iou": 0.6}, {"most": 0}])
def test_settings_out_of_range(settings) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        TideEvaluator(2, **settings)


def test_an_image_is_added_once() -> None:
    evaluator = TideEvaluator(1)
    evaluator.add("a", Detections.empty(), Truth.empty())
    with pytest.raises(ArgumentError, match="'a' was added before"):
        evaluator.add("a", Detections.empty(), Truth.empty())

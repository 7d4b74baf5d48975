"""Average precision and counts, beside a slow reading of the rules and by what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import ArgumentError, DataError, Detections
from pydarknet.metrics import DetectionEvaluator, DetectionMetrics, Truth, iou

from .drawn_boxes import CLASSES, Image, images

PROTOCOLS = ("darknet", "voc07", "voc")
EVERY = pytest.mark.parametrize("protocol", PROTOCOLS)
THRESHOLD = 0.25


def evaluate(listed: list[Image], protocol: str = "darknet", **settings) -> DetectionMetrics:
    evaluator = DetectionEvaluator(CLASSES, protocol=protocol, **settings)
    for image in listed:
        evaluator.add(*image)
    return evaluator.result(threshold=THRESHOLD)


def candidates(listed: list[Image], protocol: str):
    """The detections in the network's order: (confidence, class, object or None, IoU, ignored)."""
    answer = []
    for image, found, truth in listed:
        for row in np.lexsort((found.class_id, found.box)):
            if found.confidence[row] <= 0:
                continue
            best, best_iou, difficult = None, 0.0, False
            for index in range(len(truth)):
                if truth.class_id[index] != found.class_id[row]:
                    continue
                voc = protocol != "darknet"
                overlap = float(iou(found.xyxy[row], truth.xyxy[index], inclusive=voc))
                if overlap < 0.5 or (overlap == 0.5 and not voc):
                    continue
                if truth.difficult[index] and not voc:
                    difficult = True
                elif best is None or overlap > best_iou:
                    best, best_iou = index, overlap
            ignored = difficult and best is None
            if best is not None and truth.difficult[best]:
                ignored = True
            key = None if best is None else (image, best)
            answer.append(
                (float(found.confidence[row]), int(found.class_id[row]), key, best_iou, ignored)
            )
    return answer


def slow_ap(ranked, truths: int, points: int) -> float:
    seen, curve, tp = set(), [], 0
    for number, (_, _, key, _, _) in enumerate(ranked, 1):
        tp += key is not None and key not in seen
        seen.add(key)
        curve.append((tp / truths if truths else 0.0, tp / number))
    if points:
        grid = [k * (1 / (points - 1)) for k in range(points)]
        return sum(max((p for r, p in curve if r >= at), default=0.0) for at in grid) / points
    area, last, best = 0.0, curve[-1][0] if curve else 0.0, 0.0
    for recall, precision in reversed(curve):
        area += (last - recall) * best
        last, best = recall, max(best, precision)
    return area + last * best


@EVERY
@given(listed=images(), points=st.sampled_from([0, 11, 101, 7]))
def test_the_rules_read_slowly(protocol, listed, points) -> None:
    points = points if protocol == "darknet" else 0
    result = evaluate(listed, protocol, points=points)
    all_of_them = candidates(listed, protocol)
    counted = sorted((one for one in all_of_them if not one[4]), key=lambda one: -one[0])
    assert result.detections == len(counted)
    for number in range(CLASSES):
        truths = sum(
            int((~truth.difficult & (truth.class_id == number)).sum()) for _, _, truth in listed
        )
        ranked = [one for one in counted if one[1] == number]
        expected = slow_ap(ranked, truths, 11 if protocol == "voc07" else points)
        assert result.ap[number] == pytest.approx(expected, abs=1e-12)
        assert result.truths[number] == truths
        order = ranked
        if protocol == "darknet":
            order = [one for one in all_of_them if one[1] == number]
        seen, tp, fp, overlap = set(), 0, 0, 0.0
        for confidence, _, key, value, _ in order:
            right = key is not None and key not in seen
            seen.add(key)
            if confidence > THRESHOLD:
                tp, fp, overlap = tp + right, fp + (not right), overlap + value * right
        assert (result.tp[number], result.fp[number]) == (tp, fp)
        assert result.fn[number] == truths - tp
        assert result.overlap[number] == pytest.approx(overlap)


@EVERY
@given(listed=images())
def test_what_always_holds(protocol, listed) -> None:
    result = evaluate(listed, protocol)
    totals = [result.map, result.precision, result.recall, result.f1, result.average_iou]
    assert all(0 <= value <= 1 + 1e-12 for value in [*totals, *result.ap])
    assert (result.fn >= 0).all()
    if protocol == "darknet":
        assert result.map == pytest.approx(result.ap.sum() / CLASSES)
    for curve in result.curves:
        assert (np.diff(curve.confidence) <= 0).all()
        assert (np.diff(curve.recall) >= 0).all()
        assert ((curve.f1 >= 0) & (curve.f1 <= 1)).all()
        best = curve.best()
        assert best is None or best.f1 == curve.f1[curve.confidence >= best.threshold][-1]


@EVERY
@given(listed=images(), data=st.data())
def test_the_order_of_images_does_not_matter_without_ties(protocol, listed, data) -> None:
    random = np.random.default_rng(1)
    for _, found, _ in listed:
        found.confidence[:] = np.sort(random.random(len(found)))[::-1]
    one, other = (
        evaluate(order, protocol) for order in (listed, data.draw(st.permutations(listed)))
    )
    assert np.allclose(one.ap, other.ap, atol=1e-12)
    assert (one.tp == other.tp).all()


@EVERY
@given(listed=images())
def test_perfect_detections(protocol, listed) -> None:
    perfect = []
    for number, _, truth in listed:
        plain = ~truth.difficult
        _, distinct = np.unique(
            np.column_stack([truth.xyxy, truth.class_id]), axis=0, return_index=True
        )
        kept = np.intersect1d(np.flatnonzero(plain), distinct)
        truth = Truth(truth.xyxy[kept], truth.class_id[kept])
        found = Detections(truth.xyxy, np.full(len(kept), 0.5), truth.class_id)
        perfect.append((number, found, truth))
    result = evaluate(perfect, protocol)
    assert result.ap == pytest.approx(np.where(result.truths > 0, 1.0, 0.0))
    assert (result.fp == 0).all()
    assert (result.fn == 0).all()


@given(listed=images())
def test_a_detection_less_sure_than_all_changes_no_area(listed) -> None:
    before = evaluate(listed)
    worse = []
    for number, found, truth in listed:
        far = [[900, 900, 910, 910]]
        more = Detections(
            np.concatenate([found.xyxy, far]),
            np.append(found.confidence, 0.01),
            np.append(found.class_id, 0),
            box=np.append(found.box, 99),
        )
        worse.append((number, more, truth))
    assert np.allclose(evaluate(worse).ap, before.ap, atol=1e-12)


def test_nothing_at_all_is_nought() -> None:
    for protocol in PROTOCOLS:
        result = evaluate([], protocol)
        assert (result.map, result.precision, result.recall, result.f1) == (0, 0, 0, 0)
        assert result.average_iou == 0
        assert result.to_dict()["classes"][0]["best"] is None


def test_which_classes_are_in_the_mean() -> None:
    perfect = [(1, Detections([[0, 0, 9, 9]], [0.5], [0]), Truth([[0, 0, 9, 9]], [0]))]
    assert evaluate(perfect, "darknet").map == pytest.approx(1 / CLASSES)
    assert evaluate(perfect, "voc").map == 1
    assert evaluate(perfect, "voc").in_mean.tolist() == [True, False, False]


def test_more_images_may_follow_a_result() -> None:
    evaluator = DetectionEvaluator(1)
    found, truth = Detections([[0, 0, 9, 9]], [0.5], [0]), Truth([[0, 0, 9, 9]], [0])
    evaluator.add("a", found, truth)
    assert evaluator.result().ap.tolist() == [1]
    evaluator.add("b", Detections.empty(), truth)
    assert evaluator.result().ap.tolist() == [0.5]
    with pytest.raises(ArgumentError, match="'b' was added before"):
        evaluator.add("b", found, truth)


def test_any_struct_of_arrays_will_do() -> None:
    class Other:
        xyxy = np.array([[0, 0, 9, 9.0]])
        class_id = np.array([0])
        confidence = np.array([0.5])

    evaluator = DetectionEvaluator(["cat"])
    evaluator.add(1, Other(), Other())
    assert evaluator.result().map == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"protocol": "coco17"},
        {"iou_threshold": 1.5},
        {"points": 1},
        {"points": -1},
        {"protocol": "voc", "points": 11},
    ],
)
def test_settings_out_of_range(settings) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        DetectionEvaluator(2, **settings)


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        (Detections([[0, 0, 1, 1]], [0.5], [2]), Truth.empty()),
        (Detections([[0, 0, 1, np.nan]], [0.5], [0]), Truth.empty()),
        (Detections([[0, 0, 1, 1]], [np.nan], [0]), Truth.empty()),
        (Detections.empty(), Truth([[0, 0, 1, 1]], [5])),
        (Detections.empty(), Truth([[0, 0, np.inf, 1]], [0])),
    ],
)
def test_bad_boxes_change_nothing(found, truth) -> None:
    evaluator = DetectionEvaluator(2)
    with pytest.raises(DataError, match=r"image 'x\.jpg'"):
        evaluator.add("x.jpg", found, truth)
    assert evaluator.result().images == 0
    assert evaluator.result().truths.sum() == 0


def test_truth_of_unequal_lengths() -> None:
    with pytest.raises(DataError, match="class_id has the shape"):
        Truth([[0, 0, 1, 1]], [0, 1])
    with pytest.raises(DataError, match="class_id has the shape"):
        Truth([[0, 0, 1, 1]], [])
    with pytest.raises(DataError, match="difficult has the shape"):
        Truth([[0, 0, 1, 1]], [0], [True, False])

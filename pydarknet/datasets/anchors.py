"""Anchors that fit the boxes of a data set, and their place in a cfg.

k-means over widths and heights with the distance 1 - IoU of boxes at a common origin, the centre of
a cluster being its mean: Redmon and Farhadi, "YOLO9000" (2016), and Darknet's calc_anchors. Starts
are drawn as k-means++ does (Arthur and Vassilvitskii, 2007), several of them, the best counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..cfg import Change, Document
from ..cfg.classes import expected_filters, feeding_layer
from ..cfg.edit import change
from ..cfg.head_shapes import anchors_of
from ..cfg.options import Options
from ..cfg.strides import strides
from ..errors import ArgumentError, CfgError
from .formats.image_files import measure
from .formats.model import FloatArray, LabelledDataset

WORTH = 0.03
"""A gain of mean IoU below which the anchors that are there should stay."""
FEW = 0.01
"""A share of the boxes below which a head has too little to learn from."""

_SAMPLE = 20_000
_STARTS = 8
_ROUNDS = 1000
_HEADS = ("yolo", "Gaussian_yolo", "region")


def box_sizes(
    dataset: LabelledDataset,
    width: int,
    height: int,
    *,
    letterbox: bool = False,
    split: str | None = "train",
) -> FloatArray:
    """Widths and heights of all boxes in pixels of a network's input: float64 (N, 2).

    Args:
        dataset: boxes without width or height are left out.
        width: of the input.
        height: of the input.
        letterbox: images keep their shape; without they are stretched.
        split: the only one that counts, where there is such a split; None takes all.

    Raises:
        DataError: the size of an image is not known.
    """
    only = split if split in dataset.splits() else None
    found = [np.zeros((0, 2))]
    for image in dataset.images:
        if not len(image) or (only and image.split != only):
            continue
        size = np.array(measure(image, image.name), np.float64)
        scale = np.array([width, height]) / size
        if letterbox:
            scale[:] = scale.min()
        boxes = np.clip(image.boxes, 0, np.concatenate([size, size]))
        found.append((boxes[:, 2:] - boxes[:, :2]) * scale)
    sizes = np.concatenate(found)
    return np.asarray(sizes[(sizes > 0).all(1)])


def size_iou(sizes: FloatArray, anchors: FloatArray) -> FloatArray:
    """IoU of boxes and anchors that share a corner: float64 (N, K)."""
    common = np.minimum(sizes[:, None], anchors[None]).prod(2)
    return np.asarray(common / (sizes.prod(1)[:, None] + anchors.prod(1)[None] - common))


def mean_iou(sizes: FloatArray, anchors: FloatArray) -> float:
    """Mean over the boxes of the IoU with the anchor that fits best, 0..1."""
    parts = [size_iou(part, anchors).max(1) for part in _portions(sizes)]
    return float(np.concatenate(parts).mean()) if len(sizes) else 0.0


def _portions(sizes: FloatArray) -> list[FloatArray]:
    return np.array_split(sizes, max(1, len(sizes) // 50_000))


def fit_anchors(sizes: FloatArray, count: int, *, seed: int = 0) -> FloatArray:
    """Anchors for boxes of these sizes, smallest area first: float64 (count, 2).

    Raises:
        ArgumentError: there are fewer different sizes than anchors.
    """
    different = len(np.unique(sizes, axis=0))
    if not 1 <= count <= different:
        raise ArgumentError(f"{count} anchors for boxes of {different} different sizes, expected "
                            f"1 to {different} anchors")  # fmt: skip
    random = np.random.default_rng(seed)
    sample = sizes
    if len(sizes) > _SAMPLE:
        sample = sizes[np.sort(random.choice(len(sizes), _SAMPLE, replace=False))]
    best: FloatArray = np.zeros((0, 2))
    score = -1.0
    for _ in range(_STARTS):
        found = _cluster(sample, _start(sample, count, random))
        fit = mean_iou(sample, found)
        if fit > score:
            best, score = found, fit
    if sample is not sizes:
        best = _cluster(sizes, best, 20)
    return np.asarray(best[np.argsort(best.prod(1), kind="stable")])


def _start(sizes: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    """k-means++: each centre is drawn among the boxes, more likely the worse it is covered."""
    centres = sizes[random.integers(len(sizes))][None]
    while len(centres) < count:
        distance = (1 - size_iou(sizes, centres).max(1)) ** 2
        distance = np.maximum(distance, 0)
        total = distance.sum()
        weights = distance / total if total > 0 else None
        centres = np.concatenate([centres, sizes[random.choice(len(sizes), p=weights)][None]])
    return np.asarray(centres)


def _cluster(sizes: FloatArray, centres: FloatArray, rounds: int = _ROUNDS) -> FloatArray:
    before: npt.NDArray[np.intp] | None = None
    for _ in range(rounds):
        nearest = np.concatenate([size_iou(part, centres).argmax(1) for part in _portions(sizes)])
        if before is not None and np.array_equal(nearest, before):
            break
        before = nearest
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, sizes[:, k], len(centres)) for k in (0, 1)], 1)
        moved = sums / np.maximum(counts, 1)[:, None]
        centres = np.where(counts[:, None] > 0, moved, centres)
    return np.asarray(centres)


@dataclass
class HeadAnchors:
    """What a head of the network gets.

    Attributes:
        layer: its number.
        stride: pixels of the input that a cell stands for.
        mask: which anchors are its own.
        boxes: share of the boxes that its anchors fit best, 0..1.
    """

    layer: int
    stride: float
    mask: tuple[int, ...]
    boxes: float


@dataclass
class AnchorReport:
    """Anchors that were found, and what they are worth.

    Attributes:
        anchors: float64 (K, 2), pixels of the network's input, as they are written.
        boxes: how many they were made from.
        iou_before: mean IoU of boxes and the anchors of the cfg, 0..1.
        iou_after: the same with the new ones.
        heads: what each head gets.
        advice: sentences for the user; the first says whether to keep what was there.
        keep: the old anchors should stay.
    """

    anchors: FloatArray
    boxes: int
    iou_before: float
    iou_after: float
    heads: list[HeadAnchors] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    keep: bool = False


def plan_anchors(
    document: Document,
    sizes: FloatArray,
    *,
    count: int | None = None,
    by_size: bool = False,
    seed: int = 0,
) -> AnchorReport:
    """Finds anchors for a cfg without changing it.

    Args:
        document: with [yolo], [Gaussian_yolo] or [region] heads.
        sizes: of the boxes, as `box_sizes` gives them.
        count: how many; None keeps the number.
        by_size: give an anchor to the head whose cells fit its size (AlexeyAB's rule: the finest
            below 30 pixels, the next below 60 for strides 8, 16, 32); without, each head keeps
            as many as it has, the finest gets the smallest.
        seed: of the starts.

    Raises:
        CfgError: there is no such head, or its stride cannot be told.
        ArgumentError: ``count`` does not fit the heads, or there are too few boxes.
    """
    heads = [(i, one) for i, one in enumerate(document.layers) if one.type in _HEADS]
    if not heads:
        raise CfgError(f"{document.name}: has no [yolo] or [region], expected a detector's heads",
                       file=document.name)  # fmt: skip
    found_strides = strides(document)
    unit, masks, all_before = {}, {}, []
    for index, head in heads:
        stride = found_strides[index]
        if stride is None:
            raise document.wrong("the stride of this head cannot be told", head)
        unit[index] = float(max(stride))
        values, mask = anchors_of(Options(document, head))
        scale = unit[index] if head.type == "region" else 1.0
        masks[index] = mask
        all_before += [np.array(values).reshape(-1, 2)[mask] * scale]
    order = sorted(unit, key=lambda index: unit[index])
    held = sum(map(len, masks.values()))
    wanted = held if count is None else count
    if wanted < len(order) or (wanted != held and not by_size and len(order) > 1):
        raise ArgumentError(
            f"{wanted} anchors for {len(order)} heads that have {held}, expected {held} "
            "(--by-size shares out any number)"
        )
    anchors = fit_anchors(sizes, wanted, seed=seed)
    anchors = np.maximum(np.round(anchors, 0 if heads[0][1].type != "region" else 2), 1)
    if by_size:
        shares = _by_size(anchors, [unit[index] for index in order])
    else:
        counts = [len(masks[index]) for index in order] if wanted == held else [wanted]
        ends = np.cumsum(counts)
        shares = [list(range(end - number, end)) for number, end in zip(counts, ends, strict=True)]
    nearest = np.concatenate([size_iou(part, anchors).argmax(1) for part in _portions(sizes)])
    used = np.bincount(nearest, minlength=wanted) / len(sizes)
    report = AnchorReport(
        anchors, len(sizes), mean_iou(sizes, np.concatenate(all_before)), mean_iou(sizes, anchors)
    )
    for index, share in zip(order, shares, strict=True):
        report.heads.append(HeadAnchors(index, unit[index], tuple(share), float(used[share].sum())))
    _advise(report)
    return report


def _by_size(anchors: FloatArray, units: Sequence[float]) -> list[list[int]]:
    limits = [unit * 30 / 8 for unit in units[:-1]]
    side = np.sqrt(anchors.prod(1))
    chosen = np.searchsorted(limits, side, side="right")
    for head in range(len(units)):  # no head can be without: it takes the next from a neighbour
        if not (chosen == head).any():
            spare = [i for i, k in enumerate(chosen) if (chosen == k).sum() > 1]
            chosen[min(spare, key=lambda i: (abs(chosen[i] - head), i))] = head
    chosen = np.sort(chosen)
    return [np.flatnonzero(chosen == head).tolist() for head in range(len(units))]


def _advise(report: AnchorReport) -> None:
    gain = report.iou_after - report.iou_before
    report.keep = gain < WORTH
    if report.keep:
        report.advice.append(
            f"keep the anchors of the cfg: the new ones raise the mean IoU by {gain:.3f} only, and "
            "weights trained before fit the old ones"
        )
    if report.boxes < 100 * len(report.anchors):
        report.advice.append(
            f"{report.boxes} boxes are few for {len(report.anchors)} anchors: others will fit "
            "your next images"
        )
    for head in report.heads:
        limit = head.stride
        small = [i for i in head.mask if np.sqrt(report.anchors[i].prod()) < limit / 2]
        if head.boxes < FEW:
            report.advice.append(
                f"layer {head.layer} (stride {head.stride:g}) gets {head.boxes:.1%} of the boxes: "
                "it will learn little"
            )
        if small:
            report.advice.append(
                f"layer {head.layer} has anchors of less than half its stride {limit:g}: objects "
                "that small are better found by a finer head, or a larger input"
            )


def write_anchors(document: Document, report: AnchorReport) -> list[Change]:
    """Puts anchors, num, mask and the filters before each head into a cfg.

    Returns:
        What changed.

    Raises:
        CfgError: the layer before a head cannot be told.
    """
    changes = []
    for share in report.heads:
        head = document.layers[share.layer]
        region = head.type == "region"
        anchors = report.anchors[list(share.mask)] / share.stride if region else report.anchors
        text = anchor_text(anchors, 4 if region else 0)
        changes += change(document, head, "anchors", text)
        changes += change(document, head, "num", len(anchors))
        if not region:
            changes += change(document, head, "mask", ",".join(map(str, share.mask)))
        document.renumber()
        source = feeding_layer(document, share.layer)
        changes += change(document, source, "filters", expected_filters(document, head, source))
    document.renumber()
    return changes


def anchor_text(anchors: FloatArray, digits: int) -> str:
    """Anchors as a cfg holds them: ``10,13, 16,30``."""
    return ", ".join(f"{w:.{digits}f},{h:.{digits}f}" for w, h in anchors.tolist())

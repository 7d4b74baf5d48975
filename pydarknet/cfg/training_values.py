"""What keys may be for a training: their ranges, and what must go together.

Types are the engine's to check, in every use of a cfg. These ranges matter to training alone: a
network with ``momentum=2`` still detects, but it cannot be trained. The linter tells them all, a
training stops at the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..errors import CfgError
from .classes import HEADS
from .document import Document, Section
from .keys import canonical
from .options import Options, read_list, read_whole, whole


class Range(NamedTuple):
    """From which to which number a value, or each of a list, may go."""

    least: float
    most: float = math.inf
    least_counts: bool = True
    """Whether ``least`` itself is allowed."""
    most_counts: bool = True
    """Whether ``most`` itself is allowed."""

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        low = value >= self.least if self.least_counts else value > self.least
        return low and (value <= self.most if self.most_counts else value < self.most)

    def __str__(self) -> str:
        if self.most == math.inf:
            return f"{self.least:g} or more" if self.least_counts else f"above {self.least:g}"
        below = "" if self.most_counts else "below "
        return f"{self.least:g} to {below}{self.most:g}"


_SOME = Range(0)
_ABOVE = Range(0, least_counts=False)
_PART = Range(0, 1)
_BELOW_1 = Range(0, 1, most_counts=False)
_FACTOR = Range(0.01, 100)

NET: Mapping[str, Range] = {
    **dict.fromkeys(("learning_rate", "learning_rate_min", "power", "scale", "scales", "gamma",
                     "clip", "num_sigmas_reject_badlabels", "max_ratio", "min_ratio", "random",
                     "max_crop", "min_crop"), _SOME),
    **dict.fromkeys(("momentum", "B1", "B2", "ema_alpha"), _BELOW_1),
    **dict.fromkeys(("decay", "label_smooth_eps", "badlabels_rejection_percentage", "hue"), _PART),
    **dict.fromkeys(("saturation", "exposure", "aspect"), _FACTOR),
    "eps": _ABOVE,
    "angle": Range(0, 360),
    "resize_step": Range(1),
    "blur": Range(0, 1000),
    "gaussian_noise": Range(0, 255),
    "mixup": Range(0, 4),
    "augment_speed": Range(1),
}  # fmt: skip
"""Of [net]."""

_HEAD = {"jitter": _PART, "resize": Range(0.1, 10), "random": Range(0, 10)}
_YOLO = {
    **_HEAD,
    **dict.fromkeys(("ignore_thresh", "truth_thresh", "iou_thresh", "label_smooth_eps"), _PART),
    **dict.fromkeys(("iou_normalizer", "obj_normalizer", "cls_normalizer", "uc_normalizer"), _SOME),
    "max_delta": _ABOVE,
}
LAYERS: Mapping[str, Mapping[str, Range]] = {
    "yolo": _YOLO,
    "Gaussian_yolo": _YOLO,
    "region": {**_HEAD, "thresh": _PART},
    "detection": _HEAD,
}
"""Of layers, by their long names."""


def training_faults(document: Document) -> Iterator[CfgError]:
    """Everything in a cfg that keeps it from being trained as it says, in the order of checks.

    Values of the wrong type are passed over: the engine tells them.
    """
    net = document.net
    yield from _out_of_range(document, net, NET)
    for section in document.layers:
        yield from _out_of_range(document, section, LAYERS.get(canonical(section.type), {}))
    batch, parts = (read_whole(net.get(key) or "1") or 0 for key in ("batch", "subdivisions"))
    if batch > 0 and parts > 0 and batch % parts:
        near = max(1, batch // parts) * parts
        message = f"batch={batch}, expected a multiple of subdivisions={parts} such as {near}"
        yield document.wrong(message, net, "batch")
    yield from _pairs(document, net)
    yield from _policy(document, net)


def check_training_values(document: Document) -> None:
    """Refuses a cfg that cannot be trained.

    Raises:
        CfgError: the first of `training_faults`; ``max_batches`` is 0; or mosaic and letter_box
            are to be combined.
    """
    for fault in training_faults(document):
        raise fault
    net = document.net
    updates = whole(net, "max_batches", 0)
    if updates < 1:
        message = f"max_batches={updates}, expected 1 or more, the number of updates"
        raise document.wrong(message, net, "max_batches")
    # compat: Darknet refuses it too; published cfgs that are only to detect have both
    detects = any(canonical(one.type) in HEADS for one in document.layers)
    if detects and whole(net, "letter_box", 0) and whole(net, "mosaic", 0):
        raise document.wrong("mosaic and letter_box, expected one of them", net, "mosaic")


def _out_of_range(
    document: Document, section: Section, ranges: Mapping[str, Range]
) -> Iterator[CfgError]:
    for key, expected in ranges.items():
        text = section.get(key)
        values = read_list(text) if text is not None else None
        if values is None:
            continue
        if not all(map(expected.holds, values)):
            yield document.wrong(f"{key}={text}, expected {expected}", section, key)


def _pairs(document: Document, net: Section) -> Iterator[CfgError]:
    """Keys that do not go together."""
    least, most = whole(net, "min_crop", 0), whole(net, "max_crop", 0)
    if least > most > 0:
        message = f"min_crop={least}, expected at most max_crop={most}"
        yield document.wrong(message, net, "min_crop")


def _policy(document: Document, net: Section) -> Iterator[CfgError]:
    """What a course of the learning rate needs."""
    policy = net.get("policy")
    if policy == "steps":
        yield from _steps(document, net)
        return
    needed = {"step": "step", "sgdr": "sgdr_cycle", "poly": "max_batches"}.get(policy or "")
    if needed is None:
        return
    updates = whole(net, "max_batches", 0)
    default = {"step": 1, "sgdr_cycle": updates, "max_batches": 0}[needed]
    found = whole(net, needed, default)
    if found < 1:
        message = f"{needed}={found}, expected 1 or more with policy={policy}"
        yield document.wrong(message, net, needed if net.find(needed) else "policy")


def _steps(document: Document, net: Section) -> Iterator[CfgError]:
    options = Options(document, net)
    try:
        steps, scales = options.reals("steps"), options.reals("scales")
    except CfgError:
        return  # the type is wrong
    if not steps:
        yield document.wrong("policy=steps without steps, expected steps=", net, "policy")
    elif len(scales) < len(steps):
        message = f"scales has {len(scales)} numbers, expected {len(steps)}, one for each of steps"
        yield document.wrong(message, net, "scales" if net.find("scales") else "steps")

"""How many input pixels a cell of each layer's output stands for."""

from __future__ import annotations

import math
from fractions import Fraction

from ..errors import CfgError
from .document import Document
from .keys import canonical
from .options import Options
from .references import inputs_of

Stride = tuple[Fraction, Fraction]
"""Across and down."""

HEADS = ("yolo", "Gaussian_yolo", "region")


def strides(document: Document) -> list[Stride | None]:
    """The stride of each layer; None behind a layer whose output is no map of the image."""
    found: list[Stride | None] = []
    for index, (section, inputs) in enumerate(
        zip(document.layers, inputs_of(document), strict=True)
    ):
        source = inputs[0] if inputs else None
        before: Stride | None = None
        if source == -1:
            before = (Fraction(1), Fraction(1))
        elif source is not None and 0 <= source < index:
            before = found[source]
        if canonical(section.type) in ("scale_channels", "sam") and len(inputs) > 1:
            before = found[inputs[1]] if 0 <= inputs[1] < index else None
        try:
            factor = _factor(Options(document, section))
        except CfgError:
            factor = None
        if before is None or factor is None:
            found.append(None)
        else:
            found.append((before[0] * factor[0], before[1] * factor[1]))
    return found


def input_multiple(document: Document) -> int:
    """What width and height must be a multiple of: the largest stride of a detection head's way.

    1 for networks without such heads.
    """
    all_strides = strides(document)
    heads = [i for i, one in enumerate(document.layers) if canonical(one.type) in HEADS]
    if not heads:
        return 1
    last = max(heads)
    whole = [max(one) for one in all_strides[: last + 1] if one is not None]
    return max(1, math.ceil(max(whole, default=Fraction(1))))


def _factor(o: Options) -> Stride | None:
    type_ = canonical(o.section.type)
    if type_ in ("connected", "avgpool", "rnn", "gru", "lstm", "implicit", "crop"):
        return None
    if type_ in ("convolutional", "maxpool", "local_avgpool", "local", "crnn", "conv_lstm"):
        stride = max(o.integer("stride"), 1)
        across = down = stride
        if type_ in ("convolutional", "maxpool", "local_avgpool"):
            across = o.integer("stride_x") if o.has("stride_x") else stride
            down = o.integer("stride_y") if o.has("stride_y") else stride
        return Fraction(across if across > 0 else stride), Fraction(down if down > 0 else stride)
    factor = Fraction(1)
    if type_ in ("upsample", "deconvolutional"):
        stride = o.integer("stride")
        factor = Fraction(1, stride) if stride > 0 else Fraction(max(-stride, 1))
    elif type_ in ("reorg", "reorg3d"):
        stride = max(o.integer("stride"), 1)
        factor = Fraction(1, stride) if o.flag("reverse") else Fraction(stride)
    return factor, factor

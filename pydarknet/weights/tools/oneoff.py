"""oneoff: a classifier's last layer becomes the classes of a detection head."""

from __future__ import annotations

import os
from types import MappingProxyType

import numpy as np

from ...errors import CfgError, WeightsError
from ..file import FloatArray, StoredLayer, WeightsFile, read_layers
from ..fit import Fit, fit, read_fit
from ..layout import Array, Block, Cfg, LayerLayout, Layout, layer_weights

BOX = 5
"""Channels of an anchor before its classes: x, y, w, h, objectness."""


def oneoff(path: str | os.PathLike[str], cfg: Cfg, filters: int | None = None) -> WeightsFile:
    """Gives a detector the classes of a classifier.

    The cfg is a detector's: its last layer with weights is a convolution in front of a head. The
    file is a classifier's with the same layers before, whose last convolution has a filter for
    each class. Its filters become the classes of every anchor of the head, behind the five of box
    and objectness. Filters that the file has none for are 0. The number of images seen becomes 0.

    compat: this is what Darknet's command does for the one network it was written for (9372
    classes, three anchors, five leading channels); there filters without weights keep the random
    numbers they were drawn with.

    Args:
        path: the classifier's weights.
        cfg: the detector's.
        filters: of the file's last layer; None for what its size says.

    Raises:
        CfgError: the cfg has no such layers.
        WeightsError: the file does not fit.
        OSError: a file cannot be read.
    """
    layout = layer_weights(cfg)
    last, anchors = _last(layout)
    block = last.blocks[0]
    file = os.fspath(path)
    each = last.count // block.outputs  # numbers of one filter
    found = read_fit(path, layout)
    before = found.header.size + 4 * sum(one.count for one in layout.layers[:-1])
    count, rest = divmod(found.bytes_found - before, 4 * each)
    most = block.outputs // anchors - BOX
    if rest or count < 1 or filters not in (None, count) or count > most:
        wanted = f"1 to {most} filters" if filters is None else f"{filters} filters"
        raise WeightsError(
            f"{file}: has {found.bytes_found:,} bytes, expected {before:,} and {4 * each:,} for "
            f"each of {wanted} of {last}",
            file=file,
        )
    old = _with_filters(layout, last, count)
    layers = read_layers(path, _refit(found, old))
    new = {
        name: _spread(numbers, block.outputs, anchors)
        for name, numbers in layers[-1].arrays.items()
    }
    changed = StoredLayer(last, MappingProxyType(new))
    return WeightsFile(found.header, layout, (*layers[:-1], changed)).with_seen(0)


def _last(layout: Layout) -> tuple[LayerLayout, int]:
    """The convolution in front of the head, and the head's number of anchors."""
    document = layout.document
    heads = layout.structure.heads
    if len(heads) != 1 or not layout.layers:
        raise document.wrong(f"has {len(heads)} heads with anchors, expected one", document.net)
    last, head = layout.layers[-1], heads[0]
    if last.kind != "convolutional" or last.index != head.layer - 1:
        raise document.wrong(
            "expected the last [convolutional] right before it", document.layers[head.layer]
        )
    anchors = len(head.anchors)
    if last.blocks[0].outputs % anchors or not anchors:
        raise _wrong_filters(layout, last, anchors)
    return last, anchors


def _wrong_filters(layout: Layout, last: LayerLayout, anchors: int) -> CfgError:
    section = layout.document.layers[last.index]
    message = f"filters={last.blocks[0].outputs}, expected a multiple of the {anchors} anchors"
    return layout.document.wrong(message, section, "filters")


def _with_filters(layout: Layout, last: LayerLayout, filters: int) -> Layout:
    block = last.blocks[0]
    narrow = Block(
        "", block.kind, filters, (filters, *block.weights[1:]), block.batch_normalize,
        block.statistics,
    )  # fmt: skip
    arrays: tuple[Array, ...] = narrow.arrays
    layer = LayerLayout(last.layer, last.kind, (narrow,), arrays)
    return Layout(layout.document, layout.structure, (*layout.layers[:-1], layer))


def _refit(found: Fit, layout: Layout) -> Fit:
    return fit(found.header, layout, found.bytes_found)


def _spread(numbers: FloatArray, outputs: int, anchors: int) -> FloatArray:
    """Puts an array of filters behind the five of every anchor."""
    new = np.zeros((anchors, outputs // anchors, *numbers.shape[1:]), np.float32)
    new[:, BOX : BOX + len(numbers)] = numbers
    return new.reshape(outputs, *numbers.shape[1:])

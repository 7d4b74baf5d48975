"""oneoff: a classifier's last layer becomes the classes of a detection head."""

from __future__ import annotations

import os
from types import MappingProxyType

import numpy as np

from ...errors import WeightsError
from ...layers import Head
from ..file import FloatArray, StoredLayer, WeightsFile, read_layers
from ..fit import fit, read_fit
from ..layout import Array, Block, Cfg, LayerLayout, Layout, layer_weights


def oneoff(path: str | os.PathLike[str], cfg: Cfg, filters: int | None = None) -> WeightsFile:
    """Gives a detector the classes of a classifier.

    The cfg is a detector's: its last layer with weights is a convolution in front of a head. The
    file is a classifier's with the same layers before, whose last convolution has a filter for
    each class. Its filters become the classes of every anchor of the head, behind its box and
    objectness. Filters that the file has none for are 0. The number of images seen becomes 0.

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
    last, head = _last(layout)
    anchors, most = len(head.anchors), head.classes
    block = last.blocks[0]
    file = os.fspath(path)
    each = last.count // block.outputs  # numbers of one filter
    found = read_fit(path, layout)
    before = found.header.size + 4 * sum(one.count for one in layout.layers[:-1])
    count, rest = divmod(found.bytes_found - before, 4 * each)
    if rest or count < 1 or filters not in (None, count) or count > most:
        wanted = f"{filters} filters" if filters and filters <= most else f"1 to {most} filters"
        raise WeightsError(
            f"{file}: has {found.bytes_found:,} bytes, expected {before:,} and {4 * each:,} for "
            f"each of {wanted} of {last}",
            file=file,
        )
    old = _with_filters(layout, last, count)
    layers = read_layers(path, fit(found.header, old, found.bytes_found))
    new = {
        name: _spread(numbers, anchors, block.outputs // anchors, most)
        for name, numbers in layers[-1].arrays.items()
    }
    changed = StoredLayer(last, MappingProxyType(new))
    return WeightsFile(found.header, layout, (*layers[:-1], changed)).with_seen(0)


def _last(layout: Layout) -> tuple[LayerLayout, Head]:
    """The convolution in front of the head, and the head."""
    document = layout.document
    heads = layout.structure.heads
    if len(heads) != 1 or not layout.layers:
        raise document.wrong(f"has {len(heads)} heads with anchors, expected one", document.net)
    last, head = layout.layers[-1], heads[0]
    if last.kind != "convolutional" or last.index != head.layer - 1 or not head.anchors:
        raise document.wrong(
            "expected anchors, and the last [convolutional] right before it",
            document.layers[head.layer],
        )
    return last, head


def _with_filters(layout: Layout, last: LayerLayout, filters: int) -> Layout:
    block = last.blocks[0]
    narrow = Block(
        "", block.kind, filters, (filters, *block.weights[1:]), block.batch_normalize,
        block.statistics,
    )  # fmt: skip
    arrays: tuple[Array, ...] = narrow.arrays
    layer = LayerLayout(last.layer, last.kind, (narrow,), arrays)
    return Layout(layout.document, layout.structure, (*layout.layers[:-1], layer))


def _spread(numbers: FloatArray, anchors: int, each: int, classes: int) -> FloatArray:
    """Puts an array of filters behind box and objectness of every anchor."""
    new = np.zeros((anchors, each, *numbers.shape[1:]), np.float32)
    first = each - classes
    new[:, first : first + len(numbers)] = numbers
    return new.reshape(anchors * each, *numbers.shape[1:])

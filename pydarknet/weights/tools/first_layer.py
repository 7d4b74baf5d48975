"""The convolution that looks at the picture: what `rgbgr` and `rescale` change."""

from __future__ import annotations

from ..file import StoredLayer, WeightsFile


def picture_layer(weights: WeightsFile) -> StoredLayer:
    """The first convolution, if it sees the three colours of the picture.

    Raises:
        CfgError: it does not: other weights come first, it sees other channels, or it is binary.
    """
    layout = weights.layout
    document = layout.document
    first = weights.layers[0] if weights.layers else None
    if first is None:
        raise document.wrong("has no layer with weights, expected a [convolutional]", document.net)
    section = document.layers[first.index]
    if first.layout.kind != "convolutional":
        raise document.wrong("the first weights are here, expected a [convolutional]", section)
    channels = first.layout.blocks[0].weights[1]
    options = first.layout.layer.options
    if layout.structure.input_shape[0] != 3 or channels != 3:
        raise document.wrong(
            f"its kernels see {channels} channels, expected the 3 of a colour picture", section
        )
    if options["binary"] or options["xnor"]:
        key = "xnor" if options["xnor"] else "binary"
        raise document.wrong(f"{key}=1, expected weights that are used as they are", section, key)
    return first

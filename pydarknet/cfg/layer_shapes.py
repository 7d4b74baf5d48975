"""Shapes of the sections that join, cut, multiply or reorder, by the engine's rules."""

from __future__ import annotations

from .site import Made, Site, size, text


def crop(site: Site) -> Made:
    """``[crop]``: the centre of the image."""
    o = site.options
    height, width = o.integer("crop_height"), o.integer("crop_width")
    c, h, w = site.input
    if height > h or width > w:
        raise o.wrong(f"a crop of {width}x{height} does not fit the input of {text(site.input)}")
    return Made((c, height, width))


def same(site: Site) -> Made:
    """Sections that keep the shape."""
    return Made(site.input)


def dropout(site: Site) -> Made:
    """``[dropout]``, which does nothing but in training."""
    if not 0 <= site.options.real("probability") < 1:
        raise site.options.wrong("probability must be 0 or more and below 1", "probability")
    return Made(site.input)


def batchnorm(site: Site) -> Made:
    """``[batchnorm]`` on its own."""
    return Made(site.input, 4 * site.input[0])


def softmax(site: Site) -> Made:
    """``[softmax]``, over groups."""
    groups = site.options.integer("groups")
    if site.options.real("temperature") <= 0:
        raise site.options.wrong("temperature must be above 0", "temperature")
    if size(site.input) % groups:
        raise site.options.wrong(f"groups={groups} does not divide the {size(site.input)} inputs")
    return Made(site.input)


def route(site: Site) -> Made:
    """``[route]``: joins channels."""
    o = site.options
    o.require("layers")
    groups, group = o.integer("groups"), o.integer("group_id")
    if group >= groups:
        raise o.wrong(f"group_id={group}, expected below groups={groups}", "group_id")
    parts = []
    for reference in o.integers("layers"):
        c, h, w = site.output_of(reference)
        if c % groups:
            raise o.wrong(f"groups={groups} does not divide the {c} channels of layer {reference}")
        parts.append((c // groups, h, w))
    for part in parts[1:]:
        if part[1:] != parts[0][1:]:
            raise o.wrong(
                f"inputs of {text(parts[0])} and {text(part)} do not meet, expected the same "
                "width and height"
            )
    return Made((sum(part[0] for part in parts), *parts[0][1:]))


def shortcut(site: Site) -> Made:
    """``[shortcut]``: the sum of layers."""
    o = site.options
    o.require("from")
    sources = [site.output_of(reference) for reference in o.integers("from")]
    kind = o.choice("weights_type")
    c, h, w = site.input
    for source in sources:
        if not integer_ratio(source[1:], (h, w)):
            raise o.wrong(
                f"inputs of {text(site.input)} and {text(source)} do not meet, expected sizes of "
                "an integer ratio"
            )
    each = {"none": 0, "per_channel": c}.get(kind, 1)
    return Made(site.input, (len(sources) + 1) * each, float(len(sources) * size(site.input)))


def integer_ratio(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether maps of these heights and widths can be added: one repeats, or is sampled."""
    meets = all(min(x, y) > 0 and max(x, y) % min(x, y) == 0 for x, y in zip(a, b, strict=True))
    return meets and a[1] * b[0] == a[0] * b[1]


def scale_channels(site: Site) -> Made:
    """``[scale_channels]``: a layer times a number per channel or cell."""
    o = site.options
    o.require("from")
    reference = o.integer("from")
    image = site.output_of(reference)
    expected = (1, *image[1:]) if o.flag("scale_wh") else (image[0], 1, 1)
    if site.input != expected:
        raise o.wrong(
            f"the input is {text(site.input)}, expected {text(expected)} for from={reference} of "
            f"{text(image)}"
        )
    return Made(image)


def sam(site: Site) -> Made:
    """``[sam]``: the product of two layers."""
    o = site.options
    o.require("from")
    other = site.output_of(o.integer("from"))
    if other != site.input:
        raise o.wrong(
            f"inputs of {text(site.input)} and {text(other)} do not meet, expected the same size"
        )
    return Made(other)


def upsample(site: Site) -> Made:
    """``[upsample]``; with a negative stride, sums of blocks."""
    o = site.options
    stride = o.integer("stride")
    c, h, w = site.input
    if stride == 0:
        raise o.wrong("stride=0, expected a factor", "stride")
    if stride > 0:
        return Made((c, h * stride, w * stride))
    out = (c, h // -stride, w // -stride)
    return Made(out, 0, float(stride**2 * size(out)))


def _reorder(site: Site, stride: int, reverse: bool, classic: bool) -> Made:
    c, h, w = site.input
    area = stride**2
    fits = c % area == 0 and c >= area if reverse else h % stride == 0 and w % stride == 0
    if not fits:
        raise site.options.wrong(
            f"an input of {text(site.input)} cannot be reordered with stride={stride}"
        )
    out = (c // area, h * stride, w * stride) if reverse else (c * area, h // stride, w // stride)
    # the permutations divide the channels of their nominal size once more
    nominal = c if classic else out[0]
    if nominal % area:
        raise site.options.wrong(
            f"stride={stride} needs a multiple of {area} channels, found {nominal}"
        )
    return Made(out)


def reorg(site: Site) -> Made:
    """``[reorg]``: the permutation of YOLOv2."""
    o = site.options
    stride, extra = o.integer("stride"), o.integer("extra")
    if extra:
        return Made((size(site.input) + extra, 1, 1))
    if o.flag("flatten"):
        return Made(site.input)
    return _reorder(site, stride, o.flag("reverse"), True)


def reorg3d(site: Site) -> Made:
    """``[reorg3d]``: cells to channels, or back."""
    o = site.options
    return _reorder(site, o.integer("stride"), o.flag("reverse"), False)


def implicit(site: Site) -> Made:
    """``[implicit]``: a trained constant."""
    filters, atoms = (site.options.integer(key) for key in ("filters", "atoms"))
    return Made((filters, atoms, 1), filters * atoms)

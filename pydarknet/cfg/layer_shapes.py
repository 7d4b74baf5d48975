"""What each section makes of its input: shape, number of parameters, and work. One function each.

The rules are the engine's (``darknet/src/layers``), which are Darknet's; shapes are (C, H, W).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..layers import Head, Shape
from .options import Options

Rule = Callable[["Site"], "Made"]


@dataclass(frozen=True)
class Made:
    """What a layer gives: its output, its parameters, the operations of one image, its head."""

    output: Shape
    parameters: int = 0
    operations: float = 0
    head: Head | None = None


@dataclass(frozen=True)
class Site:
    """Where a layer stands: its options, its input, and the outputs and sections before it."""

    options: Options
    index: int
    input: Shape
    outputs: list[Shape | None]
    types: list[str]

    def resolve(self, reference: int) -> int:
        """The number of the layer that a reference names, from 0."""
        found = self.index + reference if reference < 0 else reference
        if not 0 <= found < self.index:
            raise self.options.wrong(
                f"layer {reference} points nowhere, expected 0 to {self.index - 1} or "
                f"{-self.index} to -1"
            )
        return found

    def output_of(self, reference: int) -> Shape:
        """The output of an earlier layer; raises `Unknown` where that layer is broken."""
        shape = self.outputs[self.resolve(reference)]
        if shape is None:
            raise Unknown
        return shape


class Unknown(Exception):
    """A layer reads one that is broken, so nothing can be said of it."""


def size(shape: Shape) -> int:
    """How many numbers a shape holds."""
    return shape[0] * shape[1] * shape[2]


def text(shape: Shape) -> str:
    """A shape as messages show it, ``WxHxC``."""
    return f"{shape[2]}x{shape[1]}x{shape[0]}"


def window(length: int, kernel: int, padding: int, stride: int) -> int:
    """Darknet's output length of a kernel; ``padding`` counts both sides."""
    return 0 if length + padding < kernel else (length + padding - kernel) // stride + 1


@dataclass(frozen=True)
class Kernel:
    """The geometry of a convolution."""

    filters: int
    size: int
    stride_x: int
    stride_y: int
    padding: int
    groups: int
    batch_normalize: bool

    def over(self, site: Site, shape: Shape) -> Made:
        """Convolves."""
        c, h, w = shape
        if c % self.groups or self.filters % self.groups:
            raise site.options.wrong(
                f"groups={self.groups} does not divide the {c} input channels and {self.filters} "
                "filters"
            )
        out = (
            self.filters,
            window(h, self.size, 2 * self.padding, self.stride_y),
            window(w, self.size, 2 * self.padding, self.stride_x),
        )
        each = c // self.groups * self.size**2
        parameters = self.filters * (each + (4 if self.batch_normalize else 1))
        return Made(out, parameters, 2.0 * each * size(out))


def padding_of(o: Options) -> int:
    """Padding on each side."""
    padding = o.integer("padding", 0)
    return o.integer("size", 1) // 2 if o.flag("pad") else padding


def convolutional(site: Site) -> Made:
    """``[convolutional]``, with the blur of antialiasing."""
    o = site.options
    filters, kernel, stride = (o.integer(key, 1) for key in ("filters", "size", "stride"))
    for key in ("stride_x", "stride_y"):
        o.default(key, stride)
    stride_x, stride_y = (o.integer(key) for key in ("stride_x", "stride_y"))
    stride_x, stride_y = (stride if one < 1 else one for one in (stride_x, stride_y))
    o.integer("dilation", 1)
    groups = o.integer("groups", 1)
    blur = o.integer("antialiasing", 0, 2)
    if max(stride_x, stride_y) == 1:
        blur = 0
    conv = Kernel(
        filters,
        kernel,
        1 if blur else stride_x,
        1 if blur else stride_y,
        padding_of(o),
        1 if o.flag("xnor") else groups,
        bool(o.integer("batch_normalize")) or o.flag("cbn"),
    )
    made = conv.over(site, site.input)
    parameters = made.parameters
    if o.has("share_index"):
        owner = site.resolve(o.integer("share_index"))
        if site.types[owner] != "convolutional":
            raise o.wrong(
                f"share_index={o.text('share_index')} names [{site.types[owner]}], expected a "
                "[convolutional]",
                "share_index",
            )
        parameters = 0
    if not blur:
        return Made(made.output, parameters, made.operations)
    out, operations = _blur(made.output, blur, stride_x, stride_y)
    return Made(out, parameters, made.operations + operations)


def _blur(shape: Shape, kind: int, stride_x: int, stride_y: int) -> tuple[Shape, float]:
    c, h, w = shape
    kernel, padding = (3, 2) if kind == 1 else (2, 0)
    out = (c, window(h, kernel, padding, stride_y), window(w, kernel, padding, stride_x))
    return out, 2.0 * kernel**2 * size(out)


def deconvolutional(site: Site) -> Made:
    """``[deconvolutional]``: a transposed convolution."""
    o = site.options
    filters, kernel, stride = (o.integer(key, 1) for key in ("filters", "size", "stride"))
    c, h, w = site.input
    cut = kernel - 2 * padding_of(o)
    out = (filters, (h - 1) * stride + cut, (w - 1) * stride + cut)
    normalized = 4 if o.integer("batch_normalize") else 1
    parameters = filters * (normalized + c * kernel**2)
    return Made(out, parameters, 2.0 * kernel**2 * filters * size(site.input))


def local(site: Site) -> Made:
    """``[local]``: filters of its own at every position."""
    o = site.options
    filters, kernel, stride = (o.integer(key, 1) for key in ("filters", "size", "stride"))
    c, h, w = site.input
    # compat: the size is that of a padding of size/2, whatever the window is shifted by
    short = 1 if o.flag("pad") else kernel
    out = (
        filters,
        0 if h < short else (h - short) // stride + 1,
        0 if w < short else (w - short) // stride + 1,
    )
    each = kernel**2 * c
    return Made(out, size(out) * (1 + each), 2.0 * each * size(out))


def dense(inputs: int, outputs: int, batch_normalize: bool) -> tuple[int, float]:
    """Parameters and operations of a fully connected step."""
    return outputs * (inputs + (4 if batch_normalize else 1)), 2.0 * inputs * outputs


def connected(site: Site) -> Made:
    """``[connected]``: fully connected."""
    o = site.options
    outputs = o.integer("output", 1)
    parameters, operations = dense(size(site.input), outputs, bool(o.integer("batch_normalize")))
    return Made((outputs, 1, 1), parameters, operations)


def _pool(site: Site, antialiasing: int) -> Made:
    o = site.options
    stride = o.integer("stride", 1)
    for key in ("stride_x", "stride_y", "size"):
        o.default(key, stride)
    stride_x, stride_y, kernel = (o.integer(key, 1) for key in ("stride_x", "stride_y", "size"))
    o.default("padding", kernel - 1)
    padding = o.integer("padding", 0)
    blur = antialiasing if max(stride_x, stride_y) > 1 else 0
    c, h, w = site.input
    step_x, step_y = (1, 1) if blur else (stride_x, stride_y)
    out = (c, window(h, kernel, padding, step_y), window(w, kernel, padding, step_x))
    operations = float(kernel**2 * size(out))
    if blur:
        out, more = _blur(out, blur, stride_x, stride_y)
        operations += more
    return Made(out, 0, operations)


def maxpool(site: Site) -> Made:
    """``[maxpool]``: the maximum of windows, or of channels."""
    o = site.options
    made = _pool(site, o.integer("antialiasing", 0, 2))
    channels = o.integer("out_channels", 1)
    if o.flag("maxpool_depth"):
        return Made((channels, *site.input[1:]))
    return made


def local_avgpool(site: Site) -> Made:
    """``[local_avgpool]``: the mean of windows."""
    return _pool(site, 0)


def avgpool(site: Site) -> Made:
    """``[avgpool]``: the mean of each plane."""
    return Made((site.input[0], 1, 1), 0, float(size(site.input)))


def crop(site: Site) -> Made:
    """``[crop]``: the centre of the image."""
    o = site.options
    height, width = o.integer("crop_height", 1), o.integer("crop_width", 1)
    c, h, w = site.input
    if height > h or width > w:
        raise o.wrong(f"a crop of {width}x{height} does not fit the input of {text(site.input)}")
    return Made((c, height, width))


def same(site: Site) -> Made:
    """Sections that keep the shape."""
    return Made(site.input)


def batchnorm(site: Site) -> Made:
    """``[batchnorm]`` on its own."""
    return Made(site.input, 4 * site.input[0])


def softmax(site: Site) -> Made:
    """``[softmax]``, over groups."""
    groups = site.options.integer("groups", 1)
    if size(site.input) % groups:
        raise site.options.wrong(f"groups={groups} does not divide the {size(site.input)} inputs")
    return Made(site.input)


def route(site: Site) -> Made:
    """``[route]``: joins channels."""
    o = site.options
    o.require("layers")
    groups, group = o.integer("groups", 1), o.integer("group_id", 0)
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
    stride, extra = o.integer("stride", 1), o.integer("extra", 0)
    if extra:
        return Made((size(site.input) + extra, 1, 1))
    if o.flag("flatten"):
        return Made(site.input)
    return _reorder(site, stride, o.flag("reverse"), True)


def reorg3d(site: Site) -> Made:
    """``[reorg3d]``: cells to channels, or back."""
    o = site.options
    return _reorder(site, o.integer("stride", 1), o.flag("reverse"), False)


def implicit(site: Site) -> Made:
    """``[implicit]``: a trained constant."""
    filters, atoms = (site.options.integer(key, 1) for key in ("filters", "atoms"))
    return Made((filters, atoms, 1), filters * atoms)

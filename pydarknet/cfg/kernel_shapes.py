"""Shapes of the sections with windows or weights on all of the input, by the engine's rules."""

from __future__ import annotations

from dataclasses import dataclass

from ..layers import Shape
from .options import Options
from .site import Made, Site, size, window


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
    padding = o.integer("padding")
    return o.integer("size") // 2 if o.flag("pad") else padding


def convolutional(site: Site) -> Made:
    """``[convolutional]``, with the blur of antialiasing."""
    o = site.options
    filters, kernel, stride = (o.integer(key) for key in ("filters", "size", "stride"))
    if o.integer("numload") > filters:
        raise o.wrong(f"numload={o.text('numload')}, expected at most filters={filters}", "numload")
    for key in ("stride_x", "stride_y"):
        o.default(key, stride)
    stride_x, stride_y = (o.integer(key) for key in ("stride_x", "stride_y"))
    stride_x, stride_y = (stride if one < 1 else one for one in (stride_x, stride_y))
    o.integer("dilation")
    groups = o.integer("groups")
    blur = o.integer("antialiasing")
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
    filters, kernel, stride = (o.integer(key) for key in ("filters", "size", "stride"))
    c, h, w = site.input
    cut = kernel - 2 * padding_of(o)
    out = (filters, (h - 1) * stride + cut, (w - 1) * stride + cut)
    normalized = 4 if o.integer("batch_normalize") else 1
    parameters = filters * (normalized + c * kernel**2)
    return Made(out, parameters, 2.0 * kernel**2 * filters * size(site.input))


def local(site: Site) -> Made:
    """``[local]``: filters of its own at every position."""
    o = site.options
    filters, kernel, stride = (o.integer(key) for key in ("filters", "size", "stride"))
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
    outputs = o.integer("output")
    parameters, operations = dense(size(site.input), outputs, bool(o.integer("batch_normalize")))
    return Made((outputs, 1, 1), parameters, operations)


def _pool(site: Site, antialiasing: int) -> Made:
    o = site.options
    stride = o.integer("stride")
    for key in ("stride_x", "stride_y", "size"):
        o.default(key, stride)
    stride_x, stride_y, kernel = (o.integer(key) for key in ("stride_x", "stride_y", "size"))
    o.default("padding", kernel - 1)
    padding = o.integer("padding")
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
    made = _pool(site, o.integer("antialiasing"))
    channels = o.integer("out_channels")
    if o.flag("maxpool_depth"):
        return Made((channels, *site.input[1:]))
    return made


def local_avgpool(site: Site) -> Made:
    """``[local_avgpool]``: the mean of windows."""
    return _pool(site, 0)


def avgpool(site: Site) -> Made:
    """``[avgpool]``: the mean of each plane."""
    return Made((site.input[0], 1, 1), 0, float(size(site.input)))

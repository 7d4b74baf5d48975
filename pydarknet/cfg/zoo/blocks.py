"""The blocks that networks are built of. Each writes layers and returns the number of one of them.

Where nothing else is said that is the last layer, which holds what the block gives.
"""

from __future__ import annotations

from typing import Any

from .net import Keys, Net, Value


def pairs(net: Net, squeeze: int, filters: int, count: int = 1) -> int:
    """1x1 convolutions that squeeze, each with a 3x3 one behind it."""
    for _ in range(count):
        net.conv(squeeze, 1)
        net.conv(filters, 3)
    return net.last


def residual(net: Net, squeeze: int, filters: int, count: int = 1) -> int:
    """Pairs that are added to their input (He et al., 2015, as in Darknet-53)."""
    for _ in range(count):
        entry = net.last
        pairs(net, squeeze, filters)
        net.shortcut(entry)
    return net.last


def basic(net: Net, filters: int, stride: int = 1) -> int:
    """ResNet's block of two 3x3 convolutions."""
    entry = net.last
    net.conv(filters, 3, stride)
    net.conv(filters, 3, activation="linear")
    return net.shortcut(entry, net.activation)


def bottleneck(net: Net, filters: int, out: int, stride: int = 1, groups: int = 1) -> int:
    """ResNet's block of 1x1, 3x3 and 1x1; with groups ResNeXt's (Xie et al., 2016)."""
    entry = net.last
    net.conv(filters, 1)
    net.conv(filters, 3, stride, **grouped(groups))
    net.conv(out, 1, activation="linear")
    return net.shortcut(entry, net.activation)


def grouped(groups: int) -> Keys:
    """The key of a convolution's groups, if there is more than one."""
    return {"groups": groups} if groups > 1 else {}


def dense(net: Net, growth: int, count: int) -> int:
    """DenseNet's block (Huang et al., 2016): each layer sees all before it."""
    for _ in range(count):
        entry = net.last
        pairs(net, 4 * growth, growth)
        net.route(net.last, entry)
    return net.last


def mbconv(
    net: Net, expand: int, out: int, size: int, stride: int, squeeze: int, drop: float | None = None
) -> int:
    """EfficientNet's block (Tan and Le, 2019): expand, depthwise, squeeze-and-excite, project.

    Args:
        net: to write to.
        expand: channels of the depthwise convolution.
        out: channels of the output.
        size: of the depthwise kernel.
        stride: of the depthwise kernel.
        squeeze: channels between the two steps of squeeze-and-excite.
        drop: probability of dropout in front of the shortcut; None for no shortcut.
    """
    entry = net.last
    net.conv(expand, 1)
    depthwise = net.conv(expand, size, stride, groups=expand)
    net.layer("avgpool")
    net.conv(squeeze, 1, norm=False)
    net.conv(expand, 1, activation="logistic", norm=False)
    net.layer("scale_channels", from_=depthwise - net.last - 1)
    net.conv(out, 1, activation="linear")
    if drop is not None:
        net.layer("dropout", probability=drop)
        net.shortcut(entry)
    return net.last


def two_ways(net: Net, filters: int, activation: str = "", other: int = 0) -> int:
    """Splits in two ways by 1x1 convolutions, and goes on on the second; returns the first."""
    entry = net.last
    first = net.conv(filters, 1, activation=activation)
    net.route(entry)
    net.conv(other or filters, 1, activation=activation)
    return first


def csp(net: Net, filters: int, count: int, half: int = 0, squeeze: int = 0) -> int:
    """A cross stage partial stage (Wang et al., 2019): halves the size, residual on one way."""
    half = half or filters // 2
    net.conv(filters, 3, 2)
    first = two_ways(net, half)
    residual(net, squeeze or half, half, count)
    net.conv(half, 1)
    net.route(net.last, first)
    return net.conv(filters, 1)


def csp_tiny(net: Net, filters: int) -> int:
    """The stage of YOLOv4-tiny; returns the 1x1 convolution, behind which it halves the size."""
    entry = net.conv(filters, 3)
    net.route(entry, groups=2, group_id=1)
    a = net.conv(filters // 2, 3)
    b = net.conv(filters // 2, 3)
    net.route(b, a)
    joined = net.conv(filters, 1)
    net.route(entry, joined)
    net.maxpool()
    return joined


def spp(net: Net, *, smallest_first: bool = False) -> int:
    """Spatial pyramid pooling (He et al., 2014): windows of 5, 9 and 13 beside the input."""
    entry = net.last
    pools: list[int] = []
    for size in (5, 9, 13):
        if pools:
            net.route(entry)
        pools.append(net.maxpool(size, 1))
    joined = [entry, *pools]
    return net.route(*(joined if smallest_first else joined[::-1]))


def spp_csp(net: Net, filters: int, count: int = 1, *, smallest_first: bool = False) -> int:
    """Spatial pyramid pooling on one of two ways (Scaled-YOLOv4, 2020)."""
    first = two_ways(net, filters)
    net.conv(filters, 3)
    net.conv(filters, 1)
    spp(net, smallest_first=smallest_first)
    pairs(net, filters, filters, count)
    net.route(net.last, first)
    return net.conv(filters, 1)


def five(net: Net, filters: int) -> int:
    """Five convolutions, 1x1 and 3x3 in turn: the step of the necks of YOLOv3 and v4."""
    pairs(net, filters // 2, filters, 2)
    return net.conv(filters // 2, 1)


def csp_neck(net: Net, filters: int, count: int, **last: Any) -> int:
    """The step of the necks of Scaled-YOLOv4: pairs on one of two ways."""
    net.conv(filters, 1)
    entry = net.last
    first = net.conv(filters, 1)
    net.route(entry)
    pairs(net, filters, filters, count)
    net.route(net.last, first)
    return net.conv(filters, 1, **last)


def up(net: Net, filters: int, lateral: int) -> int:
    """Twice the size, joined with an earlier layer of that size (PANet, Liu et al., 2018)."""
    net.conv(filters, 1)
    coarse = net.layer("upsample", stride=2)
    net.route(lateral)
    fine = net.conv(filters, 1)
    return net.route(fine, coarse)


def up_plain(net: Net, filters: int, lateral: int) -> int:
    """Twice the size, joined with an earlier layer as it is: the step of YOLOv3."""
    net.conv(filters, 1)
    coarse = net.layer("upsample", stride=2)
    return net.route(coarse, lateral)


def down(net: Net, filters: int, lateral: int) -> int:
    """Half the size, joined with the layer that the way up left at that size."""
    net.conv(filters, 3, 2)
    return net.route(net.last, lateral)


def elan(net: Net, filters: int, out: int, depth: int = 4) -> int:
    """An efficient layer aggregation network (Wang et al., YOLOv7, 2022)."""
    first = two_ways(net, filters)
    seen = [first, net.last]
    for i in range(depth):
        net.conv(filters, 3)
        if i % 2:
            seen.append(net.last)
    net.route(*seen[::-1])
    return net.conv(out, 1)


def elan_wide(net: Net, filters: int, out: int) -> int:
    """ELAN of YOLOv7's neck: every layer is joined, 3x3 convolutions have half the filters."""
    first = two_ways(net, filters)
    seen = [first, net.last, *(net.conv(filters // 2, 3) for _ in range(4))]
    net.route(*seen[::-1])
    return net.conv(out, 1)


def elan_tiny(net: Net, filters: int, out: int) -> int:
    """ELAN of YOLOv7-tiny."""
    first = two_ways(net, filters)
    seen = [first, net.last, *(net.conv(filters, 3) for _ in range(2))]
    net.route(*seen)
    return net.conv(out, 1)


def halve(net: Net, filters: int, *laterals: int) -> int:
    """YOLOv7's step to half the size: the maximum on one way, a stride on the other."""
    entry = net.last
    net.maxpool()
    pooled = net.conv(filters, 1)
    net.route(entry)
    net.conv(filters, 1)
    net.conv(filters, 3, 2)
    return net.route(net.last, pooled, *laterals)


def yolo(
    net: Net,
    anchors: list[int],
    mask: list[int],
    classes: int = 80,
    *,
    activation: str = "linear",
    type_: str = "yolo",
    **more: Value,
) -> int:
    """A detection head: the 1x1 convolution that predicts, and the section that decodes."""
    entries = classes + (9 if type_ == "Gaussian_yolo" else 5)
    net.note(f"filters = {len(mask)} anchors * ({classes} classes + {entries - classes})")
    net.conv(len(mask) * entries, 1, activation=activation, norm=False)
    return net.layer(
        type_, mask=mask, anchors=anchors, classes=classes, num=len(anchors) // 2, **more
    )

"""The seventh generation of YOLO (Wang, Bochkovskiy, Liao: YOLOv7, 2022)."""

from __future__ import annotations

from .blocks import down, elan, elan_tiny, elan_wide, halve, spp, spp_csp, two_ways, up
from .net import Keys, Net
from .yolov3 import ANCHORS as V3_ANCHORS
from .yolov3 import detector, masks
from .yolov4 import ANCHORS, SCALED_HEAD, new_coords_head

V7 = "Network: Wang, Bochkovskiy, Liao: YOLOv7 (2022)."
RATE: Keys = {"learning_rate": 0.00261, "max_batches": 2000200,
                          "steps": [1600000, 1800000]}  # fmt: skip


def _heads(net: Net, seen: list[int], widths: list[int], anchors: list[int]) -> Net:
    for layer, filters, mask in zip(seen, widths, masks(anchors), strict=True):
        net.note("head")
        net.route(layer)
        new_coords_head(net, filters, anchors, mask, SCALED_HEAD)
    return net


def yolov7_tiny() -> Net:
    """The small YOLOv7."""
    about = f"YOLOv7-tiny for the 80 classes of COCO (coco.names). {V7}"
    net = detector(about, 416, batch=64, subdivisions=1, **RATE)
    net.conv(32, 3, 2)
    net.conv(64, 3, 2)
    ends = []
    for filters in (32, 64, 128, 256):
        net.note(f"layers of {filters} filters, all of them joined")
        ends.append(elan_tiny(net, filters, 2 * filters))
        if filters < 256:
            net.maxpool()
    net.note("spatial pyramid pooling")
    first = two_ways(net, 256)
    spp(net)
    net.conv(256, 1)
    net.route(first, net.last)
    coarse = net.conv(256, 1)
    net.note("up")
    up(net, 128, ends[2])
    middle = elan_tiny(net, 64, 128)
    net.note("up")
    up(net, 64, ends[1])
    seen = [elan_tiny(net, 32, 64)]
    for filters, lateral in ((128, middle), (256, coarse)):
        net.note("down")
        down(net, filters, lateral)
        seen.append(elan_tiny(net, filters // 2, filters))
    return _heads(net, seen, [128, 256, 512], V3_ANCHORS)


def _stem(net: Net, unit: int) -> None:
    net.note("1/4 of the input's size")
    net.conv(unit)
    net.conv(2 * unit, 3, 2)
    net.conv(2 * unit)
    net.conv(4 * unit, 3, 2)


def _detector(name: str) -> Net:
    about = f"{name} for the 80 classes of COCO (coco.names). {V7}"
    return detector(about, 640, activation="swish", batch=8, subdivisions=1, **RATE)


def _backbone(net: Net, unit: int, depth: int) -> list[int]:
    _stem(net, unit)
    ends = []
    for i, filters in enumerate((64, 128, 256, 256)):
        if i:
            net.note("half the size")
            halve(net, 4 * unit << (i - 1))
        net.note(f"{depth} layers of {filters} filters, joined")
        ends.append(elan(net, filters, min(8 * unit << i, 32 * unit), depth))
    return ends


def yolov7() -> Net:
    """YOLOv7."""
    net = _detector("YOLOv7")
    ends = _backbone(net, 32, 4)
    coarse = spp_csp(net, 512, smallest_first=True)
    up(net, 256, ends[2])
    middle = elan_wide(net, 256, 256)
    up(net, 128, ends[1])
    seen = [elan_wide(net, 128, 128)]
    for filters, lateral in ((128, middle), (256, coarse)):
        net.note("down")
        halve(net, filters, lateral)
        seen.append(elan_wide(net, 2 * filters, 2 * filters))
    return _heads(net, seen, [256, 512, 1024], ANCHORS)


def yolov7x() -> Net:
    """YOLOv7x."""
    net = _detector("YOLOv7x")
    ends = _backbone(net, 40, 6)
    coarse = spp_csp(net, 640, smallest_first=True)
    up(net, 320, ends[2])
    middle = elan(net, 256, 320, 6)
    up(net, 160, ends[1])
    seen = [elan(net, 128, 160, 6)]
    for filters, width, lateral in ((160, 256, middle), (320, 512, coarse)):
        net.note("down")
        halve(net, filters, lateral)
        seen.append(elan(net, width, 2 * filters, 6))
    return _heads(net, seen, [320, 640, 1280], ANCHORS)

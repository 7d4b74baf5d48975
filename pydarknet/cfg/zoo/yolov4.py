"""The fourth generation of YOLO."""

from __future__ import annotations

from typing import Any

from .blocks import (
    bottleneck,
    csp,
    csp_neck,
    csp_tiny,
    down,
    five,
    pairs,
    residual,
    spp,
    spp_csp,
    two_ways,
    up,
    up_plain,
    yolo,
)
from .net import Keys, Net
from .yolov3 import ANCHORS as V3_ANCHORS
from .yolov3 import HEAD as V3_HEAD
from .yolov3 import TINY_ANCHORS, detector, masks

V4 = "Network: Bochkovskiy, Wang, Liao: YOLOv4 (2020)."
SCALED = "Network: Wang, Bochkovskiy, Liao: Scaled-YOLOv4 (2020)."
ANCHORS = [12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401]
LONG: Keys = {"batch": 64, "subdivisions": 8, "max_batches": 500500, "mosaic": 1,
                          "momentum": 0.949}  # fmt: skip


def _neck(net: Net, laterals: list[int], heads: list[Keys], anchors: list[int]) -> Net:
    """The neck of YOLOv4: pooling, two steps up, then the heads with steps down between them."""
    pairs(net, 512, 1024)
    net.conv(512, 1)
    net.note("spatial pyramid pooling")
    spp(net)
    pairs(net, 512, 1024)
    coarse = net.conv(512, 1)
    net.note("up")
    up(net, 256, laterals[0])
    middle = five(net, 512)
    net.note("up")
    up(net, 128, laterals[1])
    handed = five(net, 256)
    for i, (filters, lateral) in enumerate(((256, None), (512, middle), (1024, coarse))):
        if lateral is not None:
            net.note("down")
            net.route(handed)
            down(net, filters // 2, lateral)
            handed = five(net, filters)
        net.conv(filters)
        yolo(net, anchors, masks(anchors)[i], **heads[i])
    return net


def yolov4() -> Net:
    """YOLOv4."""
    net = detector(
        f"YOLOv4 for the 80 classes of COCO (coco.names). {V4}", 608, activation="mish",
        **(LONG | {"learning_rate": 0.0013}),
    )  # fmt: skip
    net.conv(32)
    csp(net, 64, 1, half=64, squeeze=32)
    ends = [csp(net, filters, n) for filters, n in ((128, 2), (256, 8), (512, 8), (1024, 4))]
    net.activation = "leaky"
    head = V3_HEAD | {
        "random": 0, "iou_thresh": 0.213, "cls_normalizer": 1.0, "iou_normalizer": 0.07,
        "iou_loss": "ciou", "nms_kind": "greedynms", "beta_nms": 0.6, "max_delta": 5,
    }  # fmt: skip
    heads = [head | {"scale_x_y": 1.2}, head | {"scale_x_y": 1.1},
             head | {"scale_x_y": 1.05, "random": 1}]  # fmt: skip
    return _neck(net, [ends[2], ends[1]], heads, ANCHORS)


def csresnext50_panet_spp() -> Net:
    """CSPResNeXt-50 with YOLOv4's neck and YOLOv3's heads."""
    net = detector(
        "CSPResNeXt-50 with PANet and SPP for the 80 classes of COCO (coco.names). Network: Wang "
        "et al.: CSPNet (2019).",
        512, batch=64, subdivisions=16, max_batches=500500,
    )  # fmt: skip
    net.conv(64, 7, 2)
    net.maxpool()
    ends = []
    for filters, count, split in ((128, 3, "leaky"), (256, 3, "linear"), (512, 5, "linear"),
                                  (1024, 2, "leaky")):  # fmt: skip
        net.note(f"{count} blocks of {filters} filters on one of two ways")
        if filters > 128:
            net.conv(filters, 3, 2, groups=32)
        first = two_ways(net, filters, split, 64 if filters == 128 else filters)
        for _ in range(count):
            bottleneck(net, filters, filters, groups=32)
        net.conv(filters, 1)
        net.route(net.last, first)
        ends.append(net.conv(2 * filters, 1))
    return _neck(net, [ends[2], ends[1]], 3 * [V3_HEAD], V3_ANCHORS)


def _tiny(about: str, size: int, anchors: list[int], heads: list[list[int]], **more: Any) -> Net:
    net = detector(
        f"{about} {SCALED}", size, batch=64, subdivisions=1, learning_rate=0.00261, **more
    )
    net.note("1/4 of the input's size")
    net.conv(32, 3, 2)
    net.conv(64, 3, 2)
    joined = []
    for filters in (64, 128, 256):
        net.note("half of the channels pass two convolutions; all is joined, then halved in size")
        joined.append(csp_tiny(net, filters))
    net.conv(512)
    handed = net.conv(256, 1)
    net.conv(512)
    head = V3_HEAD | {
        "scale_x_y": 1.05, "cls_normalizer": 1.0, "iou_normalizer": 0.07, "iou_loss": "ciou",
        "random": 0, "resize": 1.5, "nms_kind": "greedynms", "beta_nms": 0.6,
    }  # fmt: skip
    yolo(net, anchors, heads[0], **head)
    for i, mask in enumerate(heads[1:]):
        filters = 128 >> i
        net.note(f"head {i + 2}, at twice the size")
        net.route(handed)
        up_plain(net, filters, joined[2 - i])
        handed = net.conv(2 * filters)
        yolo(net, anchors, mask, **head)
    return net


def yolov4_tiny() -> Net:
    """The small YOLOv4."""
    return _tiny(
        "YOLOv4-tiny for the 80 classes of COCO (coco.names): two heads. Fits yolov4-tiny.weights "
        "of 24,251,276 bytes.",
        416, TINY_ANCHORS, [[3, 4, 5], [1, 2, 3]],
        max_batches=2000200, steps=[1600000, 1800000],
    )  # fmt: skip


def yolov4_tiny_3l() -> Net:
    """The small YOLOv4 with three heads."""
    return _tiny(
        "YOLOv4-tiny for the 80 classes of COCO (coco.names): three heads.",
        608, ANCHORS, masks(ANCHORS)[::-1],
    )  # fmt: skip


SCALED_HEAD: Keys = {
    "jitter": 0.1, "scale_x_y": 2.0, "objectness_smooth": 1, "ignore_thresh": 0.7,
    "truth_thresh": 1, "resize": 1.5, "iou_thresh": 0.2, "iou_normalizer": 0.05,
    "cls_normalizer": 0.5, "obj_normalizer": 1.0, "iou_loss": "ciou", "nms_kind": "diounms",
    "beta_nms": 0.6, "new_coords": 1, "max_delta": 2,
}  # fmt: skip
"""Of networks with new_coords: sizes of boxes are squares, the convolution before is logistic."""


def new_coords_head(net: Net, filters: int, anchors: list[int], mask: list[int], head: Keys) -> int:
    """A 3x3 convolution and a head with new_coords."""
    net.conv(filters)
    return yolo(net, anchors, mask, activation="logistic", **head)


def _scaled(about: str, size: int, activation: str = "mish", **more: Any) -> Net:
    options: Keys = {"letter_box": 1, "ema_alpha": 0.9998} | more
    options = {key: value for key, value in options.items() if value != 0}
    return detector(f"{about} {SCALED}", size, activation=activation, **(LONG | options))


def _csp_backbone(net: Net, unit: int, counts: tuple[int, ...]) -> list[int]:
    """CSPDarknet behind a first stage without two ways."""
    net.conv(32)
    net.conv(unit, 3, 2)
    residual(net, unit // 2, unit)
    ends = []
    for i, count in enumerate(counts):
        net.note(f"{count} residual blocks on one of two ways")
        ends.append(csp(net, unit << (i + 1), count))
    return ends


def _up_and_down(
    net: Net, ends: list[int], ups: list[int], downs: list[int], count: int, **last: Any
) -> list[int]:
    """All steps up, then all steps down; returns what the heads see, the finest first.

    Args:
        net: to write to; its last layer is the coarsest.
        ends: of the backbone, the finest first, without the coarsest.
        ups: filters of each step up.
        downs: filters of each step down.
        count: pairs in each step.
        **last: keys of the neck's last convolution.
    """
    seen = [net.last]
    for lateral, filters in zip(reversed(ends), ups, strict=True):
        net.note("up")
        up(net, filters, lateral)
        seen.append(csp_neck(net, filters, count))
    heads = [seen.pop()]
    for filters in downs:
        net.note("down")
        down(net, filters, seen.pop())
        heads.append(csp_neck(net, filters, count, **({} if seen else last)))
    return heads


def _heads_at_end(net: Net, seen: list[int], widths: list[int], anchors: list[int],
                  each: int, head: Keys) -> Net:  # fmt: skip
    for layer, filters, mask in zip(seen, widths, masks(anchors, each), strict=True):
        net.note("head")
        net.route(layer)
        new_coords_head(net, filters, anchors, mask, head)
    return net


def _heads_between(net: Net, ends: list[int], unit: int, count: int,
                   freeze: Keys) -> Net:  # fmt: skip
    """Two steps up, then the heads with steps down between them."""
    coarse = net.last
    net.note("up")
    up(net, 2 * unit, ends[1])
    middle = csp_neck(net, 2 * unit, count)
    net.note("up")
    up(net, unit, ends[0])
    handed = csp_neck(net, unit, count, **freeze)
    changes: list[Keys] = [
        {"objectness_smooth": 0, "obj_normalizer": 4.0, "max_delta": 5},
        {"obj_normalizer": 1.0, "max_delta": 5},
        {"obj_normalizer": 0.4},
    ]
    for i, lateral in enumerate((None, middle, coarse)):
        filters = unit << i
        if lateral is not None:
            net.note("down")
            net.route(handed)
            down(net, filters, lateral)
            handed = csp_neck(net, filters, count)
        new_coords_head(net, 2 * filters, ANCHORS, masks(ANCHORS)[i], SCALED_HEAD | changes[i])
    return net


def yolov4_csp() -> Net:
    """YOLOv4-CSP."""
    net = _scaled("YOLOv4-CSP for the 80 classes of COCO (coco.names).", 512)
    ends = _csp_backbone(net, 64, (2, 8, 8, 4))
    spp_csp(net, 512)
    return _heads_between(net, [ends[1], ends[2]], 128, 2, {})


def yolov4x_mish() -> Net:
    """YOLOv4x-mish."""
    net = _scaled("YOLOv4x-mish for the 80 classes of COCO (coco.names).", 640, ema_alpha=0)
    ends = _csp_backbone(net, 80, (3, 10, 10, 5))
    spp_csp(net, 640, 2)
    return _heads_between(net, [ends[1], ends[2]], 160, 3, {"stopbackward": 800})


_NO_IOU_THRESH = {key: value for key, value in SCALED_HEAD.items() if key != "iou_thresh"}


def yolov4_csp_swish() -> Net:
    """YOLOv4-CSP with swish."""
    net = _scaled("YOLOv4-CSP with swish for the 80 classes of COCO (coco.names).", 640, "swish")
    ends = _csp_backbone(net, 64, (2, 8, 8, 4))
    spp_csp(net, 512)
    seen = _up_and_down(net, ends[1:3], [256, 128], [256, 512], 2, stopbackward=900)
    head = _NO_IOU_THRESH | {"obj_normalizer": 0.4}
    return _heads_at_end(net, seen, [256, 512, 1024], ANCHORS, 3, head)


def yolov4_csp_x_mish() -> Net:
    """YOLOv4-CSP-X with mish."""
    net = _scaled(
        "YOLOv4-CSP-X with mish for the 80 classes of COCO (coco.names).", 640,
        learning_rate=0.00261,
    )  # fmt: skip
    ends = _csp_backbone(net, 80, (3, 10, 10, 5))
    spp_csp(net, 640, 2)
    seen = _up_and_down(net, ends[1:3], [320, 160], [320, 640], 3)
    head = _NO_IOU_THRESH | {"obj_normalizer": 0.4}
    return _heads_at_end(net, seen, [320, 640, 1280], ANCHORS, 3, head)


def _large(about: str, size: int, counts: tuple[int, ...], ups: list[int],
           anchors: list[int]) -> Net:  # fmt: skip
    net = _scaled(about, size)
    net.conv(32)
    ends = []
    for i, count in enumerate(counts):
        net.note(f"{count} residual blocks on one of two ways")
        ends.append(csp(net, min(64 << i, 1024), count))
    spp_csp(net, 512)
    downs = [256, 512, 512][: len(ups)]
    seen = _up_and_down(net, ends[2:-1], ups, downs, 3)
    return _heads_at_end(net, seen, [256, 512, 1024, 1024][: len(seen)], anchors, 4, SCALED_HEAD)


def yolov4_p5() -> Net:
    """YOLOv4-P5."""
    anchors = [13, 17, 31, 25, 24, 51, 61, 45, 48, 102, 119, 96, 97, 189, 217, 184, 171, 384, 324,
               451, 616, 618, 800, 800]  # fmt: skip
    about = "YOLOv4-P5 for the 80 classes of COCO (coco.names)."
    return _large(about, 896, (1, 3, 15, 15, 7), [256, 128], anchors)


def yolov4_p6() -> Net:
    """YOLOv4-P6."""
    anchors = [13, 17, 31, 25, 24, 51, 61, 45, 61, 45, 48, 102, 119, 96, 97, 189, 97, 189, 217,
               184, 171, 384, 324, 451, 324, 451, 545, 357, 616, 618, 1024, 1024]  # fmt: skip
    about = "YOLOv4-P6 for the 80 classes of COCO (coco.names)."
    return _large(about, 1280, (1, 3, 15, 15, 7, 7), [512, 256, 128], anchors)

"""The third generation of YOLO, and networks with its heads."""

from __future__ import annotations

from .blocks import five, pairs, spp, up_plain, yolo
from .classifiers import STEPS, darknet53_body, efficientnet_body
from .net import Keys, Net, Value
from .yolov1_v2 import COCO_RATE, COLOURS, tiny_body

V3 = "Network: Redmon, Farhadi: YOLOv3 (2018)."
ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]
TINY_ANCHORS = [10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319]
SMALL_ANCHORS = [side for side in (4, 5, 6, 7, 8, 9) for _ in range(2)]
HEAD: Keys = {"jitter": 0.3, "ignore_thresh": 0.7, "truth_thresh": 1, "random": 1}


def detector(about: str, size: int, *, activation: str = "leaky", **more: Value) -> Net:
    """A detector of square images."""
    options: Keys = {"batch": 1, "subdivisions": 1, "width": size, "height": size}
    options |= {"channels": 3} | STEPS | COLOURS | COCO_RATE
    return Net(about, activation=activation, **(options | more))


def masks(anchors: list[int], each: int = 3) -> list[list[int]]:
    """The anchors of each head, those of the finest map first."""
    count = len(anchors) // 2
    return [list(range(i, i + each)) for i in range(0, count, each)]


def _heads(
    net: Net, laterals: list[int], anchors: list[int], classes: int, head: Keys,
    *, pooled: bool = False, type_: str = "yolo",
) -> Net:  # fmt: skip
    """YOLOv3's heads, the coarsest first; each finer one sees an earlier layer of its size."""
    filters = 1024
    for i, mask in enumerate(reversed(masks(anchors))):
        net.note(f"head {i + 1}: {filters} filters")
        if i == 0 and pooled:
            pairs(net, 512, 1024)
            net.conv(512, 1)
            spp(net)
            pairs(net, 512, 1024)
            handed = net.conv(512, 1)
        else:
            handed = five(net, filters)
        net.conv(filters)
        yolo(net, anchors, mask, classes, type_=type_, **head)
        if i < len(laterals):
            net.route(handed)
            up_plain(net, max(filters // 4, 128), laterals[i])
            filters //= 2
    return net


def _yolov3(
    net: Net,
    anchors: list[int] = ANCHORS,
    classes: int = 80,
    head: Keys = HEAD,
    *,
    pooled: bool = False,
    type_: str = "yolo",
) -> Net:
    ends = darknet53_body(net)
    laterals = ends[-2::-1][: len(masks(anchors)) - 1]
    return _heads(net, laterals, anchors, classes, head, pooled=pooled, type_=type_)


def yolov3() -> Net:
    """YOLOv3."""
    return _yolov3(detector(f"YOLOv3 for the 80 classes of COCO (coco.names). {V3}", 416))


def yolov3_spp() -> Net:
    """YOLOv3 with spatial pyramid pooling."""
    about = "YOLOv3 with spatial pyramid pooling for the 80 classes of COCO (coco.names)."
    return _yolov3(detector(f"{about} {V3}", 608), pooled=True)


def yolov3_openimages() -> Net:
    """YOLOv3 for Open Images."""
    about = f"YOLOv3 for the 601 classes of Open Images. {V3}"
    return _yolov3(detector(about, 608, burn_in=5000), classes=601)


def yolov3_5l() -> Net:
    """YOLOv3 with five heads."""
    about = f"YOLOv3 with five heads, for small objects; 80 classes of COCO (coco.names). {V3}"
    net = detector(about, 416, batch=64, subdivisions=16)
    return _yolov3(net, SMALL_ANCHORS + ANCHORS)


def gaussian_yolov3_bdd() -> Net:
    """Gaussian YOLOv3 for BDD100K."""
    net = detector(
        "Gaussian YOLOv3 for the 10 classes of BDD100K (bdd.names): tells how sure it is of each "
        "coordinate. Network: Choi, Chun, Kim, Lee: Gaussian YOLOv3 (2019).",
        512, batch=64, subdivisions=16, learning_rate=0.0001, max_epochs=300,
    )  # fmt: skip
    head = HEAD | {
        "ignore_thresh": 0.5, "iou_thresh": 0.213, "uc_normalizer": 1.0, "cls_normalizer": 1.0,
        "iou_normalizer": 0.5, "iou_loss": "giou", "scale_x_y": 1.0,
    }  # fmt: skip
    anchors = [7, 10, 14, 24, 27, 43, 32, 97, 57, 64, 92, 109, 73, 175, 141, 178, 144, 291]
    return _yolov3(net, anchors, 10, head, type_="Gaussian_yolo")


def yolov3_tiny() -> Net:
    """The small YOLOv3."""
    net = detector(f"Tiny YOLOv3 for the 80 classes of COCO (coco.names). {V3}", 416)
    fine = tiny_body(net)
    handed = net.conv(256, 1)
    net.conv(512)
    yolo(net, TINY_ANCHORS, [3, 4, 5], **HEAD)
    net.route(handed)
    up_plain(net, 128, fine)
    net.conv(256)
    yolo(net, TINY_ANCHORS, [0, 1, 2], **HEAD)
    return net


def enet_coco() -> Net:
    """EfficientNet-B0 with two heads."""
    net = detector(
        "EfficientNet-B0 with two YOLOv3 heads for the 80 classes of COCO (coco.names). Network: "
        "Tan, Le: EfficientNet (2019), and Bochkovskiy.",
        416, activation="swish", batch=64, subdivisions=8,
    )  # fmt: skip
    fine = efficientnet_body(net, 0.0)
    net.activation = "leaky"
    head = HEAD | {"random": 0}
    entry = net.conv(256, 1)
    handed = net.conv(256)
    net.shortcut(entry, "leaky")
    yolo(net, TINY_ANCHORS, [3, 4, 5], **head)
    net.route(handed)
    net.conv(128, 1)
    coarse = net.layer("upsample", stride=2)
    net.shortcut(fine, "leaky")
    net.conv(128)
    net.shortcut(coarse, "leaky")
    net.shortcut(fine, "leaky")
    yolo(net, TINY_ANCHORS, [1, 2, 3], **head)
    return net

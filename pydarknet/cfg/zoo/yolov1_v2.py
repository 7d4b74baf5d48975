"""The first two generations of YOLO."""

from __future__ import annotations

from typing import Any

from .classifiers import STEPS, darknet19_body, extraction_body
from .net import Keys, Net

COLOURS: Keys = {"angle": 0, "saturation": 1.5, "exposure": 1.5, "hue": 0.1}
COCO_RATE: Keys = {
    "learning_rate": 0.001, "burn_in": 1000, "max_batches": 500200, "policy": "steps",
    "steps": [400000, 450000], "scales": [0.1, 0.1],
}  # fmt: skip
V1 = "Network: Redmon, Divvala, Girshick, Farhadi: You only look once (2015)."
V2 = "Network: Redmon, Farhadi: YOLO9000 (2016)."


def _first(about: str, steps: list[int], scales: list[float]) -> Net:
    return Net(
        about, batch=1, subdivisions=1, width=448, height=448, channels=3, saturation=1.5,
        exposure=1.5, hue=0.1, learning_rate=0.0005, max_batches=40000, policy="steps",
        steps=steps, scales=scales, **STEPS,
    )  # fmt: skip


def _detection(net: Net, boxes: int) -> Net:
    """7x7 cells, each with some boxes of 4 numbers and a confidence, and 20 classes."""
    net.note(f"output = 7 * 7 cells * ({boxes} boxes * 5 + 20 classes)")
    net.layer("connected", output=49 * (boxes * 5 + 20), activation="linear")
    net.layer(
        "detection", classes=20, coords=4, rescore=1, side=7, num=boxes, softmax=0, sqrt=1,
        jitter=0.2, object_scale=1, noobject_scale=0.5, class_scale=1, coord_scale=5,
    )  # fmt: skip
    return net


def yolov1() -> Net:
    """YOLOv1."""
    net = _first(
        f"YOLOv1 for the 20 classes of Pascal VOC (voc.names). {V1}",
        [200, 400, 600, 20000, 30000], [2.5, 2, 2, 0.1, 0.1],
    )  # fmt: skip
    extraction_body(net)
    for stride in (1, 2, 1, 1):
        net.conv(1024, 3, stride)
    net.layer("local", size=3, stride=1, pad=1, filters=256, activation="leaky")
    net.layer("dropout", probability=0.5)
    return _detection(net, 3)


def yolov1_tiny() -> Net:
    """The small YOLOv1."""
    net = _first(
        f"Tiny YOLOv1 for the 20 classes of Pascal VOC (voc.names). {V1}",
        [200, 400, 600, 20000, 30000], [2.5, 2, 2, 0.1, 0.1],
    )  # fmt: skip
    for filters in (16, 32, 64, 128, 256, 512):
        net.conv(filters)
        net.maxpool()
    net.conv(1024)
    net.conv(256)
    return _detection(net, 2)


def _second(about: str, **more: Any) -> Net:
    return Net(
        f"{about} {V2}", batch=1, subdivisions=1, **({"width": 416, "height": 416} | more),
        channels=3, **STEPS,
    )  # fmt: skip


def _region(net: Net, classes: int, anchors: list[float], **more: Any) -> Net:
    count = len(anchors) // 2
    net.note(f"filters = {count} anchors * ({classes} classes + 5)")
    net.conv(count * (classes + 5), 1, activation="linear", norm=False)
    options: Keys = {
        "anchors": anchors, "bias_match": 1, "classes": classes, "coords": 4, "num": count,
        "softmax": 1, "jitter": 0.2, "rescore": 1, "object_scale": 5, "noobject_scale": 1,
        "class_scale": 1, "coord_scale": 1, "absolute": 1, "thresh": 0.6, "random": 1,
    }  # fmt: skip
    net.layer("region", **(options | more))
    return net


COCO_ANCHORS = [0.57273, 0.677385, 1.87446, 2.06253, 3.33843, 5.47434, 7.88282, 3.52778, 9.77052,
                9.16828]  # fmt: skip
VOC_ANCHORS = [1.3221, 1.73145, 3.19275, 4.00944, 5.05587, 8.09892, 9.47112, 4.84053, 11.2364,
               10.0071]  # fmt: skip
TINY_VOC_ANCHORS = [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52]


def _full(net: Net, classes: int, anchors: list[float]) -> Net:
    fine = darknet19_body(net)
    net.conv(1024)
    coarse = net.conv(1024)
    net.note("what is seen at 1/16, its cells as channels")
    net.route(fine)
    net.conv(64, 1)
    passed = net.layer("reorg", stride=2)
    net.route(passed, coarse)
    net.conv(1024)
    return _region(net, classes, anchors, jitter=0.3)


def yolov2() -> Net:
    """YOLOv2 for COCO."""
    net = _second("YOLOv2 for the 80 classes of COCO (coco.names).", **COLOURS, **COCO_RATE)
    return _full(net, 80, COCO_ANCHORS)


def yolov2_voc() -> Net:
    """YOLOv2 for Pascal VOC."""
    rate = COCO_RATE | {"max_batches": 80200, "steps": [40000, 60000]}
    net = _second("YOLOv2 for the 20 classes of Pascal VOC (voc.names).", **COLOURS, **rate)
    return _full(net, 20, VOC_ANCHORS)


def _tiny(net: Net, wide: int) -> Net:
    tiny_body(net)
    net.conv(wide)
    return net


def tiny_body(net: Net) -> int:
    """The convolutions that the small YOLOv2 and v3 share; returns the last one at 1/16."""
    for filters in (16, 32, 64, 128, 256):
        net.conv(filters)
        net.maxpool()
    net.conv(512)
    net.maxpool(2, 1)
    net.conv(1024)
    return net.last - 4


def yolov2_tiny() -> Net:
    """The small YOLOv2 for COCO."""
    net = _second("Tiny YOLOv2 for the 80 classes of COCO (coco.names).", **COLOURS, **COCO_RATE)
    return _region(_tiny(net, 512), 80, COCO_ANCHORS, rescore=0)


def yolov2_tiny_voc() -> Net:
    """The small YOLOv2 for Pascal VOC."""
    net = _second(
        "Tiny YOLOv2 for the 20 classes of Pascal VOC (voc.names).", **COLOURS,
        learning_rate=0.001, max_batches=40200, policy="steps", steps=[-1, 100, 20000, 30000],
        scales=[0.1, 10, 0.1, 0.1],
    )  # fmt: skip
    return _region(_tiny(net, 1024), 20, TINY_VOC_ANCHORS)


def yolo9000() -> Net:
    """YOLO9000."""
    net = _second(
        "YOLO9000 for a tree of 9418 classes. The tree (a name and its parent a line) and the map "
        "of COCO's classes are third-party data: put them where tree= and map= say.",
        width=544, height=544, hue=0.1, saturation=0.75, exposure=0.75, **COCO_RATE,
    )  # fmt: skip
    darknet19_body(net)
    return _region(
        net, 9418, [0.77871, 1.14074, 3.00525, 4.31277, 9.22725, 9.61974],
        tree="data/9k.tree", map="data/coco9k.map",
    )  # fmt: skip

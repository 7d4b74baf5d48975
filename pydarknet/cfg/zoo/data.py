"""The .data and .names files of the zoo; the long lists of names are not ours to give."""

from __future__ import annotations

_COCO = """
person, bicycle, car, motorbike, aeroplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball
bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair,
sofa, pottedplant, bed, diningtable, toilet, tvmonitor, laptop, mouse, remote, keyboard, cell phone,
microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier,
toothbrush
"""
_VOC = """
aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
motorbike, person, pottedplant, sheep, sofa, train, tvmonitor
"""
_BDD = "bike, bus, car, motor, person, rider, traffic light, traffic sign, train, truck"
_MNIST = "zero, one, two, three, four, five, six, seven, eight, nine"


def _names(listed: str) -> str:
    return "".join(f"{' '.join(name.split())}\n" for name in listed.split(","))


NAMES_FILES = {
    "coco": _names(_COCO),
    "voc": _names(_VOC),
    "bdd": _names(_BDD),
    "mnist": _names(_MNIST),
}
"""Texts of the .names files by their names without ending."""


def _data(about: str, classes: int, stem: str, *, ours: bool, more: str = "") -> str:
    names = f"cfg/{stem}.names"
    provide = (
        "" if ours else f"# The names, one a line, are not part of this project: put {names}.\n"
    )
    return (
        f"# {about}\n# Lists of images are yours: one path a line.\n{provide}classes={classes}\n"
        f"train=data/{stem}/train.txt\nvalid=data/{stem}/valid.txt\nnames={names}\n"
        f"backup=backup\n{more}"
    )


DATA_FILES = {
    "coco": _data("COCO: 80 classes of objects", 80, "coco", ours=True, more="eval=coco\n"),
    "voc": _data("Pascal VOC: 20 classes of objects", 20, "voc", ours=True),
    "bdd": _data("BDD100K: 10 classes of traffic", 10, "bdd", ours=True),
    "openimages": _data("Open Images: 601 classes of objects", 601, "openimages", ours=False),
    "combine9k": _data("YOLO9000: a tree of 9418 classes", 9418, "9k", ours=False),
    "mnist": _data("MNIST: ten digits", 10, "mnist", ours=True, more="labels=cfg/mnist.names\n"),
    "imagenet": _data(
        "ImageNet: 1000 classes", 1000, "imagenet", ours=False,
        more="labels=cfg/imagenet.names\ntop=5\n",
    ),
}  # fmt: skip
"""Texts of the .data files by their names without ending."""

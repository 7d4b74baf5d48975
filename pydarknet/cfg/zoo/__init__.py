"""The zoo: well-known networks, written from a few building blocks.

>>> from pydarknet.cfg import zoo
>>> zoo.build("yolov4-tiny").layers[0].get("filters")
'32'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import ArgumentError
from ..document import Document
from ..keys import nearest
from . import classifiers, yolov1_v2, yolov3, yolov4, yolov7
from .data import DATA_FILES, NAMES_FILES
from .net import Net


@dataclass(frozen=True)
class Recipe:
    """A network of the zoo.

    Attributes:
        name: of the cfg, without its ending.
        build: writes it.
        data: the .data file that goes with it, without its ending.
        also: the name under which Darknet circulates it, where that is another one.
    """

    name: str
    build: Callable[[], Net]
    data: str
    also: str = ""


NETWORKS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("lenet", classifiers.lenet, "mnist"),
        Recipe("alexnet", classifiers.alexnet, "imagenet"),
        Recipe("vgg-16", classifiers.vgg_16, "imagenet"),
        Recipe("extraction", classifiers.extraction, "imagenet"),
        Recipe("darknet19", classifiers.darknet19, "imagenet"),
        Recipe("darknet53", classifiers.darknet53, "imagenet"),
        Recipe("resnet18", classifiers.resnet18, "imagenet"),
        Recipe("resnet34", classifiers.resnet34, "imagenet"),
        Recipe("resnet50", classifiers.resnet50, "imagenet"),
        Recipe("resnet101", classifiers.resnet101, "imagenet"),
        Recipe("resnet152", classifiers.resnet152, "imagenet"),
        Recipe("resnext50", classifiers.resnext50, "imagenet"),
        Recipe("densenet201", classifiers.densenet201, "imagenet"),
        Recipe("efficientnet-b0", classifiers.efficientnet_b0, "imagenet", "efficientnet_b0"),
        Recipe("yolov1", yolov1_v2.yolov1, "voc"),
        Recipe("yolov1-tiny", yolov1_v2.yolov1_tiny, "voc"),
        Recipe("yolov2", yolov1_v2.yolov2, "coco"),
        Recipe("yolov2-tiny", yolov1_v2.yolov2_tiny, "coco"),
        Recipe("yolov2-voc", yolov1_v2.yolov2_voc, "voc"),
        Recipe("yolov2-tiny-voc", yolov1_v2.yolov2_tiny_voc, "voc"),
        Recipe("yolo9000", yolov1_v2.yolo9000, "combine9k"),
        Recipe("yolov3", yolov3.yolov3, "coco"),
        Recipe("yolov3-tiny", yolov3.yolov3_tiny, "coco"),
        Recipe("yolov3-spp", yolov3.yolov3_spp, "coco"),
        Recipe("yolov3-openimages", yolov3.yolov3_openimages, "openimages"),
        Recipe("yolov3-5l", yolov3.yolov3_5l, "coco", "yolov3_5l"),
        Recipe("enet-coco", yolov3.enet_coco, "coco"),
        Recipe("Gaussian_yolov3_BDD", yolov3.gaussian_yolov3_bdd, "bdd"),
        Recipe("csresnext50-panet-spp", yolov4.csresnext50_panet_spp, "coco"),
        Recipe("yolov4", yolov4.yolov4, "coco"),
        Recipe("yolov4-tiny", yolov4.yolov4_tiny, "coco"),
        Recipe("yolov4-tiny-3l", yolov4.yolov4_tiny_3l, "coco"),
        Recipe("yolov4-csp", yolov4.yolov4_csp, "coco"),
        Recipe("yolov4-csp-swish", yolov4.yolov4_csp_swish, "coco"),
        Recipe("yolov4-csp-x-mish", yolov4.yolov4_csp_x_mish, "coco"),
        Recipe("yolov4x-mish", yolov4.yolov4x_mish, "coco"),
        Recipe("yolov4-p5", yolov4.yolov4_p5, "coco"),
        Recipe("yolov4-p6", yolov4.yolov4_p6, "coco"),
        Recipe("yolov7", yolov7.yolov7, "coco"),
        Recipe("yolov7-tiny", yolov7.yolov7_tiny, "coco"),
        Recipe("yolov7x", yolov7.yolov7x, "coco"),
    )
}
"""All networks by their names."""


def find(name: str) -> Recipe:
    """A network by its name, or by the one that Darknet has for it.

    Raises:
        ArgumentError: there is no such network.
    """
    for recipe in NETWORKS.values():
        if name in (recipe.name, recipe.also):
            return recipe
    guess = nearest(name, NETWORKS)
    hint = f", did you mean {guess}?" if guess else ""
    raise ArgumentError(f"the zoo has no {name!r}{hint} (all: {', '.join(NETWORKS)})")


def text(name: str) -> str:
    """The cfg of a network.

    Raises:
        ArgumentError: there is no such network.
    """
    return find(name).build().text()


def build(name: str) -> Document:
    """The cfg of a network as a document.

    Raises:
        ArgumentError: there is no such network.
    """
    return Document.parse(text(name), f"{find(name).name}.cfg")


def files(*names: str) -> dict[str, str]:
    """The files of networks: each one's cfg, its .data, and the .names that we may write.

    Args:
        *names: of the networks; none for all of them.

    Returns:
        Texts by their file's name.

    Raises:
        ArgumentError: there is no such network.
    """
    found: dict[str, str] = {}
    for name in names or NETWORKS:
        recipe = find(name)
        found[f"{recipe.name}.cfg"] = recipe.build().text()
        found[f"{recipe.data}.data"] = DATA_FILES[recipe.data]
        if recipe.data in NAMES_FILES:
            found[f"{recipe.data}.names"] = NAMES_FILES[recipe.data]
    return found

"""Networks that say what an image shows; without another word for ImageNet's 1000 classes."""

from __future__ import annotations

from typing import Any

from .blocks import basic, bottleneck, dense, mbconv, pairs, residual
from .net import Keys, Net

CLASSES = 1000
COLOURS: Keys = {
    "angle": 7, "hue": 0.1, "saturation": 0.75, "exposure": 0.75, "aspect": 0.75,
}  # fmt: skip
STEPS: Keys = {"momentum": 0.9, "decay": 0.0005}


def _net(about: str, size: int, batch: int, rate: float, updates: int, **more: Any) -> Net:
    """A classifier of square images with a rate that falls as a polynomial."""
    activation = more.pop("activation", "leaky")
    subdivisions = more.pop("subdivisions", 1)
    return Net(
        about, activation=activation, batch=batch, subdivisions=subdivisions, width=size,
        height=size, channels=3, learning_rate=rate, policy="poly", power=4, max_batches=updates,
        **STEPS, **more,
    )  # fmt: skip


def _cost(net: Net) -> None:
    net.layer("cost", type="sse")


def _end(net: Net, *, pool_first: bool = False, cost: bool = True) -> Net:
    """Scores of the classes, their mean over the image, and the softmax."""
    net.note("a score for each class")
    if pool_first:
        net.layer("avgpool")
    net.conv(CLASSES, 1, activation="linear", norm=False)
    if not pool_first:
        net.layer("avgpool")
    net.layer("softmax", groups=1)
    if cost:
        _cost(net)
    return net


def lenet() -> Net:
    """LeNet-5 for the ten digits of MNIST."""
    net = Net(
        "LeNet-5 for 28x28 grey digits (MNIST). Network: LeCun, Bottou, Bengio, Haffner: "
        "Gradient-based learning applied to document recognition (1998).",
        activation="tanh", batch=100, subdivisions=1, width=28, height=28, channels=1,
        learning_rate=0.01, policy="poly", power=4, max_batches=6000, flip=0, **STEPS,
    )  # fmt: skip
    net.conv(6, 5, norm=False)
    net.maxpool()
    net.layer("convolutional", filters=16, size=5, stride=1, activation="tanh")
    net.maxpool()
    for outputs in (120, 84):
        net.layer("connected", output=outputs, activation="tanh")
    net.layer("connected", output=10, activation="linear")
    net.layer("softmax", groups=1)
    return net


def _three_connected(net: Net) -> Net:
    for _ in range(2):
        net.layer("connected", output=4096, activation="relu")
        net.layer("dropout", probability=0.5)
    net.layer("connected", output=CLASSES, activation="linear")
    net.layer("softmax", groups=1)
    _cost(net)
    return net


def alexnet() -> Net:
    """AlexNet."""
    net = _net(
        "AlexNet for ImageNet. Network: Krizhevsky, Sutskever, Hinton: ImageNet classification "
        "with deep convolutional neural networks (2012).",
        227, 128, 0.01, 800000, max_crop=256, activation="relu", **COLOURS,
    )  # fmt: skip
    net.layer("convolutional", filters=96, size=11, stride=4, pad=0, activation="relu")
    net.maxpool(3, 2, padding=0)
    net.conv(256, 5, norm=False)
    net.maxpool(3, 2, padding=0)
    for filters in (384, 384, 256):
        net.conv(filters, 3, norm=False)
    net.maxpool(3, 2, padding=0)
    return _three_connected(net)


def vgg_16() -> Net:
    """VGG-16."""
    net = Net(
        "VGG-16 for ImageNet, on the central 224x224 of an image. Network: Simonyan, Zisserman: "
        "Very deep convolutional networks (2014).",
        activation="relu", batch=128, subdivisions=4, width=256, height=256, channels=3,
        learning_rate=0.00001, **STEPS,
    )  # fmt: skip
    net.layer("crop", crop_height=224, crop_width=224, flip=1, exposure=1, saturation=1, angle=0)
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            net.conv(filters, 3, norm=False)
        net.maxpool()
    return _three_connected(net)


def extraction() -> Net:
    """The classifier in YOLOv1's first half."""
    net = _net(
        "Extraction for ImageNet: the classifier that YOLOv1 was trained from. Network: Redmon.",
        224, 128, 0.1, 1600000, max_crop=320,
    )  # fmt: skip
    extraction_body(net)
    net.conv(CLASSES, 1, norm=False)
    net.layer("avgpool")
    net.layer("softmax", groups=1)
    _cost(net)
    return net


def extraction_body(net: Net) -> int:
    """The convolutions that Extraction and YOLOv1 share."""
    net.conv(64, 7, 2)
    net.maxpool()
    net.conv(192)
    net.maxpool()
    pairs(net, 128, 256)
    pairs(net, 256, 512)
    net.maxpool()
    pairs(net, 256, 512, 4)
    pairs(net, 512, 1024)
    net.maxpool()
    return pairs(net, 512, 1024, 2)


def darknet19_body(net: Net) -> int:
    """The convolutions that Darknet-19 and YOLOv2 share; returns the last one at 1/16."""
    for filters, count in ((32, 0), (64, 0), (128, 1), (256, 1), (512, 2)):
        net.conv(filters)
        pairs(net, filters // 2, filters, count)
        net.maxpool()
    fine = net.last - 1
    net.conv(1024)
    pairs(net, 512, 1024, 2)
    return fine


def darknet19() -> Net:
    """Darknet-19."""
    net = _net(
        "Darknet-19 for ImageNet. Network: Redmon, Farhadi: YOLO9000 (2016).",
        224, 128, 0.1, 1600000, max_crop=448,
    )  # fmt: skip
    darknet19_body(net)
    return _end(net)


def darknet53_body(net: Net) -> list[int]:
    """The convolutions that Darknet-53 and YOLOv3 share; returns the last at 1/2, 1/4 ... 1/32."""
    net.conv(32)
    ends = []
    for filters, count in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        net.note(f"{filters} filters, {count} residual blocks")
        net.conv(filters, 3, 2)
        ends.append(residual(net, filters // 2, filters, count))
    return ends


def darknet53() -> Net:
    """Darknet-53."""
    net = _net(
        "Darknet-53 for ImageNet. Network: Redmon, Farhadi: YOLOv3 (2018).",
        256, 1, 0.1, 800000, min_crop=128, max_crop=448, burn_in=1000, **COLOURS,
    )  # fmt: skip
    darknet53_body(net)
    return _end(net, pool_first=True, cost=False)


def _resnet(name: str, counts: tuple[int, ...], kind: str, **more: Any) -> Net:
    options: Keys = {"batch": 1, "updates": 1600000, "max_crop": 448} | more
    batch, updates = options.pop("batch"), options.pop("updates")
    paper = {
        "resnext": "Xie et al.: Aggregated residual transformations (2016)",
    }.get(kind, "He, Zhang, Ren, Sun: Deep residual learning (2015)")
    net = _net(
        f"{name} for ImageNet. Network: {paper}; the shortcuts have no convolution, as in Darknet.",
        256, batch, 0.1, updates, burn_in=1000, **options, **COLOURS,
    )  # fmt: skip
    net.conv(64, 7, 2)
    net.maxpool()
    for stage, count in enumerate(counts):
        filters = 64 << stage
        net.note(f"{count} blocks of {filters} filters")
        for i in range(count):
            stride = 2 if stage and not i else 1
            if kind == "basic":
                basic(net, filters, stride)
            elif kind == "resnext":
                bottleneck(net, 2 * filters, 4 * filters, stride, groups=32)
            else:
                bottleneck(net, filters, 4 * filters, stride)
    return net


def resnet18() -> Net:
    """ResNet-18."""
    return _end(_resnet("ResNet-18", (2, 2, 2, 2), "basic", batch=128))


def resnet34() -> Net:
    """ResNet-34."""
    return _end(_resnet("ResNet-34", (3, 4, 6, 3), "basic", batch=128, subdivisions=2))


def resnet50() -> Net:
    """ResNet-50."""
    return _end(_resnet("ResNet-50", (3, 4, 6, 3), "bottleneck"))


def resnet101() -> Net:
    """ResNet-101."""
    net = _resnet(
        "ResNet-101", (3, 4, 23, 3), "bottleneck",
        batch=128, subdivisions=2, updates=800000, min_crop=128,
    )  # fmt: skip
    return _end(net)


def resnet152() -> Net:
    """ResNet-152."""
    return _end(_resnet("ResNet-152", (3, 8, 36, 3), "bottleneck"))


def resnext50() -> Net:
    """ResNeXt-50 with 32 groups of 4."""
    net = _resnet(
        "ResNeXt-50 (32x4d)", (3, 4, 6, 3), "resnext",
        batch=128, subdivisions=4, updates=800000, min_crop=128,
    )  # fmt: skip
    return _end(net, pool_first=True, cost=False)


def densenet201() -> Net:
    """DenseNet-201."""
    net = _net(
        "DenseNet-201 for ImageNet. Network: Huang, Liu, van der Maaten, Weinberger: Densely "
        "connected convolutional networks (2016).",
        256, 1, 0.1, 1600000, max_crop=448, burn_in=1000, **COLOURS,
    )  # fmt: skip
    net.conv(64, 7, 2)
    net.maxpool()
    for count, narrowed in ((6, 128), (12, 256), (48, 512), (32, 0)):
        net.note(f"{count} layers that see all before them")
        dense(net, 32, count)
        if narrowed:
            net.conv(narrowed, 1)
            net.maxpool()
    return _end(net)


def efficientnet_body(net: Net, drop: float) -> int:
    """EfficientNet-B0 up to its 1280 channels; returns the last layer at 1/16."""
    net.conv(32, 3, 2)
    fine = 0
    for expand, out, size, stride, squeeze, skip in (
        (32, 16, 3, 1, 8, False), (96, 24, 3, 2, 16, False), (144, 24, 3, 1, 8, True),
        (144, 40, 5, 2, 8, False), (192, 40, 5, 1, 16, True), (192, 80, 3, 1, 16, False),
        (384, 80, 3, 1, 24, True), (384, 80, 3, 1, 24, True), (384, 112, 5, 2, 24, False),
        (576, 112, 5, 1, 32, True), (576, 112, 5, 1, 32, True), (576, 192, 5, 2, 32, False),
        (960, 192, 5, 1, 64, True), (960, 192, 5, 1, 64, True), (960, 192, 5, 1, 64, True),
        (960, 320, 3, 1, 64, False),
    ):  # fmt: skip
        net.note(f"{size}x{size} on {expand} channels, then {out}")
        if expand == 576 and not skip:
            fine = net.last + 1
        mbconv(net, expand, out, size, stride, squeeze, drop if skip else None)
    net.conv(1280, 1)
    return fine


def efficientnet_b0() -> Net:
    """EfficientNet-B0."""
    net = _net(
        "EfficientNet-B0 for ImageNet. Network: Tan, Le: EfficientNet (2019).",
        224, 120, 0.256, 800000, subdivisions=4, activation="swish", max_crop=256, blur=1,
        cutmix=1, mosaic=1, burn_in=1000, **COLOURS,
    )  # fmt: skip
    efficientnet_body(net, 0.2)
    net.layer("avgpool")
    net.layer("dropout", probability=0.2)
    net.conv(CLASSES, 1, activation="linear", norm=False)
    net.layer("softmax", groups=1)
    return net

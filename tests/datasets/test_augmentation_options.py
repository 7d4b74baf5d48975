"""From the keys of a cfg to settings."""

from __future__ import annotations

import logging

import pytest

from pydarknet import ArgumentError
from pydarknet.datasets import ClassificationAugmentation, DetectionAugmentation


def test_what_a_cfg_leaves_out() -> None:
    found = DetectionAugmentation.from_options({}, {})
    assert found == DetectionAugmentation(jitter=0.2, flip=True)
    classifier = ClassificationAugmentation.from_options({"width": 224})
    assert classifier == ClassificationAugmentation(
        min_crop=224, max_crop=448, crop_width=224, flip=True
    )


def test_the_keys_of_yolov4() -> None:
    net = {"angle": 0, "saturation": 1.5, "exposure": "1.5", "hue": ".1", "mosaic": 1, "blur": 1,
           "batch": 64, "subdivisions": 8, "gaussian_noise": 10, "flip": 0}  # fmt: skip
    found = DetectionAugmentation.from_options(net, {"jitter": 0.3, "resize": 1.5})
    assert found == DetectionAugmentation(
        jitter=0.3, resize=1.5, saturation=1.5, exposure=1.5, hue=0.1, mosaic=True, blur=1,
        gaussian_noise=10, time_lines=8,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "detector", "classifier"),
    [
        ({}, "", ""),
        ({"mixup": 1}, "mixup", "mixup"),
        ({"mosaic": 1, "mixup": 1}, "mosaic", "mosaic"),
        ({"cutmix": 1}, "", "cutmix"),
        ({"cutmix": 1, "mosaic": 1}, "mosaic", "cutmix mosaic"),
        ({"mixup": 3}, "mosaic", "mosaic"),
        ({"mixup": 4}, "mosaic", "cutmix mosaic"),
    ],
)
def test_how_images_are_combined(
    keys: dict[str, int], detector: str, classifier: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = DetectionAugmentation.from_options(keys, {})
    assert [key for key in ("mixup", "mosaic") if getattr(found, key)] == detector.split()
    assert ("cutmix" in classifier) == ("cutmix is for classifiers" in caplog.text)
    other = ClassificationAugmentation.from_options({"width": 9, **keys})
    assert [k for k in ("mixup", "cutmix", "mosaic") if getattr(other, k)] == classifier.split()


@pytest.mark.parametrize(
    ("net", "words"),
    [
        ({"hue": "much"}, "hue='much', expected a number"),
        ({"saturation": 0}, "saturation=0, expected 0.001 to 1000"),
        ({"hue": float("nan")}, "hue=nan"),
        ({"blur": -1}, "blur=-1"),
        ({"mixup": 7}, "mixup=7, expected 0 to 4"),
        ({"mosaic": 1, "letter_box": 1}, "mosaic and letter_box"),
        ({"track": 1, "augment_speed": 0}, "augment_speed=0"),
    ],
)
def test_values_out_of_range(net: dict[str, object], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        DetectionAugmentation.from_options(net, {})


def test_a_heads_values_out_of_range() -> None:
    for key, value in (("jitter", -0.1), ("resize", 0)):
        with pytest.raises(ArgumentError, match=f"{key}="):
            DetectionAugmentation.from_options({}, {key: value})


def test_seeds() -> None:
    for seed in (-1, 1 << 64):
        with pytest.raises(ArgumentError, match=f"seed={seed}"):
            DetectionAugmentation().native(seed)
    for batch, loads in ((0, 1), (1, 0)):
        with pytest.raises(ArgumentError, match="expected at least 1"):
            DetectionAugmentation().native(0, batch, loads)


def test_crops_of_a_classifier() -> None:
    # compat: ratios go before crops, and crops grow with the input
    found = ClassificationAugmentation.from_options(
        {"width": 100, "min_crop": 90, "max_crop": 120, "max_ratio": 1.5, "min_ratio": 0}
    )
    assert (found.min_crop, found.max_crop, found.crop_width) == (90, 150, 100)
    for width, crops in ((100, (90, 150)), (200, (180, 300)), (50, (45, 75))):
        settings = found.native(0, width=width)._settings
        assert (settings.min_crop, settings.max_crop) == crops
    alone = ClassificationAugmentation(min_crop=10, max_crop=12)
    assert alone.native(0, width=50)._settings.min_crop == 10

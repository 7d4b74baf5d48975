"""What is done to training images: the keys of a cfg's [net] and of its last head."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._native_augment import NativeAugment
from ..errors import ArgumentError
from .image_sequences import Sequences

_log = logging.getLogger("pydarknet.datasets")

LOADS = 6
"""Parts of an update that decide about mixing on their own: Darknet's loader threads for one GPU
where it is built with OpenCV."""


@dataclass(frozen=True, kw_only=True)
class DetectionAugmentation:
    """How a detector's images vary. The defaults change nothing.

    Sources: the behaviour of AlexeyAB's Darknet built with OpenCV; mixup (Zhang et al., 2018),
    mosaic (Bochkovskiy et al., "YOLOv4", 2020).

    Attributes:
        jitter: each side moves by up to this part of the width or height, in or out.
        resize: zoom, a factor of up to this or its reciprocal; below 1 only out.
        letter_box: keeps the aspect ratio.
        flip: mirrors every second image, left to right.
        hue: largest shift, in full turns.
        saturation: largest factor, or its reciprocal.
        exposure: largest factor of the brightness, or its reciprocal.
        blur: 0 none; 1 blurs around the boxes, a larger one is the kernel size for all, each in a
            third of the images.
        gaussian_noise: standard deviation (of 255) of noise in every second image.
        mixup: half of the time, two images are averaged.
        mosaic: half of the time, four images meet at a point. Not with letter_box.
        mosaic_bound: boxes of a mosaic end at their own image.
        track: images in sequences that share their augmentation.
        time_lines: sequences side by side in a mini-batch.
        sequences: how many an update has; None: six.
        augment_speed: largest step from one image of a sequence to the next.
        contrastive: every second image repeats the one before.
        contrastive_jit_flip: jitter and flip of the two differ.
        contrastive_color: hue, saturation and exposure of the two differ.
    """

    jitter: float = 0
    resize: float = 1
    letter_box: bool = False
    flip: bool = False
    hue: float = 0
    saturation: float = 1
    exposure: float = 1
    blur: int = 0
    gaussian_noise: int = 0
    mixup: bool = False
    mosaic: bool = False
    mosaic_bound: bool = False
    track: bool = False
    time_lines: int = 1
    sequences: Sequences | None = None
    augment_speed: int = 2
    contrastive: bool = False
    contrastive_jit_flip: bool = False
    contrastive_color: bool = False

    def __post_init__(self) -> None:
        if self.mosaic and self.letter_box:
            raise ArgumentError("mosaic and letter_box cannot be combined, expected one of them")
        self.native(0)

    @classmethod
    def from_options(cls, net: Mapping[str, Any], head: Mapping[str, Any]) -> DetectionAugmentation:
        """Reads the options of [net] and of the last detection head; missing keys have defaults.

        Raises:
            ArgumentError: a value is out of range, or two do not go together.
        """
        number = _Numbers(net)
        mix = _mix(net)
        if mix in ("cutmix", "cutmix or mosaic"):
            # compat: Darknet does the same
            _log.warning("cutmix is for classifiers only: it is ignored")
            mix = "mosaic" if mix == "cutmix or mosaic" else "none"
        batch = number.whole("batch", 1) // max(1, number.whole("subdivisions", 1))
        return cls(
            jitter=_Numbers(head).real("jitter", 0.2),
            resize=_Numbers(head).real("resize", 1),
            letter_box=number.flag("letter_box", False),
            flip=number.flag("flip", True),
            hue=number.real("hue", 0),
            saturation=number.real("saturation", 1),
            exposure=number.real("exposure", 1),
            blur=number.whole("blur", 0),
            gaussian_noise=number.whole("gaussian_noise", 0),
            mixup=mix == "mixup",
            mosaic=mix == "mosaic",
            mosaic_bound=number.flag("mosaic_bound", False),
            track=number.flag("track", False),
            time_lines=max(1, batch),
            sequences=Sequences.from_options(net) if number.flag("track", False) else None,
            augment_speed=number.whole("augment_speed", 2),
            contrastive=number.flag("contrastive", False),
            contrastive_jit_flip=number.flag("contrastive_jit_flip", False),
            contrastive_color=number.flag("contrastive_color", False),
        )

    def native(self, seed: int, batch: int = 1, loads: int = LOADS) -> NativeAugment:
        """The settings as the engine takes them, checked.

        Args:
            seed: of all that is random.
            batch: images of one update.
            loads: parts of an update that decide about mixing on their own.
        """
        settings = {**vars(self), **_NEUTRAL_CLASSIFIER}
        mixup, mosaic = settings.pop("mixup"), settings.pop("mosaic")
        del settings["sequences"]
        settings["mix"] = "mosaic" if mosaic else "mixup" if mixup else "none"
        return _native(settings, seed, batch, loads)


@dataclass(frozen=True, kw_only=True)
class ClassificationAugmentation:
    """How a classifier's images vary. The defaults change nothing but the size.

    Sources: the behaviour of AlexeyAB's Darknet; mixup (Zhang et al., 2018), CutMix (Yun et al.,
    2019).

    Attributes:
        min_crop: smallest length of the shorter side before the crop, pixels; 0 is the
            network's width.
        max_crop: largest; 0 is the network's width too. (A cfg without it has twice the width.)
        crop_width: the network's width that ``min_crop`` and ``max_crop`` are meant for; at another
            one they grow and shrink with it. 0: they stay.
        center: instead of a crop, the largest square in the middle.
        angle: largest rotation, degrees.
        aspect: largest factor of the aspect ratio, or its reciprocal.
        flip: mirrors every second image, left to right.
        hue: largest shift, in full turns.
        saturation: largest factor, or its reciprocal.
        exposure: largest factor of the brightness, or its reciprocal.
        blur: 0 none; 1 a kernel of 15 pixels, a larger one its size, in a quarter of the images.
        mixup: half of the time, two images are averaged.
        cutmix: half of the time, a part of one image lies in another.
        mosaic: half of the time, four images meet at a point; with cutmix one of both.
        label_smooth_eps: what the right class gives to the others.
        contrastive: every second image repeats the one before, augmented in its own way.
    """

    min_crop: int = 0
    max_crop: int = 0
    crop_width: int = 0
    center: bool = False
    angle: float = 0
    aspect: float = 1
    flip: bool = False
    hue: float = 0
    saturation: float = 1
    exposure: float = 1
    blur: int = 0
    mixup: bool = False
    cutmix: bool = False
    mosaic: bool = False
    label_smooth_eps: float = 0
    contrastive: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.label_smooth_eps <= 1:
            raise ArgumentError(f"label_smooth_eps={self.label_smooth_eps}, expected 0 to 1")
        if self.min_crop < 0 or self.max_crop < self.min_crop:
            raise ArgumentError(
                f"min_crop={self.min_crop}, max_crop={self.max_crop}, expected 0 <= min_crop <= "
                "max_crop"
            )
        self.native(0)

    @classmethod
    def from_options(cls, net: Mapping[str, Any]) -> ClassificationAugmentation:
        """Reads the options of [net]; missing keys have their defaults.

        Raises:
            ArgumentError: a value is out of range.
        """
        number = _Numbers(net)
        mix = _mix(net)
        width = number.whole("width", 0)
        least, most = number.whole("min_crop", width), number.whole("max_crop", 2 * width)
        # compat: pjreddie's keys go before; without them the ratios are those of the crops
        least = int(number.real("min_ratio", 0) * width) or least
        most = int(number.real("max_ratio", 0) * width) or most
        return cls(
            min_crop=least,
            max_crop=most,
            crop_width=width,
            center=number.flag("center", False),
            angle=number.real("angle", 0),
            aspect=number.real("aspect", 1),
            flip=number.flag("flip", True),
            hue=number.real("hue", 0),
            saturation=number.real("saturation", 1),
            exposure=number.real("exposure", 1),
            blur=number.whole("blur", 0),
            mixup=mix == "mixup",
            cutmix=mix in ("cutmix", "cutmix or mosaic"),
            mosaic=mix in ("mosaic", "cutmix or mosaic"),
            label_smooth_eps=number.real("label_smooth_eps", 0),
            contrastive=number.flag("contrastive", False),
        )

    def without_mixing(self) -> ClassificationAugmentation:
        """The same, but images stay alone: for those with masks."""
        if self.mixup or self.cutmix or self.mosaic:
            _log.warning("mixup, cutmix and mosaic do not mix masks: they are ignored")
        return replace(self, mixup=False, cutmix=False, mosaic=False)

    def native(
        self, seed: int, batch: int = 1, loads: int = LOADS, width: int = 1
    ) -> NativeAugment:
        """The settings as the engine takes them; see `DetectionAugmentation.native`.

        Args:
            seed: of all that is random.
            batch: images of one update.
            loads: parts of an update that decide about mixing on their own.
            width: of the network, the default of the crop.
        """
        settings = {**vars(self), **_NEUTRAL_DETECTOR}
        least, most = self.min_crop or width, self.max_crop or self.min_crop or width
        base = settings.pop("crop_width")
        if base and width != base and self.min_crop:
            least, most = max(1, least * width // base), max(1, most * width // base)
        settings["min_crop"], settings["max_crop"] = least, most
        del settings["label_smooth_eps"]
        mixup, cutmix, mosaic = (settings.pop(key) for key in ("mixup", "cutmix", "mosaic"))
        settings["mix"] = (
            "cutmix or mosaic" if cutmix and mosaic
            else "cutmix" if cutmix
            else "mosaic" if mosaic
            else "mixup" if mixup
            else "none"
        )  # fmt: skip
        return _native(settings, seed, batch, loads)


_NEUTRAL_CLASSIFIER = {"angle": 0, "aspect": 1, "min_crop": 0, "max_crop": 0, "center": 0}
_NEUTRAL_DETECTOR = {"jitter": 0, "resize": 1, "gaussian_noise": 0}


def _native(settings: dict[str, Any], seed: int, batch: int, loads: int) -> NativeAugment:
    if not 0 <= seed < 1 << 64:
        raise ArgumentError(f"seed={seed}, expected 0 to 2**64 - 1")
    native = NativeAugment({**settings, "seed": seed, "batch": batch, "loads": loads})
    native.tiles(0)  # the engine checks the settings
    return native


def _mix(net: Mapping[str, Any]) -> str:
    """How images are combined: mosaic and cutmix go before mixup."""
    number = _Numbers(net)
    if number.flag("mosaic", False):
        return "cutmix or mosaic" if number.flag("cutmix", False) else "mosaic"
    if number.flag("cutmix", False):
        return "cutmix"
    kinds = ("none", "mixup", "cutmix", "mosaic", "cutmix or mosaic")
    mixup = number.whole("mixup", 0)
    if not 0 <= mixup < len(kinds):
        raise ArgumentError(f"mixup={mixup}, expected 0 to {len(kinds) - 1}")
    return kinds[mixup]


class _Numbers:
    """Options as numbers: text, as a cfg has it, serves too."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options

    def real(self, key: str, default: float) -> float:
        value = self._options.get(key, default)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ArgumentError(f"{key}={value!r}, expected a number") from None

    def whole(self, key: str, default: int) -> int:
        return int(self.real(key, default))

    def flag(self, key: str, default: bool) -> bool:
        return self.real(key, default) != 0

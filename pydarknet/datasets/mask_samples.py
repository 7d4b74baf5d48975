"""From numbered images and their masks to the arrays a segmenter is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .._arguments import check_choice
from .._native import FloatArray
from .._native_augment import NativeAugment, Source, image_input
from ..errors import ArgumentError
from ..image import Image, Pixels, load_image
from .augmentation import LOADS, ClassificationAugmentation
from .mask_files import MaskRecord
from .problems import OnBadData
from .samples import read_source
from .segmentation import SegmentationDataset

INSTANCES = 90
"""Objects of one image that an [iseg] head takes, at most."""

_AT_ONCE = 4
"""Masks that are moved in one call: the channels of an image."""


class MaskSamples:
    """Images drawn from the data set with replacement, augmented, with their masks.

    Masks go the way of their image through cropping, turning and mirroring, at the network's
    size, and are then brought to the size of the network's map: a number of 0..1 for each of its
    places, the covered part. What lies outside of the image is black and belongs to no object.

    Attributes:
        skipped: paths of images that could not be read while training.
    """

    def __init__(
        self,
        dataset: SegmentationDataset,
        augmentation: ClassificationAugmentation | None,
        *,
        map_size: tuple[int, int],
        planes: int,
        channels: int = 3,
        update: int = 64,
        on_bad_data: OnBadData = "error",
    ) -> None:
        """Joins a data set and its augmentation.

        Args:
            dataset: images and masks.
            augmentation: as a classifier's, but images are not mixed; None gives the images of
                the list in their order, stretched to the network's size.
            map_size: width and height of the network's map.
            planes: of the truth, each as large as the map: one for each class, and one more for
                the background. 0 gives the truth of [iseg] in their place: `INSTANCES` records of
                a class and a mask of 0 and 1, ended by a class below 0.
            channels: of the network's input.
            update: images of one update.
            on_bad_data: as in `DetectionSamples`.

        Raises:
            ArgumentError: a value is out of range.
        """
        check_choice("on_bad_data", on_bad_data, ("error", "skip"))
        if planes not in (0, dataset.classes, dataset.classes + 1) or not 1 <= channels <= 4:
            raise ArgumentError(
                f"planes={planes}, channels={channels}, expected {dataset.classes}, or one more, "
                "and 1 to 4"
            )
        if augmentation and (augmentation.mixup or augmentation.cutmix or augmentation.mosaic):
            raise ArgumentError("images with masks are not mixed: mixup, cutmix, mosaic")
        self.dataset = dataset
        self.augmentation = augmentation
        self.channels = channels
        self.skipped: list[str] = []
        self._map_size = map_size
        self._planes = planes
        self._update = update
        self._on_bad_data = on_bad_data
        area = map_size[0] * map_size[1]
        self.truth_size = planes * area if planes else INSTANCES * (1 + area)

    @property
    def digest(self) -> str:
        """Of the list of images."""
        return self.dataset.digest

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        """Fills the arrays of one image; see `Samples.make`.

        Raises:
            DataError: an image cannot be read, or is not of the size of its masks.
            OSError: a file cannot be read.
        """
        images = self.dataset.images
        if self.augmentation is None:
            index = image % len(images)
            pixels = load_image(images[index], channels=self.channels)
            image_input(pixels, "stretch", input)

            def moved(masks: Image, out: FloatArray) -> None:
                image_input(masks, "stretch", out)
        else:
            native = self.augmentation.native(seed, self._update, LOADS, input.shape[2])
            skipped = self.skipped if self._on_bad_data == "skip" else None
            index, pixels = read_source(native, image, 0, self.dataset, self.channels, skipped)
            _augment(native, image, pixels, input)
            geometry = native.geometry()

            def moved(masks: Image, out: FloatArray) -> None:
                _augment(geometry, image, masks, out)

        self._write(self.dataset.masks[index], pixels, input.shape[1:], moved, truth)
        return (images[index],)

    def _write(
        self,
        records: Sequence[MaskRecord],
        pixels: Image,
        size: tuple[int, ...],
        moved: Callable[[Image, FloatArray], None],
        truth: FloatArray,
    ) -> None:
        height, width = pixels.pixels.shape[:2]
        masks = [(each.class_id, each.pixels(width, height)) for each in records[:INSTANCES]]
        if self._planes:
            masks = _by_class(masks)
        covered = _move([mask for _, mask in masks], size, moved)
        maps = [_shrink(mask, self._map_size) for mask in covered]
        class_ids = [class_id for class_id, _ in masks]
        if self._planes:
            write_planes(class_ids, maps, self.dataset.classes, truth.reshape(self._planes, -1))
        else:
            write_instances(class_ids, maps, truth.reshape(INSTANCES, -1))


def write_planes(
    class_ids: Sequence[int], maps: Sequence[FloatArray], classes: int, truth: FloatArray
) -> None:
    """Fills ``truth`` (planes, places): of each class the covered part of every place.

    A plane behind those of the classes is what they leave, the background.
    """
    truth[:] = 0
    for class_id, covered in zip(class_ids, maps, strict=True):
        truth[class_id] = covered.ravel()
    if len(truth) > classes:
        truth[classes] = np.clip(1 - truth[:classes].sum(axis=0), 0, 1)


def write_instances(
    class_ids: Sequence[int], maps: Sequence[FloatArray], truth: FloatArray
) -> None:
    """Fills ``truth`` (records, 1 + places) for [iseg]: class, and 1 where half is covered.

    An object that covers half of no place is left out.
    """
    truth[:] = 0
    count = 0
    for class_id, covered in zip(class_ids, maps, strict=True):
        mask = covered.ravel() >= 0.5
        if mask.any():
            truth[count, 0] = class_id
            truth[count, 1:] = mask
            count += 1
    if count < len(truth):
        truth[count, 0] = -1


def _augment(native: NativeAugment, image: int, pixels: Image, out: FloatArray) -> None:
    label = np.zeros(1, np.float32)
    native.classification(image, [Source(pixels, label=label)], out, label.copy())


def _by_class(masks: Sequence[tuple[int, Pixels]]) -> list[tuple[int, Pixels]]:
    joined: dict[int, Pixels] = {}
    for class_id, mask in masks:
        joined[class_id] = joined[class_id] | mask if class_id in joined else mask
    return list(joined.items())


def _move(
    masks: Sequence[Pixels], size: tuple[int, ...], moved: Callable[[Image, FloatArray], None]
) -> list[FloatArray]:
    """Masks at the network's size, 0..1."""
    found: list[FloatArray] = []
    for first in range(0, len(masks), _AT_ONCE):
        some = masks[first : first + _AT_ONCE]
        out = np.empty((len(some), *size), np.float32)
        moved(Image(np.stack(some, axis=2), False), out)
        found.extend(out)
    return found


def _shrink(mask: FloatArray, size: tuple[int, int]) -> FloatArray:
    """A mask at the map's size."""
    import cv2

    if mask.shape == size[::-1]:
        return mask
    smaller = size[0] <= mask.shape[1] and size[1] <= mask.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, size, interpolation=way), np.float32)

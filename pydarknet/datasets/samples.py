"""From numbered images to the arrays a network is trained on."""

from __future__ import annotations

import logging
import math
from typing import Protocol

from .._arguments import check_choice
from .._native import FloatArray, Resize
from .._native_augment import TRUTH_SIZE, NativeAugment, Source, box_truth, image_input
from ..errors import ArgumentError, DataError
from ..image import Image, load_image
from .augmentation import LOADS, ClassificationAugmentation, DetectionAugmentation
from .detection import DetectionDataset
from .hierarchy import Hierarchy
from .problems import OnBadData, unread

_log = logging.getLogger("pydarknet.datasets")

_ATTEMPTS = 100
"""Sources that are tried where one after the other cannot be read."""


class Samples(Protocol):
    """Makes image number n of an endless sequence, the same one for the same seed.

    Attributes:
        channels: of the images.
        truth_size: numbers of an image's truth.
        digest: of the images they are made of.
    """

    channels: int
    truth_size: int

    @property
    def digest(self) -> str:
        """Of the images they are made of."""
        ...

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        """Fills the arrays of one image.

        May be called from any number of threads at once.

        Args:
            seed: of all that is random.
            image: its number in the sequence.
            input: float32 (channels, height, width), the size is the caller's choice.
            truth: float32 (truth_size,).

        Returns:
            The paths of the images it was made of.

        Raises:
            DataError: an image cannot be read.
            OSError: a file cannot be read.
        """
        ...


class DetectionSamples:
    """A detector's images: drawn from the data set with replacement, augmented, with boxes.

    The truth of an image is ``max_boxes`` records x, y, w, h (relative to the network's input),
    class, track; the list ends where x is 0.

    Attributes:
        skipped: paths of images that could not be read while training.
    """

    def __init__(
        self,
        dataset: DetectionDataset,
        augmentation: DetectionAugmentation | None,
        *,
        channels: int = 3,
        max_boxes: int = 200,
        update: int = 64,
        loads: int = LOADS,
        resize: Resize = "stretch",
        on_bad_data: OnBadData = "error",
    ) -> None:
        """Joins a data set and its augmentation.

        Args:
            dataset: images and boxes.
            augmentation: None gives the images of the list in their order, again and again, as
                detection sees them.
            channels: of the network's input.
            max_boxes: truth records of an image, the head's ``max``.
            update: images of one update: batch of the cfg, times GPUs.
            loads: parts of an update that decide on their own whether images are mixed.
            resize: without augmentation: "stretch" or "letterbox".
            on_bad_data: an image that cannot be read is an "error", or "skip" takes another one.

        Raises:
            ArgumentError: a value is out of range.
        """
        check_choice("resize", resize, ("stretch", "letterbox"))
        check_choice("on_bad_data", on_bad_data, ("error", "skip"))
        if max_boxes < 1 or not 1 <= channels <= 4:
            raise ArgumentError(
                f"max_boxes={max_boxes}, channels={channels}, expected 1 or more and 1 to 4"
            )
        self.dataset = dataset
        self.augmentation = augmentation
        self.channels = channels
        self.truth_size = max_boxes * TRUTH_SIZE
        self.skipped: list[str] = []
        self._update = update
        self._loads = loads
        self._resize: Resize = resize
        self._on_bad_data = on_bad_data
        self.native(0)

    @property
    def digest(self) -> str:
        """Of the list of images."""
        return self.dataset.digest

    def native(self, seed: int, image: int = 0) -> NativeAugment:
        """The augmentation of an image as the engine takes it."""
        augmentation = self.augmentation or DetectionAugmentation()
        loads = self._loads
        if augmentation.sequences:
            # compat: in Darknet each of its loader threads reads one
            loads = augmentation.sequences.count(image // self._update)
        return augmentation.native(seed, self._update, loads)

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        """Fills the arrays of one image; see `Samples.make`.

        Raises:
            DataError: an image cannot be read.
            OSError: a file cannot be read.
        """
        if self.augmentation is None:
            return self._as_it_is(image, input, truth)
        native = self.native(seed, image)
        sources, paths = [], []
        for tile in range(native.tiles(image)):
            index, pixels = read_source(
                native, image, tile, self.dataset, self.channels, self._skipped()
            )
            sources.append(Source(pixels, boxes=self.dataset.boxes(index)))
            paths.append(self.dataset.images[index])
        native.detection(image, sources, self.dataset.classes, input, truth)
        return tuple(paths)

    def _as_it_is(self, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        index = image % len(self.dataset)
        path = self.dataset.images[index]
        pixels = load_image(path, channels=self.channels)
        image_input(pixels, self._resize, input)
        height, width = pixels.pixels.shape[:2]
        size = (input.shape[2], input.shape[1])
        box_truth(self.dataset.boxes(index), (width, height), self._resize, size, truth)
        return (path,)

    def _skipped(self) -> list[str] | None:
        return self.skipped if self._on_bad_data == "skip" else None


class Listed(Protocol):
    """The usable images of a list; see `ImageSet`."""

    images: tuple[str, ...]
    listed: int

    def index_of(self, place: int) -> int | None:
        """Which of ``images`` stands at a place of the list; None where it was left out."""
        ...


class Labelled(Listed, Protocol):
    """Images with a number for each class: of a classifier or a regressor."""

    hierarchy: Hierarchy | None
    digest: str

    @property
    def classes(self) -> int:
        """How many numbers."""
        ...

    def label(self, index: int, *, smooth: float = 0) -> FloatArray:
        """The numbers of an image."""
        ...


class ClassificationSamples:
    """A classifier's images: drawn from the data set with replacement, augmented, with labels.

    The truth of an image is a number for each class; -1234 where nothing is known of it. A
    regressor's images and numbers take the same way.

    Attributes:
        skipped: paths of images that could not be read while training.
    """

    def __init__(
        self,
        dataset: Labelled,
        augmentation: ClassificationAugmentation | None,
        *,
        channels: int = 3,
        update: int = 64,
        loads: int = LOADS,
        on_bad_data: OnBadData = "error",
    ) -> None:
        """Joins a data set and its augmentation; see `DetectionSamples` for the arguments.

        Without augmentation images are stretched to the network's size.

        Raises:
            ArgumentError: a value is out of range.
        """
        check_choice("on_bad_data", on_bad_data, ("error", "skip"))
        if augmentation and augmentation.label_smooth_eps and dataset.hierarchy:
            raise ArgumentError("label_smooth_eps and a hierarchy cannot be combined")
        if not 1 <= channels <= 4:
            raise ArgumentError(f"channels={channels}, expected 1 to 4")
        self.dataset = dataset
        self.augmentation = augmentation
        self.channels = channels
        self.truth_size = dataset.classes
        self.skipped: list[str] = []
        self._update = update
        self._loads = loads
        self._on_bad_data = on_bad_data
        self._native(0, 1)

    @property
    def digest(self) -> str:
        """Of the list of images."""
        return self.dataset.digest

    def _native(self, seed: int, width: int) -> NativeAugment:
        augmentation = self.augmentation or ClassificationAugmentation()
        return augmentation.native(seed, self._update, self._loads, width)

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        """Fills the arrays of one image; see `Samples.make`.

        Raises:
            DataError: an image cannot be read.
            OSError: a file cannot be read.
        """
        images = self.dataset.images
        if self.augmentation is None:
            index = image % len(images)
            image_input(load_image(images[index], channels=self.channels), "stretch", input)
            truth[:] = self.dataset.label(index)
            return (images[index],)
        native = self._native(seed, input.shape[2])
        sources, paths = [], []
        for tile in range(native.tiles(image)):
            index, pixels = read_source(
                native, image, tile, self.dataset, self.channels, self._skipped()
            )
            label = self.dataset.label(index, smooth=self.augmentation.label_smooth_eps)
            sources.append(Source(pixels, label=label))
            paths.append(images[index])
        native.classification(image, sources, input, truth)
        return tuple(paths)

    def _skipped(self) -> list[str] | None:
        return self.skipped if self._on_bad_data == "skip" else None


def read_source(
    native: NativeAugment,
    image: int,
    tile: int,
    dataset: Listed,
    channels: int,
    skipped: list[str] | None,
) -> tuple[int, Image]:
    """Reads the source of a tile: the same one whenever it is known that others cannot be read.

    Args:
        native: says which one it is.
        image: number in the sequence.
        tile: which of the sources.
        dataset: the images.
        channels: of the network's input.
        skipped: where the paths of images go that cannot be read; None stops at them.

    Returns:
        The image's number in ``dataset.images``, and its pixels.

    Raises:
        DataError: it cannot be read, or a hundred of them cannot.
    """
    images = dataset.images
    path = images[0]
    # where a list is mostly left out, more of the places hold nothing
    for attempt in range(_ATTEMPTS * math.ceil(dataset.listed / len(images))):
        index = dataset.index_of(native.source(image, tile, attempt, dataset.listed))
        if index is None:
            continue
        path = images[index]
        try:
            return index, load_image(path, channels=channels)
        except (DataError, OSError) as error:
            problem = unread(error, path)
            if skipped is None:
                raise problem from error
            if path not in skipped:
                skipped.append(path)
                _log.warning("%s; the training goes on without it", problem)
    raise DataError(f"{_ATTEMPTS} images in a row cannot be read, the last is {path}", file=path)

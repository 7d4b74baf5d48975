"""The engine's augmentation behind Python objects: settings in, arrays filled.

Every call releases the GIL; all that is random depends on the seed and the image's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._native import RESIZES, FloatArray, _check, _float_pointer, ffi, lib
from .image import Image, has_interleaved_rows
from .label_files import BOX, BoxArray

TRUTH_SIZE: int = lib.DN_TRUTH_SIZE
"""Numbers of one truth record: x, y, w, h, class, track."""

MIXES: dict[str, int] = {
    "none": lib.DN_MIX_NONE,
    "mixup": lib.DN_MIX_MIXUP,
    "cutmix": lib.DN_MIX_CUTMIX,
    "mosaic": lib.DN_MIX_MOSAIC,
    "cutmix or mosaic": lib.DN_MIX_CUTMIX_OR_MOSAIC,
}

if ffi.sizeof("dn_box") != BOX.itemsize:
    raise ImportError("dn_box changed its layout: build the extension again")


class View(NamedTuple):
    """How a source is looked at: ``dn_view``.

    The first four are pixels cut off its sides, negative where some are added.
    """

    left: int
    right: int
    top: int
    bottom: int
    flip: bool
    hue: float
    saturation: float
    exposure: float
    blur: int
    noise: int


@dataclass(frozen=True)
class Source:
    """An image of the list: its pixels with its boxes, or with a label for each class."""

    image: Image
    boxes: BoxArray | None = None
    label: FloatArray | None = None


class NativeAugment:
    """``dn_augment``: the settings, under the names of the cfg's keys; ``mix`` is one of MIXES."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = ffi.new("dn_augment*", {**settings, "mix": MIXES[settings["mix"]]})

    def tiles(self, image: int) -> int:
        """How many images of the list become image number ``image``."""
        out = ffi.new("int*")
        _check(lib.dn_augment_tiles(self._settings, image, out))
        return int(out[0])

    def source(self, image: int, tile: int, attempt: int, images: int) -> int:
        """Which of a list of ``images`` is the source of a tile."""
        out = ffi.new("int64_t*")
        _check(lib.dn_augment_source(self._settings, image, tile, attempt, images, out))
        return int(out[0])

    def view(
        self, image: int, tile: int, source_size: tuple[int, int], size: tuple[int, int]
    ) -> View:
        """How a tile's source is looked at; sizes are (width, height)."""
        out = ffi.new("dn_view*")
        _check(lib.dn_augment_view(self._settings, image, tile, *source_size, *size, out))
        return View(
            out.left,
            out.right,
            out.top,
            out.bottom,
            bool(out.flip),
            out.hue,
            out.saturation,
            out.exposure,
            out.blur,
            out.noise,
        )

    def detection(
        self,
        image: int,
        sources: Sequence[Source],
        classes: int,
        out: FloatArray,
        truth: FloatArray,
    ) -> None:
        """Fills ``out`` (C, H, W) and ``truth`` (max_boxes * TRUTH_SIZE)."""
        channels, height, width = out.shape
        given, kept = _sources(sources)
        _check(
            lib.dn_augment_detection(
                self._settings, image, given, len(sources), width, height, channels, classes,
                truth.size // TRUTH_SIZE, _float_pointer(out), _float_pointer(truth),
            )
        )  # fmt: skip
        del kept

    def classification(
        self, image: int, sources: Sequence[Source], out: FloatArray, truth: FloatArray
    ) -> None:
        """Fills ``out`` (C, H, W) and ``truth``, a number for each class."""
        channels, height, width = out.shape
        given, kept = _sources(sources)
        _check(
            lib.dn_augment_classification(
                self._settings, image, given, len(sources), width, height, channels, truth.size,
                _float_pointer(out), _float_pointer(truth),
            )
        )  # fmt: skip
        del kept

    def geometry(self) -> NativeAugment:
        """These settings without what changes colours: masks move as their images do."""
        neutral = NativeAugment({"mix": "none"})
        ffi.memmove(neutral._settings, self._settings, ffi.sizeof("dn_augment"))
        neutral._settings.hue = 0
        neutral._settings.saturation = neutral._settings.exposure = 1
        neutral._settings.blur = neutral._settings.gaussian_noise = 0
        return neutral


def image_input(image: Image, resize: str, out: FloatArray) -> None:
    """Fills ``out`` (C, H, W) with an image as detection sees it, without augmentation."""
    _, height, width = out.shape
    given = ffi.new("dn_image*")
    _fill_image(given, image)
    _check(lib.dn_image_input(given, RESIZES[resize], width, height, _float_pointer(out)))


def box_truth(
    boxes: BoxArray,
    image_size: tuple[int, int],
    resize: str,
    size: tuple[int, int],
    truth: FloatArray,
) -> None:
    """Fills ``truth`` with boxes where `image_input` puts them; sizes are (width, height)."""
    _check(
        lib.dn_box_truth(
            _boxes_pointer(boxes), len(boxes), *image_size, RESIZES[resize], *size,
            truth.size // TRUTH_SIZE, _float_pointer(truth),
        )
    )  # fmt: skip


def _boxes_pointer(boxes: BoxArray) -> Any:
    if boxes.dtype != BOX or not boxes.flags.c_contiguous:
        raise TypeError(f"expected a contiguous array of boxes, found {boxes.dtype}")
    return ffi.cast("dn_box*", boxes.ctypes.data)


def _fill_image(given: Any, image: Image) -> None:
    pixels = image.pixels
    height, width, channels = pixels.shape
    if not has_interleaved_rows(pixels):
        raise TypeError("expected uint8 pixels with interleaved channels")
    given.data = ffi.cast("const uint8_t*", pixels.ctypes.data)
    given.width, given.height, given.channels = width, height, channels
    given.row_bytes = pixels.strides[0]
    given.bgr = image.bgr


def _sources(sources: Sequence[Source]) -> tuple[Any, list[Any]]:
    """The sources as a C array, and what must live as long as it is used."""
    given = ffi.new("dn_source[]", len(sources))
    kept: list[Any] = [sources]
    for place, source in zip(given, sources, strict=True):
        _fill_image(place.image, source.image)
        if source.boxes is not None:
            place.boxes = _boxes_pointer(source.boxes)
            place.box_count = len(source.boxes)
        if source.label is not None:
            place.label = _float_pointer(source.label)
            kept.append(source.label)
    return given, kept

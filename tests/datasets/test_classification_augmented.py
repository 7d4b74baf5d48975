"""A classifier's augmented images, beside numpy and OpenCV."""

from __future__ import annotations

import colorsys
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.augmenting import Floats, Pixels, picture
from pydarknet import ArgumentError
from pydarknet._native_augment import NativeAugment, Source
from pydarknet.datasets import ClassificationAugmentation
from pydarknet.datasets.hierarchy import IGNORED
from pydarknet.image import Image


def classification(
    native: NativeAugment, number: int, pixels: list[Pixels], size: tuple[int, int],
    labels: Floats | None = None,
) -> tuple[Floats, Floats]:  # fmt: skip
    width, height = size
    labels = np.eye(len(pixels), 4, dtype=np.float32) if labels is None else labels
    planes = np.full((pixels[0].shape[2], height, width), np.nan, np.float32)
    truth = np.full(labels.shape[1], np.nan, np.float32)
    sources = [Source(Image(p, True), label=row) for p, row in zip(pixels, labels, strict=True)]
    native.classification(number, sources, planes, truth)
    assert np.isfinite(planes).all()
    return planes, truth


def settings_of(seed: int = 0, width: int = 32, **keys: object) -> NativeAugment:
    return ClassificationAugmentation(**keys).native(seed, 6, 6, width)


def plain(pixels: Pixels) -> Floats:
    return pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255


def test_nothing_changes_an_image_of_the_networks_size() -> None:
    pixels = picture(32, 32)
    planes, truth = classification(settings_of(), 0, [pixels], (32, 32))
    assert planes == pytest.approx(plain(pixels), abs=1e-6)
    assert truth.tolist() == [1, 0, 0, 0]


@given(source=st.tuples(st.integers(20, 60), st.integers(20, 60)), crop=st.integers(20, 90),
       number=st.integers(0, 10**6), channels=st.sampled_from([1, 3]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_crop_is_a_scaled_part(source, crop, number, channels) -> None:
    """Without rotation: some part of the source, at the scale asked for."""
    width, height = source
    _, x = np.mgrid[:height, :width]
    # a ramp says where a pixel comes from
    pixels = np.repeat((2 * x + 1)[:, :, np.newaxis], channels, axis=2).astype(np.uint8)
    native = settings_of(min_crop=crop, max_crop=crop)
    planes, _ = classification(native, number, [pixels], (24, 24))
    column = (planes[0, 12] * 255 - 1) / 2
    column = column[: int(np.argmax(column))]  # behind it the source fades to black
    inside = (column > 1) & (column < width - 2)
    steps = np.diff(column)[inside[1:] & inside[:-1]]
    if len(steps) > 2:
        assert steps == pytest.approx(np.full(len(steps), min(source) / crop), abs=0.02)


@pytest.mark.parametrize("size", [(40, 30), (25, 61), (24, 24)])
def test_the_largest_square_in_the_middle(size: tuple[int, int]) -> None:
    """Whatever the other keys of the crop say; only mirroring is drawn."""
    width, height = size
    pixels = picture(width, height)
    keys = {"center": True, "angle": 40, "aspect": 2, "min_crop": 90, "max_crop": 120}
    step = min(size) / 24
    at = (np.arange(24, dtype=np.float32) - 12) * step
    x, y = np.meshgrid(at + width / 2, at + height / 2)
    expected = cv2.remap(
        plain(pixels).transpose(1, 2, 0), x.astype(np.float32), y.astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
    ).transpose(2, 0, 1)  # fmt: skip
    native = settings_of(**keys, flip=True)
    mirrored = 0
    for number in range(12):
        planes, _ = classification(native, number, [pixels], (24, 24))
        other = not np.allclose(planes, expected, atol=0.02)
        mirrored += other
        assert planes == pytest.approx(expected[:, :, ::-1] if other else expected, abs=0.02)
    assert 0 < mirrored < 12
    assert ClassificationAugmentation.from_options({"width": 24, "center": 1}).center


@pytest.mark.parametrize("number", range(6))
def test_rotation(number: int) -> None:
    """The image is turned around its centre by up to `angle`; what is outside is black."""
    native = settings_of(angle=30, width=40)
    y, x = np.mgrid[:40, :40]
    ramps = np.stack([2 * x + 40, 2 * y + 40, 0 * x + 255], axis=2).astype(np.uint8)
    planes, _ = classification(native, number, [ramps], (40, 40))
    red, green, blue = planes * 255
    assert red[0, 0] < 255 or red[39, 0] < 255
    middle = slice(10, 30)
    column, row = (blue[middle, middle] - 40) / 2, (green[middle, middle] - 40) / 2
    angle = math.degrees(math.atan2(np.diff(row, axis=1).mean(), np.diff(column, axis=1).mean()))
    assert 0.5 < abs(angle) <= 30
    assert column[10, 10] == pytest.approx(20, abs=0.1)
    assert row[10, 10] == pytest.approx(20, abs=0.1)
    assert np.hypot(np.diff(row, axis=1).mean(), np.diff(column, axis=1).mean()) == pytest.approx(
        1, abs=0.01
    )


def test_aspect() -> None:
    native = settings_of(aspect=2, width=40)
    y, x = np.mgrid[:80, :80]
    ramps = np.stack([2 * x, 2 * y, 0 * x], axis=2).astype(np.uint8)
    found = []
    for number in range(40):
        planes, _ = classification(native, number, [ramps], (40, 40))
        across = np.diff(planes[2, 18:22, 15:25] * 127.5, axis=1).mean()
        down = np.diff(planes[1, 15:25, 18:22] * 127.5, axis=0).mean()
        found.append(down / across)
    assert min(found) < 0.7
    assert max(found) > 1.4
    assert min(found) > 0.48
    assert max(found) < 2.05


def test_flip_and_another_shape() -> None:
    native = settings_of(flip=True, width=32)
    pixels = picture(32, 32)
    found = set()
    for number in range(12):
        planes, _ = classification(native, number, [pixels], (32, 32))
        for name, expected in (("as it is", plain(pixels)), ("flipped", plain(pixels[:, ::-1]))):
            if np.allclose(planes, expected, atol=1e-5):
                found.add(name)
    assert found == {"as it is", "flipped"}
    planes, _ = classification(settings_of(width=32), 0, [pixels], (32, 16))
    assert planes[:, [0, -1]] == pytest.approx(plain(pixels)[:, [0, -1]], abs=1e-5)


@pytest.mark.parametrize("number", range(5))
def test_colours_turn_around(number: int) -> None:
    """Beside Python's colorsys: unlike a detector's 8-bit hue, this one turns around."""
    native = settings_of(hue=0.4, saturation=1.7, exposure=1.7, width=8)
    pixels = np.random.default_rng(3).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    planes, _ = classification(native, number, [pixels], (8, 8))
    before = plain(pixels).reshape(3, -1).T.tolist()
    after = planes.reshape(3, -1).T.tolist()
    # what was drawn, from a colour that is nowhere near a limit
    hsv = [
        (colorsys.rgb_to_hsv(*a), colorsys.rgb_to_hsv(*b))
        for a, b in zip(before, after, strict=True)
    ]
    safe = [(a, b) for a, b in hsv if 0.2 < a[1] < 0.5 and 0.2 < a[2] < 0.5]
    hue = np.median([(b[0] - a[0] + 0.5) % 1 - 0.5 for a, b in safe])
    saturation, value = (np.median([b[i] / a[i] for a, b in safe]) for i in (1, 2))
    assert 0.005 < abs(hue) <= 0.4
    for (h, s, v), rgb in zip((a for a, _ in hsv), after, strict=True):
        # colours beyond 1 are cut off at the end, channel by channel
        shifted = [float(v * value * (1 - s * saturation * part(n, h + hue))) for n in (5, 3, 1)]
        assert rgb == pytest.approx(np.clip(shifted, 0, 1), abs=2e-3)


def part(n: int, hue: float) -> float:
    """How much of the saturation a channel loses: 0 at its own hue, 1 at the opposite."""
    k = (n + hue * 6) % 6
    return max(0, min(k, 4 - k, 1))


def test_blur_of_a_quarter() -> None:
    pixels = picture(32, 32)
    soft = cv2.GaussianBlur(pixels.astype(np.float32), (15, 15), 0)
    native = settings_of(blur=1)
    blurred = 0
    for number in range(200):
        planes, _ = classification(native, number, [pixels], (32, 32))
        if np.allclose(planes, plain(soft), atol=1e-4):
            blurred += 1
        else:
            assert planes == pytest.approx(plain(pixels), abs=1e-6)
    assert 30 < blurred < 70


COLORS = [np.full((32, 32, 3), 50 * (i + 1), np.uint8) for i in range(4)]


def mixed(count: int, **keys: object):
    """Images that are combined, as (sources, values 0..255, truth)."""
    native = settings_of(**keys)
    for number in range(200):
        tiles = native.tiles(number)
        if tiles > 1:
            planes, truth = classification(native, number, COLORS[:tiles], (32, 32))
            assert truth.sum() == pytest.approx(1)
            yield tiles, np.rint(planes[0] * 255).astype(int), truth
            count -= 1
            if not count:
                return
    raise AssertionError("too few are combined")


def test_mixup() -> None:
    for tiles, values, truth in mixed(20, mixup=True):
        assert tiles == 2
        assert set(values.flat) == {75}
        assert truth.tolist() == [0.5, 0.5, 0, 0]


def test_cutmix() -> None:
    shares = []
    for tiles, values, truth in mixed(60, cutmix=True):
        assert tiles == 2
        patch = values == 100
        rows, columns = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
        assert patch.sum() == len(rows) * len(columns)
        assert set(values[~patch]) == {50}
        for side in (len(rows), len(columns)):
            assert 9 <= side <= 25
        assert truth[1] == pytest.approx(patch.mean())
        shares.append(truth[1])
    assert min(shares) < 0.2
    assert max(shares) > 0.4


def test_mosaic() -> None:
    for tiles, values, truth in mixed(40, mosaic=True):
        assert tiles == 4
        for i in range(4):
            assert (values == 50 * (i + 1)).mean() == pytest.approx(truth[i])
        x, y = (values[0] == 50).sum(), (values[:, 0] == 50).sum()
        assert 6 <= x <= 25
        assert 6 <= y <= 25
        assert (values[:y, :x] == 50).all()
        assert (values[y:, x:] == 200).all()


def test_cutmix_or_mosaic() -> None:
    kinds = [tiles for tiles, _, _ in mixed(80, cutmix=True, mosaic=True)]
    assert 20 < kinds.count(2) < 60
    assert set(kinds) == {2, 4}


def test_labels_nobody_knows_stay_unknown() -> None:
    native = settings_of(mixup=True)
    number = next(n for n in range(99) if native.tiles(n) == 2)
    labels = np.array([[1, 0, IGNORED, 0.5], [0, IGNORED, 1, 0.5]], np.float32)
    _, truth = classification(native, number, COLORS[:2], (32, 32), labels)
    assert truth.tolist() == [0.5, IGNORED, IGNORED, 0.5]


@pytest.mark.parametrize("keys", [{"label_smooth_eps": 2}, {"min_crop": 9, "max_crop": 8},
                                  {"aspect": 0}, {"saturation": float("nan")}])  # fmt: skip
def test_values_out_of_range(keys: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match=f"{next(iter(keys))}="):
        ClassificationAugmentation(**keys)

"""Pixels of augmented images, beside OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.augmenting import (
    SIZES,
    as_bytes,
    boxes,
    by_formula,
    cropped,
    detection,
    picture,
    plain,
)

NOTHING = boxes()


@given(
    source=SIZES, size=SIZES, channels=st.sampled_from([1, 3, 4]), seed=st.integers(0, 2**64 - 1),
    jitter=st.floats(0, 0.9), resize=st.floats(0.3, 3), flip=st.booleans(),
    letter_box=st.booleans(), number=st.integers(0, 2**40),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_crop_resize_and_flip(
    source, size, channels, seed, jitter, resize, flip, letter_box, number
) -> None:
    native = plain(jitter=jitter, resize=resize, flip=flip, letter_box=letter_box, seed=seed)
    pixels = picture(*source, channels)
    view = native.view(number, 0, source, size)
    planes, _ = detection(native, number, [(pixels, NOTHING)], size)
    exact = cropped(pixels, view, size, by_formula)
    assert np.abs(as_bytes(planes) - exact).max() < 0.51
    assert np.abs(as_bytes(planes) - cropped(pixels, view, size).astype(int)).max() <= 2


def test_an_image_of_the_networks_size_is_handed_on() -> None:
    pixels = picture(31, 17)
    planes, _ = detection(plain(), 0, [(pixels, NOTHING)], (31, 17))
    assert np.array_equal(as_bytes(planes), pixels[:, :, ::-1].transpose(2, 0, 1))


def test_rows_may_be_apart() -> None:
    wide = picture(80, 20)
    part = wide[:, 10:50]
    native = plain(jitter=0.4, flip=True)
    once, _ = detection(native, 3, [(part, NOTHING)], (33, 21))
    again, _ = detection(native, 3, [(part.copy(), NOTHING)], (33, 21))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("number", range(8))
def test_colours(number: int) -> None:
    native = plain(hue=0.3, saturation=2, exposure=2)
    random = np.random.default_rng(number)
    pixels = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    pixels[0, :4] = [[0, 0, 0], [255, 255, 255], [7, 7, 7], [255, 0, 0]]
    view = native.view(number, 0, (64, 64), (64, 64))
    planes, _ = detection(native, number, [(pixels, NOTHING)], (64, 64))
    hue, saturation, value = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV))
    hue = np.clip(np.rint(hue + 179.0 * view.hue), 0, 255).astype(np.uint8)
    saturation = np.clip(np.rint(saturation * view.saturation), 0, 255).astype(np.uint8)
    value = np.clip(np.rint(value * view.exposure), 0, 255).astype(np.uint8)
    expected = cv2.cvtColor(cv2.merge([hue, saturation, value]), cv2.COLOR_HSV2RGB)
    difference = np.abs(as_bytes(planes) - expected.transpose(2, 0, 1).astype(int))
    # OpenCV rounds the last step, or cuts it off where it uses vector instructions
    assert difference.max() <= 1
    assert np.abs(expected.astype(int) - pixels[:, :, ::-1]).mean() > 5


def test_grey_images_only_know_exposure() -> None:
    native = plain(hue=0.3, saturation=2, exposure=2)
    pixels = picture(20, 20, 1)
    view = native.view(1, 0, (20, 20), (20, 20))
    planes, _ = detection(native, 1, [(pixels, NOTHING)], (20, 20))
    expected = np.clip(np.rint(pixels[:, :, 0] * np.float32(view.exposure)), 0, 255)
    assert np.array_equal(as_bytes(planes)[0], expected)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 9, 15, 31])
@pytest.mark.parametrize("channels", [1, 3])
def test_blur_of_the_whole_image(size: int, channels: int) -> None:
    native = plain(blur=size)
    pixels = picture(60, 50, channels)
    large = boxes((0.5, 0.5, 1, 1, 0))
    blurred = False
    for number in range(12):
        view = native.view(number, 0, (60, 50), (60, 50))
        planes, _ = detection(native, number, [(pixels, large)], (60, 50))
        shown = cropped(pixels, view, (60, 50)).transpose(1, 2, 0)
        if view.blur == size:
            kernel = min(size, 50 // 8) // 2 * 2 + 1
            shown = cv2.GaussianBlur(shown, (kernel, kernel), 0).reshape(50, 60, channels)
            blurred = True
        if view.blur != 1:
            assert np.abs(as_bytes(planes) - shown.transpose(2, 0, 1).astype(int)).max() <= 1
    assert blurred


def test_blur_of_the_background() -> None:
    native = plain(blur=1)
    pixels = picture(64, 48)
    labels = boxes((0.25, 0.5, 0.25, 0.5, 0), (0.875, 0.125, 0.25, 0.25, 1))
    numbers = [n for n in range(20) if native.view(n, 0, (64, 48), (64, 48)).blur == 1]
    assert len(numbers) > 5
    planes, _ = detection(native, numbers[0], [(pixels, labels)], (64, 48))
    expected = cv2.GaussianBlur(pixels, (17, 17), 0)
    for left, top, right, bottom in ((8, 12, 24, 36), (48, 0, 64, 12)):
        expected[top:bottom, left:right] = pixels[top:bottom, left:right]
    assert np.abs(as_bytes(planes) - expected[:, :, ::-1].transpose(2, 0, 1).astype(int)).max() <= 1


def test_small_objects_are_not_blurred_away() -> None:
    native = plain(blur=31)
    numbers = [n for n in range(20) if native.view(n, 0, (60, 50), (60, 50)).blur == 31]
    pixels = picture(60, 50)
    for labels in (boxes((0.5, 0.5, 0.2, 0.2, 0)), NOTHING):
        planes, _ = detection(native, numbers[0], [(pixels, labels)], (60, 50))
        assert np.array_equal(as_bytes(planes), pixels[:, :, ::-1].transpose(2, 0, 1))


def test_noise_only_brightens() -> None:
    native = plain(gaussian_noise=40)
    pixels = np.full((200, 200, 3), 60, np.uint8)
    noisy = [native.view(n, 0, (200, 200), (200, 200)).noise for n in range(40)]
    assert 10 < sum(noise > 0 for noise in noisy) < 30
    number = next(n for n, noise in enumerate(noisy) if noise)
    added = as_bytes(detection(native, number, [(pixels, NOTHING)], (200, 200))[0]) - 60
    assert added.min() == 0
    # half of it is cut off at 0; the rest is normal
    assert np.mean(added == 0) == pytest.approx(0.5, abs=0.02)
    assert added.mean() == pytest.approx(40 / np.sqrt(2 * np.pi), rel=0.03)
    assert np.sqrt((added.astype(float) ** 2).mean()) == pytest.approx(40 / np.sqrt(2), rel=0.03)
    assert not np.array_equal(added[0], added[1])
    bright = np.full((20, 20, 3), 250, np.uint8)
    assert as_bytes(detection(native, number, [(bright, NOTHING)], (20, 20))[0]).max() == 255


def test_noise_is_limited() -> None:
    assert {plain(gaussian_noise=900).view(n, 0, (9, 9), (9, 9)).noise for n in range(9)} == {
        0,
        127,
    }

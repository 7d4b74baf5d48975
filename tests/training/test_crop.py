"""[crop] in training: colours and rotation, beside colorsys and OpenCV."""

from __future__ import annotations

import colorsys
import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from layers.network_check import net, section

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

Array = npt.NDArray[np.float32]

END = section("connected", output=2, activation="linear") + section("softmax")


def cropped(images: Array, size: tuple[int, int], steps: int = 4, **keys: object) -> list[Array]:
    """The parts that a training sees in some mini-batches, (n, 3, h, w)."""
    count, channels, height, width = images.shape
    crop = section("crop", crop_width=size[0], crop_height=size[1], noadjust=1, **keys)
    text = net(channels, height, width, batch=count, max_batches=100) + crop + END
    network = NativeNetwork(text.encode(), "x.cfg")
    trainer = NativeTrainer(network, TrainerOptions(seed=2, keep_all=True))
    found = []
    for _ in range(steps):
        trainer.set_input(images)
        trainer.run()
        trainer.update()
        found.append(trainer.layer_output(0, (count, channels, size[1], size[0])))
    return found


def random_images(count: int, channels: int, height: int, width: int) -> Array:
    random = np.random.default_rng(8)
    return (0.2 + 0.6 * random.random((count, channels, height, width))).astype(np.float32)


def test_saturation_and_exposure_of_each_image() -> None:
    images = random_images(6, 3, 5, 4)
    drawn = []
    for batch in cropped(images, (4, 5), saturation=1.5, exposure=1.25):
        for image, part in zip(images, batch, strict=True):
            before = [colorsys.rgb_to_hsv(*pixel) for pixel in image.reshape(3, -1).T]
            after = [colorsys.rgb_to_hsv(*pixel) for pixel in part.reshape(3, -1).T]
            # where nothing saturated, factors can be read off
            free = [i for i, one in enumerate(after) if max(part.reshape(3, -1)[:, i]) < 0.999]
            saturation = np.median([after[i][1] / before[i][1] for i in free])
            exposure = np.median([after[i][2] / before[i][2] for i in free])
            assert 1 / 1.5 - 1e-3 <= saturation <= 1.5 + 1e-3
            assert 1 / 1.25 - 1e-3 <= exposure <= 1.25 + 1e-3
            expected = np.array(
                [colorsys.hsv_to_rgb(h, s * saturation, v * exposure) for h, s, v in before]
            )
            expected = np.clip(expected, 0, 1).T.reshape(part.shape)
            np.testing.assert_allclose(part, expected, rtol=0, atol=1e-4)
            drawn.append((saturation, exposure))
    assert len({round(float(s), 3) for s, _ in drawn}) > 12
    assert {s > 1 for s, _ in drawn} == {e > 1 for _, e in drawn} == {True, False}


def test_one_shift_of_the_colours_for_a_mini_batch() -> None:
    images = random_images(3, 3, 5, 4)
    shifts = []
    for batch in cropped(images, (4, 5), shift=0.2):
        shift = batch - images
        np.testing.assert_allclose(
            shift, np.broadcast_to(shift[:1, :, :1, :1], shift.shape), rtol=0, atol=1e-5
        )
        shifts.append(shift[0, :, 0, 0])
    assert np.abs(shifts).max() <= 0.1
    assert np.ptp(shifts, axis=0).min() > 0
    assert np.ptp(shifts, axis=1).min() > 0


@pytest.mark.parametrize("channels", [1, 3])
def test_rotation_about_the_middle(channels: int) -> None:
    """Of an image that is not cut, some angle within the limits explains all pixels."""
    height, width = 17, 21
    images = random_images(4, channels, height, width)
    for image in images:
        for plane in image:
            plane[:] = cv2.GaussianBlur(plane, (9, 9), 3)
    angles = []
    for batch in cropped(images, (width, height), angle=20, flip=1, steps=3):
        for image, part in zip(images, batch, strict=True):
            best = min(
                (float(np.abs(turned(image, angle, flip) - part).max()), angle)
                for angle in np.arange(-20, 20.01, 0.1)
                for flip in (False, True)
            )
            assert best[0] < 0.02
            angles.append(best[1])
    assert min(angles) < -2
    assert max(angles) > 2


def turned(image: Array, degrees: float, flip: bool) -> Array:
    _, height, width = image.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across = (width - x - 1 if flip else x) - width / 2
    down = y - height / 2
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    found = cv2.remap(
        image.transpose(1, 2, 0),
        (cosine * across - sine * down + width / 2).astype(np.float32),
        (sine * across + cosine * down + height / 2).astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return found.reshape(height, width, -1).transpose(2, 0, 1)


def test_a_part_at_any_place() -> None:
    """Between pixels too."""
    ramp = np.broadcast_to(np.arange(12, dtype=np.float32) / 20, (8, 1, 9, 12)).copy()
    lefts = [
        float(part[0, 0, 0]) * 20 for batch in cropped(ramp, (5, 6), angle=1e-9) for part in batch
    ]
    assert min(lefts) >= 0
    assert max(lefts) <= 12 - 5
    assert len({round(left, 2) for left in lefts}) > 20

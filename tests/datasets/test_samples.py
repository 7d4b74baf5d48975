"""Images as detection sees them, with their boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pydarknet
from datasets.augmenting import boxes, picture
from datasets.small_sets import write_set
from pydarknet import ArgumentError
from pydarknet._native_augment import box_truth, image_input
from pydarknet.datasets import DetectionAugmentation, DetectionDataset, DetectionSamples
from pydarknet.image import Image

NET = "[net]\nwidth={}\nheight={}\nchannels={}\n\n[activation]\nactivation=linear\n"


@pytest.mark.parametrize("resize", ["stretch", "letterbox"])
@pytest.mark.parametrize(("width", "height"), [(32, 32), (64, 32), (33, 50)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_pixels_as_detection(resize: str, width: int, height: int, channels: int) -> None:
    from pydarknet._native import PASSES_NONE, NativeNetwork, NativePlan, PlanOptions

    network = NativeNetwork(NET.format(width, height, channels).encode(), "x.cfg")
    plan = NativePlan(network, PlanOptions(width, height, passes=PASSES_NONE))
    pixels = picture(47, 29, channels)
    plan.set_image(0, pixels, True, resize)
    plan.run()
    planes = np.empty((channels, height, width), np.float32)
    image_input(Image(pixels, True), resize, planes)
    assert np.array_equal(planes, plan.output(0, (channels, height, width)))


def test_boxes_move_with_the_letterbox() -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[10:20, 20:60] = 255
    planes = np.empty((3, 64, 64), np.float32)
    image_input(Image(pixels, True), "letterbox", planes)
    truth = np.empty(12, np.float32)
    box_truth(boxes((0.5, 0.375, 0.5, 0.25, 2)), (80, 40), "letterbox", (64, 64), truth)
    x, y, w, h, class_id, track = truth[:6]
    assert (class_id, track) == (2, 100)
    assert not truth[6:].any()
    rows, columns = np.nonzero(planes[0] > 0.75)
    edges = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
    box = [(x - w / 2) * 64, (x + w / 2) * 64, (y - h / 2) * 64, (y + h / 2) * 64]
    assert box == pytest.approx(edges, abs=1)


def test_the_list_in_its_order(tmp_path: Path) -> None:
    dataset = DetectionDataset.open(write_set(tmp_path / "a"))
    samples = DetectionSamples(dataset, None, max_boxes=2)
    planes, truth = np.empty((3, 30, 40), np.float32), np.empty(12, np.float32)
    for number in range(8):
        (path,) = samples.make(5, number, planes, truth)
        assert path == dataset.images[number % 6]
        expected = pydarknet.load_image(path).pixels[:, :, ::-1].transpose(2, 0, 1) / 255
        assert planes == pytest.approx(expected, abs=1e-6)
        labels = dataset.boxes(number % 6)
        assert np.count_nonzero(truth.reshape(2, 6)[:, 0]) == min(2, len(labels))
        assert truth[:5].tolist() == pytest.approx([*labels[0].tolist()[:5]])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels(channels: int, tmp_path: Path) -> None:
    dataset = DetectionDataset.open(write_set(tmp_path / "a"))
    for augmentation in (None, DetectionAugmentation(mixup=True, hue=0.1, exposure=1.5)):
        samples = DetectionSamples(dataset, augmentation, channels=channels)
        planes = np.full((channels, 16, 16), np.nan, np.float32)
        for number in range(4):
            samples.make(1, number, planes, np.empty(samples.truth_size, np.float32))
            assert np.isfinite(planes).all()
    with pytest.raises(ArgumentError, match="channels=5"):
        DetectionSamples(dataset, None, channels=5)

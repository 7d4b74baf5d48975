"""Splits: as large as asked for, every class in its share, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import ArgumentError
from pydarknet.datasets.formats import LabelledDataset, LabelledImage
from pydarknet.datasets.splitting import split_dataset
from pydarknet.datasets.statistics import measure_dataset
from pydarknet.datasets.statistics_picture import draw_statistics


def made(classes: list[list[int]]) -> LabelledDataset:
    images = []
    for number, ids in enumerate(classes):
        boxes = np.tile([[0.0, 0, 10, 5]], (len(ids), 1))
        image = LabelledImage(f"{number}.jpg", f"/x/{number}.jpg", 100, 50, "train", boxes)
        image.class_id, image.flags = np.array(ids, np.int32), np.zeros(len(ids), np.uint8)
        images.append(image)
    return LabelledDataset(("a", "b", "c"), images)


IDS = st.lists(st.lists(st.integers(0, 2), max_size=4), min_size=3, max_size=60)


@given(classes=IDS, seed=st.integers(0, 5))
def test_sizes_and_seed(classes: list[list[int]], seed: int) -> None:
    first, second = made(classes), made(classes)
    split_dataset(first, {"valid": 0.25, "test": 0.15}, seed=seed)
    split_dataset(second, {"valid": 0.25, "test": 0.15}, seed=seed)
    assert [i.split for i in first.images] == [i.split for i in second.images]
    assert first.splits() == ["train", "valid", "test"]
    for split, share in (("train", 0.6), ("valid", 0.25), ("test", 0.15)):
        count = sum(image.split == split for image in first.images)
        assert abs(count - share * len(classes)) <= 1.5 or count == 1


def test_every_class_has_its_share() -> None:
    random = np.random.default_rng(4)
    classes = [
        random.choice(3, random.integers(1, 4), p=[0.7, 0.25, 0.05]).tolist() for _ in range(400)
    ]
    dataset = split_dataset(made(classes), {"valid": 0.2})
    found = measure_dataset(dataset)
    share = found.objects[:, 1] / found.objects.sum(1)
    np.testing.assert_allclose(share, 0.2, atol=0.04)


def test_a_file_that_is_listed_twice_stays_in_one_split() -> None:
    dataset = made([[0], [1], [2], [0], [1], [2]] * 5)
    for image in dataset.images[::3]:
        image.path = "/x/same.jpg"
    split_dataset(dataset, {"valid": 0.4})
    assert len({image.split for image in dataset.images[::3]}) == 1


@pytest.mark.parametrize("shares", [{"valid": 1.2}, {"valid": 0.5, "test": 0.6}, {"valid": -0.1}])
def test_shares_that_are_none(shares: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match="expected parts of 1"):
        split_dataset(made([[0]] * 5), shares)


def test_statistics_by_hand() -> None:
    dataset = made([[0, 0, 1], [], [1]])
    dataset.images[2].split = "valid"
    found = measure_dataset(
        dataset, size=(200, 200), strides=[32, 16], anchors=np.array([[20.0, 20]])
    )
    assert (found.images, found.empty_images) == ([2, 1], [1, 0])
    assert found.objects.tolist() == [[2, 0], [1, 1], [0, 0]]
    assert found.images_with.tolist() == [[1, 0], [1, 1], [0, 0]]
    np.testing.assert_allclose(found.sizes, [[20, 20]] * 4)
    assert (found.strides, found.below_stride) == ((16, 32), (0, 1))
    assert (found.anchor_iou, found.badly_covered) == (1, 0)
    assert found.warnings() == ["c: has no objects", "valid: has no a"]
    letterboxed = measure_dataset(dataset, size=(200, 200), letterbox=True)
    np.testing.assert_allclose(letterboxed.sizes, [[20, 10]] * 4)


def test_the_picture_shows_bars_and_dots() -> None:
    dataset = made([[0, 0, 1], [], [1]])
    plain = draw_statistics(measure_dataset(dataset))
    more = draw_statistics(measure_dataset(dataset, strides=[8], anchors=np.array([[30.0, 60]])))
    assert plain.shape == more.shape
    assert plain.dtype == np.uint8
    assert (plain != more).any()
    empty = draw_statistics(measure_dataset(made([[], []])))
    assert (empty != plain).any()

"""Masks: their files, and that they move as their images do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydarknet
from pydarknet.datasets import ClassificationAugmentation, MaskSamples, SegmentationDataset
from pydarknet.datasets.listed import beside_images
from pydarknet.datasets.mask_files import MaskRecord, read_masks
from pydarknet.datasets.mask_samples import INSTANCES
from pydarknet.datasets.shapes import make_scene, run_lengths, write_shapes
from pydarknet.errors import ArgumentError, DataError, DatasetError


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32))
def test_runs_are_read_as_they_are_written(width: int, height: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    record = MaskRecord(0, np.array(run_lengths(mask), np.int64))
    np.testing.assert_array_equal(record.pixels(width, height) == 255, mask)


def test_another_size_is_refused() -> None:
    with pytest.raises(DataError, match="have 6 pixels, expected 12 for an image of 4x3"):
        MaskRecord(0, np.array([2, 4])).pixels(4, 3)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0", "has 1 columns, expected class run,run,..."),
        ("0 1 2", "has 3 columns"),
        ("x 6", "class 'x' is no whole number"),
        ("2 6", "class 2, expected 0 to 1"),
        ("-1 6", "class -1, expected 0 to 1"),
        ("0 3,-3,6", "'-3' is no length of a run"),
        ("0 3,,3", "'' is no length of a run"),
        ("0 3,4", "the runs have 7 pixels, expected 6 for an image of 3x2"),
    ],
)
def test_wrong_lines(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(f"1 2,2,2\n\n{line}\n")
    records, problems = read_masks(str(file), 2, (3, 2))
    assert [record.class_id for record in records] == [1]
    assert [problem.line for problem in problems] == [3]
    assert message in problems[0].message
    assert str(problems[0]).startswith(f"{file}:3: ")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("images/1.jpg", "mask/1.txt"),
        ("a/images/b/images/c/1.png", "a/images/b/mask/c/1.txt"),
        ("voc/JPEGImages/1.jpg", "voc/mask/1.txt"),
        ("photos/images.jpg", "photos/images.txt"),
        ("C:\\set\\images\\1.jpg", "C:/set/mask/1.txt"),
    ],
)
def test_where_masks_lie(image: str, expected: str) -> None:
    assert beside_images(image, "mask") == expected


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "shapes"
    return write_shapes(folder, train=6, valid=2, masks=True, size=(48, 40), objects=(2, 4))


def test_all_faults_of_a_set(drawn: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(drawn.parent, folder)
    (folder / "mask/000001.txt").write_text("9 1920\n0 5\n")
    (folder / "mask/000002.txt").unlink()
    (folder / "images/000003.jpg").write_bytes(b"x")
    with pytest.raises(DatasetError) as caught:
        SegmentationDataset.open(folder / "shapes.data")
    places = [(Path(each.file).name, each.line) for each in caught.value.problems]
    assert places == [("000001.txt", 1), ("000001.txt", 2), ("train.txt", 3), ("train.txt", 4)]
    rest = SegmentationDataset.open(folder / "shapes.data", on_bad_data="skip")
    assert [Path(path).name for path in rest.images] == [
        "000000.jpg", "000004.jpg", "000005.jpg",
    ]  # fmt: skip
    (folder / "images/000003.jpg").unlink()
    left = SegmentationDataset.open(
        folder / "shapes.data", on_bad_data="skip", missing_labels="background"
    )
    assert left.masks[1] == ()


def test_masks_are_what_was_drawn(drawn: Path) -> None:
    dataset = SegmentationDataset.open(drawn)
    for index in range(len(dataset)):
        scene = make_scene(index, size=(48, 40), objects=(2, 4))
        found = dataset.masks[index]
        assert [record.class_id for record in found] == scene.class_ids.tolist()
        for record, mask in zip(found, scene.masks, strict=True):
            np.testing.assert_array_equal(record.pixels(48, 40) > 0, mask)


def white_object(folder: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> Path:
    """A white rectangle on grey: what is white is the object."""
    (folder / "images").mkdir(parents=True)
    (folder / "mask").mkdir()
    pixels = np.full((size[1], size[0], 3), 100, np.uint8)
    mask = np.zeros((size[1], size[0]), bool)
    left, top, right, bottom = box
    mask[top:bottom, left:right] = True
    pixels[mask] = 255
    pydarknet.save_image(folder / "images/1.png", pixels)
    runs = ",".join(map(str, run_lengths(mask)))
    (folder / "mask/1.txt").write_text(f"1 {runs}\n")
    (folder / "train.txt").write_text("images/1.png\n")
    (folder / "x.data").write_text("classes = 2\ntrain = train.txt\n")
    return folder / "x.data"


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1000), angle=st.integers(0, 90), aspect=st.floats(1, 1.5),
    flip=st.booleans(), crop=st.integers(20, 60),
)  # fmt: skip
def test_masks_move_with_their_images(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int, angle: int, aspect: float, flip: bool, crop: int,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("one")
    dataset = SegmentationDataset.open(white_object(folder, (50, 40), (8, 5, 30, 18)))
    augmentation = ClassificationAugmentation(
        min_crop=20, max_crop=crop, angle=angle, aspect=aspect, flip=flip
    )
    samples = MaskSamples(dataset, augmentation, map_size=(32, 32), planes=3)
    image = np.empty((3, 32, 32), np.float32)
    truth = np.empty(samples.truth_size, np.float32)
    samples.make(seed, 3, image, truth)
    first, second, background = truth.reshape(3, 32, 32)
    assert not first.any()
    # grey is 100/255, black lies outside, white is the object: seen through the same sampling
    grey = 100 / 255
    inside = image[0] > grey + 0.01
    covered = np.clip((image[0] - grey) / (1 - grey), 0, 1)
    edge = image[0] < grey - 0.01  # mixed with what lies outside
    np.testing.assert_allclose(second[~edge], covered[~edge], atol=0.01)
    assert (second[inside] > 0).all()
    np.testing.assert_allclose(background, 1 - second, atol=1e-6)


def test_colours_do_not_touch_masks(tmp_path: Path) -> None:
    dataset = SegmentationDataset.open(white_object(tmp_path / "x", (32, 32), (8, 8, 24, 24)))
    truths = []
    for keys in ({}, {"hue": 0.2, "saturation": 2.0, "exposure": 3.0, "blur": 9}):
        augmentation = ClassificationAugmentation(min_crop=32, max_crop=48, angle=30, **keys)
        samples = MaskSamples(dataset, augmentation, map_size=(8, 8), planes=2)
        truth = np.empty(samples.truth_size, np.float32)
        for number in range(5):
            samples.make(1, number, np.empty((3, 32, 32), np.float32), truth)
            truths.append(truth.copy())
    np.testing.assert_array_equal(truths[:5], truths[5:])


def test_a_smaller_map_holds_covered_parts(tmp_path: Path) -> None:
    dataset = SegmentationDataset.open(white_object(tmp_path / "x", (32, 32), (8, 8, 24, 18)))
    samples = MaskSamples(dataset, None, map_size=(4, 4), planes=2)
    truth = np.empty(samples.truth_size, np.float32)
    samples.make(0, 0, np.empty((3, 32, 32), np.float32), truth)
    expected = np.zeros((4, 4))
    expected[1, 1:3] = 1
    expected[2, 1:3] = 2 / 8
    np.testing.assert_allclose(truth.reshape(2, 4, 4)[1], expected, atol=1e-6)


def test_instances(drawn: Path) -> None:
    dataset = SegmentationDataset.open(drawn)
    samples = MaskSamples(dataset, None, map_size=(24, 20), planes=0)
    truth = np.empty(samples.truth_size, np.float32)
    samples.make(0, 1, np.empty((3, 40, 48), np.float32), truth)
    records = truth.reshape(INSTANCES, -1)
    scene = make_scene(1, size=(48, 40), objects=(2, 4))
    count = len(scene.class_ids)
    assert records[:count, 0].tolist() == scene.class_ids.tolist()
    assert records[count, 0] == -1
    assert set(np.unique(records[:count, 1:])) == {0, 1}
    for record, mask in zip(records, scene.masks, strict=False):
        whole = np.kron(record[1:].reshape(20, 24), np.ones((2, 2))) > 0
        assert (whole & mask).sum() / (whole | mask).sum() > 0.6


def test_wrong_arguments(drawn: Path) -> None:
    dataset = SegmentationDataset.open(drawn)
    with pytest.raises(ArgumentError, match="planes=5"):
        MaskSamples(dataset, None, map_size=(4, 4), planes=5)
    with pytest.raises(ArgumentError, match="not mixed"):
        MaskSamples(dataset, ClassificationAugmentation(mosaic=True), map_size=(4, 4), planes=6)
    alone = ClassificationAugmentation(mosaic=True, hue=0.1).without_mixing()
    assert (alone.mosaic, alone.hue) == (False, 0.1)

"""Scenes and digits that are drawn: right by construction, the same for the same seed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydarknet
from pydarknet import ArgumentError
from pydarknet.datasets import (
    ClassificationDataset,
    ClassificationSamples,
    DetectionDataset,
    DetectionSamples,
    digits,
    shapes,
)
from pydarknet.datasets.preview import contact_sheet, save_contact_sheet


@given(index=st.integers(0, 10**6), seed=st.integers(0, 10**6), hidden=st.floats(0, 0.8),
       size=st.tuples(st.integers(16, 120), st.integers(16, 120)),
       most=st.integers(0, 8))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_boxes_and_masks_agree(index, seed, hidden, size, most) -> None:
    scene = shapes.make_scene(
        index, seed=seed, size=size, objects=(0, most), hidden=hidden, extent=(0.3, 0.8)
    )
    width, height = size
    assert scene.image.shape == (height, width, 3)
    assert scene.masks.shape == (len(scene.class_ids), height, width)
    assert len(scene.class_ids) <= most
    assert ((scene.class_ids >= 0) & (scene.class_ids < len(shapes.CLASSES))).all()
    assert scene.masks.sum(axis=0).max(initial=0) <= 1  # a pixel is of one object
    for box, mask in zip(scene.boxes, scene.masks, strict=True):
        left, top, right, bottom = box.astype(int)
        inside = mask[top:bottom, left:right]
        assert inside.sum() == mask.sum() > 0
        assert inside[0].any()
        assert inside[-1].any()
        assert inside[:, 0].any()
        assert inside[:, -1].any()
    relative = scene.relative_boxes()
    assert ((relative >= 0) & (relative <= 1)).all()


def test_scenes_are_as_asked_for() -> None:
    scenes = [shapes.make_scene(i, objects=(3, 3), hidden=0.5) for i in range(40)]
    assert {len(scene.class_ids) for scene in scenes} == {3}
    assert set(np.concatenate([scene.class_ids for scene in scenes])) == set(range(6))
    full = [scene.boxes[:, 2:] - scene.boxes[:, :2] for scene in scenes]
    assert np.concatenate(full).max() <= 0.45 * 160 + 2
    hidden = 0
    for scene in scenes:
        a, b, c = scene.boxes
        for p, q in ((a, b), (a, c), (b, c)):
            hidden += (np.minimum(p[2:], q[2:]) > np.maximum(p[:2], q[:2])).all()
    assert hidden > 10  # objects lie before each other


def test_objects_differ_from_what_is_behind() -> None:
    for index in range(20):
        scene = shapes.make_scene(index, objects=(1, 1), clutter=0)
        mask = scene.masks[0]
        around = ~mask
        inside = scene.image[mask].mean(axis=0)
        assert np.abs(inside - scene.image[around].mean(axis=0)).max() > 25


def test_the_same_seed_draws_the_same() -> None:
    one, again = (shapes.make_scene(3, seed=5) for _ in range(2))
    assert np.array_equal(one.image, again.image)
    assert np.array_equal(one.boxes, again.boxes)
    for other in (shapes.make_scene(3, seed=6), shapes.make_scene(4, seed=5)):
        assert not np.array_equal(one.image, other.image)
    digit, again_digit = (digits.make_digit(3, seed=5) for _ in range(2))
    assert np.array_equal(digit[0], again_digit[0])
    assert digit[1] == again_digit[1]


@pytest.mark.parametrize(
    "keys",
    [{"size": (8, 40)}, {"objects": (3, 2)}, {"extent": (0, 1)}, {"hidden": 1}, {"clutter": -1},
     {"seed": -1}],
)  # fmt: skip
def test_scenes_nobody_can_draw(keys: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=f"{next(iter(keys))}="):
        shapes.make_scene(0, **keys)  # type: ignore[arg-type]


def test_a_set_of_scenes(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    data = shapes.write_shapes(
        tmp_path / "set", train=5, valid=2, masks=True, size=(64, 48), clutter=0,
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    assert calls == [(i + 1, 7) for i in range(7)]
    train = DetectionDataset.open(data)
    valid = DetectionDataset.open(data, split="valid")
    assert (len(train), len(valid)) == (5, 2)
    assert train.names == shapes.CLASSES
    assert train.problems == valid.problems == ()
    scene = shapes.make_scene(2, size=(64, 48), clutter=0)
    labels = train.boxes(2)
    assert labels["class_id"].tolist() == scene.class_ids.tolist()
    found = np.array([record[:4] for record in labels.tolist()])
    assert found == pytest.approx(scene.relative_boxes(), abs=1e-5)
    pixels = pydarknet.load_image(train.images[2]).pixels
    assert np.abs(pixels.astype(int) - scene.image).mean() < 6  # it is a JPEG
    lines = (tmp_path / "set/mask/000002.txt").read_text().splitlines()
    for line, mask, class_id in zip(lines, scene.masks, scene.class_ids, strict=True):
        number, runs = line.split()
        assert int(number) == class_id
        lengths = [int(run) for run in runs.split(",")]
        values = np.arange(len(lengths)) % 2 == 1
        assert np.array_equal(np.repeat(values, lengths), mask.ravel())


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_runs(values: list[bool]) -> None:
    lengths = shapes.run_lengths(np.array([values]))
    assert np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).tolist() == values
    assert all(lengths[1:])


def test_a_set_of_digits(tmp_path: Path) -> None:
    data = digits.write_digits(tmp_path / "set", train=40, valid=3)
    train = ClassificationDataset.open(data)
    assert len(train) == 40
    assert train.labels == digits.CLASSES
    for index, (match,) in enumerate(train.matches):
        image, digit = digits.make_digit(index)
        assert match == digit
        assert np.array_equal(pydarknet.load_image(train.images[index], channels=1).pixels[:, :, 0],
                              image)  # fmt: skip
    assert {match for (match,) in train.matches} == set(range(10))


def test_digits_are_seen() -> None:
    for index in range(50):
        image, _ = digits.make_digit(index)
        assert int(np.percentile(image, 97)) - int(np.median(image)) > 60
        assert image.shape == (28, 28)
    with pytest.raises(ArgumentError, match="size=3"):
        digits.make_digit(0, size=3)


@pytest.mark.parametrize("write", [shapes.write_shapes, digits.write_digits])
def test_a_folder_appears_whole_or_not_at_all(write, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert not (tmp_path / "set").exists()
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "set", train=5, valid=0, progress=stop)
    assert os.listdir(tmp_path) == []
    write(tmp_path / "set", train=2, valid=0)
    with pytest.raises(FileExistsError):
        write(tmp_path / "set", train=2, valid=0)
    with pytest.raises(ArgumentError, match="train=0"):
        write(tmp_path / "other", train=0)
    assert os.listdir(tmp_path) == ["set"]


def test_contact_sheets(tmp_path: Path) -> None:
    dataset = DetectionDataset.open(shapes.write_shapes(tmp_path / "s", train=4, valid=0))
    samples = DetectionSamples(dataset, None)
    sheet = contact_sheet(samples, count=5, size=(64, 48))
    assert sheet.shape == (2 * 52, 3 * 68, 3)
    assert (sheet[52:, 2 * 68 :] == 255).all()  # nothing is in the sixth place
    plain = DetectionSamples(
        DetectionDataset(dataset.images, [dataset.boxes(0)[:0]] * 4, classes=6), None
    )
    without = contact_sheet(plain, count=5, size=(64, 48))
    assert (sheet != without).any()
    # between the boxes the pictures are the same
    assert (sheet == without).all(axis=2).mean() > 0.5
    save_contact_sheet(tmp_path / "sheet.png", samples, count=1, size=(64, 48))
    assert pydarknet.load_image(tmp_path / "sheet.png").pixels.shape == (52, 68, 3)
    with pytest.raises(ArgumentError, match="count=0"):
        contact_sheet(samples, count=0)


def test_contact_sheets_of_a_classifier(tmp_path: Path) -> None:
    dataset = ClassificationDataset.open(digits.write_digits(tmp_path / "d", train=3, valid=0))
    sheet = contact_sheet(ClassificationSamples(dataset, None, channels=1), count=4, size=(56, 56))
    assert sheet.shape == (120, 120, 3)
    assert sheet.min() < 60

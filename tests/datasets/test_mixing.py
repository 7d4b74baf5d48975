"""Which images are combined, how, and what becomes of their boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.augmenting import as_bytes, boxes, by_formula, cropped, detection, picture, plain
from pydarknet import ArgumentError
from pydarknet.datasets import DetectionAugmentation


def mosaic(seed: int = 0, **keys: object):
    return DetectionAugmentation(mosaic=True, **keys).native(seed, batch=64)


def combined(native, count: int = 300) -> list[int]:
    return [n for n in range(count) if native.tiles(n) > 1]


def test_the_generator_is_philox() -> None:
    """The first words of philox4x32-10 for a counter and key of zeros, as published."""
    assert plain().source(0, 0, 0, 2**62) == (0x6627E8D5 << 32 | 0xE169C58D) % 2**62


@given(batch=st.integers(1, 100), loads=st.integers(1, 12), number=st.integers(0, 10**5))
@settings(max_examples=100, deadline=None)
def test_parts_of_an_update_decide_together(batch: int, loads: int, number: int) -> None:
    native = DetectionAugmentation(mixup=True).native(5, batch, loads)
    start = number // batch * batch
    for part in range(loads):
        first, last = part * batch // loads, (part + 1) * batch // loads
        assert len({native.tiles(start + place) for place in range(first, last)}) <= 1


def test_half_of_the_parts_are_combined() -> None:
    for keys, tiles in (({"mixup": True}, 2), ({"mosaic": True}, 4)):
        native = DetectionAugmentation(**keys).native(3, 6, 6)
        found = [native.tiles(n) for n in range(2000)]
        assert set(found) == {1, tiles}
        assert found.count(tiles) == pytest.approx(1000, abs=100)
    assert {plain().tiles(n) for n in range(100)} == {1}


def test_sources_are_drawn_with_replacement() -> None:
    native = plain(seed=9)
    drawn = [native.source(n, 0, 0, 10) for n in range(3000)]
    counts = np.bincount(drawn, minlength=10)
    assert len(counts) == 10
    assert counts.min() > 230
    assert counts.max() < 370
    assert drawn == [native.source(n, 0, 0, 10) for n in range(3000)]
    assert drawn != [plain(seed=10).source(n, 0, 0, 10) for n in range(3000)]
    assert drawn != [native.source(n, 1, 0, 10) for n in range(3000)]
    assert drawn != [native.source(n, 0, 1, 10) for n in range(3000)]


@given(number=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_mixup_is_the_mean(number: int) -> None:
    native = DetectionAugmentation(mixup=True, jitter=0.3, flip=True).native(1, 6, 6)
    sources = [(picture(40, 30, seed=i), boxes((0.5, 0.5, 0.4, 0.4, i))) for i in range(2)]
    if native.tiles(number) == 1:
        return
    planes, truth = detection(native, number, sources, (32, 24))
    views = [native.view(number, tile, (40, 30), (32, 24)) for tile in range(2)]
    shown = [cropped(sources[i][0], views[i], (32, 24), by_formula) for i in range(2)]
    assert np.abs(planes * 255 - (shown[0] + shown[1]) / 2).max() < 0.51
    assert truth[:, 4].tolist() == [0, 1]
    assert views[0] != views[1]


def test_mixup_fills_what_room_there_is() -> None:
    native = DetectionAugmentation(mixup=True).native(1, 6, 6)
    sources = [(picture(9, 9), boxes(*[(0.5, 0.5, 0.5, 0.5, i)] * 4)) for i in range(2)]
    _, truth = detection(native, combined(native)[0], sources, (9, 9), max_boxes=6)
    assert truth[:, 4].tolist() == [0, 0, 0, 0, 1, 1]


def tile_colors(native, number: int, size: tuple[int, int]):
    """A mosaic of four plain colours, and the column and row of its cut."""
    sources = [(np.full((30, 40, 3), 50 * (i + 1), np.uint8), boxes()) for i in range(4)]
    planes, _ = detection(native, number, sources, size)
    values = as_bytes(planes)
    assert np.array_equal(values[0], values[2])
    cut_x = int(np.flatnonzero(values[0, 0] == 100)[0])
    cut_y = int(np.flatnonzero(values[0, :, 0] == 150)[0])
    return values[0], cut_x, cut_y


def test_a_mosaic_is_four_tiles_around_a_cut() -> None:
    native = mosaic(jitter=0.3, resize=1.5, flip=True)
    width, height = 80, 60
    cuts = []
    for number in combined(native):
        values, x, y = tile_colors(native, number, (width, height))
        expected = np.empty((height, width), int)
        expected[:y, :x], expected[:y, x:], expected[y:, :x], expected[y:, x:] = 50, 100, 150, 200
        assert np.array_equal(values, expected)
        cuts.append((x, y))
    low, high = np.min(cuts, axis=0), np.max(cuts, axis=0)
    assert low[0] >= 16
    assert low[1] >= 12
    assert high[0] <= 64
    assert high[1] <= 48
    assert (high - low > [38, 28]).all()


@given(number=st.integers(0, 10**6), bound=st.booleans(), resize=st.floats(0.5, 1.5),
       jitter=st.floats(0, 0.4))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_tiles_show_their_part_of_the_view(number, bound, resize, jitter) -> None:
    """Each tile is a shifted part of the whole view, and its boxes are shifted alike."""
    native = DetectionAugmentation(
        mosaic=True, mosaic_bound=bound, jitter=jitter, resize=resize, flip=True
    ).native(2, 6, 6)
    if native.tiles(number) == 1:
        return
    width, height = size = (64, 48)
    _, cut_x, cut_y = tile_colors(native, number, size)
    sources = [
        (picture(50, 40, seed=i), boxes((0.3, 0.4, 0.3, 0.4, i), (0.7, 0.6, 0.4, 0.3, i)))
        for i in range(4)
    ]
    planes, truth = detection(native, number, sources, size)
    values = as_bytes(planes)
    for tile in range(4):
        view = native.view(number, tile, (50, 40), size)
        whole = cropped(sources[tile][0], view, size, by_formula)
        left, right = (view.right, view.left) if view.flip else (view.left, view.right)
        rooms = {
            "left": min(cut_x, max(0, int(-left * width / 50))),
            "right": min(width - cut_x, max(0, int(-right * width / 50))),
            "top": min(cut_y, max(0, int(-view.top * height / 40))),
            "bottom": min(height - cut_y, max(0, int(-view.bottom * height / 40))),
        }
        dx = rooms["left"] if tile % 2 else width - cut_x - rooms["right"]
        dy = height - cut_y - rooms["bottom"] if tile < 2 else rooms["top"]
        x0, x1 = (cut_x, width) if tile % 2 else (0, cut_x)
        y0, y1 = (0, cut_y) if tile < 2 else (cut_y, height)
        taken = whole[:, dy : dy + y1 - y0, dx : dx + x1 - x0]
        assert np.abs(values[:, y0:y1, x0:x1] - taken).max() < 0.51
        for x, y, w, h, *_ in truth[truth[:, 4] == tile]:
            edges = np.array([x - w / 2, x + w / 2, y - h / 2, y + h / 2])
            edges *= [width, width, height, height]
            low, high = ([x0, y0], [x1, y1]) if bound else ([0, 0], [width, height])
            assert (edges >= np.repeat(low, 2) - 1.01).all()
            assert (edges <= np.repeat(high, 2) + 1.01).all()


def test_boxes_lie_on_objects_in_a_mosaic() -> None:
    """A white rectangle in each source: what is seen of it in its tile is what the box says."""
    native = mosaic(mosaic_bound=True, jitter=0.2, flip=True)
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[15:45, 20:60] = 255
    seen_boxes = 0
    for number in combined(native, 120):
        values, cut_x, cut_y = tile_colors(native, number, (96, 72))
        del values
        sources = [(pixels, boxes((0.5, 0.5, 0.5, 0.5, i))) for i in range(4)]
        planes, truth = detection(native, number, sources, (96, 72))
        for tile in range(4):
            part = np.zeros((72, 96), bool)
            part[
                slice(0, cut_y) if tile < 2 else slice(cut_y, 72),
                slice(cut_x, 96) if tile % 2 else slice(0, cut_x),
            ] = True
            seen = (planes[0] > 0.7) & part
            found = truth[truth[:, 4] == tile]
            if len(found) == 0:
                assert min(seen.any(axis=0).sum(), seen.any(axis=1).sum()) <= 3
                continue
            x, y, w, h = found[0, :4]
            box = [(x - w / 2) * 96, (x + w / 2) * 96, (y - h / 2) * 72, (y + h / 2) * 72]
            columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
            assert box == pytest.approx([columns[0], columns[-1] + 1, rows[0], rows[-1] + 1], abs=3)
            seen_boxes += 1
    assert seen_boxes > 100


def test_without_bound_a_box_may_reach_over_the_cut() -> None:
    labels = boxes((0.5, 0.5, 0.9, 0.9, 1))
    areas = {}
    for bound in (False, True):
        native = mosaic(mosaic_bound=bound, resize=0.4)
        truth = np.concatenate([
            detection(native, number, [(picture(40, 40), labels)] * 4, (40, 40))[1]
            for number in combined(native, 100)
        ])  # fmt: skip
        areas[bound] = truth[:, 2:4].prod(axis=1).mean()
    assert areas[False] > areas[True] * 1.1


def test_every_second_tile_goes_to_the_cut() -> None:
    """With jitter only: half of the tiles have nothing cut off at the sides that meet."""
    native = mosaic(jitter=0.3)
    moved = [
        native.view(n, tile, (100, 100), (64, 64)) for n in combined(native) for tile in range(4)
    ]
    at_corner = sum(view.left * view.right == 0 and view.top * view.bottom == 0 for view in moved)
    assert 0.4 < at_corner / len(moved) < 0.65


def test_what_does_not_go_together() -> None:
    with pytest.raises(ArgumentError, match="mosaic and letter_box"):
        DetectionAugmentation(mosaic=True, letter_box=True)
    native = mosaic()
    number = combined(native)[0]
    with pytest.raises(ArgumentError, match="is made of 4"):
        detection(native, number, [(picture(9, 9), boxes())], (9, 9))


def test_a_sequence_shares_its_augmentation() -> None:
    native = DetectionAugmentation(track=True, time_lines=2, jitter=0.3, flip=True, hue=0.1).native(
        4, batch=12, loads=3
    )
    for first in range(0, 36, 4):
        views = {native.view(first + i, 0, (50, 50), (32, 32)) for i in range(4)}
        assert len(views) == 1
        steps = {
            (native.source(first + i + 2, 0, 0, 1000) - native.source(first + i, 0, 0, 1000)) % 1000
            for i in range(2)
        }
        assert steps in ({1}, {2})


def test_contrastive_pairs() -> None:
    shared = DetectionAugmentation(contrastive=True, jitter=0.3, flip=True, hue=0.1).native(4)
    differ = DetectionAugmentation(
        contrastive=True, contrastive_jit_flip=True, contrastive_color=True, jitter=0.3, hue=0.1
    ).native(4)
    for first in range(0, 40, 2):
        a, b = (shared.view(first + i, 0, (50, 50), (32, 32)) for i in range(2))
        assert a == b
        assert shared.source(first, 0, 0, 1000) == shared.source(first + 1, 0, 0, 1000)
        c, d = (differ.view(first + i, 0, (50, 50), (32, 32)) for i in range(2))
        assert c[:4] != d[:4]
        assert c.hue != d.hue

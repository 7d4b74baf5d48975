"""Where boxes lie after augmentation, and which remain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.augmenting import SIZES, boxes, detection, picture, plain
from pydarknet._native_augment import View

PART = st.floats(0, 1, width=32)
LENGTH = st.floats(0.0009765625, 1, width=32)
RECORD = st.tuples(PART, PART, LENGTH, LENGTH, st.integers(-1, 11))


def expected(record, view: View, source: tuple[int, int]):
    """Edges of a box in the view, cut at its edges."""
    x, y, w, h = (float(value) for value in record[:4])
    width, height = source[0] - view.left - view.right, source[1] - view.top - view.bottom
    edges = [
        *(((x + side * w / 2) * source[0] - view.left) / width for side in (-1, 1)),
        *(((y + side * h / 2) * source[1] - view.top) / height for side in (-1, 1)),
    ]
    if view.flip:
        edges[:2] = 1 - edges[1], 1 - edges[0]
    left, right, top, bottom = np.clip(edges, 0, 1)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


@given(
    records=st.lists(RECORD, max_size=12), source=SIZES, size=SIZES,
    number=st.integers(0, 10**6), jitter=st.floats(0, 0.6), resize=st.floats(0.4, 2.5),
    flip=st.booleans(), letter_box=st.booleans(),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_boxes_move_with_the_image(
    records, source, size, number, jitter, resize, flip, letter_box
) -> None:
    native = plain(jitter=jitter, resize=resize, flip=flip, letter_box=letter_box)
    view = native.view(number, 0, source, size)
    _, truth = detection(native, number, [(picture(*source), boxes(*records))], size)
    found = {int(track): row for *row, track in truth.tolist()}
    assert len(found) == len(truth)
    for track, record in enumerate(records, 100):
        x, y, w, h = expected(record, view, source)
        known = 0 <= record[4] < 10 and not (record[0] == 0 and record[1] == 0)
        # what is a pixel large but for rounding may go either way
        slack = 1e-3
        if track in found:
            assert known
            assert found[track][4] == record[4]
            assert found[track][:4] == pytest.approx([x, y, w, h], abs=1e-4)
            assert w >= (1 - slack) / size[0]
            assert h >= (1 - slack) / size[1]
        else:
            large = w > (1 + slack) / size[0] and h > (1 + slack) / size[1]
            assert not (known and large)


@given(number=st.integers(0, 10**6), source=st.tuples(st.integers(40, 90), st.integers(40, 90)),
       x=st.floats(0.3, 0.7), y=st.floats(0.3, 0.7))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_boxes_lie_on_what_they_name(number, source, x, y) -> None:
    """A white rectangle on black: its box is where it is seen."""
    width, height = source
    left, top, right, bottom = int(width * (x - 0.2)), int(height * (y - 0.2)), int(
        width * (x + 0.2)), int(height * (y + 0.2))  # fmt: skip
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[top:bottom, left:right] = 255
    label = ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width,
             (bottom - top) / height, 3)  # fmt: skip
    native = plain(jitter=0.3, resize=1.5, flip=True)
    planes, truth = detection(native, number, [(pixels, boxes(label))], (96, 80))
    seen = planes[0] > 0.6  # brighter than the mean colour
    if not seen.any():
        return
    if len(truth) == 0:
        assert min(seen.any(axis=0).sum(), seen.any(axis=1).sum()) <= 2
        return
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    x, y, w, h = truth[0, :4]
    box = [(x - w / 2) * 96, (x + w / 2) * 96, (y - h / 2) * 80, (y + h / 2) * 80]
    painted = [columns[0], columns[-1] + 1, rows[0], rows[-1] + 1]
    # a source pixel is at most some pixels of the network wide
    assert box == pytest.approx(painted, abs=4)


def test_more_boxes_than_room() -> None:
    many = boxes(*[(0.5, 0.5, 0.1, 0.1, i % 10) for i in range(50)])
    native = plain()
    kept = []
    for number in range(30):
        _, truth = detection(native, number, [(picture(20, 20), many)], (20, 20), max_boxes=5)
        assert len(truth) == 5
        kept.append(frozenset(truth[:, 5].tolist()))
    assert len(set(kept)) == 30  # any of them may be dropped
    assert len(set.union(*map(set, kept))) > 40


def test_boxes_that_are_left_out_take_room() -> None:
    tiny = (0.5, 0.5, 0.001, 0.001, 1)
    many = boxes(*[tiny] * 10, *[(0.5, 0.5, 0.5, 0.5, 2)] * 10)
    counts = [
        len(detection(plain(), n, [(picture(20, 20), many)], (20, 20), max_boxes=10)[1])
        for n in range(40)
    ]
    assert max(counts) < 10
    assert np.mean(counts) == pytest.approx(5, abs=1)


def test_the_order_is_random_and_repeatable() -> None:
    many = boxes(*[(0.5, 0.5, 0.5, 0.5, i) for i in range(8)])
    orders = [
        tuple(detection(plain(), n, [(picture(9, 9), many)], (9, 9))[1][:, 4]) for n in range(20)
    ]
    assert len(set(orders)) > 15
    assert orders[3] == tuple(detection(plain(), 3, [(picture(9, 9), many)], (9, 9))[1][:, 4])


def test_a_view_that_shows_nothing_is_the_whole_image() -> None:
    native = plain(jitter=0.9)
    whole = 0
    for number in range(300):
        view = native.view(number, 0, (50, 40), (32, 32))
        width, height = 50 - view.left - view.right, 40 - view.top - view.bottom
        assert width > 0
        assert height > 0
        assert view.left < 50
        assert view.top < 40
        whole += view[:4] == (0, 0, 0, 0)
    assert 20 < whole < 250

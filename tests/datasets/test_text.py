"""Texts, and the streams that read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import ArgumentError, ClosedError, DataError
from pydarknet.datasets import Batch, Position, TextDataset, TextLoader

TEXT = bytes(range(1, 100))
"""Each byte once: a byte says where it stands."""


def shown(batch: Batch, streams: int) -> np.ndarray:
    """Bytes of the input, (steps, streams)."""
    assert (batch.input.sum(axis=1) == 1).all()
    return batch.input.argmax(axis=1).reshape(-1, streams)


def test_a_step_of_every_stream_then_the_next() -> None:
    batch = next(TextLoader(TextDataset(TEXT), streams=3, steps=4, seed=1))
    assert batch.input.shape == (12, 256, 1, 1)
    assert batch.truth.shape == (12, 256)
    bytes_ = shown(batch, 3)
    assert len(set(bytes_[0])) > 1  # streams are at places of their own
    following = batch.truth.argmax(axis=1).reshape(4, 3)
    np.testing.assert_array_equal(following, bytes_ % 99 + 1)  # behind the end comes the beginning
    np.testing.assert_array_equal(following[:-1], bytes_[1:])


def test_streams_go_on_and_jump() -> None:
    loader = TextLoader(TextDataset(TEXT), streams=4, steps=5, seed=3)
    last, jumped = None, 0
    for batch in (next(loader) for _ in range(300)):
        bytes_ = shown(batch, 4)
        if last is not None:
            for stream in range(4):
                goes_on = bytes_[0, stream] == last[stream] % 99 + 1
                assert goes_on or stream in batch.resets
            jumped += len(batch.resets)
        else:
            assert batch.resets == (0, 1, 2, 3)
        last = bytes_[-1]
    assert 5 <= jumped <= 45  # one in 64 of 1,196


@given(
    st.integers(0, 200), st.integers(1, 5), st.integers(1, 7), st.integers(0, 9),
)  # fmt: skip
def test_goes_on_where_it_was(at: int, streams: int, steps: int, seed: int) -> None:
    text = TextDataset(TEXT)
    loader = TextLoader(text, streams=streams, steps=steps, seed=seed)
    for _ in range(at):
        next(loader)
    again = TextLoader(
        text, streams=streams, steps=steps, position=Position(**loader.position.as_dict())
    )
    for _ in range(3):
        one, other = next(loader), next(again)
        assert (one.number, one.first_image, one.resets, one.paths) == (
            other.number, other.first_image, other.resets, other.paths
        )  # fmt: skip
        np.testing.assert_array_equal(one.input, other.input)
        np.testing.assert_array_equal(one.truth, other.truth)
        assert loader.position == again.position


def test_places_have_lines() -> None:
    text = TextDataset(b"one\ntwo\nthree\n", name="x.txt")
    assert [text.line_of(at) for at in (0, 3, 4, 8, 13)] == [1, 1, 2, 3, 3]
    (places,) = next(TextLoader(text, streams=1, steps=2)).paths
    assert places[0] in ("x.txt:1", "x.txt:2", "x.txt:3")


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        (b"a", 256, r"^x.txt holds 1 bytes, expected 2 or more"),
        (b"ab\nc\0", 256, r"^x.txt:2: a byte with the value 0, expected 1 to 255"),
        ("a\nb\nö".encode(), 128, r"^x.txt:3: a byte with the value 195, expected 1 to 127"),
    ],
)
def test_wrong_texts(text: bytes, inputs: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(text)
    with pytest.raises(DataError, match=message):
        TextDataset(text, inputs=inputs, name="x.txt")
    with pytest.raises(DataError):
        TextDataset.open(tmp_path / "x.txt", inputs=inputs)


def test_wrong_use() -> None:
    text = TextDataset(TEXT)
    with pytest.raises(ArgumentError, match="streams=0"):
        TextLoader(text, streams=0, steps=1)
    with pytest.raises(DataError, match="is not the one"):
        TextLoader(text, streams=1, steps=1, position=Position(digest="another"))
    loader = TextLoader(text, streams=1, steps=1)
    loader.close()
    with pytest.raises(ClosedError):
        next(loader)

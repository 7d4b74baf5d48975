"""How well a text is foretold, for networks whose answers are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pydarknet import ArgumentError
from pydarknet.metrics import foretell


class Knowing:
    """Gives the byte that is one more a probability, all others the same."""

    def __init__(self, count: int, chance: float = 0.5) -> None:
        self.count, self.chance = count, chance

    def step(self, x: Any) -> list[np.ndarray]:
        shown = np.asarray(x).reshape(self.count, -1).argmax(axis=1)
        output = np.full((self.count, 100), (1 - self.chance) / 99, np.float32)
        output[np.arange(self.count), (shown + 1) % 100] = self.chance
        return [output]

    def __enter__(self) -> Knowing:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("length", [2, 3, 64, 65, 66, 1000])
def test_of_known_answers(length: int) -> None:
    text = bytes(i % 100 for i in range(length))
    found = foretell(Knowing, text, 100)
    assert found.nats == pytest.approx(math.log(2))
    assert (found.bits, found.perplexity, found.likelihood) == pytest.approx((1, 2, 0.5))
    assert found.accuracy == 1
    assert length - 64 < found.count < length


def test_a_wrong_answer_is_finite() -> None:
    found = foretell(lambda count: Knowing(count, 1), bytes([1, 2, 4]), 100)
    assert found.accuracy == 0.5
    assert 10 < found.nats < 14


def test_only_the_beginning() -> None:
    assert foretell(Knowing, bytes(range(1, 99)), 100, most=33).count == 32


def test_wrong_texts() -> None:
    for text in (b"", b"a", bytes([1, 100])):
        with pytest.raises(ArgumentError, match="expected 2 or more, below 100"):
            foretell(Knowing, text, 100)

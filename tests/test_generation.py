"""Text that a network of characters makes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pydarknet import ArgumentError, CfgError, Network
from pydarknet.generation import _chosen, generate

CFG = "[net]\ninputs=128\n[gru]\noutput=8\n[connected]\noutput=128\nactivation=linear\n[softmax]\n"


@pytest.fixture
def network() -> Network:
    return Network.from_text(CFG, precision="f32")


def test_the_same_seed_gives_the_same_text(network: Network) -> None:
    def text(**options: object) -> bytes:
        return b"".join(generate(network, "ab", length=20, **options))  # type: ignore[arg-type]

    assert len(text()) == 20
    assert text(seed=1) == text(seed=1) != text(seed=2)
    assert text(temperature=0) == text(temperature=0, seed=5)


def test_the_whole_prompt_is_remembered(network: Network) -> None:
    one, other = (
        list(generate(network, prompt, length=1, seed=3, temperature=0)) for prompt in ("xab", "ab")
    )
    with network.sequences() as sequence:
        for byte in b"xab":
            (output,) = sequence.step(np.eye(128)[byte : byte + 1])
    assert one == [bytes([int(output.argmax())])]
    assert len(other) == 1


def test_temperature() -> None:
    """Probabilities to the power of its reciprocal; below a ten thousandth nothing comes."""
    output = np.array([0.6, 0.3, 0.0999, 0.00009], np.float32)
    random = np.random.default_rng(0)
    count = 20000

    def parts(temperature: float) -> list[float]:
        found = Counter(_chosen(output, temperature, random) for _ in range(count))
        return [found[i] / count for i in range(4)]

    assert parts(1) == pytest.approx([0.6, 0.3, 0.1, 0], abs=0.02)
    squares = np.array([0.36, 0.09, 0.00998, 0])
    assert parts(0.5) == pytest.approx(list(squares / squares.sum()), abs=0.02)
    assert parts(1)[3] == 0
    assert parts(0) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prompt": ""}, "expected one byte or more"),
        ({"prompt": "ö"}, "each below 128"),
        ({"length": -1}, "length=-1"),
        ({"temperature": -1}, "temperature=-1"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"temperature": "hot"}, "temperature='hot'"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_wrong_arguments(network: Network, change: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        generate(network, **change)  # type: ignore[arg-type]


def test_other_networks(tmp_path: Path) -> None:
    for text in (CFG.replace("[softmax]\n", ""), CFG.replace("output=128", "output=100"),
                 "[net]\nwidth=8\nheight=8\nchannels=3\n[avgpool]\n[softmax]\n"):  # fmt: skip
        with pytest.raises(CfgError, match="expected"):
            generate(Network.from_text(text))

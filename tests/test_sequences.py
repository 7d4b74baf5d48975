"""A recurrent network remembers from step to step, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import CLASSIFIER

from pydarknet import ArgumentError, ClosedError, DataError, Network

LAYERS = {
    "rnn": "[rnn]\noutput=4\nhidden=5\nactivation=tanh\n",
    "gru": "[gru]\noutput=4\n",
    "lstm": "[lstm]\noutput=4\n",
    "crnn": "[crnn]\noutput=4\nhidden=5\nsize=1\nactivation=tanh\n",
}


@pytest.fixture(params=sorted(LAYERS))
def network(request: pytest.FixtureRequest) -> Network:
    return Network.from_text("[net]\ninputs=3\n" + LAYERS[request.param], precision="f32")


def test_each_sequence_has_its_own_memory(network: Network) -> None:
    inputs = np.random.default_rng(0).random((5, 2, 3), np.float32)
    with network.sequences(2) as both:
        together = [both.step(x)[-1] for x in inputs]
    for number in range(2):
        with network.sequences() as alone:
            for step, x in enumerate(inputs):
                (output,) = alone.step(x[number : number + 1])
                np.testing.assert_allclose(output[0], together[step][number], atol=1e-6)


def test_reset(network: Network) -> None:
    x = np.ones((2, 3), np.float32)
    with network.sequences(2) as sequences:
        first, second = sequences.step(x)[-1], sequences.step(x)[-1]
        assert not np.allclose(first, second)
        sequences.reset()
        np.testing.assert_array_equal(sequences.step(x)[-1], first)
        sequences.reset(1)
        mixed = sequences.step(x)[-1]
        np.testing.assert_array_equal(mixed[0], second[0])
        np.testing.assert_array_equal(mixed[1], first[1])
        for wrong in (-1, 2):
            with pytest.raises(ArgumentError, match=f"sequence={wrong}"):
                sequences.reset(wrong)


def test_predict_begins_anew(network: Network) -> None:
    x = np.ones((1, 3), np.float32)
    (first,) = network.predict(x)
    with network.sequences() as sequence:
        np.testing.assert_array_equal(sequence.step(x)[-1], first)
        sequence.step(x)
        np.testing.assert_array_equal(network.predict(x)[-1], first)
    index = len(network.layers) - 1
    one = network.layer_outputs(x)[index]
    np.testing.assert_array_equal(network.layer_outputs(x)[index], one)


def test_wrong_use(network: Network) -> None:
    with pytest.raises(ArgumentError, match="count=0"):
        network.sequences(0)
    sequences = network.sequences(2)
    with pytest.raises(DataError, match="holds 1 steps, expected 2"):
        sequences.step(np.ones((1, 3)))
    with pytest.raises(DataError, match="shape"):
        sequences.step(np.ones((2, 4)))
    sequences.close()
    sequences.close()
    with pytest.raises(ClosedError):
        sequences.step(np.ones((2, 3)))
    network.close()
    with pytest.raises(ClosedError):
        network.sequences()


def test_a_network_without_memory() -> None:
    with pytest.raises(ArgumentError, match="remembers nothing"):
        Network.from_text(CLASSIFIER).sequences()

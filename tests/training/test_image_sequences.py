"""sequential_subdivisions and seq_scales: the step of an update, and the order of images."""

from __future__ import annotations

import numpy as np
import pytest

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.datasets import DetectionAugmentation
from pydarknet.datasets.image_sequences import Sequences

STEPS = "policy=steps\nsteps=3,5,6\nscales=1,1,1\nseq_scales=.5,.5\n"


def steps_of(keys: str, updates: int = 8) -> list[float]:
    """By how far one weight moves in each update; its gradient is the same in all."""
    text = (
        f"[net]\ninputs=1\nbatch=16\nsubdivisions=8\nmomentum=0\ndecay=0\nlearning_rate=.01\n"
        f"max_batches=100\n{keys}\n[connected]\noutput=1\nactivation=linear\n[cost]\n"
    )
    trainer = NativeTrainer(NativeNetwork(text.encode(), "<text>"), TrainerOptions())
    moves = []
    for _ in range(updates):
        trainer.set_value(0, 0, np.zeros(1, np.float32))
        trainer.set_value(0, 1, np.zeros(1, np.float32))
        for _ in range(8):
            trainer.set_input(np.ones((2, 1, 1, 1), np.float32))
            trainer.set_truth(np.ones((2, 1), np.float32))
            trainer.run()
        trainer.update()
        moves.append(float(trainer.value(0, 1, (1,))[0]))
    return moves


@pytest.mark.parametrize(
    ("keys", "lengths"),
    [
        ("", [1] * 8),
        ("sequential_subdivisions=8", [1] * 8),
        ("sequential_subdivisions=99", [1] * 8),
        ("sequential_subdivisions=0", [8] * 8),
        ("sequential_subdivisions=3", [2] * 8),
        # behind 3 and 5 updates there are half as many sequences, twice as long
        (f"track=1\n{STEPS}", [1, 1, 1, 2, 2, 4, 4, 4]),
        (f"track=1\nsequential_subdivisions=2\n{STEPS}", [4, 4, 4, 8, 8, 8, 8, 8]),
        (STEPS, [1] * 8),
        ("track=1\n" + STEPS.replace("policy=steps", "policy=constant"), [1] * 8),
    ],
)
def test_the_rate_is_divided_by_the_length_of_sequences(keys: str, lengths: list[int]) -> None:
    plain = steps_of("")[0]
    assert plain == pytest.approx(0.01)
    np.testing.assert_allclose(steps_of(keys), [plain / length for length in lengths], rtol=1e-6)
    options = dict(line.split("=") for line in keys.split())
    if "track" in options:
        sequences = Sequences.from_options({"subdivisions": 8, **options})
        assert [8 // sequences.count(update) for update in range(8)] == lengths


def test_images_go_on_from_mini_batch_to_mini_batch() -> None:
    """Lines side by side are the images of a mini-batch, whatever its time steps."""
    net = {"batch": 12, "subdivisions": 4, "time_steps": 2, "track": 1, "augment_speed": 1,
           "policy": "steps", "steps": "1", "seq_scales": ".5"}  # fmt: skip
    augmentation = DetectionAugmentation.from_options(net, {})
    assert augmentation.sequences is not None
    assert augmentation.time_lines == 3
    update = 3 * 2 * 4  # images
    for number, count in ((0, 4), (1, 2), (2, 2)):
        assert augmentation.sequences.count(number) == count
        native = augmentation.native(7, update, count)
        begins = []
        for sequence in range(count):
            length = update // count
            first = number * update + sequence * length
            found = [native.source(first + i, 0, 0, 100_000) for i in range(length)]
            begins += found[:3]
            for line in range(3):
                assert np.diff(found[line::3]).tolist() == [1] * (length // 3 - 1)
        assert len(set(begins)) == 3 * count

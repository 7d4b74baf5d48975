"""Batches: the same with any number of threads, after going on, and none left behind."""

from __future__ import annotations

import gc
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from small_networks import RunPython

from datasets.small_sets import write_set
from pydarknet import ArgumentError, ClosedError, DataError
from pydarknet._native import FloatArray
from pydarknet.datasets import (
    Batch,
    DetectionAugmentation,
    DetectionDataset,
    DetectionSamples,
    Loader,
    Position,
)

EVERYTHING = DetectionAugmentation(
    jitter=0.3, resize=1.3, flip=True, hue=0.1, saturation=1.5, exposure=1.5, blur=5,
    gaussian_noise=9, mosaic=True,
)  # fmt: skip


@pytest.fixture
def samples(tmp_path: Path) -> DetectionSamples:
    dataset = DetectionDataset.open(write_set(tmp_path / "a"))
    return DetectionSamples(dataset, EVERYTHING, max_boxes=9, update=8)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("pydarknet-loader")]


def take(loader: Loader, count: int) -> list[Batch]:
    return [next(loader) for _ in range(count)]


def same(a: Batch, b: Batch) -> bool:
    return (
        (a.number, a.first_image, a.paths) == (b.number, b.first_image, b.paths)
        and a.input.tobytes() == b.input.tobytes()
        and a.truth.tobytes() == b.truth.tobytes()
    )


def test_batches(samples: DetectionSamples) -> None:
    with Loader(samples, batch=4, size=(32, 24)) as loader:
        for number, batch in enumerate(take(loader, 3)):
            assert (batch.number, batch.first_image) == (number, 4 * number)
            assert batch.input.shape == (4, 3, 24, 32)
            assert batch.input.dtype == np.float32
            assert batch.truth.shape == (4, 9 * 6)
            assert 0 <= batch.input.min() < batch.input.max() <= 1
            assert len(batch.paths) == 4
            assert {len(paths) for paths in batch.paths} <= {1, 4}
            assert set(sum(batch.paths, ())) <= set(samples.dataset.images)


@pytest.mark.parametrize("workers", [2, 3, 7])
@pytest.mark.parametrize("prefetch", [0, 3])
def test_the_same_with_any_number_of_threads(
    workers: int, prefetch: int, samples: DetectionSamples
) -> None:
    with Loader(samples, batch=5, size=(32, 24), seed=3, workers=1) as loader:
        expected = take(loader, 8)
    with Loader(
        samples, batch=5, size=(32, 24), seed=3, workers=workers, prefetch=prefetch
    ) as loader:
        found = take(loader, 8)
    assert all(map(same, expected, found))


def test_the_seed_matters(samples: DetectionSamples) -> None:
    with Loader(samples, batch=8, size=(32, 24), seed=1) as a, Loader(
        samples, batch=8, size=(32, 24), seed=2
    ) as b:  # fmt: skip
        assert not same(next(a), next(b))


def test_images_do_not_depend_on_the_batch(samples: DetectionSamples) -> None:
    with Loader(samples, batch=8, size=(32, 24)) as a, Loader(samples, batch=2, size=(32, 24)) as b:
        large = next(a)
        small = take(b, 4)
    assert np.array_equal(large.input, np.concatenate([batch.input for batch in small]))
    assert np.array_equal(large.truth, np.concatenate([batch.truth for batch in small]))


def test_going_on(samples: DetectionSamples) -> None:
    with Loader(samples, batch=3, size=(32, 24), seed=7) as loader:
        expected = take(loader, 6)
    with Loader(samples, batch=3, size=(32, 24), seed=7, prefetch=3) as loader:
        take(loader, 2)
        saved = json.dumps(loader.position.as_dict())
    position = Position(**json.loads(saved))
    assert (position.batches, position.images, position.seed) == (2, 6, 7)
    with Loader(samples, batch=3, size=(32, 24), position=position) as loader:
        assert all(map(same, expected[2:], take(loader, 4)))


def test_going_on_with_another_list(samples: DetectionSamples, tmp_path: Path) -> None:
    other = DetectionSamples(DetectionDataset.open(write_set(tmp_path / "b", 5)), EVERYTHING)
    with Loader(other, batch=2, size=(8, 8)) as loader, pytest.raises(DataError, match="saved"):
        Loader(samples, batch=2, size=(8, 8), position=loader.position)


def test_sizes_are_asked_for_once_in_order(samples: DetectionSamples) -> None:
    asked: list[int] = []

    def size(number: int) -> tuple[int, int]:
        asked.append(number)
        return 8 + 8 * (number % 3), 16

    with Loader(samples, batch=2, size=size, prefetch=2) as loader:
        shapes = [batch.input.shape for batch in take(loader, 5)]
    assert shapes == [(2, 3, 16, 8 + 8 * (number % 3)) for number in range(5)]
    assert asked == list(range(7))


def test_a_size_that_cannot_be_given(samples: DetectionSamples) -> None:
    def size(number: int) -> tuple[int, int]:
        if number == 1:
            raise RuntimeError("no size")
        return 8, 8

    with Loader(samples, batch=2, size=size, prefetch=0) as loader:
        next(loader)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no size"):
                next(loader)
    with Loader(samples, batch=2, size=(0, 8)) as loader, pytest.raises(ArgumentError, match="0x8"):
        next(loader)


def test_no_thread_is_left(samples: DetectionSamples) -> None:
    loader = Loader(samples, batch=2, size=(32, 24), workers=3, prefetch=4)
    assert threads() == []
    next(loader)
    assert len(threads()) == 3
    loader.close()
    assert threads() == []
    loader.close()
    with pytest.raises(ClosedError):
        next(loader)
    forgotten = Loader(samples, batch=2, size=(32, 24), workers=2)
    next(forgotten)
    del forgotten
    gc.collect()
    assert threads() == []


class Faulty:
    """Samples of which some raise."""

    channels, truth_size, digest = 1, 1, "faulty"

    def __init__(self, wrong: dict[int, BaseException], delay: float = 0) -> None:
        self.wrong = wrong
        self.delay = delay

    def make(self, seed: int, image: int, input: FloatArray, truth: FloatArray) -> tuple[str, ...]:
        time.sleep(self.delay)
        if image in self.wrong:
            raise self.wrong[image]
        input.fill(image)
        truth.fill(image)
        return (str(image),)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_failure_reaches_the_consumer_in_its_turn(workers: int) -> None:
    wrong = {6: DataError("six"), 5: DataError("five"), 13: MemoryError("thirteen")}
    with Loader(Faulty(wrong), batch=4, size=(2, 2), workers=workers, prefetch=4) as loader:
        assert next(loader).truth.ravel().tolist() == [0, 1, 2, 3]
        with pytest.raises(DataError, match="five"):
            next(loader)
        assert loader.position.batches == 2
        assert next(loader).truth.ravel().tolist() == [8, 9, 10, 11]
        with pytest.raises(MemoryError):
            next(loader)
        assert next(loader).number == 4
    assert threads() == []


def test_a_worker_survives_what_it_raises() -> None:
    with Loader(Faulty({0: SystemExit(), 1: KeyboardInterrupt()}), batch=1, size=(1, 1)) as loader:
        for kind in (SystemExit, KeyboardInterrupt):
            with pytest.raises(kind):
                next(loader)
        assert next(loader).number == 2


def test_an_image_that_breaks_while_training(samples: DetectionSamples) -> None:
    broken = samples.dataset.images[2]
    Path(broken).write_bytes(b"\xff\xd8\xff\xe0 no more")
    with Loader(samples, batch=4, size=(16, 16)) as loader, pytest.raises(DataError) as caught:
        take(loader, 20)
    assert caught.value.file == broken
    assert threads() == []


def test_images_that_break_are_skipped(samples: DetectionSamples) -> None:
    images = samples.dataset.images
    Path(images[2]).write_bytes(b"\xff\xd8\xff\xe0 no more")
    Path(images[4]).unlink()
    found = []
    for workers in (1, 3):
        lenient = DetectionSamples(
            samples.dataset, EVERYTHING, max_boxes=9, update=8, on_bad_data="skip"
        )
        with Loader(lenient, batch=4, size=(16, 16), workers=workers) as loader:
            found.append(take(loader, 10))
        assert set(lenient.skipped) == {images[2], images[4]}
    assert all(map(same, *found))
    used = {path for batch in found[0] for paths in batch.paths for path in paths}
    assert used == set(images) - {images[2], images[4]}


def test_nothing_can_be_read(samples: DetectionSamples) -> None:
    for image in samples.dataset.images:
        Path(image).unlink()
    lenient = DetectionSamples(samples.dataset, EVERYTHING, on_bad_data="skip")
    with Loader(lenient, batch=1, size=(8, 8)) as loader, pytest.raises(
        DataError, match="100 images in a row"
    ):  # fmt: skip
        next(loader)


def test_values_out_of_range(samples: DetectionSamples) -> None:
    for keys in ({"batch": 0}, {"workers": 0}, {"prefetch": -1}, {"seed": -1}):
        with pytest.raises(ArgumentError, match=f"{next(iter(keys))}="):
            Loader(samples, **{"batch": 1, "size": (8, 8), **keys})
    with pytest.raises(ArgumentError, match="max_boxes=0"):
        DetectionSamples(samples.dataset, None, max_boxes=0)


INTERRUPTED = """
import os, signal, sys, threading, time
from pydarknet.datasets import Loader

class Slow:
    channels, truth_size, digest = 1, 1, ""
    def make(self, seed, image, input, truth):
        time.sleep(0.05 if image < 2 else 30 if sys.argv[1] == "stuck" else 0.05)
        return ("",)

with Loader(Slow(), batch=2, size=(2, 2), prefetch=1) as loader:
    next(loader)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    try:
        while True:
            next(loader)
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - start < 5, flush=True)
        if sys.argv[1] == "stuck":
            os._exit(0)
print(len([t for t in threading.enumerate() if "loader" in t.name]))
"""


@pytest.mark.parametrize("kind", ["busy", "stuck"])
def test_an_interrupt_reaches_the_consumer(kind: str, run_python: RunPython) -> None:
    run = run_python("-c", INTERRUPTED, kind)
    assert run.stderr == b""
    assert run.stdout.split() == [b"interrupted", b"True", *([b"0"] if kind == "busy" else [])]


def test_a_program_may_end_with_an_open_loader(run_python: RunPython) -> None:
    code = INTERRUPTED.partition("with Loader")[0]
    code += "loader = Loader(Slow(), batch=2, size=(2, 2))\nnext(loader)\nprint('end')\n"
    run = run_python("-c", code, "busy")
    assert (run.returncode, run.stdout, run.stderr) == (0, b"end\n", b"")


def test_memory_stays(samples: DetectionSamples) -> None:
    """Batches that were handed out and dropped are not kept."""
    import weakref

    with Loader(samples, batch=2, size=(16, 16)) as loader:
        dropped = [weakref.ref(next(loader).input) for _ in range(12)]
        gc.collect()
        assert sum(ref() is not None for ref in dropped) <= 1


def test_batches_of_different_counts(tmp_path: Path) -> None:
    samples = DetectionSamples(DetectionDataset.open(write_set(tmp_path / "x")), None)

    def count(number: int) -> int:
        return 1 + number % 3

    with Loader(samples, batch=count, size=(16, 16)) as loader:
        batches = [next(loader) for _ in range(5)]
        position = loader.position
    assert [len(batch.input) for batch in batches] == [1, 2, 3, 1, 2]
    assert [batch.first_image for batch in batches] == [0, 1, 3, 6, 7]
    assert (position.batches, position.images) == (5, 9)
    with Loader(samples, batch=count, size=(16, 16), position=position) as loader:
        assert next(loader).first_image == 9
    with (
        Loader(samples, batch=lambda number: 0, size=(8, 8)) as loader,
        pytest.raises(ArgumentError, match="a batch of 0 images"),
    ):
        next(loader)

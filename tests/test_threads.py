"""Any number of threads use one network, and get what one thread gets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from small_networks import open_small

from pydarknet import ClosedError, Detections, Network

Pixels = npt.NDArray[np.uint8]


def pictures(count: int) -> list[Pixels]:
    random = np.random.default_rng(5)
    sizes = random.integers(20, 120, (count, 2))
    return [random.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]


def in_threads(network: Network, images: list[Pixels], threads: int) -> list[list[Detections]]:
    ready = threading.Barrier(threads)

    def work(first: int) -> list[Detections]:
        ready.wait()
        order = [*range(first, len(images)), *range(first)]
        found = {i: network.detect(images[i], threshold=0.2) for i in order}
        return [found[i] for i in range(len(images))]

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))


@pytest.mark.parametrize("precision", ["f32", "auto"])
def test_eight_threads_give_what_one_gives(precision: str, detector_folder: Path) -> None:
    images = pictures(40)
    with open_small(detector_folder, "small", precision=precision) as network:
        expected = [network.detect(image, threshold=0.2) for image in images]
        assert sum(map(len, expected)) > 100
        for found in in_threads(network, images, 8):
            assert found == expected


def test_eight_threads_on_a_real_network(shared: Path) -> None:
    folder = shared / "models" / "yolo-fastest-1.1"
    with Network(folder / "yolo-fastest-1.1.cfg", folder / "yolo-fastest-1.1.weights") as network:
        names = ("dog.jpg", "eagle.jpg", "giraffe.jpg", "person.jpg")
        files = [(shared / "images" / name).read_bytes() for name in names]
        expected = [network.detect(file) for file in files]
        assert all(len(found) > 0 for found in expected)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda i: network.detect(files[i % 4]), range(64)))
        assert found == expected * 16


def test_closing_while_others_run(detector_folder: Path) -> None:
    network = open_small(detector_folder, "small")
    image = pictures(1)[0]
    expected = network.detect(image, threshold=0.2)
    started = threading.Semaphore(0)

    def work() -> int:
        runs = 0
        try:
            while True:
                assert network.detect(image, threshold=0.2) == expected
                runs += 1
                started.release()
        except ClosedError:
            return runs

    with ThreadPoolExecutor(4) as pool:
        works = [pool.submit(work) for _ in range(4)]
        for _ in range(8):
            assert started.acquire(timeout=30)
        network.close()
        assert sum(one.result(timeout=30) for one in works) >= 8


def test_resizing_while_others_run(detector_folder: Path) -> None:
    network = open_small(detector_folder, "small", precision="f32")
    image = pictures(1)[0]
    sizes = [(64, 64), (96, 64), (32, 32)]
    expected = []
    for size in sizes:
        network.resize(*size)
        expected.append(network.detect(image, threshold=0.2))
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            assert network.detect(image, threshold=0.2) in expected

    with ThreadPoolExecutor(3) as pool:
        works = [pool.submit(work) for _ in range(3)]
        for turn in range(30):
            network.resize(*sizes[turn % 3])
        done.set()
        for one in works:
            one.result(timeout=30)

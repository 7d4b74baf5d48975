"""Nothing is written to stdout or stderr: not by Python, the engine or its libraries."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_networks import RunPython

IMPORT = "import pydarknet; pydarknet.Network; pydarknet.info()"

DETECT = """
import sys
import numpy, pydarknet
folder, picture = sys.argv[1:]
with pydarknet.Network(
    folder + "/small.cfg", folder + "/small.weights", names=folder + "/small.names"
) as network:
    network.detect(picture, threshold=0.1)
    network.detect([picture] * 3)
    network.predict(numpy.zeros((1, 3, 64, 64)))
    network.layer_outputs(numpy.zeros((1, 3, 64, 64)))
    network.resize(32, 32)
    pydarknet.save_image("out.png", pydarknet.draw(picture, network.detect(picture)))
    network.save_weights("out.weights")
"""

MISTAKES = """
import sys
import pydarknet
folder, picture = sys.argv[1:]
network = pydarknet.Network(folder + "/small.cfg", folder + "/small.weights")
data = open(picture, "rb").read()
seen = 0
for call in (
    lambda: pydarknet.Network.from_text("[net]"),
    lambda: pydarknet.Network(folder + "/small.cfg", picture),
    lambda: network.detect(b"no image"),
    lambda: network.detect(data[:200]),
    lambda: network.detect(b"GIF89a nothing"),
    lambda: network.detect(b"\\xff\\xd8\\xff\\xe0\\x00\\x10JFIF"),
    lambda: network.save_weights("/proc/none"),
    lambda: pydarknet.save_image("x.exr", pydarknet.load_image(picture).pixels),
    lambda: network.resize(10**6, 10**6),
):
    try:
        call()
    except (pydarknet.DarknetError, OSError):
        seen += 1
sys.exit(0 if seen == 9 else f"{seen} of 9 were refused")
"""


DAMAGED = """
import random, sys
import cv2
import pydarknet
folder, picture = sys.argv[1:]
network = pydarknet.Network(folder + "/small.cfg", folder + "/small.weights")
pixels = cv2.imread(picture)
chance = random.Random(3)
decoded = refused = 0
for ending in (".jpg", ".png"):
    whole = cv2.imencode(ending, pixels)[1].tobytes()
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            network.detect(bytes(data))
            decoded += 1
        except pydarknet.DataError:
            refused += 1
assert decoded > 10 and refused > 10, (decoded, refused)
"""


@pytest.mark.parametrize(
    "code", [IMPORT, DETECT, MISTAKES, DAMAGED], ids=["import", "detect", "mistakes", "damaged"]
)
def test_silence(
    code: str, run_python: RunPython, detector_folder: Path, picture_file: Path
) -> None:
    done = run_python("-c", code, detector_folder, picture_file)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_stderr_is_there_again(run_python: RunPython, picture_file: Path) -> None:
    code = """
import ctypes, os, sys, threading
import pydarknet
threads = [threading.Thread(target=pydarknet.load_image, args=(sys.argv[1],)) for _ in range(8)]
for thread in threads:
    thread.start()
print("python", file=sys.stderr, flush=True)
for thread in threads:
    thread.join()
ctypes.CDLL(None).perror(b"C")
"""
    done = run_python("-c", code, picture_file)
    assert (done.returncode, done.stdout) == (0, b"")
    words = done.stderr.decode().splitlines()
    assert words[0] == "python"
    assert words[1].startswith("C: ")


def test_importing_leaves_the_process_as_it_was(run_python: RunPython) -> None:
    code = """
import os, sys, threading
before = dict(os.environ)
import pydarknet
assert dict(os.environ) == before
assert threading.active_count() == 1
heavy = {"cv2", "requests", "tqdm", "onnx", "pydarknet._engine"} & set(sys.modules)
assert not heavy, heavy
"""
    done = run_python("-c", code)
    assert (done.returncode, done.stderr) == (0, b"")

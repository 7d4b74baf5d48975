"""A process that runs for weeks does not grow."""

from __future__ import annotations

import pytest
from small_networks import RunPython

pytest.importorskip("psutil")

DETECTIONS = """
import sys
import numpy, psutil, pydarknet
folder = sys.argv[1]
me = psutil.Process()
random = numpy.random.default_rng(1)
pictures = [random.integers(0, 256, (h, 60, 3), numpy.uint8) for h in (40, 50, 60, 70)]
network = pydarknet.Network(folder + "/small.cfg", folder + "/small.weights")
for turn in range(10_500):
    network.detect(pictures[turn % 4], threshold=0.1)
    if turn == 499:
        before = me.memory_info().rss
print(me.memory_info().rss - before)
"""

NETWORKS = """
import sys
import numpy, psutil, pydarknet
folder = sys.argv[1]
me = psutil.Process()
picture = numpy.full((50, 60, 3), 90, numpy.uint8)
for turn in range(220):
    with pydarknet.Network(folder + "/small.cfg", folder + "/small.weights") as network:
        network.detect(picture)
    if turn == 19:
        before = me.memory_info().rss
print(me.memory_info().rss - before)
"""

FAILURES = """
import sys
import psutil, pydarknet
folder = sys.argv[1]
me = psutil.Process()
cfg = open(folder + "/small.cfg").read()
wrong = cfg.replace("classes=2", "classes=3"), cfg + "[route]\\nlayers=-99\\n"
network = pydarknet.Network(folder + "/small.cfg")
for turn in range(2_200):
    for call in (
        lambda: pydarknet.Network.from_text(wrong[turn % 2]),
        lambda: pydarknet.Network(folder + "/small.cfg", folder + "/small.names"),
        lambda: network.detect(b"no image"),
    ):
        try:
            call()
        except pydarknet.DarknetError:
            continue
        sys.exit("nothing was refused")
    if turn == 199:
        before = me.memory_info().rss
print(me.memory_info().rss - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "limit"),
    [(DETECTIONS, 5), (NETWORKS, 10), (FAILURES, 5)],
    ids=["10,000 detections", "200 networks", "2,000 refusals"],
)
def test_growth_in_megabytes(
    code: str, limit: int, run_python: RunPython, detector_folder: object
) -> None:
    done = run_python("-c", code, detector_folder, timeout=900)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < limit * 1_000_000

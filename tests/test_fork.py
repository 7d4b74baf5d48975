"""Processes that `fork` made use the network of their parent, or one of their own."""

from __future__ import annotations

from pathlib import Path

from small_networks import RunPython

SCRIPT = """
import multiprocessing, sys
import numpy as np
import pydarknet
import pydarknet.training

cfg = (
    "[net]\\nwidth=64\\nheight=64\\nchannels=3\\nbatch=2\\nmax_batches=3\\n"
    "[convolutional]\\nbatch_normalize=1\\nfilters=32\\nsize=3\\npad=1\\nactivation=leaky\\n"
    "[convolutional]\\nfilters=24\\nsize=1\\nactivation=linear\\n"
    "[yolo]\\nmask=0,1,2\\nanchors=8,8, 16,16, 32,32\\nclasses=3\\nnum=3\\n"
)
x = np.random.default_rng(0).random((2, 3, 64, 64), np.float32)
truth = np.zeros((2, 200 * 6), np.float32)
truth[:, :4] = 0.5
network = pydarknet.Network.from_text(cfg, threads=2)


def train():
    return pydarknet.training.replay(cfg, None, x, truth, steps=1, threads=2).weights_bytes[0]


def work(index):
    one = network if index else pydarknet.Network.from_text(cfg, threads=2)
    one.resize(32, 32)  # a plan that the parent has not compiled
    small = one.predict(x[:, :, :32, :32])[0]
    one.resize(64, 64)
    return one.predict(x)[0], small, train()


if __name__ == "__main__":
    expected = network.predict(x)[0], train()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for index, (whole, small, weights) in enumerate(pool.map(work, range(4), 1)):
            assert np.isfinite(small).all()
            assert weights == expected[1]
            assert not index or (whole == expected[0]).all()
    assert (network.predict(x)[0] == expected[0]).all()  # the parent goes on
    print("equal")
"""


def test_children_of_a_fork_give_what_the_parent_gives(
    tmp_path: Path, run_python: RunPython
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = run_python(str(script), timeout=120)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout == b"equal\n"

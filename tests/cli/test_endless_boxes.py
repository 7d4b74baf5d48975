"""A network that was hardly trained finds boxes without an end; every command takes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pydarknet import Network
from pydarknet.weights import WeightsFile


@pytest.fixture
def endless(model, tmp_path) -> tuple[Path, Path]:
    """The small detector, with widths and heights beyond all numbers; one box is not a number."""
    cfg, weights = (shutil.copy(path, tmp_path) for path in model)
    file = WeightsFile.read(weights, cfg)
    biases = file.layer(2).arrays["biases"]
    biases[2::7] = 1e6
    biases[3::7] = 1e6
    biases[4::7] = 5
    file.write(weights, force=True)
    return Path(cfg), Path(weights)


def test_edges_are_numbers(endless, picture) -> None:
    with Network(*endless) as network:
        for found in (network.detect(picture, threshold=0.005), network.propose([picture])[0]):
            assert len(found) > 0
            assert np.isfinite(found.xyxy).all()
            assert found.xyxy[:, 2].max() >= 1e9


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("verb", ["map", "recall", "valid"])
def test_evaluation(verb, command, labelled, endless, tmp_path) -> None:
    done = command("detector", verb, labelled, *endless, "--quiet")
    assert (done.code, "error" in done.err, "nan" in done.out.lower()) == (0, False, False)


@pytest.mark.filterwarnings("error")
def test_detect(command, endless, pictures) -> None:
    done = command("detect", *endless, pictures[0], "--json", "-thresh", "0.005")
    (line,) = done.out.splitlines()

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    assert json.loads(line, parse_constant=refuse)["objects"]
    done = command("detect", *endless, pictures[0], "-ext_output", "-thresh", "0.005")
    assert (done.code, "left_x" in done.out) == (0, True)

"""Measures a network on the ``valid`` list of a .data file, as its training does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .._arguments import check_choice
from .._native import NativeNetwork
from .._opening import load_weights
from ..datasets import RegressionDataset, SegmentationDataset
from ..datasets.problems import OnBadData, Progress
from ..layers import Structure
from ._task import Scores
from .isegmenter import iseg_classes, score_isegmenter
from .regressor import check_numbers, score_regressor
from .segmenter import check_map, score_segmenter

KINDS = ("segmenter", "isegmenter", "regressor")


def score_weights(
    kind: str,
    data: str | os.PathLike[str],
    cfg: str | os.PathLike[str],
    weights: str | os.PathLike[str],
    *,
    missing_labels: str = "error",
    on_bad_data: OnBadData = "error",
    threads: int = 0,
    progress: Progress | None = None,
) -> Scores:
    """Measures weights.

    Args:
        kind: "segmenter", "isegmenter" or "regressor".
        data: the .data file, with ``valid``.
        cfg: the network's description.
        weights: its weights.
        missing_labels: as in `Trainer`, like all that follow.
        on_bad_data: .
        threads: .
        progress: .

    Raises:
        DarknetError, OSError: as in `Trainer`.
    """
    check_choice("kind", kind, KINDS)
    name = os.fspath(cfg)
    network = NativeNetwork(Path(name).read_bytes(), name)
    load_weights(network, weights, True, None)
    structure = Structure.from_description(network.describe(0, 0))
    settings: dict[str, Any] = {
        "split": "valid", "on_bad_data": on_bad_data, "progress": progress,
    }  # fmt: skip
    channels, height, width = structure.layers[structure.outputs[-1]].output_shape
    if kind == "regressor":
        numbers = RegressionDataset.open(data, **settings)
        check_numbers(structure, numbers, channels * height * width)
        return score_regressor(network, structure, numbers, threads)
    settings["missing_labels"] = missing_labels
    if kind == "isegmenter":
        masks = SegmentationDataset.open(data, classes=iseg_classes(structure), **settings)
        return score_isegmenter(network, structure, masks, threads)
    masks = SegmentationDataset.open(data, **settings)
    check_map(structure, masks.classes, channels * height * width)
    return score_segmenter(network, structure, masks, threads)

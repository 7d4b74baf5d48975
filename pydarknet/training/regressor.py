"""Regressors: images with numbers, and how far the network's numbers are from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._native import NativeNetwork
from ..datasets import (
    ClassificationAugmentation,
    ClassificationSamples,
    RegressionDataset,
    Samples,
)
from ..errors import CfgError
from ..layers import Structure
from ..metrics.regression import regression_metrics
from ._showing import last_outputs
from ._task import ImageTask, Scores, TaskOptions


class RegressorTask(ImageTask[RegressionDataset]):
    """A regressor's data and its scores; see `Task` for the attributes."""

    kind = "regressor"
    score = "r2"
    epochs = 4.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the data.

        Raises:
            DatasetError: images or numbers are wrong.
            CfgError: the network has another number of outputs than an image has numbers.
            DataError, OSError: a file is wrong or missing.
        """
        self._structure = options.structure
        self._threads, self._unread = options.threads, options.unread
        self.split = options.split
        settings: dict[str, Any] = {
            "on_bad_data": options.on_bad_data,
            "workers": options.workers,
            "progress": options.progress,
        }
        self._train = RegressionDataset.open(options.data_file, split="train", **settings)
        self._valid = self._train
        if options.evaluate and options.split == "valid":
            self._valid = RegressionDataset.open(options.data_file, split="valid", **settings)
        check_numbers(options.structure, self._train, options.truths)
        self._samples = ClassificationSamples(
            self._train,
            ClassificationAugmentation.from_options(options.net),
            channels=options.structure.input_shape[0],
            update=options.update,
            on_bad_data=options.on_bad_data,
        )
        self.samples: Samples = self._samples

    def _measure(
        self, network: NativeNetwork, dataset: RegressionDataset, images: Sequence[int]
    ) -> Scores:
        """R2 and errors."""
        return score_regressor(
            network, self._structure, dataset, self._threads, some=images, skipped=self._unread
        )


def check_numbers(structure: Structure, dataset: RegressionDataset, outputs: int) -> None:
    """Checks that a network has an output for each number of an image.

    Raises:
        CfgError: it has not.
    """
    if outputs != dataset.classes:
        last = structure.layers[structure.outputs[-1]]
        raise CfgError(
            f"{structure.name}:{last.line}: [{last.type}] has {outputs} outputs, images have "
            f"{dataset.classes} numbers (classes= of the .data file)",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip


def score_regressor(
    network: NativeNetwork,
    structure: Structure,
    dataset: RegressionDataset,
    threads: int,
    *,
    some: Sequence[int] | None = None,
    skipped: set[str] | None = None,
) -> Scores:
    """R2, mean absolute and root mean squared error of a network on the images of a data set."""
    shown = last_outputs(network, structure, dataset.images, threads, some=some, skipped=skipped)
    answers = {index: values.ravel() for index, values, _ in shown}
    found = regression_metrics(np.stack([*answers.values()]), dataset.values[[*answers]])
    return Scores({"r2": found.r2, "mae": found.mae, "rmse": found.rmse})

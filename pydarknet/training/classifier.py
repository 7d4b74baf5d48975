"""Classifiers: images whose paths say their class, top-1 and top-k accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .._native import FloatArray, NativeNetwork, NativePlan
from .._runner import Runner
from ..classification import center_crop
from ..datasets import (
    ClassificationAugmentation,
    ClassificationDataset,
    ClassificationSamples,
)
from ..errors import CfgError, DataError
from ..image import Image
from ..layers import Structure
from ._looking import look_at
from ._task import ImageTask, Scores, TaskOptions

_BATCH = 4
"""Images of one run."""


class ClassifierTask(ImageTask[ClassificationDataset]):
    """A classifier's data and its scores; see `Task` for the attributes."""

    kind = "classifier"
    score = "top1"
    epochs = 2.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the data.

        Raises:
            DatasetError: images or labels are wrong.
            CfgError: the network has another number of outputs than there are labels.
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
        self._train = ClassificationDataset.open(options.data_file, split="train", **settings)
        self._valid = self._train
        if options.evaluate and options.split == "valid":
            self._valid = ClassificationDataset.open(options.data_file, split="valid", **settings)
        check_classes(options.structure, self._train, options.truths, options.evaluate)
        text = options.data.get("top", "5")
        if not text.isdecimal() or int(text) < 1:
            raise DataError(f"{options.data_file}: top={text}, expected a whole number above 0")
        self._top = min(int(text), self._train.classes)
        self._samples = ClassificationSamples(
            self._train,
            ClassificationAugmentation.from_options(options.net),
            channels=options.structure.input_shape[0],
            update=options.update,
            on_bad_data=options.on_bad_data,
        )
        self.samples = self._samples

    def _measure(
        self, network: NativeNetwork, dataset: ClassificationDataset, images: Sequence[int]
    ) -> Scores:
        """Measures the part of the images whose class comes first, or among the first."""
        runner = Runner(network, self._threads, "f32", "auto")
        try:
            shown = ranks(runner, self._structure, dataset, images, self._unread)
            found = [rank for _, rank in shown]
        finally:
            runner.close()
        return Scores({
            f"top{k}": sum(rank < k for rank in found) / len(found) for k in (1, self._top)
        })  # fmt: skip


def check_classes(
    structure: Structure, dataset: ClassificationDataset, outputs: int, evaluate: bool = True
) -> None:
    """Checks that a network has an output for each label.

    Args:
        structure: the network.
        dataset: its data.
        outputs: numbers of an image's truth.
        evaluate: what the network gives is compared with the labels; one that only learns an
            embedding ([contrastive]) may give something else.

    Raises:
        CfgError: it has not.
    """
    last = structure.layers[structure.outputs[-1]]
    given = math.prod(last.output_shape)
    if outputs == dataset.classes != given and evaluate:
        raise CfgError(
            f"{structure.name}:{last.line}: [{last.type}] gives {given} numbers, which cannot be "
            f"evaluated with {dataset.classes} labels: train without evaluations",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    if outputs != dataset.classes:
        raise CfgError(
            f"{structure.name}:{last.line}: [{last.type}] has {outputs} outputs, the data has "
            f"{dataset.classes} labels",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip


def ranks(
    runner: Runner,
    structure: Structure,
    dataset: ClassificationDataset,
    images: Sequence[int],
    skipped: set[str] | None,
) -> Iterator[tuple[str, int]]:
    """Path of each image, and how many classes a network finds likelier than the right one.

    As in Darknet, the network sees the middle of an image, and an image has the first class that
    its path names; of equal outputs the lower class comes first.

    Args:
        runner: of the network.
        structure: of it.
        dataset: the images.
        images: their numbers.
        skipped: as `look_at` takes it.

    Raises:
        DataError: an image cannot be read.
    """
    _, height, width = structure.input_shape
    output = len(structure.outputs) - 1
    shape = structure.layers[structure.outputs[-1]].output_shape

    def crop(shown: Image) -> Image:
        return shown._replace(pixels=center_crop(shown.pixels, width, height))

    def answer(plan: NativePlan, slot: int, _: Image) -> FloatArray:
        values: FloatArray = plan.output(output, (plan.options.batch, *shape))[slot].ravel()
        return values

    def look(paths: list[str]) -> list[FloatArray]:
        return runner.look(
            [*paths], structure, answer, color="bgr", resize="stretch", batch_size=_BATCH,
            prepare=crop,
        )  # fmt: skip

    paths = [dataset.images[index] for index in images]
    for place, values in look_at(paths, look, skipped):
        index = images[place]
        order = np.argsort(-values, kind="stable").tolist()
        yield dataset.images[index], order.index(dataset.matches[index][0])

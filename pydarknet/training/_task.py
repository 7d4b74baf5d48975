"""What differs between the kinds of networks that are trained: data, and what is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._native import NativeNetwork
from ..datasets import Samples
from ..datasets.problems import OnBadData, Progress
from ..layers import Structure


@dataclass(frozen=True)
class TaskOptions:
    """What a task is made of.

    Attributes:
        data_file: path of the .data file.
        data: its keys.
        net: keys of the cfg's [net], defaults where it is silent.
        structure: of the network at the cfg's size.
        truths: numbers of one image's truth, as the engine takes it.
        update: images of one update.
        evaluate: the ``valid`` list is needed.
        on_bad_data: images or labels that are wrong are an "error", or "skip" leaves them out.
        missing_labels: an image without a label file is an "error", or "background".
        threads: of an evaluation's runs; 0 takes one per processor.
        workers: threads that read images.
        progress: called while images are checked.
    """

    data_file: str
    data: Mapping[str, str]
    net: Mapping[str, Any]
    structure: Structure
    truths: int
    update: int
    evaluate: bool = True
    on_bad_data: OnBadData = "error"
    missing_labels: str = "error"
    threads: int = 0
    workers: int = 2
    progress: Progress | None = None

    @property
    def split(self) -> str:
        """The list to evaluate on; compat: where there is no ``valid``, it is ``train``."""
        return "valid" if "valid" in self.data else "train"


@dataclass(frozen=True)
class Scores:
    """What an evaluation measured: numbers by name, and what does not fit in one."""

    scores: dict[str, float]
    details: dict[str, Any] = field(default_factory=dict)


class Task(Protocol):
    """A kind of network with its data.

    Attributes:
        kind: "detector", "classifier", "segmenter", "isegmenter", "regressor".
        score: name of the score that the best weights are chosen by; higher is better.
        samples: what the network is trained on.
        epochs: of the training images between two evaluations, where the caller says nothing.
    """

    kind: str
    score: str
    samples: Samples
    epochs: float

    @property
    def images(self) -> int:
        """Images of the ``train`` list."""
        ...

    @property
    def skipped(self) -> Sequence[str]:
        """Images that could not be read while training."""
        ...

    def evaluate(self, network: NativeNetwork) -> Scores:
        """Measures a network on the ``valid`` list.

        Raises:
            DataError, OSError: an image cannot be read.
        """
        ...

"""What differs between the kinds of networks that are trained: data, and what is measured."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from .._native import NativeNetwork
from ..datasets import Batch, Loader, Position, Samples
from ..datasets.image_set import ImageSet
from ..datasets.loader import Count, Size
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
        batch: images of a mini-batch, times time steps.
        time_steps: of recurrent layers.
        update: images of one update.
        evaluate: the ``valid`` list is needed.
        on_bad_data: images or labels that are wrong are an "error", or "skip" leaves them out.
        missing_labels: an image without a label file is an "error", or "background".
        threads: of an evaluation's runs; 0 takes one per processor.
        workers: threads that read images.
        progress: called while images are checked.
        iou_threshold: overlap that a detector's mAP asks for, 0 to 1.
        threshold: confidence that its precision, recall and F1 ask for, 0 to 1.
    """

    data_file: str
    data: Mapping[str, str]
    net: Mapping[str, Any]
    structure: Structure
    truths: int
    batch: int
    time_steps: int
    update: int
    evaluate: bool = True
    on_bad_data: OnBadData = "error"
    missing_labels: str = "error"
    threads: int = 0
    workers: int = 2
    progress: Progress | None = None
    iou_threshold: float = 0.5
    threshold: float = 0.25

    @property
    def unread(self) -> set[str] | None:
        """Where the paths of images go that an evaluation cannot read; None stops at them."""
        return set() if self.on_bad_data == "skip" else None

    @property
    def split(self) -> str:
        """The list to evaluate on; compat: where there is no ``valid``, it is ``train``."""
        return "valid" if "valid" in self.data else "train"


@dataclass(frozen=True)
class Scores:
    """What an evaluation measured: numbers by name, and what does not fit in one."""

    scores: dict[str, float]
    details: dict[str, Any] = field(default_factory=dict)


class BatchSource(Protocol):
    """An endless iterator over mini-batches.

    Attributes:
        position: how far it has come; goes into the state of a training.
    """

    position: Position

    def __next__(self) -> Batch:
        """The next mini-batch.

        Raises:
            DarknetError, OSError: data cannot be read.
        """
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Task(Protocol):
    """A kind of network with its data.

    Attributes:
        kind: "detector", "classifier", "segmenter", "isegmenter", "regressor", "rnn".
        data_name: what its data is called in messages.
        score: name of the score that the best weights are chosen by; higher is better.
        epochs: of the training images between two evaluations, where the caller says nothing.
        split: the list that is evaluated: "valid", or "train" where there is no other.
    """

    kind: str
    data_name: str
    score: str
    epochs: float
    split: str

    @property
    def images(self) -> int:
        """Images of the ``train`` list that are trained on, or bytes of a text."""
        ...

    @property
    def listed(self) -> int:
        """The same with images that are left out: it stays as it is when one goes bad."""
        ...

    @property
    def digest(self) -> str:
        """Of the data: a training goes on with the data it began with."""
        ...

    def load(
        self, *, batch: Count, size: Size, seed: int, workers: int, position: Position | None
    ) -> BatchSource:
        """Begins to read the training data, or goes on behind a position.

        Args:
            batch: images of each mini-batch, times time steps.
            size: width and height of each mini-batch.
            seed: of all that is random.
            workers: threads that read.
            position: where to go on; None is the beginning.
        """
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


_TRAIN_IMAGES = 100
"""At most so many of the training images are evaluated beside the valid ones."""


def some_of(train: ImageSet, valid: ImageSet) -> list[int]:
    """Images of ``train`` to evaluate beside ``valid``: the same ones each time.

    At most a hundred, and no more than there are valid ones; none where the two are the same. They
    are chosen by their places in the list, whichever of its images can be used.
    """
    if valid.digest == train.digest:
        return []
    count = min(train.listed, valid.listed, _TRAIN_IMAGES)
    places = np.linspace(0, train.listed - 1, count).astype(int).tolist()
    found = [train.index_of(place) for place in places]
    return [index for index in found if index is not None] or [0]


class _Skipping(Protocol):
    """Samples that leave out what cannot be read, and remember it."""

    @property
    def skipped(self) -> Sequence[str]: ...


Images = TypeVar("Images", bound=ImageSet)


class ImageTask(ABC, Generic[Images]):
    """What tasks on images have in common: a list of them, made into batches by threads.

    Attributes:
        samples: what the network is trained on.
        split: the list that is evaluated.
        score: name of the score that says which weights are best.
    """

    data_name = "list of images"
    split: str
    score: str
    samples: Samples
    _train: Images
    _valid: Images
    _samples: _Skipping  # what reads the images, below what makes another truth of them

    @property
    def images(self) -> int:
        """Images of the ``train`` list that are trained on."""
        return len(self._train)

    @property
    def listed(self) -> int:
        """Images of the ``train`` list, those left out included."""
        return self._train.listed

    @property
    def skipped(self) -> Sequence[str]:
        """Images that could not be read while training."""
        return self._samples.skipped

    @property
    def digest(self) -> str:
        """Of the list of images."""
        return self.samples.digest

    def evaluate(self, network: NativeNetwork) -> Scores:
        """Measures a network on the ``valid`` list, and its score on some images of ``train`` too.

        Raises:
            DataError, OSError: an image cannot be read.
        """
        found = self._measure(network, self._valid, range(len(self._valid)))
        if some := some_of(self._train, self._valid):
            known = self._measure(network, self._train, some)
            found.scores[f"train_{self.score}"] = known.scores[self.score]
        return found

    @abstractmethod
    def _measure(self, network: NativeNetwork, dataset: Images, images: Sequence[int]) -> Scores:
        """Measures a network on the images of these numbers."""

    def load(
        self, *, batch: Count, size: Size, seed: int, workers: int, position: Position | None
    ) -> Loader:
        """Begins to load images, or goes on; see `Task.load`."""
        return Loader(
            self.samples, batch=batch, size=size, seed=seed, workers=workers, position=position
        )

"""How good a classifier is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import check_whole
from ..errors import DataError
from .boxes import class_names

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ClassificationMetrics:
    """What a `ClassificationEvaluator` found. No number is ever NaN: what has no value is 0.

    Attributes:
        names: of the classes, their numbers where there are none.
        top: k of `topk`.
        images: number of images.
        in_top: how many of them have their class among the k likeliest.
        confusion: int64 (classes, classes), a row for each class that is there, a column for each
            that was the likeliest.
    """

    names: tuple[str, ...]
    top: int
    images: int
    in_top: int
    confusion: IntArray

    @property
    def top1(self) -> float:
        """Part of the images whose class is the likeliest, 0..1."""
        return int(np.trace(self.confusion)) / max(self.images, 1)

    @property
    def topk(self) -> float:
        """Part of the images whose class is among the ``top`` likeliest, 0..1."""
        return self.in_top / max(self.images, 1)

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """(classes,), of the images of a class the part that was recognised."""
        return np.asarray(np.diag(self.confusion) / np.maximum(self.confusion.sum(axis=1), 1))

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """(classes,), of the images taken for a class the part that is of it."""
        return np.asarray(np.diag(self.confusion) / np.maximum(self.confusion.sum(axis=0), 1))

    @property
    def balanced(self) -> float:
        """Mean of `recall` over the classes that have images: each class weighs the same."""
        has_images = self.confusion.sum(axis=1) > 0
        return float(self.recall[has_images].mean()) if has_images.any() else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the totals, and of each class its own."""
        columns = zip(
            self.names, self.confusion.sum(axis=1), self.recall, self.precision, strict=True
        )
        return {
            "images": self.images,
            "top1": self.top1,
            f"top{self.top}": self.topk,
            "balanced": self.balanced,
            "classes": [
                {
                    "name": name,
                    "images": int(images),
                    "recall": float(recall),
                    "precision": float(precision),
                }
                for name, images, recall, precision in columns
            ],
        }


class ClassificationEvaluator:
    """Compares what a classifier says with the truth.

    >>> evaluator = ClassificationEvaluator(["cat", "dog", "bird"], top=2)
    >>> evaluator.add([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], [1, 2])
    >>> result = evaluator.result()
    >>> result.top1, result.topk
    (0.5, 1.0)
    """

    def __init__(self, classes: int | Sequence[str], *, top: int = 5) -> None:
        """Sets the rules.

        Args:
            classes: names of the classes, or how many there are.
            top: how many guesses an image has in ``topk``; no more than there are classes.

        Raises:
            ArgumentError: ``top`` is below 1.
            DataError: there is no class.
        """
        self._names = class_names(classes)
        self._top = min(check_whole("top", top, least=1), len(self._names))
        self._in_top = 0
        self._confusion = np.zeros((len(self._names),) * 2, np.int64)

    def add(self, scores: npt.ArrayLike, truth: npt.ArrayLike) -> None:
        """Takes what the network gives for some images, or for one.

        Of equal scores the lower class comes first, as in Darknet.

        Args:
            scores: (N, classes) or (classes,), larger is likelier.
            truth: (N,), or one number: the class of each image.

        Raises:
            DataError: the shapes do not fit, a class is unknown, or a score is NaN.
        """
        rows = np.atleast_2d(np.asarray(scores, np.float64))
        classes = np.atleast_1d(np.asarray(truth, np.int64))
        count = len(self._names)
        if rows.shape != (len(classes), count):
            raise DataError(f"scores {rows.shape}, expected numbers ({len(classes)}, {count})")
        bad = np.isnan(rows).any(axis=1)
        if bad.any():
            raise DataError(f"scores[{int(bad.argmax())}] are not finite (NaN), expected numbers")
        if len(classes) and not 0 <= classes.min() <= classes.max() < count:
            raise DataError(f"truth {classes.min()} to {classes.max()}, expected 0 to {count - 1}")
        order = np.argsort(-rows, axis=1, kind="stable")
        self._in_top += int((order[:, : self._top] == classes[:, None]).sum())
        np.add.at(self._confusion, (classes, order[:, 0]), 1)

    def result(self) -> ClassificationMetrics:
        """The numbers of the images added so far; more may follow."""
        confusion = self._confusion.copy()
        images = int(confusion.sum())
        return ClassificationMetrics(self._names, self._top, images, self._in_top, confusion)

"""The kinds of networks that can be trained, and which of them one is."""

from __future__ import annotations

from collections.abc import Callable

from ..layers import Structure
from ._task import Task, TaskOptions
from .classifier import ClassifierTask
from .detector import DetectorTask
from .isegmenter import IsegmenterTask
from .regressor import RegressorTask
from .segmenter import SegmenterTask
from .text import TextTask

TASKS: dict[str, Callable[[TaskOptions], Task]] = {
    "detector": DetectorTask,
    "classifier": ClassifierTask,
    "segmenter": SegmenterTask,
    "isegmenter": IsegmenterTask,
    "regressor": RegressorTask,
    "rnn": TextTask,
}
"""The kinds of networks that can be trained from files."""


def task_of(structure: Structure) -> str:
    """The kind of a network: what its end is made for."""
    last = structure.layers[structure.outputs[-1]]
    if structure.heads:
        return "detector"
    if last.type == "iseg":
        return "isegmenter"
    if structure.recurrent and structure.input_shape[1:] == (1, 1):
        return "rnn"
    return "segmenter" if last.output_shape[1:] != (1, 1) else "classifier"

"""The kinds of networks that can be trained from files."""

from __future__ import annotations

from collections.abc import Callable

from ..data_file import read_data_file
from ..layers import Structure
from ._task import Task, TaskOptions
from .classifier import ClassifierTask
from .detector import DetectorTask
from .isegmenter import IsegmenterTask
from .regressor import RegressorTask
from .segmenter import SegmenterTask
from .text import TextTask, read_text_keys

TASKS: dict[str, Callable[[TaskOptions], Task]] = {
    "detector": DetectorTask,
    "classifier": ClassifierTask,
    "segmenter": SegmenterTask,
    "isegmenter": IsegmenterTask,
    "regressor": RegressorTask,
    "rnn": TextTask,
}
"""By the words of the command line."""


def task_of(structure: Structure) -> str:
    """What a network is trained for, where the caller does not say it."""
    last = structure.layers[structure.outputs[-1]]
    if structure.heads:
        return DetectorTask.kind
    if last.type == "iseg":
        return IsegmenterTask.kind
    if structure.recurrent and structure.input_shape[1:] == (1, 1):
        return TextTask.kind
    return SegmenterTask.kind if last.output_shape[1:] != (1, 1) else ClassifierTask.kind


def data_keys(task: str, data: str) -> dict[str, str]:
    """What a .data file says; a text may stand in its place.

    Raises:
        DataError, OSError: it cannot be read.
    """
    return read_text_keys(data) if task == TextTask.kind else read_data_file(data)

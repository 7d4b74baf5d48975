"""Networks of characters: a text, byte by byte, and how well the next byte is foretold."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from .._native import NativeNetwork, NativePlan, PlanOptions
from ..data_file import find_file_of_key, read_data_file
from ..datasets import Position, TextDataset, TextLoader
from ..datasets.loader import Count, Size
from ..errors import CfgError, DataError
from ..layers import Structure
from ..metrics.text import foretell
from ..sequences import Sequences
from ._task import Scores, TaskOptions


class TextTask:
    """A text and its scores; see `Task` for the attributes."""

    kind = "rnn"
    data_name = "text"
    score = "likelihood"
    epochs = 1.0

    def __init__(self, options: TaskOptions) -> None:
        """Reads and checks the texts.

        Raises:
            CfgError: the network does not read bytes, or does not foretell them.
            DataError, OSError: a text is wrong or missing.
        """
        self._structure = options.structure
        self._threads = options.threads
        self.split = options.split
        self._steps = options.time_steps
        self._inputs = check_network(options.structure)
        if options.truths != self._inputs:
            raise CfgError(
                f"{options.structure.name}: the loss wants {options.truths} numbers, expected "
                f"{self._inputs}, one for each input",
                file=options.structure.name,
            )
        self._train = self._open(options, "train")
        self._valid = self._train
        if options.evaluate and options.split == "valid":
            self._valid = self._open(options, "valid")

    def _open(self, options: TaskOptions, split: str) -> TextDataset:
        if split not in options.data:
            raise DataError(f"{options.data_file} has no {split}=, expected a text's path",
                            file=options.data_file)  # fmt: skip
        path = options.data[split]
        if is_data_file(options.data_file):
            path = os.fspath(find_file_of_key(options.data_file, options.data, split))
        return TextDataset.open(path, inputs=self._inputs)

    @property
    def images(self) -> int:
        """Bytes of the text."""
        return len(self._train)

    @property
    def listed(self) -> int:
        """The same: no part of a text is left out."""
        return self.images

    @property
    def digest(self) -> str:
        """Of the text."""
        return self._train.digest

    @property
    def skipped(self) -> Sequence[str]:
        """Nothing."""
        return ()

    def load(
        self, *, batch: Count, size: Size, seed: int, workers: int, position: Position | None
    ) -> TextLoader:
        """Begins to read the text, or goes on; ``size`` and ``workers`` mean nothing here."""
        return TextLoader(
            self._train, streams=batch(0) // self._steps, steps=self._steps, inputs=self._inputs,
            seed=seed, position=position,
        )  # fmt: skip

    def evaluate(self, network: NativeNetwork) -> Scores:
        """Measures how well the next byte is foretold, on up to 65,536 bytes of ``valid``.

        The scores are ``likelihood``, the probability that the right byte gets (geometric mean,
        the reciprocal of the perplexity), ``nats`` and ``bits``, the cross-entropy per byte, and
        ``accuracy``, how often the right byte is the likeliest. The bytes are cut into up to 64
        parts; what is remembered begins anew with each.
        """

        def sequences(count: int) -> Sequences:
            plan = NativePlan(network, PlanOptions(0, 0, count, self._threads, "f32"))
            return Sequences(plan, self._structure, count)

        found = foretell(sequences, self._valid.bytes, self._inputs)
        return Scores({
            "likelihood": found.likelihood, "nats": found.nats, "bits": found.bits,
            "accuracy": found.accuracy,
        })  # fmt: skip


def is_data_file(path: str | os.PathLike[str]) -> bool:
    """A text is told from a .data file by its name."""
    return os.fspath(path).endswith(".data")


def read_text_keys(path: str | os.PathLike[str]) -> dict[str, str]:
    """The keys of a .data file, or those that stand for a text that was named itself.

    Raises:
        DataError, OSError: as in `read_data_file`.
    """
    return read_data_file(path) if is_data_file(path) else {"train": os.fspath(path)}


def check_network(structure: Structure) -> int:
    """Checks that a network takes a byte and foretells one; returns how many bytes it knows.

    Raises:
        CfgError: it does not.
    """
    inputs = math.prod(structure.input_shape)
    last = structure.layers[structure.outputs[-1]]
    if structure.input_shape[1:] != (1, 1):
        raise CfgError(
            f"{structure.name}: the input is {'x'.join(map(str, structure.input_shape))}, expected "
            "inputs= in [net]: one for each value of a byte",
            file=structure.name,
        )
    if last.type != "softmax" or math.prod(last.output_shape) != inputs:
        raise CfgError(
            f"{structure.name}:{last.line}: [{last.type}] gives {math.prod(last.output_shape)} "
            f"numbers, expected [softmax] of {inputs}, as many as there are inputs",
            file=structure.name, line=last.line, section=last.type, layer=last.index,
        )  # fmt: skip
    return inputs

"""A text to train a network of characters on: bytes, each with the one that follows it.

The text is read by several *streams* side by side, each at a place of its own. A mini-batch holds
the next few bytes of every stream; what the network remembers of a stream goes on into the next
mini-batch. Now and then a stream jumps to another place and its memory begins anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._native import FloatArray
from ..errors import ArgumentError, ClosedError, DataError
from .loader import Batch, Position

_STAY = 64
"""A stream jumps in one of so many mini-batches, as in pjreddie's Darknet."""

Bytes = npt.NDArray[np.uint8]


class TextDataset:
    """A text as the bytes it consists of.

    Attributes:
        name: of the file.
        bytes: uint8 (N,).
        digest: of the bytes.
    """

    def __init__(self, text: bytes, *, inputs: int = 256, name: str = "<text>") -> None:
        """Checks a text.

        Args:
            text: two bytes or more.
            inputs: of the network: one for each value a byte may have, from 0 on.
            name: stands for the file's name in messages.

        Raises:
            DataError: the text is too short, or holds a byte that is 0 or has no input; with its
                line.
        """
        if len(text) < 2:
            raise DataError(f"{name} holds {len(text)} bytes, expected 2 or more", file=name)
        self.name = name
        self.bytes: Bytes = np.frombuffer(text, np.uint8)
        self._line_ends = np.flatnonzero(self.bytes == ord("\n"))
        wrong = np.flatnonzero((self.bytes == 0) | (self.bytes >= inputs))
        if wrong.size:
            line = self.line_of(int(wrong[0]))
            raise DataError(
                f"{name}:{line}: a byte with the value {self.bytes[wrong[0]]}, expected 1 to "
                f"{min(inputs, 256) - 1}, as many as the network has inputs",
                file=name, line=line,
            )  # fmt: skip
        self.digest = hashlib.sha256(text).hexdigest()

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, inputs: int = 256) -> TextDataset:
        """Reads a file.

        Raises:
            DataError: as in `TextDataset`.
            OSError: it cannot be read.
        """
        return cls(Path(path).read_bytes(), inputs=inputs, name=os.fspath(path))

    def __len__(self) -> int:
        return len(self.bytes)

    def line_of(self, offset: int) -> int:
        """The line of a byte, from 1."""
        return int(np.searchsorted(self._line_ends, offset)) + 1


class TextLoader:
    """An endless iterator over mini-batches of a text.

    Everything follows from the seed and the number of a mini-batch, so they are the same after
    going on from a saved position.

    Attributes:
        position: how far it has come.
    """

    def __init__(
        self,
        text: TextDataset,
        *,
        streams: int,
        steps: int,
        inputs: int = 256,
        seed: int = 0,
        position: Position | None = None,
    ) -> None:
        """Prepares to read.

        Args:
            text: what is read; behind its end comes its beginning.
            streams: places that are read side by side.
            steps: bytes of a mini-batch from each stream.
            inputs: of the network.
            seed: of all that is random.
            position: goes on from here; its seed goes before ``seed``.

        Raises:
            ArgumentError: a value is out of range.
            DataError: the position belongs to another text.
        """
        for name, value in (("streams", streams), ("steps", steps)):
            if value < 1:
                raise ArgumentError(f"{name}={value}, expected 1 or more")
        if position and position.digest != text.digest:
            raise DataError("the text is not the one that the saved position belongs to")
        self.position = position or Position(seed=seed, digest=text.digest)
        self._text = text
        self._streams, self._steps, self._inputs = streams, steps, inputs
        self._closed = False
        self._places = self._places_at(self.position.batches)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        """The next mini-batch.

        Its input is float32 (steps * streams, inputs, 1, 1): 1 for the byte, all else 0; first the
        first byte of every stream, then the second. The truth says which byte comes next.

        Raises:
            ClosedError: the loader was closed.
        """
        if self._closed:
            raise ClosedError("the loader was closed before")
        number = self.position.batches
        jumps, targets = self._draw(number)
        self._places = np.where(jumps, targets, self._places)
        offsets = self._places + np.arange(self._steps + 1)[:, np.newaxis]
        shown = self._text.bytes[offsets % len(self._text)]
        batch = Batch(
            number,
            self.position.images,
            self._one_hot(shown[:-1]).reshape(-1, self._inputs, 1, 1),
            self._one_hot(shown[1:]),
            tuple((self._place_name(place),) for place in self._places.tolist()),
            tuple(np.flatnonzero(jumps).tolist()),
        )
        self._places = self._places + self._steps
        self.position = Position(
            number + 1, self.position.images + len(batch.input), self.position.seed,
            self.position.digest,
        )  # fmt: skip
        return batch

    def close(self) -> None:
        """Ends it; a closed loader gives no more batches."""
        self._closed = True

    def _draw(self, number: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """Which streams jump before a mini-batch, and where to; before the first one all do."""
        random = np.random.default_rng((self.position.seed, number))
        jumps = random.integers(_STAY, size=self._streams) == 0
        targets = random.integers(len(self._text), size=self._streams)
        return (jumps if number else np.ones_like(jumps)), targets

    def _places_at(self, number: int) -> npt.NDArray[np.int64]:
        """Where the streams are before a mini-batch's jumps: on from their last ones."""
        places = np.full(self._streams, -1, np.int64)
        for before in range(number - 1, -1, -1):
            jumps, targets = self._draw(before)
            new = jumps & (places < 0)
            places[new] = targets[new] + (number - before) * self._steps
            if (places >= 0).all():
                break
        return places

    def _one_hot(self, values: Bytes) -> FloatArray:
        rows = np.zeros((values.size, self._inputs), np.float32)
        rows[np.arange(values.size), values.ravel()] = 1
        return rows

    def _place_name(self, offset: int) -> str:
        return f"{self._text.name}:{self._text.line_of(offset % len(self._text))}"

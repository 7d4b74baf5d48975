"""What a run's state says besides the engine's numbers: what it was asked for, how far it came."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .._arguments import check_whole
from ..cfg import Document
from ..datasets import Position
from ..errors import ArgumentError, DataError
from ._course import Course
from ._settings import Settings
from ._state import read_about


@dataclass(frozen=True)
class SavedRun:
    """A run as it stands behind an iteration.

    Attributes:
        cfg: path of the network's description.
        cfg_text: its text when the run began.
        data: path of the .data file, or of the text.
        settings: what was asked for.
        course: how far it has come.
        position: where the data goes on.
        iteration: updates done.
    """

    cfg: str
    cfg_text: str
    data: str
    settings: Settings
    course: Course
    position: Position
    iteration: int

    @classmethod
    def read(cls, path: Path) -> SavedRun:
        """Reads it from a state.

        Raises:
            FileNotFoundError: there is no such file.
            DataError: it is damaged, or of another version of pydarknet.
        """
        about = read_about(path)
        try:
            return cls(
                cfg=str(about["cfg"]),
                cfg_text=str(about["cfg_text"]),
                data=str(about["data"]),
                settings=Settings(**about["settings"]),
                course=Course(**about["course"]),
                position=Position(**about["position"]),
                iteration=int(about["iteration"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path} is a state of another version of pydarknet, expected one of this: {error}",
                file=str(path),
            ) from None

    def as_dict(self) -> dict[str, Any]:
        """Its fields, as JSON takes them."""
        return asdict(self)

    def lengthened(self, updates: int) -> SavedRun:
        """The same with another length of the whole training: ``max_batches`` of the cfg's text.

        Raises:
            ArgumentError: no more are to be done than are done.
        """
        check_whole("max_batches", updates, least=1)
        if updates <= self.iteration:
            raise ArgumentError(
                f"max_batches={updates}, expected more than the {self.iteration} that are done"
            )
        document = Document.parse(self.cfg_text, self.cfg)
        document.net.set("max_batches", updates)
        text = document.to_bytes().decode("utf-8", "surrogateescape")
        return replace(self, cfg_text=text)

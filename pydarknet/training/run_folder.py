"""The folder of a run: which file is called what."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from ..errors import DataError
from ._folder_lock import FolderLock
from ._state import read_about
from .metrics_log import NAME as METRICS


def base_name(cfg: str | os.PathLike[str]) -> str:
    """What the files of a training are called after: the cfg's name up to its first dot.

    >>> base_name("networks/yolo.v4.cfg")
    'yolo'
    """
    return os.path.basename(os.fspath(cfg)).split(".")[0] or "network"


class RunFolder:
    """Paths of a run's files; Darknet's names where it has them.

    Attributes:
        path: of the folder.
        base: what its files are called after.
    """

    def __init__(self, path: str | os.PathLike[str], base: str) -> None:
        """Takes a folder that is there or will be."""
        self.path = Path(path)
        self.base = base
        self._lock: FolderLock | None = None

    @classmethod
    def of_run(cls, path: str | os.PathLike[str]) -> RunFolder:
        """Finds the run in a folder.

        Raises:
            FileNotFoundError: there is no such folder.
            DataError: it holds no run, or several.
        """
        folder = Path(path)
        states = sorted(name for name in os.listdir(folder) if _is_state(name))
        if len(states) != 1:
            holds = f"several runs ({', '.join(states)})" if states else "no run"
            raise DataError(
                f"{folder} holds {holds}, expected one file NAME.state", file=os.fspath(folder)
            )
        return cls(folder, states[0].removesuffix(".state"))

    def release(self) -> None:
        """Lets other trainings in; twice is fine."""
        if self._lock is not None:
            self._lock.release()

    def others(self) -> dict[Path, int]:
        """States of other networks' runs in this folder, and how many iterations they had."""
        if not self.path.is_dir():
            return {}
        names = sorted(name for name in os.listdir(self.path) if _is_state(name))
        found = {self.path / name: _iterations(self.path / name) for name in names}
        return {state: done for state, done in found.items() if state != self.state and done >= 0}

    def weights(self, what: str | int) -> Path:
        """A weights file: ``last``, ``best``, ``final``, ``ema`` or the number of an iteration."""
        return self.path / f"{self.base}_{what}.weights"

    @property
    def state(self) -> Path:
        """What a training goes on from."""
        return self.path / f"{self.base}.state"

    @property
    def metrics(self) -> Path:
        """A line for each iteration and evaluation."""
        return self.path / METRICS

    @property
    def chart(self) -> Path:
        """Loss and scores as a picture."""
        return self.path / "chart.png"

    @property
    def report(self) -> Path:
        """All charts as a page."""
        return self.path / "report.html"

    def check(self) -> None:
        """Looks whether files can be written here, before hours go into making them.

        Raises:
            NotADirectoryError: the folder, or what it lies in, is a file.
            PermissionError: nothing can be written there.
        """
        place = self.path.absolute()
        while not os.path.lexists(place):
            place = place.parent
        if not place.is_dir():
            raise NotADirectoryError(
                errno.ENOTDIR, "is no folder, expected one for the files of the run", str(place)
            )
        if not _takes_files(place):
            raise PermissionError(
                errno.EACCES, "cannot be written to, expected a folder for the files of the run",
                str(place),
            )  # fmt: skip

    def take(self, *, alone: bool) -> None:
        """Makes the folder, keeps other trainings out, and removes what one left half-written.

        Args:
            alone: remove also the states of other networks' runs, whose metrics are written anew.

        Raises:
            FileExistsError: another training is writing to it.
            OSError: it cannot be made or written to.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(self.path)
        for state in self.others() if alone else ():
            state.unlink(missing_ok=True)
        for left in [*self.path.glob(".*.part*"), *self.path.glob(f"{self.base}*.part*")]:
            with contextlib.suppress(OSError):
                left.unlink()


def _takes_files(folder: Path) -> bool:
    """Whether a file can be made there: /proc says yes to whoever only asks."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        # a full disk may have room until it is needed, and says so itself where it has not
        return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _iterations(state: Path) -> int:
    """Done by the run of a state; -1 where it is none that can be read."""
    try:
        return int(read_about(state)["iteration"])
    except (DataError, KeyError, OSError):
        return -1


def _is_state(name: str) -> bool:
    return name.endswith(".state") and not name.startswith(".")


def backup_folder(keys: dict[str, str], data: str) -> Path:
    """The folder a .data file names: from the working directory where it is there, else beside.

    compat: Darknet takes /backup/ where there is no such key.
    """
    named = Path(keys.get("backup", "backup"))
    if named.is_absolute() or named.is_dir() or "backup" not in keys:
        return named
    return Path(data).parent / named


def refuse_to_overwrite(folder: RunFolder, weights: str | os.PathLike[str] | None) -> None:
    """Stops where a run that has come further would be lost.

    Weights of that folder say that it is meant to go on: Darknet's way to resume.
    """
    for state, done in folder.others().items():
        if done:
            raise FileExistsError(
                f"{folder.path} holds a run of another network, {state.stem}, whose metrics would "
                "be lost: expected another run_dir (--run-dir), or overwrite=True (--overwrite)"
            )
    if weights is not None and Path(weights).resolve().parent == folder.path.resolve():
        return
    done = _iterations(folder.state)
    if done > 0:
        raise FileExistsError(
            f"{folder.path} holds a run of {done} iterations: Trainer.resume (--resume) goes on "
            "with it, overwrite=True (--overwrite) begins anew"
        )

"""The exceptions of pydarknet.

::

    Exception
    └── DarknetError
        ├── CfgError (ValueError)               a network description is wrong
        ├── WeightsError (ValueError)           a weights file does not fit, or holds NaN
        ├── DataError (ValueError)              an image, array, names or data file is wrong
        │   └── DatasetError                    a data set is: all its faults
        ├── ArgumentError (ValueError)          a value given by the caller is out of range
        ├── DownloadError (OSError)             a file could not be had from the network
        ├── DeviceError (RuntimeError)          a device is missing or failed
        ├── OutOfMemoryError (MemoryError)
        ├── TrainingDiverged (RuntimeError)     a loss or gradient is no longer finite
        ├── ClosedError (RuntimeError)          the network was closed before
        └── InternalError (RuntimeError)        a defect of the engine: please report it

A file that is missing or cannot be read or written raises Python's own ``FileNotFoundError``,
``PermissionError`` or ``OSError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .problems import Problem

__all__ = [
    "ArgumentError",
    "CfgError",
    "ClosedError",
    "DarknetError",
    "DataError",
    "DatasetError",
    "DeviceError",
    "DownloadError",
    "InternalError",
    "OutOfMemoryError",
    "TrainingDiverged",
    "WeightsError",
]


class DarknetError(Exception):
    """The base of all exceptions of this package.

    The text is one line: ``file:line: [section] what is wrong, what was expected``.

    Attributes:
        file: the file that is wrong, as it was given; None where there is none.
        line: number of the line in it, from 1; None where unknown.
        section: type of the cfg section, without brackets; None where unknown.
        layer: index of the layer, from 0; None where unknown.
    """

    def __init__(
        self,
        message: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        section: str | None = None,
        layer: int | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.section = section
        self.layer = layer


class CfgError(DarknetError, ValueError):
    """A network description is wrong: a section, a key, a value, or shapes that do not meet."""


class WeightsError(DarknetError, ValueError):
    """A weights file does not fit the network, is no weights file, or holds non-finite numbers."""


class DataError(DarknetError, ValueError):
    """An image, an array, a .names or a .data file is wrong."""


class DatasetError(DataError):
    """A list of images, its images or its labels are wrong.

    Attributes:
        problems: all that was found, each with ``file``, ``line``, ``message`` and ``severity``
            (see `pydarknet.datasets.Problem`).
    """

    def __init__(
        self,
        message: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message, file=file, line=line)
        self.problems = tuple(problems)


class ArgumentError(DarknetError, ValueError):
    """A value given by the caller is out of range."""


class DownloadError(DarknetError, OSError):
    """A file could not be had from the network, or is not the one that was expected.

    Attributes:
        reasons: of each address that was tried, the address and why it failed.
    """

    def __init__(
        self,
        message: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        section: str | None = None,
        layer: int | None = None,
        reasons: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message, file=file, line=line, section=section, layer=layer)
        self.reasons = tuple(reasons)


class DeviceError(DarknetError, RuntimeError):
    """A device is missing, is not supported by this build, or failed."""


class OutOfMemoryError(DarknetError, MemoryError):
    """There is not enough memory on the device."""


class TrainingDiverged(DarknetError, RuntimeError):
    """A loss, gradient or weight is no longer a finite number.

    Attributes:
        iteration: the update that was to be done, from 1; None where unknown.
        images: paths of the images of that update, as far as they were shown.
    """

    def __init__(
        self,
        message: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        section: str | None = None,
        layer: int | None = None,
        iteration: int | None = None,
        images: Sequence[str] = (),
    ) -> None:
        super().__init__(message, file=file, line=line, section=section, layer=layer)
        self.iteration = iteration
        self.images = tuple(images)


class ClosedError(DarknetError, RuntimeError):
    """The network was closed before this call."""


class InternalError(DarknetError, RuntimeError):
    """The engine broke one of its own promises: a defect, please report it."""

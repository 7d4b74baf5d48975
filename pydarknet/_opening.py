"""What is asked of a network when it is opened: checks, and its weights."""

from __future__ import annotations

import os
import re

from ._arguments import MOST, check_choice, check_whole
from ._cut_name import named_cut
from ._native import BACKENDS, PRECISIONS, NativeNetwork, WeightsReport
from .errors import DeviceError, WeightsError

MOST_THREADS = 1024
"""More would end the process where the system refuses them, and never be faster."""


def check_settings(device: str, precision: str, backend: str, threads: int) -> None:
    """Checks the keywords that say how a network runs.

    Raises:
        DeviceError: the device is not there.
        ArgumentError: a keyword has a value it cannot have.
    """
    if isinstance(device, str) and re.fullmatch(r"cuda(:\d+)?", device):
        raise DeviceError(
            f"device={device!r}: this version of pydarknet runs on the CPU only, use device='cpu'"
        )
    check_choice("device", device, ("cpu",))
    check_choice("precision", precision, PRECISIONS)
    check_choice("backend", backend, BACKENDS)
    check_whole("threads", threads, most=MOST_THREADS)


def load_weights(
    native: NativeNetwork, weights: str | os.PathLike[str], strict: bool, up_to: int | None
) -> WeightsReport:
    """Loads a file; see `Network` for the arguments.

    Raises:
        WeightsError: the weights do not fit.
        ArgumentError: ``up_to`` is below 0.
        OSError: the file cannot be read.
    """
    path = os.fsdecode(weights)
    with open(path, "rb"):
        pass  # Python's own exception where it cannot be read
    if up_to is None:
        cut = named_cut(path)
        number = -1 if cut is None else min(cut, MOST)
    else:
        number = check_whole("up_to", up_to)
    return native.load_weights(path, number, bool(strict))


def load_first_weights(
    native: NativeNetwork, weights: str | os.PathLike[str], up_to: int | None
) -> None:
    """Loads a file; with ``up_to`` it may be that of a network with other layers behind.

    Raises:
        WeightsError: the weights do not fit.
        ArgumentError: ``up_to`` is below 0.
        OSError: the file cannot be read.
    """
    report = load_weights(native, weights, up_to is None, up_to)
    if up_to is not None and report.bytes_found < report.bytes_expected:
        path = os.fspath(weights)
        raise WeightsError(
            f"{path}: has {report.bytes_found} bytes, expected {report.bytes_expected} for the "
            f"layers below {up_to}",
            file=path,
        )

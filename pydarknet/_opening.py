"""What is asked of a network when it is opened: checks, and its weights."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ._native import BACKENDS, PRECISIONS, NativeNetwork, WeightsReport
from .errors import ArgumentError, DeviceError


def check_settings(device: str, precision: str, backend: str, threads: int) -> None:
    """Checks the keywords that say how a network runs.

    Raises:
        DeviceError: the device is not there.
        ArgumentError: a keyword has a value it cannot have.
    """
    if re.fullmatch(r"cuda(:\d+)?", device):
        raise DeviceError(
            f"device={device!r}: this version of pydarknet runs on the CPU only, use device='cpu'"
        )
    check_choice("device", device, ("cpu",))
    check_choice("precision", precision, PRECISIONS)
    check_choice("backend", backend, BACKENDS)
    if threads < 0:
        raise ArgumentError(f"threads={threads}, expected 0 or more")


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Checks that a keyword has one of its values.

    Raises:
        ArgumentError: it has not.
    """
    expected = [repr(choice) for choice in choices]
    if repr(value) not in expected:
        one_of = "one of " if len(expected) > 1 else ""
        raise ArgumentError(f"{name}={value!r}, expected {one_of}{', '.join(expected)}")


def load_weights(
    native: NativeNetwork, weights: str | os.PathLike[str], strict: bool, up_to: int | None
) -> WeightsReport:
    """Loads a file; see `Network` for the arguments.

    Raises:
        WeightsError: the weights do not fit.
        ArgumentError: ``up_to`` is below 0.
        OSError: the file cannot be read.
    """
    path = os.fspath(weights)
    with open(path, "rb"):
        pass  # Python's own exception where it cannot be read
    if up_to is None:
        cut = re.search(r"\.conv\.(\d+)$", path)
        up_to = int(cut[1]) if cut else -1
    elif up_to < 0:
        raise ArgumentError(f"up_to={up_to}, expected 0 or more")
    return native.load_weights(path, up_to, strict)

"""Ctrl-C, SIGTERM and SIGHUP between iterations, never within one."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Terminated(KeyboardInterrupt):
    """A signal of `ENDING` came, where `terminated_by_signal` is in place: as Ctrl-C, an end.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int = signal.SIGTERM) -> None:
        """Takes the signal's number."""
        super().__init__()
        self.number = signal.Signals(number)


ENDING = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
"""What asks a program to end: SIGTERM, and SIGHUP where a terminal or a connection is closed."""


def _terminate(number: int, frame: FrameType | None) -> None:
    # some send it twice, to the process and to its group, and a closing terminal is followed by
    # SIGTERM: the second must not break off what the first one set in motion
    for each in ENDING:
        if signal.getsignal(each) is _terminate:
            signal.signal(each, signal.SIG_IGN)
    if number != signal.SIGTERM:
        _leave_terminal()
    raise Terminated(number)


def _leave_terminal() -> None:
    """What is said from now on goes nowhere: writing to a terminal that is gone would fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nothing, stream)
    os.close(nothing)


@contextmanager
def terminated_by_signal() -> Iterator[None]:
    """Has SIGTERM and SIGHUP raise `Terminated` in the main thread until the block is over.

    For programs, not for the library: a handler that somebody else has installed stays, and what
    is ignored (SIGHUP under nohup) stays ignored.
    """
    own = [one for one in ENDING if signal.getsignal(one) is signal.SIG_DFL]
    if not _in_main_thread() or not own:
        yield
        return
    for number in own:
        signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in own:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Holds Ctrl-C, SIGTERM and SIGHUP back until the block is over; a second Ctrl-C goes through.

    Only the main thread gets signals, and only handlers that raise are held back: Python's own
    for Ctrl-C, and that of `terminated_by_signal`.
    """
    raising: dict[signal.Signals, Callable[[int, FrameType | None], object]] = {
        signal.SIGINT: signal.default_int_handler, **dict.fromkeys(ENDING, _terminate),
    }  # fmt: skip
    held = [number for number, own in raising.items() if signal.getsignal(number) is own]
    if not _in_main_thread() or not held:
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and number in came:
            raise KeyboardInterrupt
        came.append(number)

    for number in held:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, raising[number])
    if came:
        raising[signal.Signals(came[0])](came[0], None)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

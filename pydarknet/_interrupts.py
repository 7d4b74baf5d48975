"""Ctrl-C and SIGTERM between iterations, never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came, where `terminated_by_signal` is in place: ends what Ctrl-C ends."""


def _terminate(number: int, frame: FrameType | None) -> None:
    # some send it twice, to the process and to its group: the second must not break off what
    # the first one set in motion
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


@contextmanager
def terminated_by_signal() -> Iterator[None]:
    """Has SIGTERM raise `Terminated` in the main thread until the block is over.

    For programs, not for the library: a handler that somebody else has installed stays.
    """
    if not _in_main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Holds Ctrl-C and SIGTERM back until the block is over; a second Ctrl-C goes through.

    Only the main thread gets signals, and only handlers that raise are held back: Python's own
    for Ctrl-C, and that of `terminated_by_signal`.
    """
    raising = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
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

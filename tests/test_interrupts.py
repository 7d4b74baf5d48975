"""Signals are held back where they would break something off, and are nobody else's business."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from pydarknet._interrupts import Terminated, deferred_interrupts, terminated_by_signal


def send(*numbers: int) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def test_held_back_until_the_end() -> None:
    done = []

    def work() -> None:
        with terminated_by_signal(), deferred_interrupts():
            send(signal.SIGTERM, signal.SIGTERM)
            done.append(1)

    with pytest.raises(Terminated):
        work()
    assert done == [1]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_only_the_first_sigterm_counts() -> None:
    with terminated_by_signal():
        with pytest.raises(Terminated):
            send(signal.SIGTERM)
        send(signal.SIGTERM)
        with deferred_interrupts():
            send(signal.SIGTERM)


def test_a_closed_terminal_ends_as_sigterm_does() -> None:
    with terminated_by_signal():
        with pytest.raises(Terminated) as caught:
            send(signal.SIGHUP)
        assert caught.value.number == signal.SIGHUP
        send(signal.SIGTERM, signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_nohup_stays() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminated_by_signal(), deferred_interrupts():
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_ctrl_c_goes_through() -> None:
    done = []

    def work() -> None:
        with deferred_interrupts():
            send(signal.SIGINT)
            done.append(1)
            send(signal.SIGINT)
            done.append(2)

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert done == [1]
    assert not isinstance(caught.value, Terminated)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_handlers_stay() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        with terminated_by_signal(), deferred_interrupts():
            send(signal.SIGTERM)
            assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_without_the_program_nothing_is_installed() -> None:
    with deferred_interrupts():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_in_other_threads_nothing_happens() -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with terminated_by_signal(), deferred_interrupts():
                assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed

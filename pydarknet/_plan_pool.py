"""Lends compiled plans to threads: a plan serves one thread at a time, a network serves many."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, NoReturn, TypeVar

from .errors import ClosedError

Key = TypeVar("Key", bound=Hashable)
Plan = TypeVar("Plan")


def _refuse(_: object) -> NoReturn:
    raise ClosedError("the network is closed")


class _Shelf(Generic[Plan]):
    """The plans of one key."""

    def __init__(self) -> None:
        self.idle: list[Plan] = []
        self.alive = 0
        self.retired = False


class PlanPool(Generic[Key, Plan]):
    """Makes plans when they are first needed and keeps the last few.

    Memory stays bounded: ``keys`` kinds of plans, the least recently used kind goes first, and
    ``plans`` of each; a thread that finds them all lent waits for one.
    """

    def __init__(self, create: Callable[[Key], Plan], *, keys: int, plans: int) -> None:
        self._create = create
        self._keys = keys
        self._plans = plans
        self._shelves: OrderedDict[Key, _Shelf[Plan]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    @contextlib.contextmanager
    def borrow(self, key: Key) -> Iterator[Plan]:
        """Lends a plan for the length of a block; waits where all are lent.

        Raises:
            ClosedError: the pool was closed.
        """
        shelf, plan = self._take(key)
        try:
            yield plan
        finally:
            self._give_back(shelf, plan)
            del plan

    def _take(self, key: Key) -> tuple[_Shelf[Plan], Plan]:
        with self._changed:
            while True:
                if self._closed:
                    _refuse(key)
                shelf = self._shelves.setdefault(key, _Shelf())
                self._shelves.move_to_end(key)
                if shelf.idle:
                    return shelf, shelf.idle.pop()
                if shelf.alive < self._plans:
                    break
                self._changed.wait()
            shelf.alive += 1
            dropped = self._retire(len(self._shelves) - self._keys)
        del dropped  # outside of the lock: freeing takes time
        try:
            return shelf, self._create(key)
        except BaseException:
            self._give_back(shelf, None)
            raise

    def _retire(self, count: int) -> list[Plan]:
        """Forgets the oldest shelves; returns their idle plans."""
        dropped: list[Plan] = []
        for _ in range(count):
            _, shelf = self._shelves.popitem(last=False)
            shelf.retired = True
            dropped += shelf.idle
            shelf.idle.clear()
        return dropped

    def _give_back(self, shelf: _Shelf[Plan], plan: Plan | None) -> None:
        with self._changed:
            if plan is None:
                shelf.alive -= 1
            elif not shelf.retired:
                shelf.idle.append(plan)
            self._changed.notify_all()

    def clear(self) -> None:
        """Drops all plans; those that are lent go when they come back."""
        with self._changed:
            dropped = self._retire(len(self._shelves))
        del dropped

    def close(self) -> None:
        """Drops all plans and lends no more."""
        with self._changed:
            self._closed = True
            self._create = _refuse
            dropped = self._retire(len(self._shelves))
            self._changed.notify_all()
        del dropped

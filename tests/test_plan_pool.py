"""Lending plans to threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pydarknet import ClosedError
from pydarknet._plan_pool import PlanPool


class Maker:
    """Counts what it makes."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, key: str) -> list[str]:
        self.made.append(key)
        return [key]


def test_a_plan_is_made_once_and_lent_again() -> None:
    maker = Maker()
    pool = PlanPool(maker, keys=2, plans=2)
    with pool.borrow("a") as first:
        pass
    with pool.borrow("a") as again, pool.borrow("a") as other:
        assert again is first
        assert other is not first
    assert maker.made == ["a", "a"]


def test_the_least_recently_used_kind_goes() -> None:
    maker = Maker()
    pool = PlanPool(maker, keys=2, plans=1)
    for key in "abaca":
        with pool.borrow(key):
            pass
    assert maker.made == ["a", "b", "c"]
    with pool.borrow("b"):
        pass
    assert maker.made[3:] == ["b"]


def test_a_thread_waits_for_a_plan() -> None:
    pool = PlanPool(Maker(), keys=1, plans=2)
    inside = threading.Semaphore(2)

    def work(_: int) -> bool:
        with pool.borrow("a"):
            alone = inside.acquire(blocking=False)
            inside.release()
            return alone

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(400)))


def test_a_plan_that_cannot_be_made_blocks_nobody() -> None:
    calls = []

    def make(key: str) -> str:
        calls.append(key)
        if len(calls) < 3:
            raise MemoryError
        return key

    pool = PlanPool(make, keys=1, plans=1)
    for _ in range(2):
        with pytest.raises(MemoryError), pool.borrow("a"):
            pass
    with pool.borrow("a") as plan:
        assert plan == "a"


def test_a_closed_pool_lends_no_more() -> None:
    pool = PlanPool(Maker(), keys=1, plans=1)
    with pool.borrow("a"):
        pool.close()
    with pytest.raises(ClosedError), pool.borrow("a"):
        pass


def test_clearing_makes_new_plans() -> None:
    maker = Maker()
    pool = PlanPool(maker, keys=1, plans=1)
    with pool.borrow("a"):
        pool.clear()
    with pool.borrow("a"):
        pass
    assert maker.made == ["a", "a"]

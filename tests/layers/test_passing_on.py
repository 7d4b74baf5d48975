"""[dropout], [cost], [contrastive], [empty]: at inference they hand on what they get."""

from __future__ import annotations

import pytest

from layers.network_check import Case, check, net, refused, section

SECTIONS = {
    "dropout": section("dropout", probability=0.9, dropblock=1, dropblock_size_abs=3),
    "cost": section("cost", type="smooth", scale=3),
    "contrastive": section("contrastive", classes=4, temperature=0.2),
    "empty": section("empty"),
    "silence": section("silence"),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_first_layer(name: str) -> None:
    case = Case(net(5, 6, 7) + SECTIONS[name], batch=2)
    check(case, case.input)


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("c", [3, 16])
def test_between_pools(name: str, c: int) -> None:
    pool = section("maxpool", size=2, stride=2)
    case = Case(net(c, 8, 8) + pool + SECTIONS[name] + pool, batch=2)
    check(case, case.input.reshape(2, c, 2, 4, 2, 4).max(axis=(3, 5)))


@pytest.mark.parametrize("name", SECTIONS)
def test_it_can_be_referred_to(name: str) -> None:
    case = Case(net(16, 6, 7) + SECTIONS[name] + section("shortcut", **{"from": 0}))
    check(case, 2 * case.input)


def test_a_cost_is_no_output() -> None:
    case = Case(net(4, 6, 6) + section("avgpool") + section("cost") + section("cost"))
    with case.open() as network:
        assert network.outputs == (0,)
        assert network.predict(case.input)[0].shape == (1, 4, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (section("cost", type="L3"), "type=L3 is unknown"),
        (section("dropout", probability="half"), "expected a number"),
        (section("contrastive", classes=0), "at least 1"),
        (section("empty", size=3), "unknown key size"),
    ],
)
def test_wrong_options(text: str, words: str) -> None:
    refused(net(3, 4, 4) + text, words)

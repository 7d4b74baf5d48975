"""Options in every spelling."""

from __future__ import annotations

import pytest

from pydarknet.cli.detect import detect_parser
from pydarknet.cli.parser import UsageError


def split(*words: str):
    return detect_parser("detect", "MODEL", "").split(words)


@pytest.mark.parametrize(
    "spelling", ["-ext_output", "--ext_output", "--ext-output", "-ext-output", "-Ext_Output"]
)
def test_one_option_in_many_spellings(spelling):
    options, words = split("a", spelling, "b")
    assert options.ext_output
    assert words == ["a", "b"]


@pytest.mark.parametrize(
    "words",
    [
        ["-thresh", ".4", "x.cfg", "y.jpg"],
        ["x.cfg", "-thresh", ".4", "y.jpg"],
        ["x.cfg", "y.jpg", "--thresh=.4"],
        ["-thresh=0.4", "x.cfg", "y.jpg"],
    ],
)
def test_options_stand_anywhere(words):
    options, rest = split(*words)
    assert options.thresh == 0.4
    assert rest == ["x.cfg", "y.jpg"]


def test_defaults_are_darknets():
    options, _ = split("x.cfg")
    assert (options.thresh, options.nms, options.hier) == (0.25, 0.45, 0.5)
    assert not options.letter_box


def test_behind_two_dashes_all_are_words():
    options, words = split("x.cfg", "-json", "--", "-thresh", "-")
    assert options.json
    assert words == ["x.cfg", "-thresh", "-"]


def test_a_dash_alone_is_a_word():
    assert split("x.cfg", "-")[1] == ["x.cfg", "-"]


@pytest.mark.parametrize("word", ["-thres", "--exit-output", "-5", "-unknown=3"])
def test_unknown_options(word):
    with pytest.raises(UsageError, match="unknown option"):
        split("x.cfg", word)


@pytest.mark.parametrize(
    ("text", "expected"), [("608", (608, 608)), ("608x416", (608, 416)), ("32X64", (32, 64))]
)
def test_sizes(text, expected):
    assert split("x.cfg", "--size", text)[0].size == expected

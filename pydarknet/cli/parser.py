"""Options in Darknet's manner: anywhere between the words, with one dash or two."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Sequence
from typing import NoReturn


class UsageError(Exception):
    """The command is wrong; the text is for stderr as it stands."""


class Parser(argparse.ArgumentParser):
    """An argparse parser for options only; what is no option is a word of the command.

    ``-ext_output``, ``--ext_output`` and ``--ext-output`` are one option. After ``--`` everything
    is a word.
    """

    def __init__(self, command: str, words: str, description: str) -> None:
        """Takes the command's name, the words it expects, and what it does."""
        super().__init__(
            prog=f"pydarknet {command}",
            usage=f"pydarknet {command} {words} [options]".replace("  ", " "),
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Raises instead of leaving the process."""
        raise UsageError(f"{self.prog}: {message}; see {self.prog} --help")

    def knows(self, option: str) -> bool:
        """Whether there is an option of this spelling, ``--ext-output``."""
        return option in self._option_string_actions

    def split(self, given: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """The options, and the words between them in order.

        Raises:
            UsageError: an option is unknown, misses its value or has a wrong one.
        """
        end = given.index("--") if "--" in given else len(given)
        options, words = self.parse_known_args([_plain(one) for one in given[:end]])
        for word in words:
            if word.startswith("-") and word != "-":
                self._refuse(word)
        return options, [*words, *given[end + 1 :]]

    def _refuse(self, word: str) -> NoReturn:
        name = word.partition("=")[0]
        known = [one for action in self._actions for one in action.option_strings]
        near = difflib.get_close_matches(name, known, n=1)
        self.error(f"unknown option {name}" + (f", did you mean {near[0]}?" if near else ""))


def _plain(word: str) -> str:
    """Brings an option's name to its one spelling, ``--ext-output``; leaves all else alone."""
    match = re.fullmatch(r"--?([A-Za-z]\w[\w-]*)(=.*)?", word, re.DOTALL)
    if match is None:
        return word
    return f"--{match[1].replace('_', '-').lower()}{match[2] or ''}"


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number from 0 to 1")
    return value


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not re.fullmatch(r"0*[1-9]\d{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a whole number of at least 1")
    return int(text)


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a whole number of at least 0")
    return int(text)


def amount(text: str) -> float:
    """A number of at least 0."""
    if not re.fullmatch(r"\d{1,9}(\.\d*)?|\.\d+", text):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number of at least 0")
    return float(text)


def gpus(text: str) -> str:
    """Numbers of GPUs, with commas between them."""
    if not re.fullmatch(r"\d{1,4}(,\d{1,4})*", text):
        raise argparse.ArgumentTypeError(
            f"{text!r}, expected numbers of GPUs with commas, as in 0 or 0,1"
        )
    return text


def size(text: str) -> tuple[int, int]:
    """Width and height: ``608x416``, or ``608`` for both."""
    match = re.fullmatch(r"([1-9]\d{0,5})(?:[xX]([1-9]\d{0,5}))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}, expected WIDTHxHEIGHT in pixels")
    return int(match[1]), int(match[2] or match[1])

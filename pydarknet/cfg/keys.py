"""Every section and key there is: type, default and meaning, the same that the engine declares.

``keys.json`` is written by ``scripts/export_cfg_keys.py`` from the engine's declarations, so that
they are known where no engine is built.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Key:
    """A key of a section.

    Attributes:
        name: as it stands in a cfg.
        type: "integer", "real", "flag", "text", "list of integers", "list of reals" or "choice".
        default: what counts where the key is missing, as text; empty for none.
        meaning: a few words; keys of training alone begin with "training".
        choices: the words of a "choice", else empty.
    """

    name: str
    type: str
    default: str
    meaning: str
    choices: tuple[str, ...] = ()

    @property
    def training(self) -> bool:
        """Whether the key matters only where the network is trained."""
        return self.meaning.startswith("training")

    @property
    def idle(self) -> bool:
        """Whether the key changes no number at all."""
        return "no effect" in self.meaning or "without effect" in self.meaning


def canonical(section: str) -> str:
    """The long name of a section: ``convolutional`` for ``conv``."""
    return _table()[0].get(section, section)


def section_names() -> tuple[str, ...]:
    """All names of sections, long and short, ``net`` among them."""
    aliases, sections = _table()
    return (*sections, *aliases)


def keys_of(section: str) -> Mapping[str, Key] | None:
    """The keys of a section by their names; None for a section that nobody knows."""
    return _table()[1].get(canonical(section))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is spelled most like this one; None where none is close."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


@functools.cache
def _table() -> tuple[dict[str, str], dict[str, dict[str, Key]]]:
    data = json.loads(resources.files(__package__).joinpath("keys.json").read_text("utf-8"))
    every = [_key(row) for row in data["every_layer"]]
    sections = {"net": [_key(row) for row in data["net"]]}
    for name, rows in data["layers"].items():
        sections[name] = [*map(_key, rows), *every]
    return data["aliases"], {
        name: {key.name: key for key in keys} for name, keys in sections.items()
    }


def _key(row: list[str]) -> Key:
    name, type_, default, meaning = row
    if type_.startswith("one of "):
        return Key(name, "choice", default, meaning, tuple(type_.split()[2:]))
    return Key(name, type_, default, meaning)

"""Reads one section's values by the engine's rules, with an error at the line of the key."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ..errors import CfgError
from ..layers import option_values
from .document import Document, Section
from .keys import Key, keys_of, nearest
from .ranges import MOST, bounds_of

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_MOST_FLOAT = 3.4028234663852886e38
_FLOATS = "-3.40282e38 to 3.40282e38"


def read_number(text: str) -> float | None:
    """The number that a text is; None where it is none, or has something behind it."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _too_large(text: str, most: float) -> bool:
    """Whether a text is a number, but beyond what the engine counts with."""
    return bool(_NUMBER.fullmatch(text)) and abs(float(text)) >= most


def read_whole(text: str) -> int | None:
    """The whole number that a text is, ``1e3`` included; None where it is none."""
    number = read_number(text)
    if number is None or number != math.floor(number):
        return None
    return int(number) if abs(number) < MOST else None


def read_list(text: str) -> list[float] | None:
    """The numbers of a list; a comma at its end is allowed. None where it is none."""
    parts = text.split(",")
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    numbers = [read_number(part) for part in parts]
    found = [number for number in numbers if number is not None and abs(number) <= _MOST_FLOAT]
    return found if len(found) == len(parts) else None


class Options:
    """The values of a section: those in the cfg, else the defaults."""

    def __init__(self, document: Document, section: Section) -> None:
        self.document = document
        self.section = section
        keys = keys_of(section.type)
        if keys is None:
            raise self.unknown_section()
        self._keys = keys
        self._defaults = {name: key.default for name, key in keys.items()}

    def unknown_section(self) -> CfgError:
        """The error of a section that nobody knows."""
        from .keys import section_names

        guess = nearest(self.section.type, section_names())
        hint = f" (did you mean {guess}?)" if guess else ""
        return self.wrong(f"unknown section{hint}")

    def default(self, name: str, value: object) -> None:
        """Sets the default of a key that depends on others."""
        self._defaults[name] = str(value)

    def has(self, name: str) -> bool:
        """Whether the cfg has the key."""
        return self.section.find(name) is not None

    def text(self, name: str) -> str:
        """A value as text; empty where there is none."""
        return self.section.get(name) or self._defaults[name]

    def integer(self, name: str) -> int:
        """A whole number of the key's range."""
        text = self.text(name)
        least, most = bounds_of(self.section.type, name)
        value = read_whole(text)
        if value is None:
            wanted = "an integer"
            if _too_large(text, MOST):
                wanted += f" from {max(least, 1 - MOST)} to {min(most, MOST - 1)}"
            raise self.wrong(f"{name}={text[:60]}, expected {wanted}", name)
        if not least <= value <= most:
            wanted = f"at least {least}" if most == MOST else f"{least} to {most}"
            raise self.wrong(f"{name}={value}, expected {wanted}", name)
        return value

    def real(self, name: str) -> float:
        """A number."""
        text = self.text(name)
        value = read_number(text)
        if value is None or abs(value) > _MOST_FLOAT:
            wanted = f"a number from {_FLOATS}" if _too_large(text, _MOST_FLOAT) else "a number"
            raise self.wrong(f"{name}={text[:60]}, expected {wanted}", name)
        return value

    def flag(self, name: str) -> bool:
        """Whether a number is not 0."""
        text = self.text(name)
        value = read_number(text)
        if value is None:
            raise self.wrong(f"{name}={text[:60]}, expected 0 or 1", name)
        return value != 0

    def reals(self, name: str) -> list[float]:
        """A list of numbers; empty where the key is missing."""
        text = self.text(name)
        found = read_list(text) if text else []
        if found is None:
            large = any(_too_large(part, _MOST_FLOAT) for part in text.split(","))
            wanted = f"numbers from {_FLOATS}" if large else "numbers with commas"
            raise self.wrong(f"{name}={text[:60]}, expected {wanted}", name)
        return found

    def integers(self, name: str) -> list[int]:
        """A list of whole numbers; empty where the key is missing."""
        numbers = self.reals(name)
        if any(number != math.floor(number) or abs(number) >= MOST for number in numbers):
            text = self.text(name)
            large = any(abs(number) >= MOST for number in numbers)
            wanted = f"integers from {1 - MOST} to {MOST - 1}" if large else "integers with commas"
            raise self.wrong(f"{name}={text[:60]}, expected {wanted}", name)
        return [int(number) for number in numbers]

    def choice(self, name: str) -> str:
        """One of the key's words."""
        text, words = self.text(name), self._keys[name].choices
        if text not in words:
            guess = nearest(text, words)
            hint = f" (did you mean {guess}?)" if guess else ""
            raise self.wrong(
                f"{name}={text[:60]} is unknown{hint}, expected one of {' '.join(words)}", name
            )
        return text

    def require(self, name: str) -> None:
        """Refuses a section without the key."""
        if not self.has(name):
            raise self.wrong(f"{name} is missing")

    def check(self, key: Key) -> None:
        """Reads one key's value, whatever its type."""
        readers = {
            "integer": self.integer,
            "real": self.real,
            "flag": self.flag,
            "choice": self.choice,
            "list of integers": self.integers,
            "list of reals": self.reals,
            "text": self.text,
        }
        readers[key.type](key.name)

    def check_all(self) -> None:
        """Reads the values of all keys that the cfg has."""
        for line in self.section.entries:
            if line.key is not None and line.key in self._keys:
                self.check(self._keys[line.key])

    def wrong(self, message: str, key: str | None = None) -> CfgError:
        """An error at the key's line, or the section's; to be raised."""
        return self.document.wrong(message, self.section, key)

    def unknown_keys(self) -> Sequence[CfgError]:
        """An error for each key that the section does not have, with the nearest spelling."""
        found = []
        for line in self.section.entries:
            if line.key is None or line.key in self._keys:
                continue
            guess = nearest(line.key, self._keys)
            hint = f" (did you mean {guess}?)" if guess else ""
            found.append(self.wrong(f"unknown key {line.key[:60]}{hint}", line.key))
        return found

    def values(self) -> dict[str, object]:
        """All values, as numbers where they are some: what `pydarknet.Layer.options` holds."""
        return option_values(self.section.type, {name: self.text(name) for name in self._keys})


def whole(section: Section, key: str, default: int) -> int:
    """A key's whole number; the default where it is missing or is none."""
    found = section.get(key)
    number = read_whole(found) if found is not None else default
    return default if number is None else number

"""What differs between two cfgs in meaning: layers that came or went, keys with other values."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .document import Document
from .meaning import Meaning, Value, meaning
from .references import LISTS, SINGLE


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        section: the type of the section.
        layer: its number in the first cfg, from 0, then in the second; -1 is [net], None where it
            is missing.
        lines: of its header in the first and the second cfg, from 1; None where it is missing.
        key: that differs; None where the whole layer came or went.
        values: in the first and the second cfg; None where the key or the layer is missing. Layers
            that a key names are numbers from 0.
        training: whether it matters in training alone.
    """

    section: str
    layer: tuple[int | None, int | None]
    lines: tuple[int | None, int | None]
    key: str | None
    values: tuple[Value | None, Value | None]
    training: bool = False

    def __str__(self) -> str:
        a, b = self.layer
        if a is None or b is None:
            mark, layer = ("+", b) if a is None else ("-", a)
            return f"{mark} [{self.section}] layer {layer}"
        place = f"[{self.section}]"
        if a >= 0:
            place += f" layer {a}" if a == b else f" layer {a} and {b}"
        before, after = (show(value) for value in self.values)
        return f"~ {place} {self.key}: {before} -> {after}"


def show(value: Value | None) -> str:
    """A value as a cfg would write it."""
    if value is None:
        return "(none)"
    if isinstance(value, str):
        return value or "(none)"
    if isinstance(value, tuple):
        return ",".join(f"{number:.9g}" for number in value) or "(none)"
    return f"{value:.9g}"


def diff(first: Document, second: Document) -> list[Difference]:
    """Compares two cfgs by meaning: comments, order of keys, defaults and spelling do not count.

    Layers are lined up first, so that one more layer is one difference; layers that a key names
    count as equal where they were lined up.
    """
    a, b = meaning(first), meaning(second)
    pairs = list(_line_up(a[1:], b[1:]))
    # where the second cfg's layers are in the first: -1 for none, and a number of no layer stays
    places = {float(j): -1.0 if i is None else float(i) for i, j in pairs if j is not None}
    found = list(_compare(a[0], b[0], -1, -1, {}))
    for i, j in pairs:
        if i is None or j is None:
            one = b[(j or 0) + 1] if i is None else a[i + 1]
            lines = (None, one.line) if i is None else (one.line, None)
            found.append(Difference(one.type, (i, j), lines, None, (None, None)))
        else:
            found.extend(_compare(a[i + 1], b[j + 1], i, j, places))
    return found


def _line_up(a: Sequence[Meaning], b: Sequence[Meaning]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of layers; None where the other cfg has no counterpart."""
    if [one.type for one in a] == [one.type for one in b]:
        yield from zip(range(len(a)), range(len(b)), strict=True)
        return
    matcher = difflib.SequenceMatcher(
        None, [_signature(one) for one in a], [_signature(one) for one in b], autojunk=False
    )
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(range(i1, i2), range(j1, j2), strict=True)
            continue
        inner = difflib.SequenceMatcher(
            None, [one.type for one in a[i1:i2]], [one.type for one in b[j1:j2]], autojunk=False
        )
        for kind, k1, k2, m1, m2 in inner.get_opcodes():
            if kind == "equal":
                yield from zip(range(i1 + k1, i1 + k2), range(j1 + m1, j1 + m2), strict=True)
                continue
            yield from ((i, None) for i in range(i1 + k1, i1 + k2))
            yield from ((None, j) for j in range(j1 + m1, j1 + m2))


def _signature(one: Meaning) -> tuple[object, ...]:
    skipped = {LISTS.get(one.type), SINGLE.get(one.type)} | one.training
    return (one.type, *((k, v) for k, v in sorted(one.values.items()) if k not in skipped))


def _compare(
    a: Meaning, b: Meaning, i: int, j: int, places: dict[float, float]
) -> Iterator[Difference]:
    references = {LISTS.get(a.type), SINGLE.get(a.type)}
    if a.type != b.type:
        yield Difference(a.type, (i, j), (a.line, b.line), "type", (a.type, b.type))
    for key in dict.fromkeys((*a.values, *b.values)):
        before, after = a.values.get(key), b.values.get(key)
        moved = after
        if key in references and isinstance(after, tuple):
            moved = tuple(places.get(number, number) for number in after)
        if before != moved:
            training = key in a.training or key in b.training
            yield Difference(a.type, (i, j), (a.line, b.line), key, (before, after), training)

"""Edits a cfg in place, and says what changed. All else in the file stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ArgumentError
from .document import Document, Section
from .keys import canonical, keys_of, nearest
from .options import Options, read_whole
from .references import reference_key, references
from .strides import input_multiple


@dataclass(frozen=True)
class Change:
    """A key that changed.

    Attributes:
        section: the type of its section.
        layer: number of the layer, from 0; -1 for [net].
        key: its name.
        before: the value it had; None where it was missing.
        after: the value it has; None where it was removed.
    """

    section: str
    layer: int
    key: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        place = f"[{self.section}]" + (f" layer {self.layer}" if self.layer >= 0 else "")
        before, after = (one if one is not None else "(none)" for one in (self.before, self.after))
        return f"{place} {self.key}: {before} -> {after}"


def change(document: Document, section: Section, key: str, value: object) -> list[Change]:
    """Sets a key, or removes it where the value is None; nothing where it says so already."""
    before = section.get(key)
    index = document.sections.index(section) - 1
    if value is None:
        removed = section.remove(key)
        return [Change(section.type, index, key, before, None)] if removed else []
    section.set(key, value)
    after = section.get(key)
    return [Change(section.type, index, key, before, after)] if before != after else []


def set_size(document: Document, width: int, height: int) -> list[Change]:
    """Sets the input's width and height in pixels.

    Raises:
        ArgumentError: a detector's size is no multiple of its stride, or is below it.
    """
    multiple = input_multiple(document)
    for name, value in (("width", width), ("height", height)):
        if value < 1 or value % multiple:
            near = max(multiple, round(value / multiple) * multiple)
            raise ArgumentError(
                f"{name}={value}, expected a multiple of {multiple}, the stride of "
                f"{document.name}, such as {near}"
            )
    net = document.net
    return change(document, net, "width", width) + change(document, net, "height", height)


def set_batch(document: Document, batch: int, subdivisions: int = 1) -> list[Change]:
    """Sets the images of an update, and the parts they are computed in.

    Raises:
        ArgumentError: they are below 1, or the parts do not divide the images.
    """
    if batch < 1 or subdivisions < 1 or batch % subdivisions:
        raise ArgumentError(
            f"batch={batch} subdivisions={subdivisions}, expected both at least 1 and batch a "
            "multiple of subdivisions"
        )
    net = document.net
    return change(document, net, "batch", batch) + change(
        document, net, "subdivisions", subdivisions
    )


def set_key(document: Document, where: str, key: str, value: str | None) -> list[Change]:
    """Sets or removes a key.

    Args:
        document: the cfg.
        where: ``net``, the type of a section (all such layers), or the number of a layer.
        key: a key that such sections have.
        value: None removes the key.

    Raises:
        ArgumentError: there is no such section or key.
        CfgError: the value is of the wrong type.
    """
    changes = []
    for section in _sections(document, where):
        known = keys_of(section.type)
        if known is not None and key not in known and value is not None:
            guess = nearest(key, known)
            hint = f", did you mean {guess}?" if guess else ""
            raise ArgumentError(f"[{section.type}] has no key {key!r}{hint}")
        try:
            changes += change(document, section, key, value)
        except ValueError as error:
            raise ArgumentError(str(error)) from None
        if known is not None and key in known:
            document.renumber()
            Options(document, section).check(known[key])
    return changes


def _sections(document: Document, where: str) -> list[Section]:
    if re.fullmatch(r"\d+", where):
        if int(where) >= len(document.layers):
            raise ArgumentError(
                f"{document.name} has no layer {where}, expected 0 to {len(document.layers) - 1}"
            )
        return [document.layers[int(where)]]
    found = [one for one in document.sections if canonical(one.type) == canonical(where)]
    if not found:
        guess = nearest(where, {one.type for one in document.sections})
        hint = f", did you mean {guess}?" if guess else ""
        raise ArgumentError(f"{document.name} has no section [{where}]{hint}")
    return found


def cut(document: Document, layers: int) -> None:
    """Keeps [net] and the first layers, as those of ``x.conv.N``.

    Raises:
        ArgumentError: the network has fewer, or none is left.
    """
    if not 1 <= layers <= len(document.layers):
        raise ArgumentError(
            f"cannot cut {document.name} behind {layers} layers, expected 1 to "
            f"{len(document.layers)}"
        )
    del document.sections[layers + 1 :]
    document.renumber()


def remove_layers(document: Document, numbers: Iterable[int]) -> list[Change]:
    """Removes layers; those that stay go on naming the same layers.

    Raises:
        ArgumentError: there is no such layer, or one that stays names it, or none is left.
        CfgError: a layer names others by what is no number.
    """
    _check_references(document)
    gone = set(numbers)
    count = len(document.layers)
    if not gone <= set(range(count)) or len(gone) == count:
        raise ArgumentError(
            f"cannot remove layers {sorted(gone)} of {document.name}, expected some of 0 to "
            f"{count - 1}"
        )
    for index, section in enumerate(document.layers):
        named = gone.intersection(references(section, index))
        if index not in gone and named:
            raise ArgumentError(
                f"cannot remove layer {min(named)}: layer {index} [{section.type}] names it"
            )
    places = {old: new for new, old in enumerate(i for i in range(count) if i not in gone)}
    changes = []
    for old, new in places.items():
        changes += _rename(document, document.layers[old], old, new, places)
    document.sections = [
        section for i, section in enumerate(document.sections) if i - 1 not in gone
    ]
    document.renumber()
    return changes


def insert_layer(document: Document, at: int, text: str) -> list[Change]:
    """Puts a section in front of layer number ``at``; all layers go on naming the same layers.

    What read its input from the layer before now reads it from the new one.

    Raises:
        ArgumentError: there is no such place, or the text is not one section.
        CfgError: the text cannot be read, or a layer names others by what is no number.
    """
    _check_references(document)
    count = len(document.layers)
    added = Document.parse(f"[net]\n{text}".replace("\n", document.newline), "the new layer")
    if not 0 <= at <= count or len(added.layers) != 1:
        raise ArgumentError(
            f"cannot put {len(added.layers)} sections in front of layer {at}, expected one, and a "
            f"place from 0 to {count}"
        )
    places = {old: old + (old >= at) for old in range(count)}
    changes = []
    for old, new in places.items():
        changes += _rename(document, document.layers[old], old, new, places)
    last = document.sections[-1].lines[-1]
    last.ending = last.ending or document.newline
    section = added.layers[0]
    section.lines[-1].ending = document.newline
    document.sections.insert(at + 1, section)
    document.renumber()
    return changes


def _check_references(document: Document) -> None:
    """Whether every layer names others by whole numbers."""
    for section in document.layers:
        key, known = reference_key(section), keys_of(section.type)
        if key is not None and known is not None:
            Options(document, section).check(known[key])


def _rename(
    document: Document, section: Section, old: int, new: int, places: dict[int, int]
) -> list[Change]:
    """Writes the numbers that layers have now into the key that names them."""
    key = reference_key(section)
    named = references(section, old)
    if key is None:
        return []
    written = (section.get(key) or "").rstrip(",").split(",")
    numbers = []
    for text, layer in zip(written, named, strict=True):
        relative = (read_whole(text) or 0) < 0
        target = places.get(layer, layer)
        numbers.append(str(target - new if relative else target))
    return change(document, section, key, ",".join(numbers))

"""The keys by which a layer names others."""

from __future__ import annotations

from .document import Document, Section
from .keys import canonical
from .options import read_list

LISTS = {"route": "layers", "shortcut": "from"}
SINGLE = {
    "scale_channels": "from",
    "sam": "from",
    "convolutional": "share_index",
    "contrastive": "yolo_layer",
    "yolo": "embedding_layer",
}


def reference_key(section: Section) -> str | None:
    """The key by which a section names other layers, if it has it."""
    type_ = canonical(section.type)
    key = LISTS.get(type_) or SINGLE.get(type_)
    if key is None or section.find(key) is None:
        return None
    # of these two, 0 is no layer
    return None if key in ("yolo_layer", "embedding_layer") and section.get(key) == "0" else key


def references(section: Section, index: int) -> tuple[int, ...]:
    """The layers that layer number ``index`` names, as absolute numbers; unchecked."""
    key = reference_key(section)
    numbers = read_list(section.get(key) or "") if key else None
    found = (int(number) for number in numbers or ())
    return tuple(index + one if one < 0 else one for one in found)


def inputs_of(document: Document) -> list[tuple[int, ...]]:
    """For each layer the layers whose output it reads; -1 is the network's input."""
    found = []
    for index, section in enumerate(document.layers):
        type_, named = canonical(section.type), references(section, index)
        if type_ in ("contrastive", "yolo"):
            named = ()
        if type_ == "route":
            found.append(named)
        elif type_ == "implicit":
            found.append(())
        else:
            found.append((index - 1, *named))
    return found

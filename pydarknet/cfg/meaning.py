"""What a cfg says, however it is written: the same for all texts of one network."""

from __future__ import annotations

from dataclasses import dataclass

from .document import Document, Section
from .keys import Key, canonical, keys_of
from .options import read_list, read_number
from .ranges import MOST_ANCHORS
from .references import LISTS, SINGLE, references

Value = float | str | tuple[float, ...]


@dataclass(frozen=True)
class Meaning:
    """A section's meaning.

    Attributes:
        type: its long name.
        line: of its header.
        values: of every key, defaults where the cfg is silent; layers that it names by their
            number from 0. Keys that change nothing are left out.
        training: names of the keys that matter in training alone.
    """

    type: str
    line: int
    values: dict[str, Value]
    training: frozenset[str]


def meaning(document: Document) -> list[Meaning]:
    """The meaning of every section, [net] first.

    Short names, other spellings of numbers, keys that say what is the default, relative and
    absolute layers, ``pad=1`` and its ``padding``: all that is one. Unknown sections and keys mean
    their text.
    """
    document.renumber()
    return [_section(section, i - 1) for i, section in enumerate(document.sections)]


def _section(section: Section, index: int) -> Meaning:
    type_ = canonical(section.type)
    keys = keys_of(section.type) or {}
    given = {line.key or "": line.value or "" for line in reversed(section.entries)}
    values: dict[str, Value] = {}
    for name, text in ({key.name: key.default for key in keys.values()} | given).items():
        key = keys.get(name)
        if key is None or not key.idle:
            values[name] = _value(text, key)
    _settle(type_, values, given)
    if naming := LISTS.get(type_) or SINGLE.get(type_):
        values[naming] = tuple(map(float, references(section, index)))
    training = frozenset(key.name for key in keys.values() if key.training)
    return Meaning(type_, section.line, values, training)


_SAME_WORDS = {"per_layer": "per_feature", "avg_relu": "relu"}


def _value(text: str, key: Key | None) -> Value:
    if key is None or key.type in ("text", "choice"):
        return _SAME_WORDS.get(text, text)
    if key.type.startswith("list"):
        numbers = read_list(text) if text else []
        return text if numbers is None else tuple(numbers)
    number = read_number(text)
    if number is None:
        return text
    return float(number != 0) if key.type == "flag" else number


def _settle(type_: str, values: dict[str, Value], given: dict[str, str]) -> None:
    """Puts what follows from several keys into one of them."""

    def number(name: str) -> float:
        value = values.get(name, 0.0)
        return value if isinstance(value, float) else 0.0

    for name in ("stride_x", "stride_y"):
        if name in values and (name not in given or number(name) < 1):
            values[name] = values["stride"]
    if "stride_x" in values:
        values.pop("stride")
    if type_ in ("maxpool", "local_avgpool"):
        if "size" not in given:
            values["size"] = read_number(given.get("stride", "1")) or 1.0
        if "padding" not in given:
            values["padding"] = number("size") - 1
    if "pad" in values and type_ != "local" and values.pop("pad") == 1:
        values["padding"] = number("size") // 2
    if "dilation" in values and number("size") == 1:
        values["dilation"] = 1.0
    if "batch_normalize" in values:
        values["batch_normalize"] = float(number("batch_normalize") != 0)
    if "mask" in values and not values["mask"] and 1 <= number("num") <= MOST_ANCHORS:
        values["mask"] = tuple(map(float, range(int(number("num")))))
    if "hidden" in values and "hidden" not in given:
        values["hidden"] = values["output"]
    if "inputs" in values:
        _settle_net(values, given)


def _settle_net(values: dict[str, Value], given: dict[str, str]) -> None:
    width = values["width"]
    derived: dict[str, Value] = {
        "sgdr_cycle": values["max_batches"],
        "sequential_subdivisions": values["subdivisions"],
    }
    if isinstance(width, float):
        derived |= {"max_crop": 2 * width, "min_crop": width}
    for name, default in derived.items():
        if name not in given or values[name] == default:
            values.pop(name)  # it follows the other key
    # only one policy reads them
    policy = values["policy"]
    readers = {
        "steps": ("steps", "sgdr"),
        "scales": ("steps", "sgdr"),
        "step": ("step", "sigmoid"),
        "scale": ("step",),
        "gamma": ("exp", "sigmoid"),
        "sgdr_cycle": ("sgdr",),
        "sgdr_mult": ("sgdr",),
        "learning_rate_min": ("sgdr",),
    }
    for name, policies in readers.items():
        if policy not in policies:
            values.pop(name, None)
    if policy not in ("poly", "random") and not values["burn_in"]:
        values.pop("power", None)
    if not values["adam"]:
        for name in ("B1", "B2", "eps"):
            values.pop(name, None)

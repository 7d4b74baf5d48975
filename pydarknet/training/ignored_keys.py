"""Keys of a cfg that Darknet gives an effect in training, and that have none here.

A training says so for each of them that is set: nobody should wonder why a key does nothing. What
Darknet does with them is in ``docs/training-keys.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..layers import Structure

NET: dict[str, tuple[float, ...]] = {
    "attention": (0,),
    "notruth": (0,),
}
"""Of [net]: with which values they ask for nothing."""

LAYERS: dict[str, dict[str, tuple[float, ...]]] = {
    "convolutional": {"dot": (0,)},
    "region": {"mask_scale": (1,)},
}
"""Of layers, by their type: the same."""

ANY = {"truth": (0,)}
"""Of every layer."""

_SPELLINGS = {"conv": "convolutional"}


def ignored_keys(name: str, net: Mapping[str, Any], structure: Structure) -> list[str]:
    """A line for each key of a cfg that is set and does nothing.

    Args:
        name: of the cfg.
        net: the options of [net].
        structure: the network.
    """
    found = [f"{name}: [net] {key}={net[key]}" for key in _set(net, NET)]
    for layer in structure.layers:
        keys = {**LAYERS.get(_SPELLINGS.get(layer.type, layer.type), {}), **ANY}
        found += [
            f"{name}:{layer.line}: [{layer.type}] {key}={layer.options[key]}"
            for key in _set(layer.options, keys)
        ]
    return found


def _set(options: Mapping[str, Any], keys: Mapping[str, tuple[float, ...]]) -> list[str]:
    return [
        key for key, neutral in keys.items()
        if any(value not in neutral for value in _numbers(options.get(key)))
    ]  # fmt: skip


def _numbers(value: Any) -> list[float]:
    """An option as numbers: none where it is missing, empty, or no number."""
    parts = value if isinstance(value, list) else str("" if value is None else value).split(",")
    try:
        return [float(part) for part in parts if str(part).strip()]
    except ValueError:
        return []

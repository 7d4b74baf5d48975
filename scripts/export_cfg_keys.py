"""Writes pydarknet/cfg/keys.json: the sections and keys that the engine declares.

The engine's own declarations are the source; the file makes them known where the engine is not
built. Keys of [net] that the engine describes only as "training" keep the sentence they have in
the file. tests/cfg/test_keys.py holds both together.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "pydarknet" / "cfg" / "keys.json"
ALIASES = {
    "network": "net",
    "conv": "convolutional",
    "deconv": "deconvolutional",
    "conn": "connected",
    "max": "maxpool",
    "local_avg": "local_avgpool",
    "avg": "avgpool",
    "lrn": "normalization",
    "soft": "softmax",
    "silence": "empty",
}
ANYWHERE = "avgpool"
"""A section without keys of its own: what it has, every layer has."""


def rows(keys: list[dict[str, str]]) -> list[list[str]]:
    return [[key["key"], key["type"], key["default"], key["meaning"]] for key in keys]


def collect() -> dict[str, Any]:
    """What the engine knows, in the file's form."""
    from pydarknet._native import describe_sections

    described = {name: rows(keys) for name, keys in describe_sections().items()}
    every = described[ANYWHERE]
    return {
        "aliases": ALIASES,
        "net": json.loads(FILE.read_text())["net"],
        "every_layer": every,
        "layers": {
            name: [row for row in found if row not in every]
            for name, found in described.items()
            if name not in ALIASES
        },
    }


def text(table: dict[str, Any]) -> str:
    """The file's text: a key a line."""

    def block(found: list[list[str]], indent: str) -> str:
        lines = ",\n".join(f"{indent}  {json.dumps(row)}" for row in found)
        return f"[\n{lines}\n{indent}]" if found else "[]"

    layers = ",\n".join(
        f"    {json.dumps(name)}: {block(found, '    ')}" for name, found in table["layers"].items()
    )
    return (
        f'{{\n  "aliases": {json.dumps(table["aliases"])},\n'
        f'  "net": {block(table["net"], "  ")},\n'
        f'  "every_layer": {block(table["every_layer"], "  ")},\n'
        f'  "layers": {{\n{layers}\n  }}\n}}\n'
    )


if __name__ == "__main__":
    FILE.write_text(text(collect()))

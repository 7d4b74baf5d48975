"""Writes pydarknet/cfg/keys.json: the sections and keys that the engine declares.

The engine's own declarations are the source; the file makes them known where the engine is not
built. It exports the keys of layers; sentences of [net] are read in its source, and keys that are
only called "training" there keep the sentence they have in the file. tests/cfg/test_keys.py holds
both together, and the types too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILE = ROOT / "pydarknet" / "cfg" / "keys.json"
SOURCES = ("network.cpp", "config/training_keys.cpp")
"""Where the engine declares the keys of [net]."""
DECLARED = re.compile(
    r"\bo\.(?:integer|real|flag|text|integers|reals|choice<\w+>)\(\s*\"(\w+)\",(?:[^;]*?,)??\s*"
    r"\"([^\"]+)\"\s*[,)]"
)
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


def net_sentences() -> dict[str, str]:
    """What the engine's source says of keys of [net]; none where that is not here."""
    files = [ROOT / "darknet" / "src" / name for name in SOURCES]
    texts = [file.read_text("utf-8") for file in files if file.is_file()]
    return dict(found for text in texts for found in DECLARED.findall(text))


def collect() -> dict[str, Any]:
    """What the engine knows, in the file's form."""
    from pydarknet._native import describe_sections

    described = {name: rows(keys) for name, keys in describe_sections().items()}
    every = described[ANYWHERE]
    said = net_sentences()
    net = json.loads(FILE.read_text())["net"]
    return {
        "aliases": ALIASES,
        "net": [[key, type_, default, said.get(key, old)] for key, type_, default, old in net],
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

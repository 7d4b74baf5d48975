"""The small detector that pydarknet brings along, for trying things without any download.

It was trained by this package on scenes that this package draws; ``pydarknet demo --train`` does it
again.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent


class EmbeddedModel(NamedTuple):
    """Paths of the files of a network."""

    cfg: Path
    weights: Path
    names: Path


def shapes_model() -> EmbeddedModel:
    """A detector of drawn shapes (see `pydarknet.datasets.shapes`), 96x96 pixels."""
    return EmbeddedModel(*(_FOLDER / f"shapes.{end}" for end in ("cfg", "weights", "names")))

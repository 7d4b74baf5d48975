"""Networks and files of the tests: every golden cfg of ours, with numbers that all differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pydarknet.cfg import Document
from pydarknet.weights.file import WeightsFile
from pydarknet.weights.header import Header
from pydarknet.weights.layout import layer_weights

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def golden_cfgs() -> dict[str, str]:
    """The texts of the golden networks that have weights, by name."""
    found = {}
    for folder in ("micro", "recurrent"):
        for path in sorted((GOLDEN / folder).glob("*.npz")):
            with np.load(path) as data:
                text = str(data["cfg"])
            if folder == "recurrent":
                # pjreddie's [rnn] knows no hidden: its state is as wide as its output
                text = text.replace("hidden=7\n", "")
            if layer_weights(Document.parse(text)).layers:
                found[f"{folder}/{path.stem}"] = text
    return found


def golden_file(name: str) -> bytes:
    """Bytes of a golden network's weights, written by Darknet."""
    with np.load(GOLDEN / f"{name}.npz") as data:
        return data["init"].tobytes()


def drawn_bytes(text: str, seed: int = 1, header: Header | None = None) -> bytes:
    """A weights file for a cfg: positive scales and variances, small weights."""
    random = np.random.default_rng(seed)
    parts = [(header or Header(seen=32_013_312)).to_bytes()]
    for layer in layer_weights(Document.parse(text)).layers:
        for array in layer.arrays:
            if array.name.endswith(("scales", "rolling_variance")):
                numbers = random.uniform(0.5, 2, array.count)
            else:
                numbers = random.normal(0, 0.3, array.count)
            parts.append(numbers.astype("<f4").tobytes())
    return b"".join(parts)


def drawn(text: str, folder: Path, seed: int = 1, name: str = "x") -> WeightsFile:
    """Writes ``x.cfg`` and ``x.weights`` and reads them."""
    (folder / f"{name}.cfg").write_text(text)
    (folder / f"{name}.weights").write_bytes(drawn_bytes(text, seed))
    return WeightsFile.read(folder / f"{name}.weights", folder / f"{name}.cfg")

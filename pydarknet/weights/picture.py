"""A picture of a weights file: for each layer a histogram of its numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .._files import atomic_path, refuse_existing
from ..errors import ArgumentError
from ..image import Pixels
from .file import FloatArray, WeightsFile

_WIDTH, _HEIGHT = 220, 130  # of a panel
_MARGIN, _TOP, _BOTTOM = 8, 32, 18
_COLUMNS = 6
_BINS = 64
_INK, _GRID, _WRONG = (60, 60, 60), (200, 200, 200), (40, 40, 220)
_BARS = ((200, 130, 60), (90, 160, 70), (60, 120, 220), (170, 90, 170))  # blue, green, red
KINDS = ("weights", "scales", "biases", "rolling_mean", "rolling_variance")


def draw_histograms(weights: WeightsFile, kind: str = "weights") -> Pixels:
    """Draws a panel for every array of a kind.

    A panel goes from the smallest to the largest finite number; its bars' heights are the square
    roots of the counts, so that rare numbers show. Above stand layer, shape and how many numbers
    are not finite, below the ends; a line marks 0.

    Args:
        weights: the file.
        kind: "weights", "scales", "biases", "rolling_mean" or "rolling_variance".

    Returns:
        uint8 (H, W, 3), BGR.

    Raises:
        ArgumentError: there is no such kind, or no layer has one.
    """
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r}, expected one of {', '.join(KINDS)}")
    panels = [
        _panel(f"{layer.index} {layer.layout.layer.type} {name.removesuffix(kind).rstrip('_')}",
               numbers, _BARS[KINDS.index(kind) % len(_BARS)])
        for layer in weights.layers
        for name, numbers in layer.arrays.items()
        if name.endswith(kind)
    ]  # fmt: skip
    if not panels:
        raise ArgumentError(f"kind={kind!r}: no layer of {weights.layout.name} has any")
    columns = min(_COLUMNS, len(panels))
    while len(panels) % columns:
        panels.append(np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8))
    rows = [np.hstack(panels[i : i + columns]) for i in range(0, len(panels), columns)]
    return np.ascontiguousarray(np.vstack(rows))


def write_histograms(
    weights: WeightsFile,
    path: str | os.PathLike[str],
    *,
    kind: str = "weights",
    force: bool = False,
) -> None:
    """Writes the picture; its ending says the format.

    Raises:
        ArgumentError: as in `draw_histograms`.
        FileExistsError: the file is there, and ``force`` is False.
        OSError: it cannot be written.
    """
    import cv2

    refuse_existing(path, force=force)
    ending = Path(path).suffix or ".png"
    if not cv2.haveImageWriter(f"x{ending}"):
        raise ArgumentError(f"{os.fspath(path)}: {ending} is no format of pictures, expected .png")
    ok, data = cv2.imencode(ending, draw_histograms(weights, kind))
    if not ok:
        raise OSError(f"{os.fspath(path)}: OpenCV could not write the picture")
    with atomic_path(path) as part:
        part.write_bytes(data.tobytes())


def _panel(title: str, numbers: FloatArray, color: tuple[int, int, int]) -> Pixels:
    import cv2

    panel = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    finite = numbers[np.isfinite(numbers)]
    wrong = numbers.size - finite.size
    shape = "x".join(map(str, numbers.shape))
    _write(panel, title.strip(), (_MARGIN, 13), _INK)
    _write(panel, shape, (_MARGIN, 26), _INK)
    if wrong:
        _write(panel, f"{wrong} not finite", (_WIDTH // 2, 26), _WRONG)
    base = _HEIGHT - _BOTTOM
    cv2.line(panel, (_MARGIN, base), (_WIDTH - _MARGIN, base), _GRID, 1)
    if finite.size == 0:
        return panel
    low, high = float(finite.min()), float(finite.max())
    counts, edges = np.histogram(finite.astype(np.float64), _BINS)
    heights = np.sqrt(counts / counts.max()) * (base - _TOP)
    span = edges[-1] - edges[0]
    for k, height in enumerate(heights.tolist()):
        left, right = (
            round(_MARGIN + (edge - edges[0]) / span * (_WIDTH - 2 * _MARGIN))
            for edge in (edges[k], edges[k + 1])
        )
        if height > 0:
            top = base - max(1, round(height))
            cv2.rectangle(panel, (left, top), (max(left, right - 1), base - 1), color, -1)
    if low < 0 < high:
        zero = round(_MARGIN - edges[0] / span * (_WIDTH - 2 * _MARGIN))
        cv2.line(panel, (zero, _TOP), (zero, base + 3), _INK, 1)
    _write(panel, f"{low:.3g}", (_MARGIN, _HEIGHT - 5), _INK)
    right_end = f"{high:.3g}"
    _write(panel, right_end, (_WIDTH - _MARGIN - 7 * len(right_end), _HEIGHT - 5), _INK)
    return panel


def _write(panel: Pixels, text: str, place: tuple[int, int], color: tuple[int, int, int]) -> None:
    import cv2

    cv2.putText(panel, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.36, color, 1, cv2.LINE_AA)

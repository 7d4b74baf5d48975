"""Shows the images of a list to a network, and reads its last output for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._native import FloatArray, NativeNetwork, NativePlan
from .._runner import Runner
from ..image import Image
from ..layers import Structure

_BATCH, _PORTION = 4, 64
"""Images of one run, and of those that are looked at before they are counted."""


def last_outputs(
    network: NativeNetwork,
    structure: Structure,
    images: Sequence[str],
    threads: int,
    some: Sequence[int] | None = None,
) -> Iterator[tuple[int, FloatArray, tuple[int, int]]]:
    """Number of each image, the last output (C, H, W) for it, and its width and height.

    Of ``some`` images only, where they are given.

    Images keep their aspect ratio, as in pjreddie's segmenter and regressor.

    Raises:
        DataError, OSError: an image cannot be read.
    """
    output = len(structure.outputs) - 1
    shape = structure.layers[structure.outputs[-1]].output_shape

    def answer(plan: NativePlan, slot: int, shown: Image) -> tuple[FloatArray, tuple[int, int]]:
        values: FloatArray = plan.output(output, (plan.options.batch, *shape))[slot]
        height, width = shown.pixels.shape[:2]
        return values.copy(), (width, height)

    runner = Runner(network, threads, "f32", "auto")
    try:
        numbers = range(len(images)) if some is None else some
        for first in range(0, len(numbers), _PORTION):
            part = numbers[first : first + _PORTION]
            looked = runner.look(
                [images[number] for number in part], structure, answer, color="bgr",
                resize="letterbox", batch_size=_BATCH,
            )  # fmt: skip
            for number, (values, size) in zip(part, looked, strict=True):
                yield number, values, size
    finally:
        runner.close()

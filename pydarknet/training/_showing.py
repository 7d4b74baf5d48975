"""Shows the images of a list to a network, and reads its last output for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._native import FloatArray, NativeNetwork, NativePlan
from .._runner import Runner
from ..image import Image
from ..layers import Structure
from ._looking import look_at

_BATCH = 4
"""Images of one run."""


def last_outputs(
    network: NativeNetwork,
    structure: Structure,
    images: Sequence[str],
    threads: int,
    *,
    some: Sequence[int] | None = None,
    skipped: set[str] | None = None,
) -> Iterator[tuple[int, FloatArray, tuple[int, int]]]:
    """Number of each image, the last output (C, H, W) for it, and its width and height.

    Images keep their aspect ratio, as in pjreddie's segmenter and regressor.

    Args:
        network: with its weights.
        structure: of it.
        images: paths.
        threads: of the engine.
        some: numbers of the images that are shown; None shows all.
        skipped: as `look_at` takes it.

    Raises:
        DataError: an image cannot be read.
    """
    output = len(structure.outputs) - 1
    shape = structure.layers[structure.outputs[-1]].output_shape

    def answer(plan: NativePlan, slot: int, shown: Image) -> tuple[FloatArray, tuple[int, int]]:
        values: FloatArray = plan.output(output, (plan.options.batch, *shape))[slot]
        height, width = shown.pixels.shape[:2]
        return values.copy(), (width, height)

    def look(paths: list[str]) -> list[tuple[FloatArray, tuple[int, int]]]:
        return runner.look(
            [*paths], structure, answer, color="bgr", resize="letterbox", batch_size=_BATCH
        )

    runner = Runner(network, threads, "f32", "auto")
    try:
        numbers = range(len(images)) if some is None else some
        paths = [images[number] for number in numbers]
        for place, (values, size) in look_at(paths, look, skipped):
            yield numbers[place], values, size
    finally:
        runner.close()

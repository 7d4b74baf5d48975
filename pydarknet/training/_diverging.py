"""Says which iteration and which images a training diverged at."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from ..errors import TrainingDiverged


class Naming:
    """Adds iteration and images to `TrainingDiverged`."""

    def __init__(self, iteration: int, images: Sequence[str]) -> None:
        self.iteration, self.images = iteration, images

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, TrainingDiverged):
            error.iteration = self.iteration
            error.images = tuple(dict.fromkeys(self.images))

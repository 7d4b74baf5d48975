"""A bar of images on stderr, the same for every command."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self


class ImageBar:
    """A bar that may never be shown, and goes when the block ends."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._bar: Any = None

    def _show(self, total: int | None, **options: Any) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit="image", file=sys.stderr, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """One image is done."""
        if self._bar is not None:
            self._bar.update()

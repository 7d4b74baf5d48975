"""A bar of images on stderr, the same for every command."""

from __future__ import annotations

import sys
from typing import Any

from .._closing import Closing


class ImageBar(Closing):
    """A bar that may never be shown, and goes when the block ends."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._bar: Any = None

    def _show(self, total: int | None, **options: Any) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit="image", file=sys.stderr, **options)

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """One image is done."""
        if self._bar is not None:
            self._bar.update()

"""A bar on stderr, the same for every command, and lines that do not tear it."""

from __future__ import annotations

import sys
from typing import Any

from .._closing import Closing


class ProgressBar(Closing):
    """A bar that may never be shown, and goes when the block ends."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._bar: Any = None

    @property
    def is_shown(self) -> bool:
        """Whether there is a bar."""
        return self._bar is not None

    def show(self, total: int | None, *, unit: str = "image", **options: Any) -> None:
        """Shows a bar in place of the one before; ``options`` are tqdm's."""
        from tqdm import tqdm

        self.close()
        self._bar = tqdm(total=total, unit=unit, file=sys.stderr, **options)

    def step(self, text: str | None = None) -> None:
        """One more is done; ``text`` stands behind the bar from now on."""
        if self._bar is not None:
            if text is not None:
                self._bar.set_postfix_str(text, refresh=False)
            self._bar.update()

    def reach(self, done: int, total: int | None) -> None:
        """So many of a total are done."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def result(self, text: str) -> None:
        """Writes lines to stdout."""
        if self._bar is not None and sys.stdout.isatty():
            self._bar.write(text, file=sys.stdout)
        else:
            print(text, flush=True)

    def say(self, text: str) -> None:
        """Writes a line to stderr, with the program's name before it."""
        line = f"pydarknet: {text}"
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the bar as it is; twice is fine."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

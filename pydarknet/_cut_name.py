"""Files that hold the first layers of a network say so in their names: ``darknet53.conv.74``."""

from __future__ import annotations

import os
import re


def named_cut(path: str | os.PathLike[str]) -> int | None:
    """How many layers a file called ``x.conv.N`` holds; None for other names."""
    found = re.search(r"\.conv\.(\d+)$", os.fsdecode(path))
    return int(found[1]) if found else None

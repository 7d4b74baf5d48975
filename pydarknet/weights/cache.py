"""Where downloaded files are kept, and whether anything may be downloaded at all."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder of downloaded weights; it need not exist yet.

    ``$PYDARKNET_HOME/weights``, else ``$XDG_CACHE_HOME/pydarknet/weights``, else
    ``~/.cache/pydarknet/weights``.
    """
    home = os.environ.get("PYDARKNET_HOME")
    if home:
        return Path(home).expanduser() / "weights"
    given = os.environ.get("XDG_CACHE_HOME", "")
    # the XDG specification: a path that is not absolute counts as not given
    caches = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return caches / "pydarknet" / "weights"


def is_offline() -> bool:
    """Whether ``PYDARKNET_OFFLINE`` forbids to use the network: anything but 0, no, off, false."""
    word = os.environ.get("PYDARKNET_OFFLINE", "").strip().lower()
    return word not in ("", "0", "no", "off", "false")

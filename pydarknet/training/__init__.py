"""Training of networks on arrays."""

from ._replay import Replay, replay

__all__ = ["Replay", "replay"]

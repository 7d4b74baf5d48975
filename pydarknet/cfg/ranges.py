"""From which to which number the engine lets whole numbers go, in every use of a cfg.

The engine's declarations do not export them; tests/cfg/test_keys.py asks it for each.
"""

from __future__ import annotations

from .keys import canonical

MOST = 2147483647
"""Whole numbers stay below this, and above its negative."""
MOST_ANCHORS = 100000
Bounds = tuple[int, int]
FREE: Bounds = (-MOST, MOST)

_EVERYWHERE: dict[str, Bounds] = {
    **dict.fromkeys(
        ("batch", "subdivisions", "time_steps", "sgdr_mult", "filters", "size", "stride",
         "dilation", "groups", "output", "hidden", "output_filters", "hidden_filters",
         "out_channels", "crop_height", "crop_width", "history_size", "atoms", "coords"),
        (1, MOST),
    ),
    **dict.fromkeys(
        ("inputs", "max_batches", "burn_in", "weights_reject_freq", "equidistant_point", "padding",
         "contrastive_neg_max", "dropblock_size_abs", "extra", "group_id", "stopbackward",
         "dont_update", "burnin_update", "numload"),
        (0, MOST),
    ),
    **dict.fromkeys(("width", "height", "channels"), (0, 1 << 20)),
    "antialiasing": (0, 2),
    "classes": (1, 1000000),
    "ids": (0, 1000000),
    "num": (1, MOST_ANCHORS),
    "side": (1, 10000),
}  # fmt: skip
_HERE: dict[tuple[str, str], Bounds] = {
    **{(pool, key): (1, MOST)
       for pool in ("maxpool", "local_avgpool") for key in ("stride_x", "stride_y")},
    **{(head, "max"): (1, 1000000) for head in ("yolo", "Gaussian_yolo")},
    ("region", "coords"): (4, MOST),
    ("contrastive", "classes"): (1, MOST),
    ("rnn", "logistic"): (0, 2),
    ("upsample", "stride"): FREE,
}  # fmt: skip


def bounds_of(section: str, key: str) -> Bounds:
    """The least and the most that a whole number of a section may be; `FREE` where any may."""
    return _HERE.get((canonical(section), key)) or _EVERYWHERE.get(key, FREE)

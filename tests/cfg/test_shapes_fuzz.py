"""Changed cfgs: what the engine says of them, the pure Python says too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from cfg.test_shapes import compare

NET = "[net]\nwidth={w}\nheight={h}\nchannels={c}\n"
SECTIONS = {
    "convolutional": ("filters", "size", "stride", "stride_x", "stride_y", "pad", "padding",
                      "groups", "dilation", "batch_normalize", "antialiasing", "xnor"),
    "deconvolutional": ("filters", "size", "stride", "pad", "padding", "batch_normalize"),
    "local": ("filters", "size", "stride", "pad"),
    "connected": ("output", "batch_normalize"),
    "maxpool": ("size", "stride", "stride_x", "stride_y", "padding", "maxpool_depth",
                "out_channels", "antialiasing"),
    "local_avgpool": ("size", "stride", "padding"),
    "avgpool": (),
    "crop": ("crop_width", "crop_height"),
    "batchnorm": (),
    "softmax": ("groups",),
    "route": ("layers", "groups", "group_id"),
    "shortcut": ("from",),
    "scale_channels": ("from", "scale_wh"),
    "sam": ("from",),
    "upsample": ("stride",),
    "reorg": ("stride", "reverse", "flatten", "extra"),
    "reorg3d": ("stride", "reverse"),
    "implicit": ("filters", "atoms"),
    "rnn": ("output", "hidden", "shortcut", "batch_normalize"),
    "gru": ("output", "batch_normalize"),
    "lstm": ("output",),
    "crnn": ("output", "hidden", "pad", "output_filters", "hidden_filters", "shortcut", "stride"),
    "conv_lstm": ("output", "pad", "size", "peephole", "bottleneck", "shortcut", "stride"),
    "history": ("history_size",),
    "yolo": ("classes", "num", "mask", "anchors"),
    "region": ("classes", "num", "coords"),
    "detection": ("classes", "num", "side", "coords"),
    "iseg": ("classes", "ids"),
}  # fmt: skip
VALUES = {
    "layers": ["-1", "-2", "0", "1", "-1,-2", "0,-1", "-1,-1", "5", "-9"],
    "from": ["-1", "-2", "0", "1", "-3", "-1,-2", "7"],
    "mask": ["0", "0,1", "1,2", "3", "-1"],
    "anchors": ["1,2", "1,2,3,4", "1,2,3", "1,2,3,4,5,6"],
    "filters": ["1", "2", "4", "6", "12", "14", "0"],
    "side": ["1", "2"],
}
COMMON = ["0", "1", "2", "3", "4", "5", "-2", "x", "1.5", "1e0"]
# a layer that names several is one number too many for these
ALONE = ("scale_channels", "sam")


@st.composite
def cfgs(draw: st.DrawFn) -> str:
    sizes = {name: draw(st.integers(1, 9)) for name in "wh"} | {
        "c": draw(st.sampled_from([1, 4, 8]))
    }
    text = NET.format(**sizes)
    for _ in range(draw(st.integers(1, 4))):
        type_ = draw(st.sampled_from(sorted(SECTIONS)))
        text += f"[{type_}]\n"
        for key in SECTIONS[type_]:
            if key in ("layers", "from") or draw(st.integers(0, 9)) < 6:
                values = VALUES.get(key, COMMON[1:3] * 3 + COMMON)
                text += f"{key}={draw(st.sampled_from(values))}\n"
    return text


@profile(deadline=None, max_examples=300)
@given(cfgs())
def test_the_engine_agrees(text: str) -> None:
    compare(text.encode(), "x.cfg", one_fault=False)

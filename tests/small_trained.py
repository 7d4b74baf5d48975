"""Small networks of our own that are trained, written to files."""

from __future__ import annotations

from pathlib import Path

from small_networks import convolution

NET = """\
[net]
batch=4
subdivisions=2
width=32
height=32
channels=3
max_batches={max_batches}
learning_rate={rate}
burn_in=2
policy=steps
steps=6
scales=.1
saturation=1.5
exposure=1.5
hue=.1
{more}
"""

DETECTOR = f"""{convolution(8)}
[dropout]
probability=.2
{convolution(16)}
[convolutional]
size=1
stride=1
pad=1
filters=33
activation=linear

[yolo]
mask=0,1,2
anchors=5,5, 9,9, 14,14
classes=6
num=3
jitter=.2
random={{random}}
"""

CLASSIFIER = f"""{convolution(8, activation="relu")}
[avgpool]

[connected]
output=10
activation=linear

[softmax]
"""


def detector_cfg(
    folder: Path,
    *,
    max_batches: int = 8,
    rate: float = 0.002,
    random: float = 0,
    more: str = "",
    name: str = "small.v1.cfg",
) -> Path:
    """Writes a cfg."""
    path = folder / name
    net = NET.format(max_batches=max_batches, rate=rate, more=more)
    path.write_text(net + DETECTOR.format(random=random))
    return path


def classifier_cfg(folder: Path, *, max_batches: int = 8) -> Path:
    """Writes a cfg."""
    path = folder / "digits.cfg"
    path.write_text(NET.format(max_batches=max_batches, rate=0.05, more="") + CLASSIFIER)
    return path


MAPS = f"""{convolution(16)}{convolution(24)}{convolution(24, stride=1)}
[upsample]
stride=2

[route]
layers=-1,0
{convolution(16, stride=1)}
[convolutional]
filters={{planes}}
size=1
stride=1
pad=1
activation=linear

{{end}}
"""

REGRESSOR = f"""{convolution(16)}{convolution(16)}
[connected]
output=2
activation=linear

[cost]
type=sse
"""


def map_cfg(
    folder: Path,
    planes: int,
    end: str,
    *,
    max_batches: int = 4,
    rate: float = 0.001,
    more: str = "",
) -> Path:
    """A network whose output is a map of 16x16 with so many planes."""
    path = folder / "maps.cfg"
    net = NET.format(max_batches=max_batches, rate=rate, more=f"min_crop=32\nmax_crop=36\n{more}")
    path.write_text(net + MAPS.format(planes=planes, end=end))
    return path


def regressor_cfg(folder: Path, *, max_batches: int = 4, rate: float = 0.005) -> Path:
    """A network with two numbers as its output."""
    path = folder / "numbers.cfg"
    more = "flip=0\nmin_crop=32\nmax_crop=32\n"
    path.write_text(NET.format(max_batches=max_batches, rate=rate, more=more) + REGRESSOR)
    return path

"""The structure of a network from its cfg alone: shapes, parameters and work of every layer."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CfgError
from ..layers import Layer, Shape, Structure
from . import head_shapes as heads
from . import kernel_shapes as kernels
from . import layer_shapes as plain
from . import recurrent_shapes as recurrent
from .document import Document
from .keys import canonical
from .options import Options
from .site import Made, Rule, Site, Unknown, size, text

RULES: dict[str, Rule] = {
    "convolutional": kernels.convolutional,
    "deconvolutional": kernels.deconvolutional,
    "local": kernels.local,
    "connected": kernels.connected,
    "maxpool": kernels.maxpool,
    "local_avgpool": kernels.local_avgpool,
    "avgpool": kernels.avgpool,
    "crop": plain.crop,
    "dropout": plain.dropout,
    "normalization": plain.same,
    "batchnorm": plain.batchnorm,
    "activation": plain.same,
    "logistic": plain.same,
    "l2norm": plain.same,
    "softmax": plain.softmax,
    "contrastive": plain.same,
    "cost": plain.same,
    "route": plain.route,
    "shortcut": plain.shortcut,
    "scale_channels": plain.scale_channels,
    "sam": plain.sam,
    "upsample": plain.upsample,
    "reorg": plain.reorg,
    "reorg3d": plain.reorg3d,
    "implicit": plain.implicit,
    "empty": plain.same,
    "detection": heads.detection,
    "region": heads.anchored,
    "yolo": heads.anchored,
    "Gaussian_yolo": heads.anchored,
    "iseg": heads.iseg,
    "rnn": recurrent.rnn,
    "crnn": recurrent.crnn,
    "gru": recurrent.gru,
    "lstm": recurrent.lstm,
    "conv_lstm": recurrent.conv_lstm,
    "history": recurrent.history,
}


def input_shape(document: Document) -> Shape:
    """The shape of the network's input.

    Raises:
        CfgError: [net] has neither all of width, height and channels, nor inputs alone.
    """
    net = Options(document, document.net)
    width, height, channels = (net.integer(key) for key in ("width", "height", "channels"))
    inputs = net.integer("inputs")
    if width and height and channels:
        return channels, height, width
    if not inputs or width or height or channels:
        raise net.wrong(
            f"width={width} height={height} channels={channels}, expected all three above 0, or "
            "inputs alone",
            "width" if width else None,
        )
    return inputs, 1, 1


def infer(
    document: Document, *, width: int = 0, height: int = 0, unknown_keys: bool = False
) -> Structure:
    """Works out every layer's shape; the same that the engine finds.

    Args:
        document: the cfg.
        width: of the input in pixels; 0 for what the cfg says.
        height: of the input in pixels; 0 for what the cfg says.
        unknown_keys: passes over keys that no section has, as tools do that only look at a cfg
            or edit it; the engine refuses them.

    Raises:
        CfgError: a section, key or value is unknown, or shapes do not meet.
    """

    def refuse(error: CfgError) -> None:
        raise error

    document.renumber()

    def check(options: Options) -> None:
        if not unknown_keys:
            for error in options.unknown_keys():
                raise error
        options.check_all()

    check(Options(document, document.net))
    found = walk(document, refuse, width=width, height=height, check=check)
    assert found is not None
    return found


def walk(
    document: Document,
    problem: Callable[[CfgError], None],
    *,
    width: int = 0,
    height: int = 0,
    check: Callable[[Options], None] | None = None,
) -> Structure | None:
    """As `infer`, but goes on behind an error: ``problem`` is called with each of them.

    What stands behind a broken layer and does not depend on it is still looked at. None where the
    input's size is wrong, or a layer is. ``check`` looks at each layer's keys, if they are to be.
    """
    try:
        shape = input_shape(document)
    except CfgError as error:
        problem(error)
        return None
    if shape[1:] != (1, 1) or document.net.get("inputs") is None:
        shape = (shape[0], height or shape[1], width or shape[2])
    if not document.layers:
        problem(document.wrong("has no layers, expected sections behind [net]", document.net))
        return None
    outputs: list[Shape | None] = []
    types = [canonical(section.type) for section in document.layers]
    layers: list[Layer] = []
    made_heads = []
    for index, section in enumerate(document.layers):
        before = outputs[-1] if index else shape
        try:
            options = Options(document, section)
            if types[index] == "net":
                raise options.wrong("stands among the layers, expected first and once")
            if check is not None:
                check(options)
            if before is None and types[index] in ("route", "implicit"):
                before = (0, 0, 0)  # they do not look at it
            if before is None:
                raise Unknown
            made = RULES[types[index]](Site(options, index, before, outputs, types))
            _check_output(options, made, before)
        except Unknown:
            outputs.append(None)
        except CfgError as error:
            problem(error)
            # a head that does not fit still hands on what it got
            outputs.append(before if types[index] in ("yolo", "Gaussian_yolo") else None)
        else:
            outputs.append(made.output)
            layers.append(
                Layer(index, section.type, section.line, before, made.output, made.parameters,
                      made.operations, options.values())
            )  # fmt: skip
            if made.head is not None:
                made_heads.append(made.head)
    if len(layers) < len(types):
        return None
    last = len(types) - 1
    while last > 0 and types[last] == "cost":
        last -= 1
    return Structure(
        name=document.name,
        input_shape=shape,
        letter_box=Options(document, document.net).flag("letter_box"),
        layers=tuple(layers),
        outputs=tuple(sorted({last, *(head.layer for head in made_heads)})),
        heads=tuple(made_heads),
    )


def _check_output(options: Options, made: Made, before: Shape) -> None:
    if min(made.output) < 1:
        raise options.wrong(
            f"the output would be {text(made.output)}: the input of {text(before)} is "
            "too small for this layer"
        )
    if size(made.output) > 2**31:
        raise options.wrong(
            f"the output would be {text(made.output)}, expected less than 2^31 numbers"
        )

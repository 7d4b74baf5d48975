"""Makes a cfg fit another number of classes: all the places that are edited by hand otherwise."""

from __future__ import annotations

from ..errors import ArgumentError
from .document import Document, Section
from .edit import Change, change
from .head_shapes import anchors_of, entries_of
from .keys import canonical
from .options import Options
from .references import references
from .shapes import infer

HEADS = ("yolo", "Gaussian_yolo", "region", "detection", "iseg")
_HANDS_ON = (
    "dropout",
    "batchnorm",
    "activation",
    "empty",
    "softmax",
    "cost",
    "logistic",
    "avgpool",
)


def for_classes(document: Document, classes: int, *, images: int = 0) -> list[Change]:
    """Sets the classes of every head, the filters before it, and the length of the training.

    Darknet's rule of thumb: 2000 updates a class, at least 6000 and at least one for each image;
    the rate falls at 80% and 90% of them, and the steps of a ramp before that stay. For a
    classifier the last layer gets as many outputs.

    Args:
        document: the cfg, which is changed in place; nothing is where an error is raised.
        classes: how many.
        images: of the training set, if known.

    Returns:
        What changed.

    Raises:
        ArgumentError: ``classes`` is below 1.
        CfgError: the network has no head and no last layer to change, a head's classes are those
            of a tree, or the changed network's shapes do not meet.
    """
    if not 1 <= classes <= 1000000:
        raise ArgumentError(f"classes={classes}, expected 1 to 1000000")
    trial = document.copy()
    changes = _apply(trial, classes, images)
    infer(trial, unknown_keys=True)
    _apply(document, classes, images)
    document.renumber()
    return changes


def _apply(document: Document, classes: int, images: int) -> list[Change]:
    changes: list[Change] = []
    heads = [one for one in document.layers if canonical(one.type) in HEADS]
    for head in heads:
        if head.find("tree"):
            raise document.wrong("the classes are those of the tree, not to be set", head, "tree")
        changes += change(document, head, "classes", classes)
        if head.find("counters_per_class") and classes != len(
            Options(document, head).reals("counters_per_class")
        ):
            changes += change(document, head, "counters_per_class", None)
        _feed(document, head, changes)
    for section in document.layers:
        if canonical(section.type) == "contrastive" and section.find("classes"):
            changes += change(document, section, "classes", classes)
    if not heads:
        last = feeding_layer(document, len(document.layers))
        changes += _set_outputs(document, last, classes)
    return changes + _schedule(document, classes, images)


def _feed(document: Document, head: Section, changes: list[Change]) -> None:
    """Makes the layer in front of a head give what it reads."""
    source = feeding_layer(document, document.layers.index(head))
    changes += _set_outputs(document, source, expected_filters(document, head, source))


def expected_filters(document: Document, head: Section, source: Section) -> int:
    """How many filters (or outputs) a head expects of the layer that feeds it.

    Raises:
        CfgError: the head's own keys are wrong.
    """
    o = Options(document, head)
    type_ = canonical(head.type)
    if type_ == "iseg":
        return o.integer("classes") + o.integer("ids")
    if type_ != "detection":
        return len(anchors_of(o)[1]) * entries_of(o)
    coords, num, classes, side = (o.integer(key) for key in ("coords", "num", "classes", "side"))
    each = (1 + coords) * num + classes
    return each * side**2 if canonical(source.type) == "connected" else each


def feeding_layer(document: Document, index: int) -> Section:
    """The layer with filters whose output reaches layer number ``index`` as it is.

    Raises:
        CfgError: there is none.
    """
    at = index - 1
    while at >= 0:
        section = document.layers[at]
        type_ = canonical(section.type)
        if type_ in ("convolutional", "connected", "local", "deconvolutional"):
            return section
        if type_ in _HANDS_ON:
            at -= 1
            continue
        named = references(section, at)
        alone = len(named) == 1 and section.get("groups", "1") == "1"
        if type_ == "route" and alone and named[0] < at:
            at = named[0]
            continue
        break
    place = document.layers[index] if index < len(document.layers) else document.layers[-1]
    raise document.wrong(
        "cannot tell which layer's filters are its classes, expected a [convolutional] or "
        "[connected] in front of it",
        place,
    )


def _set_outputs(document: Document, section: Section, outputs: int) -> list[Change]:
    key = "output" if canonical(section.type) == "connected" else "filters"
    return change(document, section, key, outputs)


def _schedule(document: Document, classes: int, images: int) -> list[Change]:
    net = document.net
    updates = max(6000, 2000 * classes, images)
    changes = change(document, net, "max_batches", updates)
    if net.get("policy") == "steps" or net.find("steps"):
        falls = [str(updates * 8 // 10), str(updates * 9 // 10)]
        steps, scales = _ramp(document, updates * 8 // 10)
        changes += change(document, net, "steps", ",".join(steps + falls))
        if len(Options(document, net).reals("scales")) != len(steps + falls):
            changes += change(document, net, "scales", ",".join([*scales, "0.1", "0.1"]))
    return changes


def _ramp(document: Document, before: int) -> tuple[list[str], list[str]]:
    """The steps and scales up to the last by which the rate rises, those before an update."""
    net, options = document.net, Options(document, document.net)
    scales, steps = options.reals("scales"), options.integers("steps")
    rising = [i for i, scale in enumerate(scales[: len(steps)]) if scale > 1]
    length = rising[-1] + 1 if rising else 0
    length = sum(step < before for step in steps[:length])
    texts = ((net.get(key) or "").split(",")[:length] for key in ("steps", "scales"))
    return next(texts), next(texts)

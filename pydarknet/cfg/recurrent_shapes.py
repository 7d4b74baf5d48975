"""Shapes, parameters and work of the recurrent sections, of one time step."""

from __future__ import annotations

from ..layers import Shape
from .kernel_shapes import Kernel, dense, padding_of
from .layer_shapes import integer_ratio
from .options import Options
from .site import Made, Site, size, text


def rnn(site: Site) -> Made:
    """``[rnn]``."""
    o = site.options
    output = o.integer("output")
    o.default("hidden", output)
    hidden = o.integer("hidden")
    normalized = bool(o.integer("batch_normalize"))
    parts = [
        dense(size(site.input), hidden, normalized),
        dense(hidden, hidden, normalized),
        dense(hidden, output, normalized),
    ]
    sums = (2 if o.flag("shortcut") else 1) * hidden
    return _together((output, 1, 1), parts, sums)


def gru(site: Site) -> Made:
    """``[gru]``: three gates."""
    return _gates(site, 3, 5)


def lstm(site: Site) -> Made:
    """``[lstm]``: four gates."""
    return _gates(site, 4, 5)


def _gates(site: Site, gates: int, sums: int) -> Made:
    output = site.options.integer("output")
    normalized = bool(site.options.integer("batch_normalize"))
    of_input = dense(size(site.input), output, normalized)
    of_state = dense(output, output, normalized)
    return _together((output, 1, 1), gates * [of_input, of_state], sums * output)


def crnn(site: Site) -> Made:
    """``[crnn]``: an rnn of convolutions."""
    o = site.options
    for key, pjreddies in (("output", "output_filters"), ("hidden", "hidden_filters")):
        o.default(key, o.integer(pjreddies))
    o.default("pad", int(o.has("output_filters") and not o.has("output")))
    output, hidden = o.integer("output"), o.integer("hidden")
    entering = _kernel(o, hidden).over(site, site.input)
    self = _kernel(o, hidden).over(site, entering.output)
    leaving = _kernel(o, output).over(site, entering.output)
    _check_state(site, entering.output, self.output)
    sums = (2 if o.flag("shortcut") else 1) * size(entering.output)
    parts = [(part.parameters, part.operations) for part in (entering, self, leaving)]
    return _together(leaving.output, parts, sums)


def conv_lstm(site: Site) -> Made:
    """``[conv_lstm]``: an lstm of convolutions."""
    o = site.options
    kernel = _kernel(o, o.integer("output"))
    of_input = kernel.over(site, site.input)
    state = of_input.output
    of_state = kernel.over(site, state)
    _check_state(site, state, of_state.output)
    if of_state.output != state and of_state.output[1:] != (1, 1):
        raise o.wrong(
            f"a gate is {text(of_state.output)}, expected {text(state)} as the state: stride=1 and "
            "pad=1 keep the size"
        )
    one_input, one_state = ((part.parameters, part.operations) for part in (of_input, of_state))
    peephole, bottleneck = o.flag("peephole"), o.flag("bottleneck")
    if bottleneck and peephole:
        raise o.wrong("bottleneck together with peephole", "bottleneck")
    if bottleneck:
        if state[1:] != site.input[1:]:
            raise o.wrong("bottleneck needs a state of the input's width and height", "bottleneck")
        both = kernel.over(site, (state[0] + site.input[0], *state[1:]))
        sums = (2 if o.flag("shortcut") else 1) * size(state)
        return _together(state, [(both.parameters, both.operations), *(4 * [one_state])], sums)
    parts = 4 * [one_input, one_state] + (3 * [one_state] if peephole else [])
    return _together(state, parts, (7 if peephole else 4) * size(of_state.output) + size(state))


def history(site: Site) -> Made:
    """``[history]``: the steps before, as channels."""
    c, h, w = site.input
    return Made((c * site.options.integer("history_size"), h, w))


def _kernel(o: Options, filters: int) -> Kernel:
    stride = o.integer("stride")
    return Kernel(
        filters,
        o.integer("size"),
        stride,
        stride,
        padding_of(o),
        o.integer("groups"),
        bool(o.integer("batch_normalize")),
    )


def _check_state(site: Site, state: Shape, convolved: Shape) -> None:
    """Whether the state and what is convolved of it can be added."""
    if not integer_ratio(convolved[1:], state[1:]):
        raise site.options.wrong(
            f"the state is {text(state)}, what is convolved of it {text(convolved)}; expected "
            "stride=1 and pad=1, which keep the size"
        )


def _together(output: Shape, parts: list[tuple[int, float]], sums: float) -> Made:
    return Made(output, sum(part[0] for part in parts), sum(part[1] for part in parts) + sums)

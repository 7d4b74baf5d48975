"""How the size of a file and the layout of a cfg meet: whole, cut, short, or too long."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .._cut_name import named_cut
from ..errors import WeightsError
from .header import MOST_HEADER_BYTES, Header, check_kind
from .layout import Cfg, Layout, layer_weights


@dataclass(frozen=True)
class Fit:
    """What a file holds of a network.

    Attributes:
        header: of the file.
        layout: what the whole file of the cfg would hold.
        bytes_found: size of the file.
        bytes_expected: size of a whole one.
        layers: number of layers that are in the file completely, of those with weights.
        cut: where the file ends exactly behind a layer: the fewest layers it may have been cut
            to, and the most (layers without weights leave no trace); None else.
        ends_in: name of the layer and array that the file ends within; empty where it does not.
    """

    header: Header
    layout: Layout
    bytes_found: int
    bytes_expected: int
    layers: int
    cut: tuple[int, int] | None
    ends_in: str = ""

    @property
    def whole(self) -> bool:
        """The file holds all that the cfg asks for, and nothing else."""
        return self.bytes_found == self.bytes_expected

    def cut_to(self, layers: int) -> bool:
        """Whether the file is one that was cut to so many layers."""
        return self.cut is not None and self.cut[0] <= layers <= self.cut[1]


def read_fit(path: str | os.PathLike[str], cfg: Cfg | Layout) -> Fit:
    """Looks at the head and the size of a file; never at its numbers.

    Raises:
        WeightsError: it is no weights file at all.
        CfgError: the cfg is wrong.
        OSError: a file cannot be read.
    """
    layout = cfg if isinstance(cfg, Layout) else layer_weights(cfg)
    file = os.fspath(path)
    with Path(path).open("rb") as stream:
        head = stream.read(512)
        size = os.fstat(stream.fileno()).st_size
    check_kind(path, head)
    try:
        # compat: the original Darknet's files hold no biases of [batchnorm]
        other = layout.without_batchnorm_biases()
        sizes = [width + layout.numbers_bytes for width in (16, 20)]
        if size not in sizes and size in [width + other.numbers_bytes for width in (16, 20)]:
            layout = other
        header = Header.read(head[:MOST_HEADER_BYTES], size, layout.numbers_bytes)
    except WeightsError as error:
        raise WeightsError(f"{file}: {error}", file=file) from None
    return fit(header, layout, size)


def fit(header: Header, layout: Layout, size: int) -> Fit:
    """How a file of that header and size meets a layout."""
    end = header.size
    whole, cut, ends_in = 0, None, ""
    indices = [layer.index for layer in layout.layers]
    nexts = [*indices[1:], len(layout.structure.layers)]
    if size == end and indices and indices[0] > 0:
        cut = (0, indices[0])
    for layer, behind in zip(layout.layers, nexts, strict=True):
        for array in layer.arrays:
            if end < size < end + 4 * array.count:
                ends_in = f"{layer}, {array.name}"
            end += 4 * array.count
        whole += end <= size
        if end == size:
            cut = (layer.index + 1, behind)
    return Fit(header, layout, size, header.size + layout.numbers_bytes, whole, cut, ends_in)


def check_fit(path: str | os.PathLike[str], found: Fit, up_to: int | None = None) -> None:
    """Refuses a file that is neither whole nor the cut it should be.

    Args:
        path: of the file; ``x.conv.N`` may hold N layers.
        found: what `read_fit` found.
        up_to: number of layers it should hold; None for what its name says, else all.

    Raises:
        WeightsError: it does not fit.
    """
    file = os.fspath(path)
    cut = named_cut(path) if up_to is None else up_to
    if found.whole if cut is None else found.cut_to(cut):
        return
    expected = found.bytes_expected
    wanted = f"for {found.layout.name}"
    if cut is not None:
        count = 4 * sum(layer.count for layer in found.layout.below(cut))
        expected = found.header.size + count
        wanted = f"for the first {cut} layers of {found.layout.name}"
    message = f"{file}: has {found.bytes_found:,} bytes, expected {expected:,} {wanted}"
    raise WeightsError(message + "".join(f"; {hint}" for hint in hints(found)), file=file)


def hints(found: Fit) -> list[str]:
    """What may have happened to a file that is not whole, most likely first."""
    said = []
    if found.cut:
        said.append(f"it ends behind layer {found.cut[0] - 1}, as a file cut there")
    elif found.ends_in:
        said.append(f"it ends within {found.ends_in}, as a file that did not come whole")
    if not found.whole and (classes := fitting_classes(found)) is not None:
        said.append(f"it would fit with classes={classes}")
    extra = found.bytes_found - found.bytes_expected
    if extra > 0:
        said.append(f"{extra:,} bytes are left over")
    return said


def fitting_classes(found: Fit) -> int | None:
    """The number of classes for which the file would be whole; None where there is none.

    Known for networks whose heads all come right behind a convolution and have the same number of
    classes.
    """
    structure = found.layout.structure
    stored = {layer.index: layer for layer in found.layout.layers}
    if not structure.heads or len({head.classes for head in structure.heads}) != 1:
        return None
    each = 0  # bytes that one class more takes
    for head in structure.heads:
        before = stored.get(head.layer - 1)
        if before is None or not before.blocks or not head.anchors:
            return None
        filters = before.blocks[0].outputs
        each += 4 * before.count // filters * len(head.anchors)
    more, rest = divmod(found.bytes_found - found.bytes_expected, each)
    classes = structure.heads[0].classes + more
    return classes if rest == 0 and more and classes > 0 else None

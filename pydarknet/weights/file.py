"""A .weights file in memory: its header, and each layer's arrays by name."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from .._files import atomic_path, refuse_existing
from ..errors import ArgumentError, WeightsError
from .fit import Fit, check_fit, read_fit
from .header import Header
from .layout import Block, Cfg, LayerLayout, Layout

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class StoredLayer:
    """A layer's numbers.

    Attributes:
        layout: which arrays it has, in the order of the file.
        arrays: float32 arrays by name, in the shapes of the layout. Matrices are (outputs,
            inputs) and kernels (filters, ...), however the file stores them.
    """

    layout: LayerLayout
    arrays: Mapping[str, FloatArray]

    @property
    def index(self) -> int:
        """Number of the layer, from 0."""
        return self.layout.index

    def block(self, block: Block) -> dict[str, FloatArray]:
        """The arrays of one block, by their names without the block's prefix."""
        start = len(block.prefix)
        return {array.name[start:]: self.arrays[array.name] for array in block.arrays}

    def replace(self, arrays: Mapping[str, npt.NDArray[np.floating]]) -> StoredLayer:
        """The layer with other numbers in some of its arrays, of the same shapes."""
        new = dict(self.arrays)
        for name, numbers in arrays.items():
            assert numbers.shape == self.arrays[name].shape, name
            new[name] = np.ascontiguousarray(numbers, np.float32)
        return StoredLayer(self.layout, MappingProxyType(new))


@dataclass(frozen=True)
class WeightsFile:
    """The numbers of a network, or of its first layers.

    >>> import pydarknet.weights as weights
    >>> whole = weights.WeightsFile.read("x.weights", "x.cfg")  # doctest: +SKIP
    >>> weights.partial(whole, 15).write("x.conv.15")  # doctest: +SKIP

    Attributes:
        header: version, and images seen.
        layout: of the cfg it belongs to.
        layers: those with weights, in order.
        cut: number of the cfg's layers it holds; None for all.
    """

    header: Header
    layout: Layout
    layers: tuple[StoredLayer, ...]
    cut: int | None = None

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        cfg: Cfg | Layout,
        *,
        up_to: int | None = None,
        cut: bool = False,
    ) -> WeightsFile:
        """Reads a file; all of it is held in memory.

        Args:
            path: of the file.
            cfg: the network it belongs to.
            up_to: the file holds the layers below this number only. A file called ``x.conv.N``
                says so itself.
            cut: whatever its name, the file may end behind any layer.

        Raises:
            WeightsError: the file does not fit the cfg.
            CfgError: the cfg is wrong.
            OSError: a file cannot be read.
        """
        found = read_fit(path, cfg)
        if not (cut and up_to is None and found.cut):
            check_fit(path, found, up_to)
        layers = None if found.whole or found.cut is None else found.cut[0]
        return cls(found.header, found.layout, read_layers(path, found), layers)

    def write(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes the file, whole or not at all. What was read and not changed gives equal bytes.

        Raises:
            FileExistsError: there is one, and ``force`` is False.
            OSError: it cannot be written.
        """
        refuse_existing(path, force=force)
        with atomic_path(path) as part, part.open("wb") as stream:
            stream.write(self.header.to_bytes())
            for layer in self.layers:
                for name, numbers in layer.arrays.items():
                    if _turned(layer.layout, name, self.header):
                        numbers = numbers.reshape(len(numbers), -1).T
                    stream.write(np.ascontiguousarray(numbers, "<f4").data)
            stream.flush()
            if part.is_file():
                os.fsync(stream.fileno())

    def layer(self, index: int) -> StoredLayer:
        """The layer of a number.

        Raises:
            ArgumentError: it has no weights, or the file does not hold it.
        """
        for layer in self.layers:
            if layer.index == index:
                return layer
        known = ", ".join(str(layer.index) for layer in self.layers)
        raise ArgumentError(f"layer {index} has no weights here, expected one of {known}")

    def map(self, change: Callable[[StoredLayer], StoredLayer]) -> WeightsFile:
        """The file with every layer changed; their arrays keep their shapes."""
        return dataclasses.replace(self, layers=tuple(map(change, self.layers)))

    def with_seen(self, seen: int) -> WeightsFile:
        """The file with another number of images seen."""
        return dataclasses.replace(self, header=dataclasses.replace(self.header, seen=seen))


def read_layers(path: str | os.PathLike[str], found: Fit) -> tuple[StoredLayer, ...]:
    """Reads the layers that are in a file completely.

    Raises:
        WeightsError: the file was changed meanwhile.
        OSError: it cannot be read.
    """
    layers = []
    with open(path, "rb") as stream:
        stream.seek(found.header.size)
        for layout in found.layout.layers[: found.layers]:
            arrays = {}
            for array in layout.arrays:
                numbers = np.fromfile(stream, "<f4", array.count)
                if numbers.size != array.count:
                    file = os.fspath(path)
                    raise WeightsError(f"{file}: was changed while it was read", file=file)
                arrays[array.name] = _in_order(numbers, layout, array.name, found.header)
            layers.append(StoredLayer(layout, MappingProxyType(arrays)))
    return tuple(layers)


def _in_order(
    numbers: npt.NDArray[np.float32], layout: LayerLayout, name: str, header: Header
) -> FloatArray:
    shape = next(array.shape for array in layout.arrays if array.name == name)
    numbers = numbers.astype(np.float32, copy=False)
    if _turned(layout, name, header):
        numbers = np.ascontiguousarray(numbers.reshape(-1, shape[0]).T)
    return numbers.reshape(shape)


def _turned(layout: LayerLayout, name: str, header: Header) -> bool:
    """Whether the file stores an array with its first dimension last."""
    if not name.endswith("weights") or not layout.blocks:
        return False
    matrices = layout.blocks[0].kind == "connected"
    return layout.flipped or (matrices and header.transposed)

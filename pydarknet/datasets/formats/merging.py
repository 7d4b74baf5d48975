"""Data sets put together and their classes mapped, always by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import ArgumentError, DataError
from .model import LabelledDataset, check_class_name, check_unique


def merge(datasets: Sequence[LabelledDataset]) -> LabelledDataset:
    """One data set of all images; classes of the same name become one."""
    names = tuple(dict.fromkeys(name for each in datasets for name in each.names))
    merged = LabelledDataset(names, [])
    for each in datasets:
        _renumber(each, [names.index(name) for name in each.names])
        merged.images += each.images
        merged.notes += each.notes
    return merged


def map_classes(
    dataset: LabelledDataset,
    *,
    names: Sequence[str] | None = None,
    rename: Mapping[str, str] | None = None,
    leave_out_others: bool = False,
) -> LabelledDataset:
    """The data set with other classes.

    Args:
        dataset: is changed.
        names: the classes wanted, in their order; None keeps all.
        rename: new names; several classes may become one.
        leave_out_others: objects of classes that ``names`` lacks are left out and counted; without,
            they are an error.

    Raises:
        ArgumentError: ``rename`` has a class the data set has not.
        DataError: objects belong to classes that ``names`` lacks.
    """
    renamed = dict(rename or {})
    unknown = [name for name in renamed if name not in dataset.names]
    if unknown:
        raise ArgumentError(f"there is no class {unknown[0]!r} to rename, expected one of "
                            f"{', '.join(dataset.names[:20])}")  # fmt: skip
    found = [renamed.get(name, name) for name in dataset.names]
    for name in (*renamed.values(), *(names or ())):
        check_class_name(name)
    check_unique(names or (), "the classes wanted")
    wanted = tuple(dict.fromkeys(found if names is None else names))
    place = {name: number for number, name in enumerate(wanted)}
    numbers = [place.get(name, -1) for name in found]
    if -1 in numbers:
        _leave_out(dataset, found, numbers, leave_out_others)
    _renumber(dataset, numbers)
    dataset.names = wanted
    return dataset


def _leave_out(
    dataset: LabelledDataset, found: Sequence[str], numbers: Sequence[int], allowed: bool
) -> None:
    missing = np.array([number < 0 for number in numbers])
    for place, image in enumerate(dataset.images):
        lost = missing[image.class_id]
        if not lost.any():
            continue
        if not allowed:
            name = found[int(image.class_id[lost][0])]
            raise DataError(
                f"{image.path or image.name} has objects of {name!r}, which is not among the "
                "names wanted (--leave-out-others leaves them out)"
            )
        dataset.notes["objects of other classes left out"] += int(lost.sum())
        dataset.images[place] = image.take(~lost)


def _renumber(dataset: LabelledDataset, numbers: Sequence[int]) -> None:
    if list(numbers) == list(range(len(numbers))):
        return
    table = np.array(numbers, np.int32)
    for image in dataset.images:
        image.class_id = table[image.class_id]

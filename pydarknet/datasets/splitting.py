"""Parts a data set so that every split has its share of every class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import ArgumentError
from .formats.model import LabelledDataset


def split_dataset(
    dataset: LabelledDataset, shares: Mapping[str, float], *, seed: int = 0
) -> LabelledDataset:
    """Gives every image a split.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the Stratification of
    Multi-Label Data", 2011): the images of the rarest class are shared out first, each to the split
    that lacks most objects of that class and still has room. Files listed twice go to one split, so
    that nothing leaks.

    Args:
        dataset: its images' ``split`` is changed.
        shares: of each split; what they lack of 1 is train's.
        seed: the same one gives the same splits.

    Raises:
        ArgumentError: the shares are no parts of 1, or there are fewer images than splits.
    """
    wanted = {name: float(share) for name, share in shares.items()}
    rest = 1 - sum(wanted.values())
    if rest < -1e-9 or any(not 0 < share < 1 for share in wanted.values()):
        raise ArgumentError(f"shares {dict(shares)}, expected parts of 1")
    if "train" not in wanted:
        wanted = {"train": rest, **wanted}
    wanted = {name: share for name, share in wanted.items() if share > 1e-9}
    groups: dict[str, list[int]] = {}
    for number, image in enumerate(dataset.images):
        groups.setdefault(image.path or f"{image.split}/{image.name}", []).append(number)
    members = list(groups.values())
    if len(members) < len(wanted):
        raise ArgumentError(f"{len(members)} images for {len(wanted)} splits")
    classes = len(dataset.names)
    counts = np.stack([
        np.bincount(dataset.images[group[0]].class_id, minlength=classes) for group in members
    ])  # fmt: skip
    for group, place in zip(members, _assign(counts, list(wanted.values()), seed), strict=True):
        for number in group:
            dataset.images[number].split = list(wanted)[place]
    return dataset


def _assign(counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], shares: list[float],
            seed: int) -> list[int]:  # fmt: skip
    """The split of each image, given its objects of each class."""
    random = np.random.default_rng(seed)
    images = len(counts)
    order = random.permutation(images)
    objects_wanted = np.outer(shares, counts.sum(0)).astype(float)
    images_wanted = np.array(shares) * images
    chosen = np.full(images, -1)
    left = counts.sum(0)

    def give(image: int, split: int) -> None:
        chosen[image] = split
        objects_wanted[split] -= counts[image]
        images_wanted[split] -= 1

    while (left > 0).any():
        rare = int(np.where(left > 0, left, np.iinfo(np.int64).max).argmin())
        with_it = order[(counts[order, rare] > 0) & (chosen[order] < 0)]
        # those with most of it first: single objects even out what they leave
        for image in with_it[np.argsort(-counts[with_it, rare], kind="stable")].tolist():
            # who has its images gets no more, so that the splits are as large as was asked for
            lacks = np.where(images_wanted >= 0.5, objects_wanted[:, rare], -np.inf)
            if np.isinf(lacks).all():
                lacks = images_wanted
            best = np.flatnonzero(np.isclose(lacks, lacks.max()))
            give(image, int(best[np.argmax(images_wanted[best])]))
            left = left - counts[image]
    for image in order[chosen[order] < 0].tolist():
        give(image, int(np.argmax(images_wanted)))
    return _none_empty(chosen, counts, len(shares))


def _none_empty(
    chosen: np.ndarray[tuple[int], np.dtype[np.int64]],
    counts: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    splits: int,
) -> list[int]:
    for split in range(splits):
        if not (chosen == split).any():
            largest = np.bincount(chosen, minlength=splits).argmax()
            spare = np.flatnonzero(chosen == largest)
            chosen[spare[counts[spare].sum(1).argmin()]] = split
    return [int(split) for split in chosen]

"""Darknet: a .data file, .names, lists of images, and a label file beside each image.

A label is a line ``class x y w h``: centre and size, relative to the image. Where the label of an
image lies is `label_files.label_path`'s rule. Difficult and crowd cannot be marked, and only boxes
can be held, within the image.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...data_file import find_named_file, read_data_file
from ...errors import DataError
from ...label_files import label_path
from ..boxes import read_records
from ..image_list import ListedImage, read_image_list
from .class_list import read_class_list
from .faults import fault
from .fitting import Holds, file_names, fit, need_classes
from .image_files import list_images, measure
from .model import (
    FloatArray,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    split_name,
)
from .options import ReadOptions, WriteOptions
from .output import OutputFolder, output_folder

HOLDS = Holds()

_LISTS = ("train", "valid", "test")


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a .data file, or a folder with one, or with .names."""
    if os.path.isdir(path):
        if _data_files(path):
            return True
        if _names_file(path) is None:
            return False
        return any(os.path.isfile(label_path(image)) for image in list_images(path))
    return path.endswith(".data")


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a .data file, a folder that holds one, or a folder of images with classes.txt.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    if not os.path.isdir(path):
        return _read_data(path, options)
    found = _data_files(path)
    if len(found) > 1:
        raise DataError(f"{path} holds {', '.join(map(os.path.basename, found))}, name one of them")
    if found:
        return _read_data(found[0], options)
    names_file = _names_file(path)
    if names_file is None:
        raise DataError(f"{path} holds no .data, .names or classes.txt, expected one of them")
    images = [ListedImage(file, file, file, 1) for file in list_images(path)]
    if not images:
        raise DataError(f"{path} holds no images, expected some beside their label files")
    dataset = LabelledDataset(read_class_list(names_file), [])
    _add(dataset, images, options.split, options)
    return dataset


def _data_files(folder: str) -> list[str]:
    return sorted(str(each) for each in Path(folder).glob("*.data"))


def _names_file(folder: str) -> str | None:
    found = sorted(Path(folder).glob("*.names")) + sorted(Path(folder).glob("classes.txt"))
    return str(found[0]) if found else None


def _read_data(path: str, options: ReadOptions) -> LabelledDataset:
    entries = read_data_file(path)
    names: tuple[str, ...] = ()
    if "names" in entries:
        names = read_class_list(os.fspath(find_named_file(path, entries["names"])))
    given = entries.get("classes", str(len(names)))
    if not given.isdecimal() or not 1 <= int(given) < 10**6:
        raise DataError(f"{path}: classes={given[:20]}, expected 1 or more", file=path)
    if names and len(names) != int(given):
        raise DataError(
            f"{path}: classes={given}, but {entries['names']} holds {len(names)} names", file=path
        )
    dataset = LabelledDataset(names or tuple(map(str, range(int(given)))), [])
    lists = [key for key in _LISTS if entries.get(key)]
    if not lists:
        raise DataError(f"{path} has no train= or valid=, expected a list of images", file=path)
    for place, key in enumerate(lists):
        if entries[key] in [entries[other] for other in lists[:place]]:
            continue  # who has no images to validate with names those to train with
        images, _ = read_image_list(find_named_file(path, entries[key]))
        _add(dataset, images, split_name(key), options)
    return dataset


def _add(
    dataset: LabelledDataset, images: Sequence[ListedImage], split: str, options: ReadOptions
) -> None:
    names = names_below_common_folder([image.path for image in images])
    for number, (listed, name) in enumerate(zip(images, names, strict=True), 1):
        with options.part():
            if not os.path.isfile(listed.path):
                message = f"{listed.path} is not there, expected an image"
                raise fault(listed.file, listed.line, message)
            place = Place(listed.file, listed.line)
            image = LabelledImage(name, listed.path, split=split, place=place)
            measure(image, listed.file, listed.line)
            label = label_path(listed.path)
            _read_labels(image, label, len(dataset.names), listed, options, dataset)
            dataset.images.append(image)
        options.progress(f"reading {split}", number, len(images))


def _read_labels(
    image: LabelledImage,
    path: str,
    classes: int,
    listed: ListedImage,
    options: ReadOptions,
    dataset: LabelledDataset,
) -> None:
    try:
        records, problems = read_records(path, classes)
    except FileNotFoundError:
        if options.missing_labels == "error":
            raise fault(
                listed.file,
                listed.line,
                f"{listed.path} has no label file {path} (--missing-labels background takes it as "
                "an image without objects)",
            ) from None
        dataset.notes["images without label file taken as background"] += 1
        return
    if options.problems is not None:
        options.problems.extend(problems)
    else:
        wrong = next((problem for problem in problems if problem.severity == "error"), None)
        if wrong is not None:
            raise fault(wrong.file, wrong.line, wrong.message)
    rows = ObjectRows()
    for (x, y, w, h, class_id), line in records:
        box = from_relative(x, y, w, h, image.width, image.height)
        rows.add(box, class_id, place=Place(path, line))
    rows.fill(image)


def from_relative(
    x: float, y: float, w: float, h: float, width: int, height: int
) -> tuple[float, float, float, float]:
    """Edges in pixels of a box given by centre and size relative to the image."""
    return (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height


def names_below_common_folder(paths: Sequence[str]) -> list[str]:
    """Paths relative to the folder that all files have in common, with ``/``."""
    if not paths:
        return []
    full = [os.path.abspath(path) for path in paths]
    common = os.path.commonpath([os.path.dirname(path) for path in set(full)])
    return [os.path.relpath(path, common).replace(os.sep, "/") for path in full]


def write(dataset: LabelledDataset, path: str, options: WriteOptions) -> None:
    """Writes a folder: <name>.data, <name>.names, a list for each split, images and labels.

    The lists hold paths relative to the folder. An existing folder is added to with ``force``.

    Raises:
        DataError: a path cannot stand in a list, or there are no classes.
        FileExistsError: the folder is there.
        OSError: it cannot be written.
    """
    need_classes(dataset, path)
    base = os.path.basename(os.path.abspath(path)) or "dataset"
    splits = dataset.splits() or ["train"]
    with output_folder(path, options.force) as folder:
        lists = {}
        for split in splits:
            images = [image for image in dataset.images if image.split == split]
            below = f"images/{split}" if len(splits) > 1 else "images"
            lines = _write_split(dataset, images, below, folder, path, options)
            lists[split] = f"{split}.txt"
            folder.write(lists[split], "".join(f"{line}\n" for line in lines))
        folder.write(f"{base}.names", "".join(f"{name}\n" for name in dataset.names))
        entries = [f"classes = {len(dataset.names)}"]
        entries += [f"{split} = {file}" for split, file in lists.items()]
        if "train" in lists and "valid" not in lists:
            entries.append(f"valid = {lists['train']}")
        entries += [f"names = {base}.names", "backup = backup"]
        _check_blanks(base, path)
        folder.write(f"{base}.data", "".join(f"{entry}\n" for entry in entries))


def _check_blanks(base: str, path: str) -> None:
    if "".join(base.split()) != base:
        raise DataError(f"{path}: Darknet's .data files hold no blanks, expected a name without")


def _write_split(
    dataset: LabelledDataset,
    images: Sequence[LabelledImage],
    below: str,
    folder: OutputFolder,
    path: str,
    options: WriteOptions,
) -> list[str]:
    lines = []
    labels = _Labels(folder)
    names = file_names(images, dataset.notes)
    for number, (image, name) in enumerate(zip(images, names, strict=True), 1):
        listed = f"{below}/{name}"
        if listed != listed.strip() or "\n" in listed or "\r" in listed:
            raise DataError(f"{path}: {name!r} cannot stand in Darknet's lists, expected no blanks")
        fitted = fit(image, HOLDS, options, dataset.notes, path)
        folder.place(image, listed, options.images, dataset.notes)
        folder.write(labels.name(listed), _label_text(fitted, path))
        lines.append(listed)
        options.progress("writing", number, len(images))
    return lines


class _Labels:
    """Where Darknet will look for labels, which must be inside of the folder."""

    def __init__(self, folder: OutputFolder) -> None:
        self._final = folder.final
        self._of: dict[str, str] = {}

    def name(self, listed: str) -> str:
        """The label file of a listed image, below the folder."""
        images, _, file = listed.rpartition("/")
        labels = self._of.get(images)
        if labels is None:
            # the rule renames folders, whatever the file is called
            label = label_path(os.path.join(self._final, images, "x.jpg"))
            labels = self._of[images] = os.path.dirname(os.path.relpath(label, self._final))
        if labels.startswith(".."):
            raise DataError(
                f"{self._final}: Darknet would look for labels outside of it, expected a folder "
                "that does not lie in JPEGImages or images/train2017"
            )
        return os.path.join(labels, os.path.splitext(file)[0] + ".txt")


def _label_text(image: LabelledImage, target: str) -> str:
    if not len(image):
        return ""
    width, height = measure(image, target)
    lines = relative_lines(image.boxes, width, height)
    return "".join(
        f"{class_id} {line}\n"
        for class_id, line in zip(image.class_id.tolist(), lines, strict=True)
    )


def relative_lines(boxes: FloatArray, width: int, height: int) -> list[str]:
    """``x y w h`` of boxes within the image, with up to nine digits behind the point.

    Darknet reads single-precision numbers, which have seven.
    """
    size = np.array([width, height], np.float64)
    relative = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)
    relative /= np.concatenate([size, size])
    return [" ".join(map(short_number, row)) for row in relative.tolist()]


def short_number(value: float) -> str:
    """A number with up to nine digits behind the point, never as a power.

    >>> short_number(0.459375), short_number(1.0), short_number(0.0)
    ('0.459375', '1', '0')
    """
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

"""Ultralytics: data.yaml, images, and label files under ``labels`` where ``images`` stood.

A label is ``class x y w h`` relative to the image, or ``class`` and the points of a polygon, four
of them for a turned box, or with ``kpt_shape`` a box and key points, which are left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._text import decode_text
from ...errors import DataError
from ...problems import Problem
from ..image_list import read_image_list, text_notes
from .darknet import from_relative, names_below_common_folder, relative_lines, short_number
from .faults import fault, shown, to_number, to_whole
from .fitting import Holds, file_names, fit, need_classes
from .image_files import list_images, measure
from .model import (
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
    check_unique,
    split_name,
)
from .options import ReadOptions, WriteOptions
from .outlines import polygons_box
from .output import OutputFolder, output_folder

_SPLITS = ("train", "val", "test")


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a .yaml file, or a folder with one that has names."""
    if os.path.isdir(path):
        return bool(_yaml_files(path))
    return path.endswith((".yaml", ".yml"))


def _yaml_files(folder: str) -> list[str]:
    found = [str(each) for ending in ("yaml", "yml") for each in Path(folder).glob(f"*.{ending}")]
    return sorted(file for file in found if b"names" in Path(file).read_bytes())


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a data.yaml, or the only one in a folder.

    ``train``, ``val`` and ``test`` are folders, lists of images, or several of them. Relative paths
    count from ``path``, which counts from the file's own folder; as Roboflow writes them
    (``../train/images``) they count from there too.

    Raises:
        DataError: something is wrong, with file and line.
        ImportError: PyYAML is not installed.
        OSError: a file is missing.
    """
    if os.path.isdir(path):
        files = _yaml_files(path)
        if len(files) != 1:
            found = ", ".join(map(os.path.basename, files)) or "none"
            raise DataError(f"{path}: expected one .yaml file with names, found {found}")
        path = files[0]
    entries = _load(path)
    names = _names(entries, path)
    dataset = LabelledDataset(names, [])
    root = _root(entries, path)
    points = _keypoint_columns(entries, path)
    given = [word for word in _SPLITS if entries.get(word)]
    if not given:
        raise fault(path, None, "has no train or val, expected folders of images")
    folders = {word: _folders(entries[word], root, path) for word in given}
    for word in given:
        if _belongs_elsewhere(word, folders):
            if options.problems is not None:
                message = f"{word} names the images of another split, expected images of its own"
                options.problems.append(Problem(path, _line_of(word, path), message, "note"))
            continue
        places = entries[word] if isinstance(entries[word], list) else [entries[word]]
        try:
            files = [file for place in places for file in _images(place, root, path, options)]
        except FileNotFoundError as error:
            if word != "test":
                raise fault(path, None, str(error)) from None
            # Ultralytics asks for train and val only; exports name a test that they do not bring
            dataset.notes["splits left out: the images of test are not there"] += 1
            continue
        names_of = names_below_common_folder(files)
        for number, (file, name) in enumerate(zip(files, names_of, strict=True), 1):
            with options.part():
                image = LabelledImage(name, file, split=split_name(word), place=Place(path))
                measure(image, path)
                _read_labels(image, labels_beside_images(file), points, dataset, options)
                dataset.images.append(image)
            options.progress(f"reading {word}", number, len(files))
    return dataset


def _folders(entry: Any, root: str, path: str) -> frozenset[str]:
    """The folders or lists of a split, the same however they are spelt."""
    places = entry if isinstance(entry, list) else [entry]
    return frozenset(
        os.path.realpath(_find(place, root, path) or os.path.join(root, place))
        for place in places
        if isinstance(place, str)
    )


def _belongs_elsewhere(word: str, folders: Mapping[str, frozenset[str]]) -> bool:
    """Whether the images are another split's: who has only one names it twice."""
    same = [other for other in folders if folders[other] == folders[word]]
    called = {os.path.basename(folder) for folder in folders[word]}
    named = [other for other in same if other in called]
    return (named or same)[0] != word


def _line_of(key: str, path: str) -> int | None:
    """The line of a key, from 1; None where it is not at the start of one."""
    lines = Path(path).read_text("utf-8", "replace").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.startswith(f"{key}:")), None)


def _load(path: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise ImportError(
            "reading .yaml files needs PyYAML: pip install 'pydarknet[yaml]'"
        ) from error
    try:
        # the base loader makes text of everything: a class called "no" is no truth value
        loaded = yaml.load(Path(path).read_bytes(), Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise fault(path, line, f"{error.problem}, expected YAML") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise fault(path, None, f"{str(error).splitlines()[0]}, expected YAML") from None
    if not isinstance(loaded, dict):
        raise fault(path, None, f"holds {shown(loaded)}, expected keys such as train and names")
    return loaded


def _names(entries: Mapping[str, Any], path: str) -> tuple[str, ...]:
    given = entries.get("names")
    if isinstance(given, dict):
        numbered = {to_whole(key, "a class's number", path): name for key, name in given.items()}
        if sorted(numbered) != list(range(len(numbered))):
            raise fault(path, None, "names: the numbers have gaps, expected 0, 1, 2, ...")
        given = [numbered[number] for number in range(len(numbered))]
    if not isinstance(given, list) or not given:
        raise fault(path, None, f"names is {shown(given)}, expected the names of the classes")
    names = []
    for name in given:
        if not isinstance(name, str):
            raise fault(path, None, f"names: {shown(name)}, expected the name of a class")
        names.append(check_class_name(name, path))
    check_unique(names, path)
    classes = entries.get("nc")
    if classes is not None and to_whole(classes, "nc", path) != len(names):
        raise fault(path, None, f"nc={classes}, but there are {len(names)} names")
    return tuple(names)


def _root(entries: Mapping[str, Any], path: str) -> str:
    given = entries.get("path") or ""
    if not isinstance(given, str):
        raise fault(path, None, f"path is {shown(given)}, expected a folder")
    beside = os.path.join(os.path.dirname(path), given)
    return beside if os.path.isdir(beside) or not os.path.isdir(given) else given


def _keypoint_columns(entries: Mapping[str, Any], path: str) -> int:
    shape = entries.get("kpt_shape")
    if not shape:
        return 0
    if not isinstance(shape, list) or len(shape) != 2:
        raise fault(path, None, f"kpt_shape is {shown(shape)}, expected two numbers")
    return to_whole(shape[0], "kpt_shape", path) * to_whole(shape[1], "kpt_shape", path)


def _images(place: Any, root: str, path: str, options: ReadOptions) -> list[str]:
    if not isinstance(place, str):
        raise fault(path, None, f"{shown(place)}, expected a folder or a list of images")
    found = _find(place, root, path)
    if found is None:
        raise FileNotFoundError(f"{place} is not there, expected a folder or a list of images")
    if os.path.isdir(found):
        images = list_images(found)
        if not images:
            raise fault(path, None, f"{found} holds no images")
        return images
    listed, notes = read_image_list(found)
    if options.problems is not None:
        options.problems.extend(notes)
    return [each.path for each in listed]


def _find(place: str, root: str, path: str) -> str | None:
    """The folder or list that a split names; None where there is none."""
    folder = os.path.dirname(path)
    candidates = [os.path.join(root, place), os.path.join(folder, place)]
    if place.startswith("../"):
        candidates.append(os.path.join(folder, place[3:]))
    there = (each for each in candidates if os.path.isdir(each) or os.path.isfile(each))
    return next(there, None)


def labels_beside_images(image: str) -> str:
    """Where Ultralytics looks for labels: the last folder called images becomes labels.

    >>> labels_beside_images("coco/images/train/1.jpg")
    'coco/labels/train/1.txt'
    """
    head, images, tail = image.rpartition(f"{os.sep}images{os.sep}")
    if not images and image.startswith(f"images{os.sep}"):
        head, images, tail = "", "images", image[len("images") + 1 :]
        return os.path.join("labels", os.path.splitext(tail)[0] + ".txt")
    path = f"{head}{os.sep}labels{os.sep}{tail}" if images else image
    return os.path.splitext(path)[0] + ".txt"


def _read_labels(
    image: LabelledImage,
    path: str,
    points: int,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> None:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        # Ultralytics takes it as an image without objects, and so do all who write for it
        dataset.notes["images without label file taken as background"] += 1
        if options.problems is not None:
            message = f"{image.path} has no label file {path}: taken as background"
            options.problems.append(Problem(path, None, message, "note"))
        return
    text = decode_text(data, path)
    if options.problems is not None:
        options.problems.extend(text_notes(data, path))
    rows = ObjectRows()
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if fields:
            with options.part():
                _read_line(fields, image, rows, points, Place(path, number), dataset, options)
    rows.fill(image)


def _read_line(
    fields: Sequence[str],
    image: LabelledImage,
    rows: ObjectRows,
    points: int,
    place: Place,
    dataset: LabelledDataset,
    options: ReadOptions,
) -> None:
    file, line, _ = place
    class_id = to_whole(fields[0], "class", file, line)
    if class_id >= len(dataset.names):
        raise fault(file, line, f"class {class_id}, expected 0 to {len(dataset.names) - 1}")
    numbers = [to_number(field, "coordinate", file, line) for field in fields[1:]]
    wrong = next((number for number in numbers[:4] if not -0.01 <= number <= 1.01), None)
    if wrong is not None:
        raise fault(file, line, f"{wrong:g}, expected 0 to 1 (relative to the image)")
    if points and len(numbers) == 4 + points:
        dataset.notes["key points left out"] += 1
        numbers = numbers[:4]
    if len(numbers) == 4:
        x, y, w, h = numbers
        if w < 0 or h < 0:
            raise fault(file, line, f"w={w:g}, h={h:g}, expected 0 to 1 (relative to the image)")
        box = from_relative(x, y, w, h, image.width, image.height)
        rows.add(box, class_id, place=place)
    elif len(numbers) >= 6 and len(numbers) % 2 == 0:
        polygon = np.array(numbers).reshape(-1, 2) * [image.width, image.height]
        if not options.shapes:
            dataset.notes["polygons written as boxes"] += 1
        shape = (polygon,) if options.shapes else None
        rows.add(polygons_box([polygon]), class_id, shape=shape, place=place)
    else:
        raise fault(
            file, line, f"has {len(fields)} columns, expected class x y w h, or class and points"
        )


def write(dataset: LabelledDataset, path: str, options: WriteOptions) -> None:
    """Writes a folder: data.yaml, images/<split> and labels/<split>.

    Raises:
        DataError: an image's size is not known, or there are no classes.
        FileExistsError: the folder is there.
        OSError: it cannot be written.
    """
    need_classes(dataset, path)
    splits = dataset.splits() or ["train"]
    words = {split: "val" if split == "valid" else split for split in splits}
    with output_folder(path, options.force) as folder:
        for split, word in words.items():
            images = [image for image in dataset.images if image.split == split]
            names = file_names(images, dataset.notes)
            for number, (image, name) in enumerate(zip(images, names, strict=True), 1):
                _write_image(image, f"images/{word}/{name}", folder, dataset, path, options)
                options.progress("writing", number, len(images))
        # without path: places count from the file's folder, whatever the working directory
        lines = [f"{_quoted(word)}: {_quoted(f'images/{word}')}" for word in words.values()]
        if "val" not in words.values():
            lines.append(f"val: images/{words[splits[0]]}")
        if "train" not in words.values():
            lines.append(f"train: images/{words[splits[0]]}")
        lines.append("names:")
        lines += [f"  {number}: {_quoted(name)}" for number, name in enumerate(dataset.names)]
        folder.write("data.yaml", "\n".join([*lines, ""]))


def _quoted(text: str) -> str:
    """Text as YAML: plain where nothing can be taken for something else, else as JSON."""
    plain = text.isascii() and text.replace("_", "a").replace("/", "a").isalpha()
    words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)


def _write_image(
    image: LabelledImage,
    listed: str,
    folder: OutputFolder,
    dataset: LabelledDataset,
    path: str,
    options: WriteOptions,
) -> None:
    fitted = fit(image, Holds(polygons=options.segments), options, dataset.notes, path)
    folder.place(image, listed, options.images, dataset.notes)
    text = ""
    if len(fitted):
        width, height = measure(image, path)
        lines = relative_lines(fitted.boxes, width, height)
        for row, class_id in enumerate(fitted.class_id.tolist()):
            line = lines[row]
            if options.segments:
                line = _segment(fitted, row, width, height, dataset)
            text += f"{class_id} {line}\n"
    folder.write(os.path.join("labels", listed[len("images/") :].rpartition(".")[0] + ".txt"), text)


def _segment(
    image: LabelledImage, row: int, width: int, height: int, dataset: LabelledDataset
) -> str:
    shape = None if image.shapes is None else image.shapes[row]
    if isinstance(shape, tuple) and len(shape) == 1:
        points = shape[0]
    else:
        reason = "without" if shape is None else "of several"
        dataset.notes[f"objects {reason} polygons written as the corners of their box"] += 1
        left, top, right, bottom = image.boxes[row].tolist()
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    relative = np.clip(points / [width, height], 0, 1)
    return " ".join(short_number(number) for number in relative.ravel().tolist())

"""Pascal VOC: an XML file for each image.

What ``xmin ymin xmax ymax`` count from differs between tools, so it is a choice (``voc_offset``):

- ``darknet``: as Darknet's voc_label.py takes them: all four less 1 are the box's edges.
- ``one-based``: as the original means them: pixels counted from 1, the last one included, so the
  left and top edge are xmin - 1, ymin - 1, the right and bottom edge xmax, ymax.
- ``zero-based``: the numbers are the edges. labelImg and most converters write so.

VOC has no list of classes: ``classes.txt`` beside ``Annotations`` holds them where we write it,
else they are in alphabetical order.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from ...errors import DataError
from ...problems import Problem
from .class_list import read_class_list
from .faults import check_box, fault, to_number, to_whole
from .fitting import Holds, file_names, fit
from .image_files import ImageFolders, measure
from .model import (
    DIFFICULT,
    OCCLUDED,
    TRUNCATED,
    ClassNames,
    LabelledDataset,
    LabelledImage,
    ObjectRows,
    Place,
    check_class_name,
    safe_name,
)
from .options import ReadOptions, VocOffset, WriteOptions
from .output import output_folder
from .xml_tree import Element, read_xml

HOLDS = Holds(DIFFICULT | TRUNCATED | OCCLUDED, beyond=True)

_SHIFTS: dict[VocOffset, tuple[int, int]] = {
    "darknet": (1, 1),
    "one-based": (1, 0),
    "zero-based": (0, 0),
}
"""What is taken from xmin, ymin and from xmax, ymax to make edges of them."""

_MARKS = ((TRUNCATED, "truncated"), (DIFFICULT, "difficult"), (OCCLUDED, "occluded"))


def recognises(path: str) -> bool:
    """Whether this may be such a data set: a folder with Annotations or XML files about images."""
    return os.path.isdir(path) and bool(_annotation_folders(path))


def _annotation_folders(path: str) -> list[Path]:
    """The folders that hold XML files: Annotations of one or of several VOC years, or this one."""
    root = Path(path)
    places = [root / "Annotations", *sorted(root.glob("VOC20*/Annotations")), root]
    places += [root / split for split in ("train", "valid", "val", "test")]
    return [
        place for place in places if _looks_right(next(iter(sorted(place.glob("*.xml"))), None))
    ]


def _looks_right(file: Path | None) -> bool:
    if file is None:
        return False
    # CVAT's files begin with <annotations>; one that is broken is still in Annotations
    head = file.read_bytes()[:4096]
    return file.parent.name == "Annotations" or b"<annotations" not in head


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads a folder with Annotations, JPEGImages and ImageSets, or one with XML files.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    folders = _annotation_folders(path)
    if not folders:
        raise DataError(f"{path} holds no Annotations/*.xml, expected Pascal VOC")
    listed = next(
        (
            file
            for file in (Path(path) / "classes.txt", Path(path) / "labels.txt")
            if file.is_file()
        ),
        None,
    )
    names = ClassNames(read_class_list(str(listed)) if listed else ())
    known = frozenset(names.names())
    dataset = LabelledDataset((), [])
    for folder in folders:
        _read_folder(folder, path, names, dataset, options)
    dataset.names = names.names()
    if not listed:
        _sort_classes(dataset)
    elif options.problems is not None:
        _check_listed(dataset, str(listed), known, options.problems)
    return dataset


def _check_listed(
    dataset: LabelledDataset, file: str, known: frozenset[str], problems: list[Problem]
) -> None:
    """Objects of classes that ``classes.txt`` does not name: they get numbers behind the others."""
    for image in dataset.images:
        for class_id, place in zip(image.class_id.tolist(), image.places or (), strict=False):
            name = dataset.names[class_id]
            if name not in known:
                message = f"class {name!r} is not in {file}, expected one of its names"
                problems.append(Problem(place.file, place.line, message))


def _sort_classes(dataset: LabelledDataset) -> None:
    from .merging import map_classes

    map_classes(dataset, names=sorted(dataset.names))


def _read_folder(
    folder: Path, path: str, names: ClassNames, dataset: LabelledDataset, options: ReadOptions
) -> None:
    home = folder.parent if folder.name == "Annotations" else folder
    places = [str(home / "JPEGImages"), str(home / "images"), str(folder), str(home), path]
    folders = ImageFolders(options.image_folders, places)
    splits = _splits(home / "ImageSets" / "Main")
    default = options.split
    if folder.name in ("train", "valid", "val", "test"):
        default = "valid" if folder.name == "val" else folder.name
    place = {stem: number for number, stem in enumerate(splits)}
    files = sorted(folder.glob("*.xml"), key=lambda file: (place.get(file.stem, len(place)), file))
    for number, file in enumerate(files, 1):
        with options.part():
            image, objects = _read_annotation(str(file), folders, names, options)
            for split in splits.get(file.stem, [default] if not splits else []):
                dataset.images.append(objects.fill(replace(image, split=split)))
        if splits and file.stem not in splits:
            dataset.notes["images left out that no list of ImageSets/Main names"] += 1
        options.progress("reading", number, len(files))
    stems = {file.stem for file in files}
    for missing in sorted(splits.keys() - stems):
        with options.part():
            message = f"names {missing}, which {folder} does not hold"
            raise fault(f"{home}/ImageSets/Main", None, message)


def _splits(folder: Path) -> dict[str, list[str]]:
    """Which splits an image belongs to, by the name of its file without ending."""
    splits: dict[str, list[str]] = {}
    for file, split in (("train", "train"), ("val", "valid"), ("test", "test")):
        for stem in _stems(folder / f"{file}.txt"):
            splits.setdefault(stem, []).append(split)
    for stem in _stems(folder / "trainval.txt"):
        splits.setdefault(stem, ["train"])
    return splits


def _stems(file: Path) -> list[str]:
    if not file.is_file():
        return []
    lines = file.read_bytes().decode("utf-8-sig", "surrogateescape").split("\n")
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _read_annotation(
    file: str, folders: ImageFolders, names: ClassNames, options: ReadOptions
) -> tuple[LabelledImage, ObjectRows]:
    root = read_xml(file, "annotation")
    stem = Path(file).stem
    filename = root.text_of("filename")
    name = safe_name(filename, file) if filename else f"{stem}.jpg"
    found = folders.find(name) or folders.find_stem(stem)
    if found:
        name = os.path.basename(found) if "/" not in name else name
    size = root.find("size")
    width = height = 0
    if size is not None:
        width = to_whole(size.text_of("width", "0"), "width", file, size.line)
        height = to_whole(size.text_of("height", "0"), "height", file, size.line)
    image = LabelledImage(
        name, found, width if height else 0, height if width else 0, place=Place(file)
    )
    rows = ObjectRows()
    for element in root.all("object"):
        with options.part():
            word = check_class_name(element.text_of("name"), file, element.line)
            flags = sum(bit for bit, mark in _MARKS if element.text_of(mark, "0") in ("1", "true"))
            place = Place(file, element.line)
            box = _box(element, file, options.voc_offset)
            rows.add(box, names.number(word), flags, place=place)
    return image, rows


def _box(element: Element, file: str, offset: VocOffset) -> tuple[float, float, float, float]:
    box = element.find("bndbox")
    if box is None:
        raise fault(file, element.line, "<object> has no <bndbox>, expected xmin, ymin, xmax, ymax")
    edges = [
        to_number(box.text_of(edge), edge, file, box.line)
        for edge in ("xmin", "ymin", "xmax", "ymax")
    ]
    near, far = _SHIFTS[offset]
    left, top, right, bottom = edges[0] - near, edges[1] - near, edges[2] - far, edges[3] - far
    return check_box((left, top, right, bottom), file, box.line)


def write(dataset: LabelledDataset, path: str, options: WriteOptions) -> None:
    """Writes a folder with Annotations, JPEGImages, ImageSets/Main and classes.txt.

    Numbers have up to three digits behind the point; whole ones have none.

    Raises:
        DataError: an image's size is not known.
        FileExistsError: the folder is there.
        OSError: it cannot be written.
    """
    flat = [
        LabelledImage(image.name.replace("/", "_"), image.path, split=image.split)
        for image in dataset.images
    ]
    names = file_names(flat, dataset.notes)
    folder_name = os.path.basename(os.path.abspath(path))
    with output_folder(path, options.force) as folder:
        lists: dict[str, list[str]] = {split: [] for split in dataset.splits()}
        written = set()
        for number, (image, name) in enumerate(zip(dataset.images, names, strict=True), 1):
            stem = os.path.splitext(name)[0]
            lists[image.split].append(stem)
            if stem not in written:
                fitted = fit(image, HOLDS, options, dataset.notes, path)
                measure(fitted, path)
                folder.place(image, f"JPEGImages/{name}", options.images, dataset.notes)
                text = _text(fitted, name, folder_name, dataset.names, options.voc_offset)
                folder.write(f"Annotations/{stem}.xml", text)
                written.add(stem)
            options.progress("writing", number, len(names))
        for split, stems in lists.items():
            word = "val" if split == "valid" else split
            folder.write(f"ImageSets/Main/{word}.txt", "".join(f"{stem}\n" for stem in stems))
        if dataset.names:
            folder.write("classes.txt", "".join(f"{name}\n" for name in dataset.names))


def _text(
    image: LabelledImage, name: str, folder: str, names: Sequence[str], offset: VocOffset
) -> str:
    near, far = _SHIFTS[offset]
    lines = [
        "<annotation>",
        f"\t<folder>{escape(folder)}</folder>",
        f"\t<filename>{escape(name)}</filename>",
        f"\t<size>\n\t\t<width>{image.width}</width>\n\t\t<height>{image.height}</height>\n"
        "\t\t<depth>3</depth>\n\t</size>",
        "\t<segmented>0</segmented>",
    ]
    rows = zip(image.boxes.tolist(), image.class_id.tolist(), image.flags.tolist(), strict=True)
    for (left, top, right, bottom), class_id, flags in rows:
        lines += ["\t<object>", f"\t\t<name>{escape(names[class_id])}</name>"]
        lines.append("\t\t<pose>Unspecified</pose>")
        lines += [f"\t\t<{mark}>{int(flags & bit != 0)}</{mark}>" for bit, mark in _MARKS]
        edges = (
            ("xmin", left + near),
            ("ymin", top + near),
            ("xmax", right + far),
            ("ymax", bottom + far),
        )
        lines.append("\t\t<bndbox>")
        lines += [f"\t\t\t<{edge}>{_short(value)}</{edge}>" for edge, value in edges]
        lines += ["\t\t</bndbox>", "\t</object>"]
    return "\n".join([*lines, "</annotation>", ""])


def _short(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

"""WIDER FACE: ``wider_face_*_bbx_gt.txt``, a file's name, the number of faces, then a line each.

``left top width height`` in pixels, then blur, expression, illumination, invalid, occlusion, pose.
An image without faces has a line of zeros all the same. Faces marked invalid are difficult.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import DataError
from .faults import check_box, fault, to_number
from .image_files import ImageFolders
from .model import DIFFICULT, OCCLUDED, LabelledDataset, LabelledImage, ObjectRows, Place, safe_name
from .options import ReadOptions
from .read_only import split_in_path, text_lines


def recognises(path: str) -> bool:
    """Whether this may be such a data set: the file, or a folder with it."""
    return bool(_files(path))


def _files(path: str) -> list[str]:
    if os.path.isdir(path):
        places = [Path(path), Path(path) / "wider_face_split"]
        return sorted(str(file) for place in places for file in place.glob("*_bbx_gt.txt"))
    return [path] if path.endswith("_bbx_gt.txt") else []


def read(path: str, options: ReadOptions) -> LabelledDataset:
    """Reads the file, or all of a folder.

    Raises:
        DataError: something is wrong, with file and line.
        OSError: a file is missing.
    """
    files = _files(path)
    if not files:
        raise DataError(f"{path} holds no wider_face_*_bbx_gt.txt, expected WIDER FACE")
    dataset = LabelledDataset(("face",), [])
    for file in files:
        split = split_in_path(os.path.basename(file), options)
        word = "val" if split == "valid" else split
        homes = [os.path.dirname(file) or ".", os.path.dirname(os.path.dirname(file)) or "."]
        places = [f"{home}/WIDER_{word}/images" for home in homes]
        places += [f"{home}/images" for home in homes] + homes
        folders = ImageFolders(options.image_folders, places)
        lines = text_lines(file)
        for line, text in lines:
            name = safe_name(text, file, line)
            number, count = next(lines, (line + 1, ""))
            if not count.isdecimal():
                raise fault(file, number, f"{count[:40]!r}, expected the number of faces")
            place = Place(file, line)
            image = LabelledImage(name, folders.find(name), split=split, place=place)
            rows = ObjectRows()
            at, faces = number, int(count[:9])
            for read_before in range(max(1, faces)):
                at, record = next(lines, (at, ""))
                with options.part():
                    if not record:
                        raise _ends_early(read_before, faces, file, at)
                    _add(record.split(), file, at, rows, dataset)
                if not record:
                    break
            dataset.images.append(rows.fill(image))
            options.progress(f"reading {split}", len(dataset.images), 0)
    return dataset


def _ends_early(found: int, faces: int, file: str, line: int) -> DataError:
    if not faces:
        return fault(file, line, "ends here, expected a line of zeros: there are no faces")
    return fault(file, line, f"ends after {found} of {faces} faces")


def _add(
    fields: list[str], file: str, line: int, rows: ObjectRows, dataset: LabelledDataset
) -> None:
    if len(fields) not in (4, 10):
        raise fault(file, line, f"has {len(fields)} columns, expected a face: x y w h and 6 marks")
    numbers = [to_number(field, "column", file, line) for field in fields]
    x, y, w, h = numbers[:4]
    if not any(numbers[:4]):
        return
    if w <= 0 or h <= 0:
        dataset.notes["faces without width or height left out"] += 1
        return
    box = check_box((x, y, x + w, y + h), file, line)
    flags = 0
    if len(numbers) == 10:
        flags = (DIFFICULT if numbers[7] else 0) | (OCCLUDED if numbers[8] else 0)
    rows.add(box, 0, flags, place=Place(file, line))

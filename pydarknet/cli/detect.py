"""``pydarknet detect``: finds objects in images."""

from __future__ import annotations

import contextlib
import json
import os
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._files import atomic_path
from ..detections import Detections
from ..drawing import draw
from ..errors import DarknetError
from ..image import Pixels, save_image
from ..label_files import format_labels, label_path
from .darknet_flags import add_darknet_flags
from .image_list import ImageList, find_images
from .looking import Look, Progress, Unreadable, look
from .network_options import add_network_options, open_network, split_model
from .parser import Parser, UsageError, count, fraction
from .program import ERROR, OK, describe
from .result_file import result_file

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = detect_parser(
        "detect",
        "MODEL [IMAGE ...]",
        "Finds objects in images. MODEL is x.cfg x.weights, or a folder, cfg or stem with both.\n"
        "IMAGE is a picture, a folder, a .txt file with a path a line, or - for paths on stdin,\n"
        "which is also read where no image is named.",
    )
    add_darknet_flags(parser, "detector")
    options, rest = parser.split(words)
    model, images = split_model(rest)
    if not model:
        parser.error("which network? expected MODEL, x.cfg x.weights or a folder")
    listed = find_images(images, options.list)
    with open_network(model, options) as network:
        return detect_all(network, listed, options)


def detect_parser(command: str, words: str, description: str) -> Parser:
    """The options of ``detect`` and ``detector test``."""
    parser = Parser(command, words, description)
    add = parser.add_argument
    add("--thresh", type=fraction, default=0.25, metavar="X", help="least confidence (.25)")
    add("--nms", type=fraction, default=0.45, metavar="X", help="most overlap of a class (.45)")
    add("--hier", type=fraction, default=0.5, metavar="X", help="threshold of a tree= (.5)")
    add("--classes", metavar="A,B", help="keep these classes only, by name or number")
    add("--letter-box", action="store_true", help="keep the aspect ratio of the image")
    add("--ext-output", action="store_true", help="print the boxes too, in pixels")
    add("--out", metavar="FILE", help="write the boxes as Darknet's result.json")
    add("--save-labels", action="store_true", help="write Darknet's label files, beside images")
    add("--save", metavar="PATH", help="draw: into an image file, or a folder for several")
    add("--dont-show", action="store_true", help="for Darknet's users: no window ever opens")
    add("--list", metavar="FILE", help="a file with a path of an image a line")
    add("--batch", type=count, default=1, metavar="N", help="images of one run (1)")
    add("--json", action="store_true", help="a JSON object a line for each image")
    add("--quiet", action="store_true", help="no progress bar")
    add_network_options(parser)
    return parser


def detect_all(network: Network, images: ImageList, options: Namespace) -> int:
    """Detects on all images and writes what the options ask for; returns the exit code."""
    classes = _classes(options.classes)

    def find(pixels: list[Pixels]) -> list[Detections]:
        return network.detect(
            tuple(pixels),
            threshold=options.thresh,
            nms=options.nms,
            hier=options.hier,
            resize="letterbox" if options.letter_box else None,
            classes=classes,
            batch_size=options.batch,
        )

    code = OK
    folder = _folder_to_save(images, options)
    taken: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        add = stack.enter_context(result_file(options.out)) if options.out else None
        progress = stack.enter_context(Progress(images, quiet=options.quiet))
        for one in look(images, find, channels=network.channels, batch=options.batch):
            progress.step()
            if options.out and _is_same_file(options.out, one.path):
                raise UsageError(f"pydarknet: --out {options.out}: it would replace the image")
            if isinstance(one, Unreadable):
                error: str | None = one.error
            else:
                error = _write_own(one, options, folder, taken)
            if error is not None:
                code = ERROR
                progress.say(f"error: {error}")
            elif options.save and folder is None:
                progress.say(f"drawn: {options.save}")
            if options.json:
                progress.result(json.dumps(_as_dict(one, error), ensure_ascii=False))
            if isinstance(one, Unreadable):
                continue
            found = shown(one.answer)
            if not options.json:
                lines = detection_lines(found, ext_output=options.ext_output)
                progress.result("\n".join([predicted_line(one), *lines]))
            if add is not None:
                add(one.path, found, one.width, one.height)
    return code


def predicted_line(one: Look[Any]) -> str:
    """AlexeyAB's line that names the image and the time."""
    return f"{one.path}: Predicted in {one.milliseconds:f} milli-seconds."


def _folder_to_save(images: ImageList, options: Namespace) -> str | None:
    """Where the drawings of several images go; None for a single file."""
    if not options.save:
        return None
    if os.path.isdir(options.save):
        return str(options.save)
    if os.path.splitext(options.save)[1]:
        if images.total == 1 or images.typed:
            return None
        raise UsageError(f"--save {options.save}: for several images a folder is expected")
    os.makedirs(options.save)
    return str(options.save)


def _classes(text: str | None) -> list[int | str] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    return [int(part) if part.isdecimal() else part for part in parts if part]


def shown(detections: Detections) -> Detections:
    """Without the classes Darknet keeps to itself, whose names begin with ``dont_show``."""
    kept = [not name.startswith("dont_show") for name in detections.class_names]
    return detections if all(kept) else detections[kept]


def _write_own(
    one: Look[Detections], options: Namespace, folder: str | None, taken: dict[str, str]
) -> str | None:
    """Writes the labels and the drawing of an image; returns what went wrong.

    ``taken`` remembers which image each drawing in the folder belongs to.
    """
    try:
        if options.save_labels:
            with atomic_path(label_path(one.path)) as part:
                part.write_text(format_labels(shown(one.answer), one.width, one.height))
        if options.save:
            target = options.save
            if folder is not None:
                target = os.path.join(folder, os.path.basename(one.path))
                if taken.setdefault(target, one.path) != one.path:
                    return f"{target}: is the drawing of {taken[target]} already"
            if _is_same_file(target, one.path):
                return f"{target}: the drawing would replace the image"
            # from the file: the network may see it without colours
            save_image(target, draw(one.path, shown(one.answer)))
    except (DarknetError, OSError) as error:
        return describe(error)
    return None


def _is_same_file(target: str, image: str) -> bool:
    return os.path.exists(target) and os.path.exists(image) and os.path.samefile(target, image)


def _as_dict(one: Look[Detections] | Unreadable, error: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"filename": one.path}
    if error is not None:
        answer["error"] = error
    if isinstance(one, Look):
        answer |= {"width": one.width, "height": one.height}
        answer["milliseconds"] = round(one.milliseconds, 3)
        answer["objects"] = shown(one.answer).to_dicts()
    return answer


def detection_lines(detections: Detections, *, ext_output: bool) -> list[str]:
    """AlexeyAB's lines: boxes from left to right, of each its classes, the strongest first.

    Args:
        detections: boxes in pixels.
        ext_output: adds the box, in whole pixels.
    """
    names = detections.class_names
    lines = []
    for rows in sorted(
        detections.rows_by_box(), key=lambda rows: float(detections.xyxy[rows[0], 0])
    ):
        left, top, right, bottom = detections.xyxy[rows[0]].tolist()
        place = (
            f"\t(left_x: {round(left):4d}   top_y: {round(top):4d}   "
            f"width: {round(right - left):4d}   height: {round(bottom - top):4d})"
        )
        # after the strongest class Darknet goes by number
        for row in [rows[0], *sorted(rows[1:], key=lambda row: int(detections.class_id[row]))]:
            percent = f"{names[row]}: {100 * float(detections.confidence[row]):.0f}%"
            lines.append(percent + (place if ext_output else ""))
    return lines

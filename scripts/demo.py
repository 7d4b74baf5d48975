"""Detects on one picture, prints the boxes and writes the picture with them drawn in.

Without ``--model`` it downloads yolov4-tiny (24 MB) into ``models/`` once.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

try:
    import cv2
    import numpy as np
    import numpy.typing as npt
    from tqdm import tqdm

    import pydarknet
    from pydarknet.weights import download
except KeyboardInterrupt:  # they take a while
    sys.exit(130)

ROOT = Path(__file__).resolve().parent.parent
GIVE_MODEL = "give a network of yours: make demo MODEL=<folder with .cfg .weights .names>"


class DemoError(Exception):
    """Something the user can put right; the message is one line."""


def default_model() -> tuple[Path, Path, Path]:
    """Cfg, weights and names of yolov4-tiny; downloads what is missing."""
    cfg = ROOT / "cfg" / "yolov4-tiny.cfg"
    with tqdm(unit="B", unit_scale=True, desc="yolov4-tiny.weights", leave=False, delay=1) as bar:

        def progress(done: int, whole: int | None) -> None:
            bar.total = whole
            bar.update(done - bar.n)

        try:
            weights = download("yolov4-tiny", ROOT / "models", progress=progress)
        except pydarknet.DownloadError as error:
            raise DemoError(f"{error}: {GIVE_MODEL}") from error
    return cfg, weights, ROOT / "cfg" / "coco.names"


def model_in(folder: Path) -> tuple[Path, Path, Path | None]:
    """Cfg, weights and, if there are any, names in a folder."""
    if not folder.is_dir():
        raise DemoError(f"MODEL={folder} is not a folder, expected one with .cfg .weights .names")

    def one(ending: str) -> Path | None:
        found = sorted(folder.glob(f"*.{ending}"))
        if len(found) > 1:
            raise DemoError(f"{folder} holds {len(found)} .{ending} files, expected one")
        return found[0] if found else None

    cfg, weights = one("cfg"), one("weights")
    if cfg is None or weights is None:
        missing = ".cfg" if cfg is None else ".weights"
        raise DemoError(f"{folder} holds no {missing} file")
    return cfg, weights, one("names")


def synthetic_picture() -> npt.NDArray[np.uint8]:
    """A simple scene, for where no photograph is at hand."""
    sky = np.linspace(235, 170, 416)[:, None, None]
    picture = np.broadcast_to(sky, (416, 640, 3)).astype(np.uint8).copy()
    cv2.rectangle(picture, (0, 300), (639, 415), (70, 130, 80), -1)
    cv2.circle(picture, (540, 70), 36, (80, 220, 250), -1)
    cv2.rectangle(picture, (120, 190), (420, 330), (40, 40, 190), -1)  # a bus
    for x in range(140, 400, 56):
        cv2.rectangle(picture, (x, 205), (x + 42, 250), (230, 220, 200), -1)
    for x in (180, 360):
        cv2.circle(picture, (x, 330), 26, (30, 30, 30), -1)
    return cv2.GaussianBlur(picture, (3, 3), 0).astype(np.uint8)


def default_picture() -> Path:
    """A photograph beside the checkout if there is one, else a drawn scene."""
    shared = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
    photograph = shared / "images" / "dog.jpg"
    if photograph.exists():
        return photograph
    drawn = ROOT / "build" / "scene.png"
    drawn.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(drawn), synthetic_picture())
    return drawn


def picture(source: Path) -> npt.NDArray[np.uint8]:
    """The pixels, as ``detect`` would read them."""
    try:
        return pydarknet.load_image(source).pixels
    except (pydarknet.DataError, OSError) as error:
        raise DemoError(f"IMAGE={source} is not a picture that can be read") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="folder with .cfg .weights .names")
    parser.add_argument("--image", type=Path, help="picture to detect on")
    parser.add_argument("--out", type=Path, default=Path("demo.jpg"), help="picture to write")
    arguments = parser.parse_args()
    try:
        cfg, weights, names = model_in(arguments.model) if arguments.model else default_model()
        source = arguments.image or default_picture()
        image = picture(source)
        with pydarknet.Network(cfg, weights, names=names) as net:
            net.detect(image)  # compiles the plan
            start = time.perf_counter()
            detections = net.detect(image)
            milliseconds = (time.perf_counter() - start) * 1e3
    except (DemoError, pydarknet.DarknetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(f"{cfg.stem} on {source}: {len(detections)} objects in {milliseconds:.1f} ms")
    for (x1, y1, x2, y2), confidence, class_id in zip(
        detections.xyxy, detections.confidence, detections.class_id, strict=True
    ):
        name = detections.names[class_id] if detections.names else f"class {class_id}"
        print(f"  {name:<16}{confidence:5.0%}   {x1:6.0f} {y1:6.0f} {x2:6.0f} {y2:6.0f}")
    out = arguments.out.resolve()
    if not cv2.imwrite(str(out), pydarknet.draw(image, detections)):
        print(f"error: {out} could not be written", file=sys.stderr)
        return 1
    print(f"written: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes a COCO json of the size of instances_train2017.json, to time conversions with.

python scripts/make_large_coco.py large.json            # 118,287 images, 860,001 objects
time pydarknet dataset convert large.json -o out --to darknet --images none
"""

from __future__ import annotations

import argparse
import json

import numpy as np


def main() -> None:
    """Runs the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("--images", type=int, default=118_287)
    parser.add_argument("--objects", type=int, default=860_001)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    encode = json.JSONEncoder().encode
    with open(options.output, "w", encoding="utf-8") as file:
        file.write('{"info": {"year": 2017}, "images": [')
        for number in range(options.images):
            entry = {"license": 3, "file_name": f"{number:012d}.jpg", "height": 480, "width": 640,
                     "coco_url": f"http://example.org/train2017/{number:012d}.jpg",
                     "date_captured": "2013-11-14 11:18:45", "id": number}  # fmt: skip
            file.write((", " if number else "") + encode(entry))
        file.write('], "annotations": [')
        for number in range(options.objects):
            x, y = random.uniform(0, 400), random.uniform(0, 300)
            w, h = random.uniform(5, 200), random.uniform(5, 150)
            angle = np.sort(random.uniform(0, 2 * np.pi, random.integers(4, 45)))
            points = np.stack([x + w / 2 * (1 + np.cos(angle)), y + h / 2 * (1 + np.sin(angle))], 1)
            entry = {"segmentation": [np.round(points, 2).ravel().tolist()],
                     "area": round(w * h, 4), "iscrowd": int(number % 90 == 0),
                     "image_id": int(random.integers(options.images)),
                     "bbox": [round(v, 2) for v in (x, y, w, h)],
                     "category_id": number % 80 + 1, "id": number}  # fmt: skip
            file.write((", " if number else "") + encode(entry))
        categories = [{"id": n, "name": f"class {n}", "supercategory": "x"} for n in range(1, 81)]
        file.write(f'], "categories": {encode(categories)}}}')


if __name__ == "__main__":
    main()

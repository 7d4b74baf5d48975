"""``pydarknet demo``: detects in a drawn scene, or trains the network that does, from zero."""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..embedded import shapes_model
from .parser import Parser, count
from .program import OK
from .training_progress import TrainingProgress

if TYPE_CHECKING:
    from ..training import Evaluation, Trainer

SIZE = (96, 96)
"""Of the scenes, pixels."""

_ZOOM = 6
"""Of the picture, so that names fit beside the shapes."""

TRAIN, VALID = 5000, 100
"""Scenes to train on and to evaluate on."""


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "demo",
        "",
        "Draws a scene of shapes and detects them with the network that pydarknet brings along.\n"
        "--train draws a data set and trains that network from zero, so that its mAP can be seen\n"
        "to rise; the weights are in the folder that is named at the end.",
    )
    add = parser.add_argument
    add("--train", action="store_true", help="train from zero")
    add("--out", metavar="FILE", default="demo.png", help="picture to write; default: demo.png")
    add("--scene", type=int, default=40, help="number of the scene; default: 40")
    add("--run-dir", metavar="FOLDER", help="where training goes; default: a temporary folder")
    add("--images", type=count, default=TRAIN, metavar="N", help=f"to train on; default: {TRAIN}")
    add("--iterations", type=count, metavar="N", help="stop after so many")
    add("--threads", type=count, default=0, help="default: one per processor")
    add("-v", "--verbose", action="store_true", help="Darknet's line for every iteration")
    add("-q", "--quiet", action="store_true", help="no progress")
    options, rest = parser.split(words)
    if rest:
        parser.error(f"unexpected {rest[0]!r}")
    if options.train:
        return train(options)
    return detect(options, shapes_model().weights)


def detect(options: Namespace, weights: Path) -> int:
    """Detects in a scene of the valid part, and writes it with the boxes."""
    import cv2

    from ..datasets.shapes import make_scene
    from ..detections import Detections
    from ..drawing import draw
    from ..image import save_image
    from ..network import Network

    cfg, _, names = shapes_model()
    scene = make_scene(TRAIN + options.scene, size=SIZE)
    with Network(cfg, weights, names=names, threads=options.threads) as network:
        found = network.detect(scene.image)
    for one in found[:20]:
        edges = " ".join(f"{edge:5.0f}" for edge in one.xyxy)
        print(f"{one.name:<10}{one.confidence:5.0%}   {edges}")
    large = cv2.resize(scene.image, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_CUBIC)
    boxes = Detections(found.xyxy * _ZOOM, found.confidence, found.class_id, found.names)
    save_image(options.out, draw(np.asarray(large, np.uint8), boxes))
    print(f"{len(found)} found where {len(scene.class_ids)} were drawn, see {options.out}")
    return OK


def train(options: Namespace) -> int:
    """Trains the embedded network from zero."""
    from ..datasets.shapes import write_shapes
    from ..training import Callback, Trainer

    class Stop(Callback):
        def on_step(self, trainer: Trainer, step: object) -> None:
            if options.iterations and trainer.iteration >= options.iterations:
                trainer.stop()

        def on_eval(self, trainer: Trainer, evaluation: Evaluation) -> None:
            scores = evaluation.scores
            print(f"iteration {evaluation.iteration}: mAP {scores['map']:.1%}", flush=True)

    folder = Path(options.run_dir or tempfile.mkdtemp(prefix="pydarknet-demo-"))
    data = folder / "shapes" / "shapes.data"
    if (folder / "shapes.state").exists():
        trainer = Trainer.resume(folder, threads=options.threads)
    else:
        if not data.exists():
            if not options.quiet:
                print(f"pydarknet: drawing {options.images + VALID} scenes", file=sys.stderr)
            write_shapes(data.parent, train=options.images, valid=VALID, size=SIZE)
        trainer = Trainer(
            shapes_model().cfg, data, run_dir=folder, eval_every=500, threads=options.threads
        )
    shown = TrainingProgress(options, "pydarknet demo --train --run-dir")
    with trainer, shown:
        stop = Stop()
        stop.on_step(trainer, None)  # an earlier run may have done all of them
        trainer.callbacks += [stop, shown]
        end = trainer.run()
    best = folder / "shapes_best.weights"
    score = f"best mAP {end.best_score:.1%}, " if end.best_score is not None else ""
    print(f"{score}weights, charts and metrics in {folder}")
    return detect(options, best) if best.exists() else OK

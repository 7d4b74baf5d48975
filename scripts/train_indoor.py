#!/usr/bin/env python3
"""Over-fits yolo-fastest-1.1 to the 70 photographs of indoor85: a proof that training works.

The network's cfg gets heads of 30 classes, and no augmentation: what is asked for is that it knows
its training images by heart. Its weights are taken up to the first head. The last line says how
well it does:

    python scripts/train_indoor.py --shared ../shared --run-dir runs/indoor
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

try:
    from pydarknet.training import Callback, Evaluation, Trainer
except KeyboardInterrupt:  # numpy takes a while
    sys.exit(130)

CLASSES = 30
SEEN = re.compile(
    r"^(batch|subdivisions|learning_rate|burn_in|max_batches|policy|steps|scales|width|height|"
    r"momentum|decay|angle|saturation|exposure|hue|flip)\s*=.*$",
    re.M,
)
NET = """[net]
batch={batch}
subdivisions=1
width={size}
height={size}
flip=0
adam=1
decay=0
learning_rate={rate}
burn_in=100
policy=sgdr
sgdr_cycle={iterations}
max_batches={iterations}
"""


def indoor_cfg(text: str, *, iterations: int, batch: int, size: int, rate: float) -> str:
    """The cfg for 30 classes, without augmentation."""
    text = SEEN.sub("", text)
    text = text.replace("[net]", NET.format(iterations=iterations, batch=batch, size=size,
                                            rate=rate), 1)  # fmt: skip
    text = text.replace("filters=255", f"filters={3 * (CLASSES + 5)}")
    text = text.replace("classes=80", f"classes={CLASSES}")
    text = re.sub(r"^probability\s*=.*$", "probability=0", text, flags=re.M)
    return re.sub(r"^jitter\s*=.*$", "jitter=0", text, flags=re.M)


def first_head(text: str) -> int:
    """Index of the convolution before the first [yolo]."""
    sections = re.findall(r"^\[(\w+)\]", text, flags=re.M)[1:]
    return sections.index("yolo") - 1


class Show(Callback):
    """Prints every evaluation."""

    def on_eval(self, trainer: Trainer, evaluation: Evaluation) -> None:
        """A line."""
        loss = trainer.average_loss
        shown = "" if loss is None else f", average loss {loss:.3f}"
        print(f"iteration {evaluation.iteration}: train mAP {evaluation.score:.1%}{shown}, "
              f"{trainer.seconds:.0f} s", flush=True)  # fmt: skip


def train(
    shared: Path,
    folder: Path,
    *,
    iterations: int = 900,
    batch: int = 14,
    size: int = 320,
    rate: float = 0.001,
    eval_every: int = 250,
    threads: int = 0,
    stop: int | None = None,
) -> Trainer:
    """Trains, until an iteration or the end; returns the training, which is over."""
    model = shared / "models" / "yolo-fastest-1.1"
    text = (model / "yolo-fastest-1.1.cfg").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    cfg, data = folder / "indoor.cfg", folder / "indoor.data"
    cfg.write_text(indoor_cfg(text, iterations=iterations, batch=batch, size=size, rate=rate))
    home = (shared / "indoor85").resolve()
    data.write_text(f"classes={CLASSES}\ntrain={home}/train.txt\nnames={home}/indoor.names\n")
    trainer = Trainer(
        cfg, data, model / "yolo-fastest-1.1.weights", up_to=first_head(text), clear=True,
        run_dir=folder, eval_every=eval_every, threads=threads, callbacks=[Show()],
    )  # fmt: skip
    for step in trainer:
        if step.iteration == stop:
            trainer.stop()
    return trainer


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--run-dir", type=Path)
    parser.add_argument("--iterations", type=int, default=900)
    parser.add_argument("--batch", type=int, default=14)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--threads", type=int, default=0)
    options = vars(parser.parse_args())
    folder = options.pop("run_dir") or Path(tempfile.mkdtemp(prefix="indoor-"))
    trainer = train(options.pop("shared"), folder, **options)
    print(f"best train mAP {trainer.best_score:.1%} after {trainer.seconds:.0f} s, in {folder}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

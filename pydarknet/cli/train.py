"""``pydarknet detector train``, ``classifier`` and ``rnn train``: Darknet's words for `Trainer`."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .darknet_flags import add_darknet_flags
from .parser import Parser, amount, count, fraction, gpus, whole
from .program import OK
from .rnn import refuse_tokens
from .training_progress import CheckProgress, TrainingProgress
from .warnings_shown import warnings_shown

if TYPE_CHECKING:
    from ..training import Trainer

_OF_A_NEW_ONE = ("clear", "run_dir", "overwrite", "eval_every", "map_epochs", "iou_thresh",
                 "thresh", "checkpoint_every", "patience",
                 "freeze", "up_to", "seed", "precision", "recompute", "on_bad_data",
                 "missing_labels", "tensorboard")  # fmt: skip
"""Options that a training which goes on has already."""


def run(kind: str, words: Sequence[str]) -> int:
    """Runs the command of a kind of network: "detector", "classifier" or "rnn"."""
    parser = train_parser(kind)
    options, rest = parser.split(words)
    least = 1 if kind == "rnn" else 2
    if options.resume and rest:
        parser.error("expected --resume FOLDER alone")
    if options.resume:
        for name in _OF_A_NEW_ONE:
            if getattr(options, name, None) != parser.get_default(name):
                option = "--" + name.replace("_", "-")
                parser.error(f"{option} is for a new training: --resume goes on as it began")
    if options.max_batches and not options.resume:
        parser.error("--max-batches is for --resume: of a new training the cfg says it")
    if not options.resume and not least <= len(rest) <= least + 1:
        data = "" if kind == "rnn" else "x.data "
        parser.error(f"expected {data}x.cfg, or {data}x.cfg x.weights")
    if kind == "rnn":
        refuse_tokens(options.tokenized, options.tokens)
        rest = [options.file, *rest]
    if options.gpus:
        print(f"pydarknet: -gpus {options.gpus}: this version of pydarknet uses no GPU, training "
              "runs on the CPU", file=sys.stderr)  # fmt: skip
    again = shlex.join(["pydarknet", kind, "train", "--resume"])
    with warnings_shown():
        with CheckProgress(quiet=options.quiet) as progress:
            trainer = open_trainer(kind, options, rest, progress)
        with trainer, TrainingProgress(options, again) as shown:
            trainer.callbacks.append(shown)
            end = trainer.run()
    files = trainer.folder.path
    print(f"{end.reason} after {end.iteration} iterations, files in {files}")
    return OK


def train_parser(kind: str) -> Parser:
    """The options of training."""
    text = kind == "rnn"
    parser = Parser(
        f"{kind} train",
        f"{'' if text else 'x.data '}x.cfg [x.weights]",
        f"Trains a network{' of characters on a text' if text else ''}. Files go to the folder\n"
        "that backup= of x.data names, else to backup/: weights as Darknet calls them,\n"
        "metrics.jsonl, chart.png and report.html. Training begins with x.weights; of a file\n"
        "called x.conv.N with the first N layers. --resume FOLDER goes on\n"
        "with a training that ended early, whatever ended it.",
    )
    add = parser.add_argument
    if text:
        add("--file", metavar="TEXT", default="data/shakespeare.txt",
            help="or a .data file; default: data/shakespeare.txt")  # fmt: skip
        add("--tokenized", action="store_true", help="not in this version")
        add("--tokens", metavar="FILE", help="not in this version")
        add("--srand", type=whole, dest="seed", default=0, metavar="S", help="the same as --seed")
    add("--map", action="store_true", help="evaluate now and then, and keep the best weights")
    add("--topk", action="store_true", help="the same, in Darknet's word for classifiers")
    add(
        "--map-epochs",
        type=amount,
        metavar="N",
        help="evaluate every N epochs, at least 100 iterations; default: 4, a classifier 2",
    )
    if kind == "detector":
        add(
            "--iou-thresh",
            type=fraction,
            default=0.5,
            metavar="X",
            help="overlap that mAP asks for; default: .5",
        )
        add(
            "--thresh",
            type=fraction,
            default=0.25,
            metavar="X",
            help="confidence for precision, recall and F1; default: .25",
        )
        add("--points", metavar="N", help="unused, as in Darknet: the area under the curve")
        add("--letter-box", action="store_true", help="unused, as in Darknet: the cfg says it")
    add("--clear", action="store_true", help="count iterations from 0, whatever x.weights says")
    add("--resume", metavar="FOLDER", help="go on with the training whose files lie there")
    add("--max-batches", type=count, metavar="N",
        help="with --resume: another length, to go on with a training that is done")  # fmt: skip
    add("--run-dir", metavar="FOLDER", help="where files go; default: backup= of x.data")
    add("--overwrite", action="store_true", help="begin anew in a folder that holds a training")
    add("--eval-every", type=count, metavar="N", help="evaluate every N iterations")
    add("--checkpoint-every", type=count, metavar="N", help="write _last.weights; default: 100")
    add(
        "--patience",
        type=count,
        metavar="N",
        help="stop after N evaluations without a gain; evaluates as --map",
    )
    add("--freeze", type=count, metavar="N", default=0, help="leave the layers below N as they are")
    add("--up-to", type=count, metavar="N", help="take weights for the layers below N only")
    add("--seed", type=int, default=0, help="of all that is random; default: 0")
    add("--precision", choices=("auto", "f32", "bf16"), default="f32",
        help="bf16: faster where the processor has it; default: f32")  # fmt: skip
    add("--recompute", action="store_true", help="less memory: activations are made twice")
    add("--on-bad-data", choices=("error", "skip"), default="error",
        help="images and labels that are wrong; default: error")  # fmt: skip
    add("--missing-labels", choices=("error", "background"), default="error",
        help="images without a label file; default: error")  # fmt: skip
    add("--tensorboard", action="store_true", help="write an event file as well")
    add("--threads", type=count, default=0, help="default: one per processor")
    add("--workers", type=count, default=2, help="threads that read images; default: 2")
    add("--gpus", type=gpus, metavar="0,1", help="numbers of GPUs; this version uses the CPU")
    add("-i", type=gpus, dest="gpus", metavar="0", help="the same as --gpus")
    add("-v", "--verbose", action="store_true", help="Darknet's line for every iteration")
    add("-q", "--quiet", action="store_true", help="no progress")
    add_darknet_flags(parser, kind)
    return parser


def open_trainer(
    kind: str, options: Namespace, words: Sequence[str], progress: CheckProgress
) -> Trainer:
    """The training that the options ask for."""
    from ..training import Trainer

    if options.resume:
        return Trainer.resume(
            options.resume, max_batches=options.max_batches, threads=options.threads,
            workers=options.workers, progress=progress,
        )  # fmt: skip
    every = options.eval_every
    if every is None and not (options.map or options.topk or options.patience):
        every = 0
    return Trainer(
        words[1], words[0], words[2] if len(words) > 2 else None, task=kind,
        clear=options.clear, run_dir=options.run_dir, overwrite=options.overwrite,
        eval_every=every, checkpoint_every=options.checkpoint_every, patience=options.patience,
        freeze=options.freeze, up_to=options.up_to, seed=options.seed,
        eval_epochs=options.map_epochs, iou_threshold=getattr(options, "iou_thresh", 0.5),
        threshold=getattr(options, "thresh", 0.25),
        precision=options.precision, recompute=options.recompute, on_bad_data=options.on_bad_data,
        missing_labels=options.missing_labels, tensorboard=options.tensorboard,
        threads=options.threads, workers=options.workers, progress=progress,
    )  # fmt: skip

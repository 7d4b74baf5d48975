"""What a training is opened from: the network, the data, and when what is due."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._arguments import check_callable, check_whole
from .._native import NativeNetwork, NativeTrainer, TrainerOptions
from ..cfg import Document
from ..cfg.training_values import check_training_values
from ..datasets.problems import Progress
from ..layers import Structure
from ._schedule import Cadence, ClassifierScales, MultiScale, cadence, multi_scale
from ._settings import Settings
from ._task import Task, TaskOptions
from ._tasks import TASKS, task_of
from .ignored_keys import ignored_keys

_log = logging.getLogger("pydarknet.training")


@dataclass(frozen=True)
class Prepared:
    """All that a training needs and that stays as it is.

    Attributes:
        trainer: the engine's.
        task: the data, and what is measured.
        sizes: of the network's input, by iteration.
        cadence: when evaluations and files are due.
        max_batches: iterations of the whole training.
        mini_batch: its images, times time steps, in the cfg.
        subdivisions: mini-batches of an update.
        time_steps: of recurrent layers.
        averages: whether a moving average of the weights is kept.
        seed: of all that is random.
        workers: threads that read images.
    """

    trainer: NativeTrainer
    task: Task
    sizes: MultiScale | ClassifierScales
    cadence: Cadence
    max_batches: int
    mini_batch: int
    subdivisions: int
    time_steps: int
    averages: bool
    seed: int
    workers: int


def open_network(text: str, cfg: str, settings: Settings) -> tuple[NativeNetwork, Settings]:
    """The network that a cfg describes, its weights drawn, and the settings with its task.

    Args:
        text: of the cfg.
        cfg: its path, for messages.
        settings: what was asked for.

    Raises:
        CfgError: the cfg is wrong, or a value is out of the range of a training.
    """
    data = text.encode("utf-8", "surrogateescape")
    network = NativeNetwork(data, cfg)
    check_training_values(Document.parse(data, cfg))
    network.seed(settings.seed)
    structure = Structure.from_description(network.describe(0, 0))
    return network, replace(settings, task=settings.task or task_of(structure))


def prepare(
    network: NativeNetwork,
    cfg: str,
    data: str,
    keys: dict[str, str],
    settings: Settings,
    *,
    threads: int,
    workers: int,
    progress: Progress | None,
) -> Prepared:
    """Makes the engine's trainer, reads and checks the data, and works out the schedule.

    Args:
        network: with its weights.
        cfg: path of its description.
        data: path of the .data file, or of a text.
        keys: what the .data file says.
        settings: what was asked for.
        threads: of the engine.
        workers: threads that read images.
        progress: called while images are checked.

    Raises:
        DarknetError, OSError: as in `Trainer`.
    """
    check_whole("workers", workers, least=1, most=1024)
    check_callable("progress", progress)
    trainer = NativeTrainer(
        network,
        TrainerOptions(
            threads=threads,
            seed=settings.seed,
            frozen_below=settings.freeze,
            precision=settings.precision,
            recompute=settings.recompute,
        ),
    )
    described = network.describe(0, 0)
    structure = Structure.from_description(described)
    # one that leaves nothing to train is a mistake
    last = max((layer.index for layer in structure.layers if layer.parameters), default=0)
    check_whole("freeze", settings.freeze, most=last)
    about, net = trainer.describe(), described["net"]
    for line in ignored_keys(cfg, net, structure):
        _log.warning("%s has no effect here, see docs/training-keys.md", line)
    assert settings.task is not None
    images = about["batch"] * about["subdivisions"]
    task = TASKS[settings.task](
        TaskOptions(
            data_file=data, data=keys, net=net, structure=structure, truths=about["truths"],
            batch=about["batch"], time_steps=about["time_steps"], update=images,
            evaluate=settings.eval_every != 0, on_bad_data=settings.on_bad_data,
            missing_labels=settings.missing_labels, threads=threads, workers=workers,
            progress=progress, iou_threshold=settings.iou_threshold,
            threshold=settings.threshold,
        )
    )  # fmt: skip
    if settings.eval_every != 0 and task.split == "train":
        _log.warning(
            "%s has no valid=: %s is measured on what is trained on, as in Darknet, and says "
            "nothing about anything else", data, task.score,
        )  # fmt: skip
    return Prepared(
        trainer=trainer,
        task=task,
        sizes=_sizes(net, structure, settings),
        cadence=cadence(
            keys, data_file=data, max_batches=about["max_batches"], burn_in=int(net["burn_in"]),
            epoch=task.listed / images, eval_every=settings.eval_every,
            epochs=task.epochs if settings.eval_epochs is None else settings.eval_epochs,
            checkpoint_every=settings.checkpoint_every,
        ),
        max_batches=about["max_batches"],
        mini_batch=about["batch"],
        subdivisions=about["subdivisions"],
        time_steps=about["time_steps"],
        averages=float(net.get("ema_alpha", 0)) != 0,
        seed=settings.seed,
        workers=workers,
    )  # fmt: skip


def _sizes(
    net: Mapping[str, Any], structure: Structure, settings: Settings
) -> MultiScale | ClassifierScales:
    if settings.task == "classifier" and int(net.get("random", 0)):
        return ClassifierScales(settings.seed)
    # random= of [detection] is about the box that is responsible, not about sizes
    sized = [head.layer for head in structure.heads if head.type != "detection"]
    head = structure.layers[sized[-1]].options if sized else {}
    _, height, width = structure.input_shape
    return multi_scale(net, head, (width, height), settings.seed)

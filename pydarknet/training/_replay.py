"""Training steps on given arrays: the engine's trainer without any data pipeline."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._arguments import check_path, check_whole
from .._files import named_as
from .._native import FloatArray, NativeNetwork, NativeTrainer, TrainerOptions
from .._opening import check_settings
from ..errors import ArgumentError
from ._diverging import Naming

__all__ = ["Replay", "replay"]


@dataclass(frozen=True)
class Replay:
    """What training steps gave.

    Attributes:
        loss: of each step, mean per image as Darknet prints it.
        rate: learning rate of each step.
        weights_bytes: the .weights file behind each step.
        deltas: of each layer with a loss the delta of the first mini-batch, (batch, C, H, W):
            the negative gradient with respect to the layer's input.
        outputs: of each layer the output of the first mini-batch, (batch, C, H, W), in training
            mode.
    """

    loss: tuple[float, ...]
    rate: tuple[float, ...]
    weights_bytes: tuple[bytes, ...]
    deltas: dict[int, FloatArray]
    outputs: dict[int, FloatArray]


def replay(
    cfg: str | os.PathLike[str],
    weights: str | os.PathLike[str] | bytes | None,
    inputs: npt.ArrayLike,
    truth: npt.ArrayLike,
    steps: int,
    *,
    seed: int = 0,
    threads: int = 0,
    backend: str = "auto",
    precision: str = "f32",
) -> Replay:
    """Trains a network for a few steps on the same images.

    Args:
        cfg: a file, or the text of one where it has more than one line.
        weights: a .weights file, or its bytes; None draws weights from ``seed``.
        inputs: (N, C, H, W), a mini-batch of N = batch/subdivisions images (times time_steps),
            taken for each subdivision; or (batch, C, H, W), one for each.
        truth: (N, numbers) or (batch, numbers), the truth of these images, as the heads take it.
        steps: number of updates, 0 or more.
        seed: of all that is random.
        threads: of the engine; 0 takes one per processor.
        backend: "auto", the fastest; "portable", without libraries; "reference", slow and readable,
            the oracle of the others.
        precision: "f32", or "bf16" as in `Trainer`.

    Returns:
        Loss, rate and weights of each step.

    Raises:
        CfgError: the cfg is wrong, or has nothing to train.
        ArgumentError: the arrays do not fit, or an argument is of another kind.
        DeviceError: the processor has no bfloat16.
        TrainingDiverged: a loss or gradient is not finite; its ``iteration`` is the step, from 1.
    """
    text = check_path("cfg", cfg)
    if not isinstance(weights, bytes) and weights is not None:
        weights = check_path("weights", weights)
    check_whole("steps", steps)
    check_whole("seed", seed, most=2**63 - 1)
    check_settings("cpu", precision, backend, threads)
    inputs, truth = _numbers("inputs", inputs), _numbers("truth", truth)
    if "\n" in text:
        network = NativeNetwork(text.encode("utf-8", "surrogateescape"), "<text>")
    else:
        network = NativeNetwork(Path(text).read_bytes(), text)
    network.seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "x.weights")
        if isinstance(weights, bytes):
            Path(file).write_bytes(weights)
            with named_as("<weights>", file):
                network.load_weights(file, -1, True)
        elif weights is not None:
            network.load_weights(weights, -1, True)
        options = TrainerOptions(
            threads=threads, seed=seed, keep_all=True, backend=backend, precision=precision
        )
        trainer = NativeTrainer(network, options)
        file = os.path.join(folder, "step.weights")
        with named_as("<weights of a step>", file):
            return _steps(network, trainer, inputs, truth, steps, file)


def _numbers(what: str, array: npt.ArrayLike) -> FloatArray:
    """An array as the engine takes it.

    Raises:
        ArgumentError: it holds other things than numbers, or rows of different lengths.
    """
    try:
        found = np.asarray(array)
        if found.dtype.kind in "biuf":
            return np.ascontiguousarray(found, np.float32)
    except (TypeError, ValueError):
        pass
    raise ArgumentError(f"{what} is {type(array).__name__}, expected an array of numbers")


def _parts(
    array: FloatArray, shape: tuple[int, ...], subdivisions: int, what: str
) -> list[FloatArray]:
    """The array of each subdivision.

    Args:
        array: of a mini-batch or an update; numbers of one image may be laid out flat.
        shape: of a mini-batch.
        subdivisions: mini-batches of an update.
        what: its name in messages.
    """
    size = int(np.prod(shape))
    whole = (shape[0] * subdivisions, *shape[1:])
    # as many dimensions, but others: a layout such as (N, H, W, C)
    fits = array.ndim != len(shape) or array.shape in (shape, whole)
    if fits and array.size == size:
        return [array.ravel()] * subdivisions
    if fits and array.size == size * subdivisions:
        return list(array.reshape(subdivisions, size))
    raise ArgumentError(
        f"{what} has shape {array.shape}, expected {shape} for a mini-batch"
        + (f" or {whole} for an update" if subdivisions > 1 else "")
    )


def _steps(
    network: NativeNetwork,
    trainer: NativeTrainer,
    inputs: FloatArray,
    truth: FloatArray,
    steps: int,
    file: str,
) -> Replay:
    about = trainer.describe()
    batch, subdivisions = about["batch"], about["subdivisions"]
    images = _parts(inputs, (batch, *about["input"]), subdivisions, "inputs")
    truths = _parts(truth, (batch, about["truths"]), subdivisions, "truth")
    loss, rate, saved = [], [], []
    deltas: dict[int, FloatArray] = {}
    outputs: dict[int, FloatArray] = {}
    for _ in range(steps):
        for image, true in zip(images, truths, strict=True):
            trainer.set_input(image)
            trainer.set_truth(true)
            with Naming(trainer.iteration + 1, ()):
                trainer.run()
            if outputs:
                continue
            layers = network.describe(0, 0)["layers"]
            shapes = {layer["index"]: (batch, *layer["output"]) for layer in layers}
            outputs = {i: trainer.layer_output(i, shape) for i, shape in shapes.items()}
            deltas = {
                head["layer"]: trainer.layer_delta(head["layer"], shapes[head["layer"]])
                for head in about["heads"]
            }
        with Naming(trainer.iteration + 1, ()):
            loss.append(trainer.update())
        rate.append(trainer.rate)
        trainer.store()
        network.save_weights(file, -1)
        saved.append(Path(file).read_bytes())
    return Replay(tuple(loss), tuple(rate), tuple(saved), deltas, outputs)

"""Writes weights and the state of a training, never with numbers that are not finite."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from .._native import NativeNetwork, NativeTrainer
from ..errors import TrainingDiverged
from ._state import save_state
from .run_folder import RunFolder


class Checkpoints:
    """The files of a run that training goes on from."""

    def __init__(
        self, cfg: str, network: NativeNetwork, trainer: NativeTrainer, folder: RunFolder
    ) -> None:
        """Takes what is written, and where to; ``cfg`` is the network's path for messages."""
        self._cfg, self._network, self._trainer, self._folder = cfg, network, trainer, folder

    def store(self) -> None:
        """Gives the present weights to the network, where they are finite.

        Raises:
            TrainingDiverged: they are not.
        """
        for layer in self._network.describe(0, 0)["layers"]:
            for index, param in enumerate(layer["parameters"]):
                values = self._trainer.value(layer["index"], index, tuple(param["dims"]))
                if not np.isfinite(values).all():
                    raise TrainingDiverged(
                        f"{self._cfg}:{layer['line']}: [{layer['type']}] {param['name']} are no "
                        f"longer finite in iteration {self._trainer.iteration}; they were not "
                        "written",
                        file=self._cfg, line=layer["line"], section=layer["type"],
                        layer=layer["index"], iteration=self._trainer.iteration,
                    )  # fmt: skip
        self._trainer.store()

    def save_weights(self, what: str | int) -> Path:
        """Writes the network's weights, as they were stored; ``what`` as in `RunFolder.weights`.

        Raises:
            OSError: they cannot be written.
        """
        path = self._folder.weights(what)
        self._network.save_weights(os.fspath(path), -1)
        return path

    def save_average(self) -> Path:
        """Writes the moving average of the weights; the network holds it from then on."""
        self._trainer.store(average=True)
        return self.save_weights("ema")

    def save_state(self, about: dict[str, Any]) -> Path:
        """Writes what a training goes on from.

        Args:
            about: what is to be known besides the engine's state, as JSON takes it.

        Raises:
            OSError: it cannot be written; an older one is as it was.
        """
        save_state(self._trainer, about, self._folder.state)
        return self._folder.state

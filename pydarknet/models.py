"""Finds the files of a model, and detects with one call."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from .detections import Detections
from .errors import DataError
from .image import Color, ImageLike

if TYPE_CHECKING:
    from ._native import Precision, Resize
    from .network import Network

Model: TypeAlias = "Network | str | os.PathLike[str]"
"""A network, a folder with a .cfg, .weights and .names, a .cfg file, or its path without ending."""


class ModelFiles(NamedTuple):
    """Where a model lies."""

    cfg: Path
    weights: Path
    names: Path | None


def find_model(model: str | os.PathLike[str]) -> ModelFiles:
    """Finds the files of a model.

    Beside ``x.cfg`` the weights are the first of ``x_best.weights``, ``x.weights``,
    ``x_final.weights`` and ``x_last.weights``, else the only .weights file there; the names are
    ``x.names``, else the only .names file.

    Args:
        model: a folder that holds one .cfg file, a .cfg file, or its path without ``.cfg``.

    Raises:
        FileNotFoundError: the cfg or the weights are not there.
        DataError: the folder holds several files that might be meant.
    """
    cfg = find_cfg(model)
    stem, folder = cfg.stem, cfg.parent
    beside = (folder / f"{stem}{ending}.weights" for ending in ("_best", "", "_final", "_last"))
    weights = next(filter(Path.is_file, beside), None) or _only(folder, ".weights")
    if weights is None:
        raise FileNotFoundError(f"no .weights file lies beside {cfg}")
    return ModelFiles(cfg, weights, names_beside(cfg))


def find_cfg(model: str | os.PathLike[str]) -> Path:
    """The .cfg file of a model; see `find_model`."""
    path = Path(model)
    if path.is_dir():
        only = _only(path, ".cfg")
        if only is None:
            raise FileNotFoundError(f"{path} holds no .cfg file")
        return only
    cfg = path if path.suffix == ".cfg" else Path(f"{path}.cfg")
    if not cfg.is_file():
        raise FileNotFoundError(f"{cfg} is not there, expected a .cfg file or its folder")
    return cfg


def names_beside(cfg: Path) -> Path | None:
    """The .names file that lies beside ``x.cfg``: ``x.names``, else the only one; else None."""
    names = cfg.with_suffix(".names")
    if names.is_file():
        return names
    listed = _files(cfg.parent, ".names")
    return listed[0] if len(listed) == 1 else None


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix == ending and file.is_file())


def _only(folder: Path, ending: str) -> Path | None:
    found = _files(folder, ending)
    if len(found) > 1:
        listed = ", ".join(file.name for file in found[:4]) + (", ..." if len(found) > 4 else "")
        raise DataError(f"{folder} holds {len(found)} {ending} files, expected one: {listed}")
    return found[0] if found else None


_KEPT = 3
_lock = threading.Lock()
_networks: OrderedDict[tuple[object, ...], Network] = OrderedDict()


def _network(model: Model, precision: Precision) -> Network:
    """The network of a model; the last few are kept while their files do not change."""
    if not isinstance(model, (str, os.PathLike)):
        return model
    from .network import Network

    files = find_model(model)
    times = tuple(file and (file.resolve(), file.stat().st_mtime_ns) for file in files)
    key = (*times, precision)
    with _lock:
        network = _networks.get(key)
        if network is None:
            network = Network(files.cfg, files.weights, names=files.names, precision=precision)
            _networks[key] = network
        _networks.move_to_end(key)
        while len(_networks) > _KEPT:
            # not closed: another thread may be using it
            _networks.popitem(last=False)
    return network


def detect(
    image: ImageLike,
    *,
    model: Model,
    threshold: float = 0.25,
    nms: float | None = 0.45,
    resize: Resize | None = None,
    classes: Iterable[int | str] | None = None,
    color: Color = "bgr",
    precision: Precision = "auto",
) -> Detections:
    """Finds objects in an image, in one call.

    The network is loaded at the first call and kept: the last three models used are.

    Args:
        image: a path, bytes or an array, see `load_image`.
        model: a `Network`, a folder with a .cfg, .weights and .names file, a .cfg file with the
            others beside it, or its path without the ending.
        threshold: confidence a detection must exceed, 0..1.
        nms: overlap above which the weaker of two boxes of a class is dropped; None keeps all.
        resize: "stretch", "letterbox" or None for what the cfg says.
        classes: numbers or names of the classes to keep.
        color: order of the channels of an array, "bgr" or "rgb".
        precision: "auto", "f32" or "bf16"; a network given has its own.

    Returns:
        What was found, boxes in pixels of the image.

    Raises:
        DarknetError, OSError: as in `Network` and `Network.detect`.
    """
    return _network(model, precision).detect(
        image, threshold=threshold, nms=nms, resize=resize, classes=classes, color=color
    )

"""The engine behind Python objects. Nothing else imports the extension module.

The classes here are thin: a pointer that frees itself, and one method for each C function. They
check nothing that the engine checks, but every array is checked before its pointer is taken.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from .errors import (
    ArgumentError,
    CfgError,
    DarknetError,
    DataError,
    DeviceError,
    InternalError,
    OutOfMemoryError,
    TrainingDiverged,
    WeightsError,
)
from .image import has_interleaved_rows

try:
    from ._engine import ffi as ffi
    from ._engine import lib as lib
except ImportError as error:
    raise ImportError(
        f"pydarknet's engine cannot be loaded ({error}): build it with `pip install .` in the "
        "checkout, or `make package`"
    ) from error

ABI_VERSION = 1
"""The version of darknet/engine.h this file was written for."""

if lib.dn_abi_version() != ABI_VERSION or ABI_VERSION != lib.DN_ABI_VERSION:
    raise ImportError(
        f"the engine has ABI version {lib.dn_abi_version()}, pydarknet needs {ABI_VERSION}: "
        "build both from the same checkout"
    )

FloatArray = npt.NDArray[np.float32]
Precision = Literal["auto", "f32", "bf16"]
Backend = Literal["auto", "portable", "reference"]
Resize = Literal["stretch", "letterbox"]

PRECISIONS: dict[str, int] = {
    "auto": lib.DN_PRECISION_AUTO,
    "f32": lib.DN_PRECISION_F32,
    "bf16": lib.DN_PRECISION_BF16,
}
BACKENDS: dict[str, int] = {
    "auto": lib.DN_BACKEND_AUTO,
    "portable": lib.DN_BACKEND_PORTABLE,
    "reference": lib.DN_BACKEND_REFERENCE,
}
RESIZES: dict[str, int] = {
    "stretch": lib.DN_RESIZE_STRETCH,
    "letterbox": lib.DN_RESIZE_LETTERBOX,
}
PASSES_ALL: int = lib.DN_PASS_ALL
PASSES_FOLD_BATCHNORM: int = lib.DN_PASS_FOLD_BATCHNORM
PASSES_CHAIN: int = lib.DN_PASS_CHAIN
PASSES_DELAY_UPSAMPLE: int = lib.DN_PASS_DELAY_UPSAMPLE
PASSES_NONE = 0

DETECTION = np.dtype(
    [
        ("x", np.float32),
        ("y", np.float32),
        ("w", np.float32),
        ("h", np.float32),
        ("objectness", np.float32),
        ("confidence", np.float32),
        ("uncertainty", np.float32, (4,)),
        ("class_id", np.int32),
        ("box", np.int32),
    ]
)
"""``dn_detection``: a centre box relative to the image, one class of it."""

if ffi.sizeof("dn_detection") != DETECTION.itemsize:
    raise ImportError("dn_detection changed its layout: build the extension again")

_EXCEPTIONS: dict[int, type[DarknetError]] = {
    lib.DN_ERROR_CFG: CfgError,
    lib.DN_ERROR_WEIGHTS: WeightsError,
    lib.DN_ERROR_DATA: DataError,
    lib.DN_ERROR_DEVICE: DeviceError,
    lib.DN_ERROR_MEMORY: OutOfMemoryError,
    lib.DN_ERROR_ARGUMENT: ArgumentError,
    lib.DN_ERROR_INTERNAL: InternalError,
    lib.DN_ERROR_DIVERGED: TrainingDiverged,
}


def _check(status: int) -> None:
    """Raises what the last call on this thread left behind."""
    if status != lib.DN_OK:
        _fail(status)


def _fail(status: int, writing: bool = False) -> NoReturn:
    error = lib.dn_last_error()
    message = ffi.string(error.message).decode("utf-8", "replace")
    file = os.fsdecode(ffi.string(error.file)) or None
    line = error.line if error.line >= 0 else None
    if status == lib.DN_ERROR_FILE and line is not None:
        status = lib.DN_ERROR_CFG  # a cfg's line names a file that cannot be read
    if status == lib.DN_ERROR_FILE:
        if file is not None and not writing and not os.path.exists(file):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), file)
        raise OSError(message)
    raise _EXCEPTIONS.get(status, InternalError)(
        message,
        file=file,
        line=line,
        section=ffi.string(error.section).decode("utf-8", "replace") or None,
        layer=error.layer if error.layer >= 0 else None,
    )


def _text(function: Callable[..., int], *arguments: Any) -> str:
    """Calls a function whose last argument is a ``char**`` to be freed."""
    out = ffi.new("char**")
    _check(function(*arguments, out))
    try:
        return str(ffi.string(out[0]).decode("utf-8", "replace"))
    finally:
        lib.dn_text_free(out[0])


def _float_pointer(array: FloatArray) -> Any:
    if array.dtype != np.float32 or not array.flags.c_contiguous:
        raise TypeError(f"expected a C-contiguous float32 array, found {array.dtype}")
    return ffi.cast("float*", ffi.from_buffer(array, require_writable=False))


def build_info() -> dict[str, Any]:
    """How the engine was built and what this machine offers."""
    return dict(json.loads(_text(lib.dn_build_info)))


def engine_file() -> str:
    """Path of the extension module."""
    return str(sys.modules[f"{__package__}._engine"].__file__)


def describe_sections() -> Any:
    """Every section the engine knows, with its keys, types, defaults and meanings."""
    return json.loads(_text(lib.dn_describe_sections))


@dataclass(frozen=True)
class WeightsReport:
    """What was found in a .weights file.

    Attributes:
        version: major, minor and revision in the header.
        seen: images the network was trained on.
        seen_bytes: width of that counter in the header, 4 or 8.
        layers: layers of the network that own weights.
        layers_loaded: how many of these were filled completely.
        bytes_expected: size the file should have.
        bytes_found: size it has.
        bytes_left: bytes behind the last weight.
    """

    version: tuple[int, int, int]
    seen: int
    seen_bytes: int
    layers: int
    layers_loaded: int
    bytes_expected: int
    bytes_found: int
    bytes_left: int


class NativeNetwork:
    """A ``dn_network``: the description and the weights, shared by any number of plans."""

    def __init__(self, text: bytes, name: str) -> None:
        out = ffi.new("dn_network**")
        _check(lib.dn_network_create(text, len(text), os.fsencode(name), out))
        self._pointer = ffi.gc(out[0], lib.dn_network_destroy)

    def load_weights(self, path: str, up_to: int, strict: bool) -> WeightsReport:
        """Loads a file; ``up_to`` < 0 means all layers."""
        out = ffi.new("dn_weights_report*")
        _check(lib.dn_network_load_weights(self._pointer, os.fsencode(path), up_to, strict, out))
        return WeightsReport(
            version=(out.major, out.minor, out.revision),
            seen=out.seen,
            seen_bytes=out.seen_bytes,
            layers=out.layers,
            layers_loaded=out.layers_loaded,
            bytes_expected=out.bytes_expected,
            bytes_found=out.bytes_found,
            bytes_left=out.bytes_left,
        )

    def seed(self, seed: int) -> None:
        """Draws the weights that were not loaded from a seed."""
        _check(lib.dn_network_seed(self._pointer, seed))

    def save_weights(self, path: str, up_to: int) -> None:
        """Writes a file, whole or not at all; ``up_to`` < 0 means all layers."""
        status = lib.dn_network_save_weights(self._pointer, os.fsencode(path), up_to)
        if status != lib.DN_OK:
            _fail(status, writing=True)

    def describe(self, width: int, height: int) -> dict[str, Any]:
        """The network at an input size; 0, 0 is the cfg's."""
        text = _text(lib.dn_network_describe, self._pointer, width, height)
        return dict(json.loads(text))


class NativeGraph:
    """A ``dn_graph``: the ops a network was lowered to."""

    def __init__(self, network: NativeNetwork, width: int, height: int, passes: int) -> None:
        out = ffi.new("dn_graph**")
        _check(lib.dn_graph_create(network._pointer, width, height, passes, out))
        self._pointer = ffi.gc(out[0], lib.dn_graph_destroy)
        self._network = network

    def describe(self) -> str:
        """The ops as JSON text."""
        return _text(lib.dn_graph_describe, self._pointer)

    def constant(self, node: int, index: int, size: int) -> FloatArray:
        """Copies ``size`` numbers of a constant of a node."""
        out = np.empty(size, np.float32)
        _check(lib.dn_graph_constant(self._pointer, node, index, _float_pointer(out), out.size))
        return out


@dataclass(frozen=True)
class PlanOptions:
    """What a plan is compiled for; equal options give plans that can stand in for each other."""

    width: int
    height: int
    batch: int = 1
    threads: int = 0
    precision: str = "auto"
    backend: str = "auto"
    passes: int = PASSES_ALL


class NativePlan:
    """A ``dn_plan``: a compiled network. One thread at a time may use it."""

    def __init__(self, network: NativeNetwork, options: PlanOptions) -> None:
        given = ffi.new(
            "dn_plan_options*",
            {
                "width": options.width,
                "height": options.height,
                "batch": options.batch,
                "threads": options.threads,
                "precision": PRECISIONS[options.precision],
                "backend": BACKENDS[options.backend],
                "passes": options.passes,
            },
        )
        out = ffi.new("dn_plan**")
        _check(lib.dn_plan_create(network._pointer, given, out))
        self._pointer = ffi.gc(out[0], lib.dn_plan_destroy)
        self._network = network
        self.options = options

    def describe(self) -> dict[str, Any]:
        """Kernels, memory and, after ``profile``, times."""
        return dict(json.loads(_text(lib.dn_plan_describe, self._pointer)))

    def set_image(self, slot: int, pixels: npt.NDArray[np.uint8], bgr: bool, resize: str) -> None:
        """Resizes an image (H, W, C), whose rows may be apart, into a slot of the input."""
        height, width, channels = pixels.shape
        if not has_interleaved_rows(pixels):
            raise TypeError("expected uint8 pixels with interleaved channels")
        image = ffi.new("dn_image*")
        image.data = ffi.cast("const uint8_t*", pixels.ctypes.data)
        image.width, image.height, image.channels = width, height, channels
        image.row_bytes = pixels.strides[0]
        image.bgr = bgr
        _check(lib.dn_plan_set_image(self._pointer, slot, image, RESIZES[resize]))

    def run(self) -> None:
        """Computes the outputs of all slots."""
        _check(lib.dn_plan_run(self._pointer))

    def run_on(self, values: FloatArray) -> None:
        """The same for an array (batch, C, H, W), in place of what is in the slots."""
        _check(lib.dn_plan_run_on(self._pointer, _float_pointer(values), values.size))

    def reset_state(self, slot: int = -1) -> None:
        """Makes the state of recurrent layers 0, for one slot or all."""
        _check(lib.dn_plan_reset_state(self._pointer, slot))

    def profile(self, repeat: int) -> None:
        """Runs with a clock around every step."""
        _check(lib.dn_plan_profile(self._pointer, repeat))

    def output(self, index: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies output layer number ``index``."""
        out = np.empty(shape, np.float32)
        _check(lib.dn_plan_output(self._pointer, index, _float_pointer(out), out.size))
        return out

    def layer_output(self, layer: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies the output of any layer of a plan without passes."""
        out = np.empty(shape, np.float32)
        _check(lib.dn_plan_layer_output(self._pointer, layer, _float_pointer(out), out.size))
        return out

    def detect(
        self,
        slot: int,
        *,
        threshold: float,
        nms: float | None,
        hier: float,
        resize: str,
        image_width: int,
        image_height: int,
    ) -> npt.NDArray[Any]:
        """Decodes the heads for a slot into an array of ``DETECTION``; nms None keeps all boxes."""
        options = ffi.new(
            "dn_detect_options*",
            {
                "threshold": threshold,
                "nms": nms or 0.0,
                "hier": hier,
                "nms_kind": lib.DN_NMS_NONE if nms is None else lib.DN_NMS_HEAD,
                "resize": RESIZES[resize],
                "image_width": image_width,
                "image_height": image_height,
            },
        )
        found, count = ffi.new("dn_detection**"), ffi.new("int*")
        _check(lib.dn_plan_detect(self._pointer, slot, options, found, count))
        try:
            size = count[0] * DETECTION.itemsize
            return np.frombuffer(bytes(ffi.buffer(found[0], size)) if size else b"", DETECTION)
        finally:
            lib.dn_detections_free(found[0])


@dataclass(frozen=True)
class TrainerOptions:
    """How a network is trained, besides what its cfg says."""

    width: int = 0
    height: int = 0
    threads: int = 0
    seed: int = 0
    frozen_below: int = 0
    keep_all: bool = False
    input_delta: bool = False
    backend: str = "auto"
    precision: str = "f32"
    recompute: bool = False


class NativeTrainer:
    """A ``dn_trainer``: a mini-batch, its gradients and the optimiser. For one thread at a time."""

    def __init__(self, network: NativeNetwork, options: TrainerOptions) -> None:
        fields = asdict(options)
        fields["backend"] = BACKENDS[options.backend]
        fields["precision"] = PRECISIONS[options.precision]
        given = ffi.new("dn_trainer_options*", fields)
        out = ffi.new("dn_trainer**")
        _check(lib.dn_trainer_create(network._pointer, given, out))
        self._pointer = ffi.gc(out[0], lib.dn_trainer_destroy)
        self._network = network
        self.options = options

    def describe(self) -> dict[str, Any]:
        """Sizes, and what the heads measured in the last mini-batch."""
        return dict(json.loads(_text(lib.dn_trainer_describe, self._pointer)))

    def profile(self, on: bool) -> None:
        """From now on a clock runs beside every step; ``describe`` tells the mean times."""
        _check(lib.dn_trainer_profile(self._pointer, on))

    def resize(self, width: int, height: int, batch: int = 0) -> None:
        """Another input size; 0, 0 is the cfg's. ``batch``: of a mini-batch, 0 for the cfg's."""
        _check(lib.dn_trainer_resize(self._pointer, width, height, batch))

    def set_input(self, values: FloatArray) -> None:
        """Copies a mini-batch (batch, C, H, W)."""
        _check(lib.dn_trainer_set_input(self._pointer, _float_pointer(values), values.size))

    def set_truth(self, values: FloatArray) -> None:
        """Copies its truth (batch, truths)."""
        _check(lib.dn_trainer_set_truth(self._pointer, _float_pointer(values), values.size))

    def run(self) -> float:
        """Forward and backward; gradients are added. The cost per image."""
        out = ffi.new("double*")
        _check(lib.dn_trainer_run(self._pointer, out))
        return float(out[0])

    def update(self) -> float:
        """One update; the mean cost per image of its mini-batches."""
        out = ffi.new("double*")
        _check(lib.dn_trainer_update(self._pointer, out))
        return float(out[0])

    @property
    def rate(self) -> float:
        """The learning rate of the last update."""
        out = ffi.new("float*")
        _check(lib.dn_trainer_rate(self._pointer, out))
        return float(out[0])

    @property
    def iteration(self) -> int:
        """Updates done."""
        out = ffi.new("int64_t*")
        _check(lib.dn_trainer_iteration(self._pointer, out, ffi.NULL))
        return int(out[0])

    @property
    def seen(self) -> int:
        """Images trained on."""
        out = ffi.new("uint64_t*")
        _check(lib.dn_trainer_iteration(self._pointer, ffi.NULL, out))
        return int(out[0])

    def set_seen(self, seen: int) -> None:
        """Sets the counter of images, and of updates with it."""
        _check(lib.dn_trainer_set_seen(self._pointer, seen))

    def _copied(
        self, function: Callable[..., int], numbers: tuple[int, ...], shape: tuple[int, ...]
    ) -> FloatArray:
        out = np.empty(shape, np.float32)
        _check(function(self._pointer, *numbers, _float_pointer(out), out.size))
        return out

    def layer_output(self, layer: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies a layer's output in the last mini-batch (keep_all)."""
        return self._copied(lib.dn_trainer_layer_output, (layer,), shape)

    def layer_delta(self, layer: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies a head's delta; other layers' with keep_all; the input's, -1, with input_delta."""
        return self._copied(lib.dn_trainer_layer_delta, (layer,), shape)

    def set_delta(self, layer: int, values: FloatArray) -> None:
        """Adds a delta to that of a layer's output in every run from here on (keep_all)."""
        pointer = _float_pointer(values)
        _check(lib.dn_trainer_set_delta(self._pointer, layer, pointer, values.size))

    def reset_state(self, stream: int = -1) -> None:
        """Makes the state of recurrent layers 0, for one stream or all."""
        _check(lib.dn_trainer_reset_state(self._pointer, stream))

    def value(self, layer: int, index: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies array ``index`` of a layer."""
        return self._copied(lib.dn_trainer_value, (layer, index), shape)

    def gradient(self, layer: int, index: int, shape: tuple[int, ...]) -> FloatArray:
        """Copies the sum of the negative gradients of an array since the last update."""
        return self._copied(lib.dn_trainer_gradient, (layer, index), shape)

    def set_value(self, layer: int, index: int, values: FloatArray) -> None:
        """Sets array ``index`` of a layer."""
        pointer = _float_pointer(values)
        _check(lib.dn_trainer_set_value(self._pointer, layer, index, pointer, values.size))

    def store(self, average: bool = False) -> None:
        """Gives the weights (or their moving average) and the counter to the network."""
        _check(lib.dn_trainer_store(self._pointer, average))

    def reload(self) -> None:
        """Reads the network's weights and counter again; the optimiser forgets."""
        _check(lib.dn_trainer_reload(self._pointer))

    def save_state(self, path: str) -> None:
        """Writes all that a training goes on from, whole or not at all."""
        status = lib.dn_trainer_save_state(self._pointer, os.fsencode(path))
        if status != lib.DN_OK:
            _fail(status, writing=True)

    def load_state(self, path: str) -> None:
        """Goes on from a saved state; changes nothing where it does not fit."""
        _check(lib.dn_trainer_load_state(self._pointer, os.fsencode(path)))

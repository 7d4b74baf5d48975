"""A network: a cfg and its weights, ready to look at images."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from typing import NoReturn, Self, overload

import numpy.typing as npt

from ._arguments import check_whole
from ._closing import Closing
from ._detecting import DetectionRequest
from ._files import read_text_bytes
from ._native import (
    Backend,
    FloatArray,
    NativeNetwork,
    NativePlan,
    Precision,
    Resize,
    WeightsReport,
)
from ._opening import check_settings, load_weights
from ._proposing import ProposalRequest
from ._runner import Runner
from .classification import Classification, best, center_crop
from .detections import Detections
from .errors import ArgumentError, ClosedError
from .image import Color, Image, ImageLike
from .layers import Head, Layer, Structure
from .names import Names, matching_names
from .sequences import Sequences


class Network(Closing):
    r"""A Darknet network that runs on this machine.

    Any number of threads may use one network at the same time. It frees what it holds when it is
    closed, leaves its ``with`` block or is no longer referred to.

    >>> net = Network.from_text("[net]\nwidth=8\nheight=8\nchannels=3\n[avgpool]\n")
    >>> net.width, net.height, [layer.type for layer in net.layers]
    (8, 8, ['avgpool'])

    Attributes:
        names: name of every class; empty where none were given.
        weights_report: what was found in the weights file; None without one.
        device: where it runs: "cpu".
        precision: "auto", "f32" or "bf16", as given.
    """

    def __init__(
        self,
        cfg: str | os.PathLike[str],
        weights: str | os.PathLike[str] | None = None,
        *,
        names: Names | None = None,
        device: str = "cpu",
        precision: Precision = "auto",
        backend: Backend = "auto",
        threads: int = 0,
        strict: bool = True,
        up_to: int | None = None,
    ) -> None:
        """Reads a network; it is compiled for an input when that first comes.

        Args:
            cfg: the network's description.
            weights: its weights, read again when a plan is compiled: leave the file in place.
                Without one the weights are random.
            names: a .names file or a list, one name for each class of the network.
            device: "cpu".
            precision: of the arithmetic: "f32", "bf16", or "auto", which is bf16 where the
                processor has it in hardware and the network has no depthwise convolutions, whose
                rounding shows in the boxes. Those are f32, but for 1x1 convolutions where the
                processor has AVX512-VNNI and the backend is not the reference: their factors are
                scaled to 16-bit integers, which was seen to move confidences by up to 0.01.
                Detection heads are computed in f32.
            backend: "auto", the fastest; "portable", without libraries; "reference", slow and
                readable.
            threads: of one run, up to 1024; 0 takes one per processor, at most
                ``OMP_NUM_THREADS``.
            strict: the weights file must fit exactly. Otherwise a short one fills what it
                reaches, and what is left over of a long one is ignored; see `weights_report`.
            up_to: expect weights for the layers below this index only. A file called
                ``x.conv.N`` says so itself.

        Raises:
            CfgError: the description is wrong; with file, line and section.
            WeightsError: the weights do not fit, or hold numbers that are not finite.
            DataError: the number of names is not the network's number of classes.
            DeviceError: the device is not there.
            ArgumentError: a keyword has a value it cannot have.
            OSError: a file is missing or cannot be read.
        """
        path = os.fspath(cfg)
        self._open(
            read_text_bytes(path), path, weights, names, device, precision, backend, threads,
            strict, up_to,
        )  # fmt: skip

    @classmethod
    def from_text(
        cls,
        cfg: str,
        weights: str | os.PathLike[str] | None = None,
        *,
        name: str = "<text>",
        names: Names | None = None,
        device: str = "cpu",
        precision: Precision = "auto",
        backend: Backend = "auto",
        threads: int = 0,
        strict: bool = True,
        up_to: int | None = None,
    ) -> Self:
        """Makes a network from a description in memory.

        Args:
            cfg: the description's text.
            weights: as in `Network`.
            name: stands for the file's name in messages; side files (tree=, map=) are found
                beside it.
            names: as in `Network`, like all that follow.
            device: .
            precision: .
            backend: .
            threads: .
            strict: .
            up_to: .

        Raises:
            DarknetError: as in `Network`.
        """
        if not isinstance(cfg, str):
            raise ArgumentError(f"cfg={cfg!r:.40}, expected the text of a description")
        network = cls.__new__(cls)
        network._open(
            cfg.encode(errors="replace"), name, weights, names, device, precision, backend,
            threads, strict, up_to,
        )  # fmt: skip
        return network

    def _open(
        self,
        cfg: bytes,
        name: str,
        weights: str | os.PathLike[str] | None,
        names: Names | None,
        device: str,
        precision: str,
        backend: str,
        threads: int,
        strict: bool,
        up_to: int | None,
    ) -> None:
        check_settings(device, precision, backend, threads)
        self.device = device
        self.precision = precision
        self._name = name
        native = NativeNetwork(cfg, name)
        self._shared: NativeNetwork | None = native
        self._structure = Structure.from_description(native.describe(0, 0))
        self.names = matching_names(names, self._structure)
        self.weights_report: WeightsReport | None = None
        if weights is not None:
            self.weights_report = load_weights(native, weights, strict, up_to)
        self._settings = (threads, precision, backend)
        self._runner = Runner(native, *self._settings)

    # ---- looking at images ----------------------------------------------------------------------

    @overload
    def detect(
        self,
        image: list[ImageLike] | tuple[ImageLike, ...],
        *,
        threshold: float = ...,
        nms: float | None = ...,
        resize: Resize | None = ...,
        classes: Iterable[int | str] | None = ...,
        color: Color = ...,
        hier: float = ...,
        batch_size: int = ...,
    ) -> list[Detections]: ...
    @overload
    def detect(
        self,
        image: ImageLike,
        *,
        threshold: float = ...,
        nms: float | None = ...,
        resize: Resize | None = ...,
        classes: Iterable[int | str] | None = ...,
        color: Color = ...,
        hier: float = ...,
        batch_size: int = ...,
    ) -> Detections: ...
    def detect(
        self,
        image: ImageLike | list[ImageLike] | tuple[ImageLike, ...],
        *,
        threshold: float = 0.25,
        nms: float | None = 0.45,
        resize: Resize | None = None,
        classes: Iterable[int | str] | None = None,
        color: Color = "bgr",
        hier: float = 0.5,
        batch_size: int = 4,
    ) -> Detections | list[Detections]:
        """Finds objects in an image, or in each image of a list.

        Args:
            image: a path, a file's bytes, a PIL image, or an array (H, W) or (H, W, C), see
                `load_image`; or a list or tuple of these.
            threshold: confidence a detection must exceed, 0..1.
            nms: overlap (IoU) above which the weaker of two boxes of a class is dropped, 0..1;
                None or 0 keeps all.
            resize: "stretch" fits the image to the network's input without keeping its aspect
                ratio, as AlexeyAB's Darknet does; "letterbox" keeps it, with grey bars. None
                does what the cfg says (``letter_box=1``), else it stretches.
            classes: numbers or names of the classes to keep; None keeps all.
            color: order of the channels of an array, "bgr" or "rgb".
            hier: threshold of a class hierarchy (``tree=``), 0..1.
            batch_size: images of one run, for lists.

        Returns:
            What was found, boxes in pixels of the image given; for a list a list, in its order.

        Raises:
            DataError: an image cannot be decoded, or an array is no image.
            ArgumentError: a value is out of range, a class unknown, or the network has no
                detection head.
            FileNotFoundError: an image is missing.
            ClosedError: the network was closed.
        """
        structure = self._opened()
        if not structure.heads:
            raise ArgumentError(f"{self._name} has no detection head, expected [yolo] or the like")
        request = DetectionRequest.checked(
            structure,
            self.names,
            threshold=threshold,
            nms=nms,
            hier=hier,
            resize=resize,
            classes=classes,
        )
        looked = self._runner.look(
            image, structure, request, color=color, resize=request.resize, batch_size=batch_size
        )
        return looked if isinstance(image, (list, tuple)) else looked[0]

    def propose(
        self,
        images: Sequence[ImageLike],
        *,
        threshold: float = 0.001,
        nms: float | None = 0.4,
        resize: Resize | None = None,
        color: Color = "bgr",
        batch_size: int = 4,
    ) -> list[Detections]:
        """Finds where objects are, whatever they are: boxes by their objectness.

        Args:
            images: each as in `detect`.
            threshold: objectness a box must exceed, 0..1.
            nms: overlap (IoU) above which the weaker of two boxes is dropped, 0..1; None keeps all.
            resize: as in `detect`.
            color: order of the channels of an array, "bgr" or "rgb".
            batch_size: images of one run.

        Returns:
            For each image its boxes; the confidence is the objectness, the class always 0.

        Raises:
            DarknetError, FileNotFoundError: as in `detect`.
        """
        structure = self._opened()
        if not structure.heads:
            raise ArgumentError(f"{self._name} has no detection head, expected [yolo] or the like")
        request = ProposalRequest.checked(structure, threshold=threshold, nms=nms, resize=resize)
        return self._runner.look(
            tuple(images), structure, request, color=color, resize=request.resize,
            batch_size=batch_size,
        )  # fmt: skip

    @overload
    def classify(
        self,
        image: list[ImageLike] | tuple[ImageLike, ...],
        *,
        top: int = ...,
        color: Color = ...,
        batch_size: int = ...,
    ) -> list[list[Classification]]: ...
    @overload
    def classify(
        self, image: ImageLike, *, top: int = ..., color: Color = ..., batch_size: int = ...
    ) -> list[Classification]: ...
    def classify(
        self,
        image: ImageLike | list[ImageLike] | tuple[ImageLike, ...],
        *,
        top: int = 5,
        color: Color = "bgr",
        batch_size: int = 4,
    ) -> list[Classification] | list[list[Classification]]:
        """Says what an image shows, or each image of a list.

        As in Darknet the network sees the middle of the image, the shorter side in full, resized
        to its input.

        Args:
            image: as in `detect`.
            top: how many classes to name, at most.
            color: order of the channels of an array, "bgr" or "rgb".
            batch_size: images of one run, for lists.

        Returns:
            The likeliest classes, the likeliest first; for a list a list, in its order.

        Raises:
            DarknetError, FileNotFoundError: as in `detect`; ArgumentError where the network is a
                detector.
        """
        structure = self._opened()
        if structure.heads:
            raise ArgumentError(f"{self._name} is a detector: use detect")
        check_whole("top", top, least=1)
        output = len(structure.outputs) - 1
        shape = structure.layers[structure.outputs[-1]].output_shape
        _, height, width = structure.input_shape

        def crop(shown: Image) -> Image:
            return shown._replace(pixels=center_crop(shown.pixels, width, height))

        def answer(plan: NativePlan, slot: int, _: Image) -> list[Classification]:
            values = plan.output(output, (plan.options.batch, *shape))[slot]
            return best(values.ravel(), self.names, top)

        looked = self._runner.look(
            image,
            structure,
            answer,
            color=color,
            resize="stretch",
            batch_size=batch_size,
            prepare=crop,
        )
        return looked if isinstance(image, (list, tuple)) else looked[0]

    def predict(self, x: npt.ArrayLike) -> list[FloatArray]:
        """Runs the network on raw input.

        Recurrent layers begin anew: for what they remember see `sequences`.

        Args:
            x: float32 (N, C, H, W), planes of 0..1, RGB, at the network's size.

        Returns:
            The output of each output layer (`outputs`), float32 (N, C, H, W), in order.

        Raises:
            DataError: the shape is wrong.
            ClosedError: the network was closed.
        """
        return self._runner.outputs(self._opened(), x)

    def sequences(self, count: int = 1) -> Sequences:
        r"""Sequences to follow step by step: a recurrent network remembers from step to step.

        ``predict`` begins anew with every call.

        >>> net = Network.from_text("[net]\ninputs=3\n[gru]\noutput=2\n")
        >>> with net.sequences() as sequence:
        ...     first, second = (sequence.step([[1, 0, 0]])[-1] for _ in range(2))
        >>> bool((first == second).all())
        False

        Args:
            count: sequences side by side, each with a memory of its own.

        Raises:
            ArgumentError: ``count`` is below 1, or the network is not recurrent.
            ClosedError: the network was closed.
        """
        structure = self._opened()
        check_whole("count", count, least=1)
        if not structure.recurrent:
            raise ArgumentError(
                f"{self._name} remembers nothing, expected [rnn], [gru], [lstm] or the like"
            )
        return Sequences(self._runner.own_plan(structure, count), structure, count)

    def layer_outputs(self, x: npt.ArrayLike) -> dict[int, FloatArray]:
        """Runs the network without fusing anything, and returns what every layer gives.

        Args:
            x: as in `predict`.

        Returns:
            Index of each layer: its output, float32 (N, C, H, W).

        Raises:
            DataError: the shape is wrong.
            ClosedError: the network was closed.
        """
        return self._runner.layer_outputs(self._opened(), x)

    # ---- what it is -----------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Width of the input in pixels."""
        return self._opened().input_shape[2]

    @property
    def height(self) -> int:
        """Height of the input in pixels."""
        return self._opened().input_shape[1]

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return self._opened().input_shape[0]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, with their shapes at the present input size."""
        return self._opened().layers

    @property
    def outputs(self) -> tuple[int, ...]:
        """Indices of the output layers: every head, and the last layer that is no cost."""
        return self._opened().outputs

    @property
    def heads(self) -> tuple[Head, ...]:
        """The detection heads; none in a classifier."""
        return self._opened().heads

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self._opened().classes

    @property
    def letter_box(self) -> bool:
        """The cfg asks to keep the aspect ratio of images."""
        return self._opened().letter_box

    def summary(self) -> str:
        """Darknet's table of the layers: shapes, parameters, work and bytes, with totals."""
        return self._opened().summary()

    def __repr__(self) -> str:
        if self.closed:
            return f"<Network {self._name} closed>"
        channels, height, width = self._structure.input_shape
        return f"<Network {self._name} {width}x{height}x{channels}, {self.classes} classes>"

    # ---- what can be done with it ---------------------------------------------------------------

    def resize(self, width: int, height: int) -> None:
        """Changes the size of the input; the weights stay.

        Calls that run in other threads end at the size they began with.

        Args:
            width: in pixels.
            height: in pixels.

        Raises:
            ArgumentError: the network cannot have this size.
            CfgError: the shapes of its layers do not meet at this size.
            ClosedError: the network was closed.
        """
        self._opened()
        size = check_whole("width", width, least=1), check_whole("height", height, least=1)
        self._structure = Structure.from_description(self._native.describe(*size))
        self._runner.clear()

    def clone(self) -> Self:
        """A second network that shares the weights: with a size of its own, closed on its own."""
        self._opened()
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone._runner = Runner(self._native, *self._settings)
        return clone

    def __copy__(self) -> Self:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self.clone()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"the network {self._name} cannot be pickled; open it in each process")

    def save_weights(self, path: str | os.PathLike[str], *, up_to: int | None = None) -> None:
        """Writes a .weights file: the bytes that were loaded, if they were not changed.

        Layers that the cfg does not load (``dontload=1``) are written too; those with
        ``dontsave=1`` are not.

        The file appears under its name when it is complete.

        Args:
            path: where to write; an existing file is replaced.
            up_to: write the layers below this index only.

        Raises:
            OSError: the file cannot be written.
            ArgumentError: ``up_to`` is below 0.
            ClosedError: the network was closed.
        """
        self._opened()
        if up_to is not None:
            check_whole("up_to", up_to)
        target = os.fspath(path)
        folder = os.path.dirname(target) or "."
        if not os.path.isdir(folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), target)
        if os.path.isdir(target):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
        self._native.save_weights(target, -1 if up_to is None else up_to)

    def close(self) -> None:
        """Frees everything; running calls end first. Closing twice is fine."""
        self._shared = None
        self._runner.close()

    @property
    def closed(self) -> bool:
        """The network was closed."""
        return self._shared is None

    def __enter__(self) -> Self:
        self._opened()
        return self

    def _opened(self) -> Structure:
        self._native  # noqa: B018 - raises where it is closed
        return self._structure

    @property
    def _native(self) -> NativeNetwork:
        native = self._shared
        if native is None:
            raise ClosedError(f"the network {self._name} is closed")
        return native

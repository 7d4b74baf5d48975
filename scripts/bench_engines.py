"""The engines that scripts/bench.py times, behind one interface.

Each is imported when it is first used, so that a process that measures one engine holds no other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Found = tuple[Array, Array, npt.NDArray[np.int64]]
"""Boxes (x, y, w, h, relative), scores, classes."""


@dataclass(frozen=True)
class Files:
    """One network at one size, as every engine takes it."""

    name: str
    size: int
    cfg: Path
    weights: Path
    onnx: Path
    threshold: float = 0.25

    def random_input(self) -> Array:
        """The same picture of noise in every process."""
        rng = np.random.default_rng(1)
        return rng.random((1, 3, self.size, self.size), dtype=np.float32)


class Engine(ABC):
    """A network loaded into one engine."""

    def __init__(self, files: Files, threads: int) -> None:
        self.files = files
        self.threads = threads

    @abstractmethod
    def run(self, x: Array) -> list[Array]:
        """Runs one image (1, 3, H, W) and returns the heads."""

    def detect(self, image: Path) -> int:
        """From a file to boxes, the way users of engines without all of it do it; their number."""
        import cv2

        picture = cv2.imread(str(image))
        if picture is None:
            raise FileNotFoundError(image)
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (self.files.size, self.files.size))
        x = cv2.dnn.blobFromImage(small, 1 / 255, swapRB=True)
        boxes, scores, classes = self.decode(self.run(x.astype(np.float32)))
        boxes *= np.array([width, height, width, height], np.float32)
        threshold = self.files.threshold
        keep = cv2.dnn.NMSBoxesBatched(
            boxes.tolist(), scores.tolist(), classes.tolist(), threshold, 0.45
        )
        return len(keep)

    def decode(self, outputs: list[Array]) -> Found:
        if not hasattr(self, "_heads"):
            self._heads = read_heads(self.files.cfg)
        return decode(outputs, self._heads, self.files.threshold)


class PydarknetEngine(Engine):
    precision: Literal["auto", "f32", "bf16"] = "f32"

    def __init__(self, files: Files, threads: int) -> None:
        import pydarknet

        super().__init__(files, threads)
        self.network = pydarknet.Network(
            files.cfg, files.weights, precision=self.precision, threads=threads
        )

    def run(self, x: Array) -> list[Array]:
        return list(self.network.predict(x))

    def detect(self, image: Path) -> int:
        return len(self.network.detect(image, threshold=self.files.threshold, nms=0.45))


class PydarknetAuto(PydarknetEngine):
    precision = "auto"


class OpenCV(Engine):
    def __init__(self, files: Files, threads: int) -> None:
        import cv2

        super().__init__(files, threads)
        cv2.setNumThreads(threads)
        self.net: Any = cv2.dnn.readNetFromDarknet(str(files.cfg), str(files.weights))
        self.outputs = self.net.getUnconnectedOutLayersNames()

    def run(self, x: Array) -> list[Array]:
        self.net.setInput(x)
        return list(self.net.forward(self.outputs))

    def decode(self, outputs: list[Array]) -> Found:
        """OpenCV's heads are boxes already: (cells, 5 + classes), classes times objectness."""
        rows = np.concatenate(outputs)
        which, kind = np.nonzero(rows[:, 5:] > self.files.threshold)
        boxes, scores = rows[which, :4].copy(), rows[which, 5 + kind]
        boxes[:, :2] -= boxes[:, 2:] / 2
        return boxes, scores, kind


class OnnxRuntime(Engine):
    def __init__(self, files: Files, threads: int) -> None:
        import onnxruntime

        super().__init__(files, threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(files.onnx), options, providers=["CPUExecutionProvider"]
        )

    def run(self, x: Array) -> list[Array]:
        return list(self.session.run(None, {"input": x}))


class OpenVinoF32(Engine):
    precision: str | None = "f32"

    def __init__(self, files: Files, threads: int) -> None:
        import openvino

        super().__init__(files, threads)
        config: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        if self.precision:
            config["INFERENCE_PRECISION_HINT"] = self.precision
        core = openvino.Core()
        self.request = core.compile_model(str(files.onnx), "CPU", config).create_infer_request()

    def run(self, x: Array) -> list[Array]:
        return list(self.request.infer([x]).values())


class OpenVinoDefault(OpenVinoF32):
    precision = None


ENGINES: dict[str, type[Engine]] = {
    "pydarknet f32": PydarknetEngine,
    "pydarknet auto": PydarknetAuto,
    "OpenCV": OpenCV,
    "onnxruntime": OnnxRuntime,
    "OpenVINO f32": OpenVinoF32,
    "OpenVINO default": OpenVinoDefault,
}


# ---- what a user of onnxruntime writes behind it -------------------------------------------------


@dataclass(frozen=True)
class Head:
    anchors: Array  # (anchors, 2), relative to the network's input
    classes: int


def read_heads(cfg: Path) -> list[Head]:
    """The anchors of each [yolo] section."""
    heads: list[Head] = []
    options: dict[str, str] = {}
    net: dict[str, str] = {}

    def finish(section: str) -> None:
        if section == "yolo":
            pairs = np.array([float(v) for v in options["anchors"].split(",")], np.float32)
            mask = [int(v) for v in options["mask"].split(",")]
            size = np.array([int(net["width"]), int(net["height"])], np.float32)
            heads.append(Head(pairs.reshape(-1, 2)[mask] / size, int(options["classes"])))

    section = ""
    for raw in cfg.read_text().splitlines():
        line = raw.replace(" ", "").strip()
        if line.startswith("["):
            finish(section)
            section, options = line.strip("[]"), {}
            if section == "net":
                net = options
        elif "=" in line and line[0] not in "#;":
            key, value = line.split("=", 1)
            options.setdefault(key, value)
    finish(section)
    return heads


def decode(outputs: list[Array], heads: list[Head], threshold: float) -> Found:
    """Boxes, scores and classes above a threshold."""
    boxes, scores, classes = [], [], []
    for output, head in zip(outputs, heads, strict=True):
        h, w = output.shape[2:]
        grid = output.reshape(len(head.anchors), 5 + head.classes, h, w)
        found = np.nonzero(grid[:, 4] > threshold)
        cells = grid[found[0], :, found[1], found[2]]
        score = cells[:, 4:5] * cells[:, 5:]
        which, kind = np.nonzero(score > threshold)
        centre = (cells[which, :2] + np.stack([found[2][which], found[1][which]], 1)) / (w, h)
        size = np.exp(cells[which, 2:4]) * head.anchors[found[0][which]]
        boxes.append(np.concatenate([centre - size / 2, size], 1).astype(np.float32))
        scores.append(score[which, kind])
        classes.append(kind)
    return np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes)

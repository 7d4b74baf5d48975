"""Times training steps of pydarknet beside PyTorch: the same layers, batch and threads.

Each engine runs in a process of its own, in turns; the fastest of its blocks' medians counts, for
every engine alike, since the machine may be shared. PyTorch (channels_last) is asked for with
TORCH=python of an environment that has it. "loader" is how fast two threads read and augment drawn
images for the same cfg, which a training does beside its steps. Writes OUT.md where asked.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
WORK = ROOT / "build" / "bench"

# name: cfg below SHARED, input size
NETWORKS: dict[str, tuple[str, int]] = {
    "yolov4-tiny": ("cfg/yolov4-tiny.cfg", 416),
    "yolo-fastest-1.1-xl": ("models/yolo-fastest-1.1-xl/yolo-fastest-1.1-xl.cfg", 320),
}

LOADER = "loader, 2 workers"
OURS: dict[str, dict[str, Any]] = {
    "pydarknet f32": {},
    "pydarknet bf16": {"precision": "bf16"},
    "pydarknet f32 recompute": {"recompute": True},
    "pydarknet bf16 recompute": {"precision": "bf16", "recompute": True},
    "pydarknet reference": {"backend": "reference"},
}
ENGINES = [*list(OURS)[:4], "PyTorch f32", "PyTorch bf16", LOADER]


def cfg_of(name: str, batch: int) -> Path:
    """The network's cfg with its input size and batch set."""
    source, size = NETWORKS[name]
    wanted = {"batch": batch, "subdivisions": 1, "width": size, "height": size}
    lines, section = [], ""
    for line in (SHARED / source).read_text().splitlines():
        if line.startswith("["):
            section = line.strip()
        key = line.split("=")[0].strip()
        if section == "[net]" and key in wanted:
            continue
        lines.append(line)
        if line.strip() == "[net]":
            lines += [f"{key}={value}" for key, value in wanted.items()]
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"{name}-train.cfg"
    path.write_text("\n".join(lines) + "\n")
    return path


class Loading:
    """Batches of augmented images, as a training of a detector has them made."""

    def __init__(self, cfg: str, batch: int, workers: int) -> None:
        from pydarknet._native import NativeNetwork
        from pydarknet.datasets import (
            DetectionAugmentation,
            DetectionDataset,
            DetectionSamples,
            Loader,
        )
        from pydarknet.datasets.shapes import write_shapes

        folder = WORK / "shapes"
        if not folder.exists():
            write_shapes(folder, train=64, valid=0, size=(640, 480))
        network = NativeNetwork(Path(cfg).read_bytes(), cfg)
        described = network.describe(0, 0)
        net = described["net"]
        head = [layer for layer in described["layers"] if layer["type"] == "yolo"][-1]
        samples = DetectionSamples(
            DetectionDataset.open(folder / "shapes.data", split="train"),
            DetectionAugmentation.from_options(net, head["options"]),
        )
        size = (int(net["width"]), int(net["height"]))
        self.batches = Loader(samples, batch=batch, size=size, workers=workers)

    def step(self) -> None:
        next(self.batches)


class Ours:
    """Steps on one batch of random images with random boxes."""

    def __init__(self, cfg: str, batch: int, threads: int, options: dict[str, Any]) -> None:
        import numpy as np

        from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions

        network = NativeNetwork(Path(cfg).read_bytes(), cfg)
        network.seed(1)
        self.trainer = NativeTrainer(network, TrainerOptions(threads=threads, **options))
        about = self.trainer.describe()
        random = np.random.default_rng(0)
        truth = np.zeros((batch, about["truths"]), np.float32)
        boxes = random.uniform(0.1, 0.6, (batch, 8, 6)).astype(np.float32)
        boxes[..., 4:] = 0
        truth[:, : boxes[0].size] = boxes.reshape(batch, -1)
        self.trainer.set_input(random.random((batch, *about["input"]), np.float32))
        self.trainer.set_truth(truth)

    def step(self) -> None:
        self.trainer.run()
        self.trainer.update()


def measure(arguments: argparse.Namespace) -> None:
    """What a process of one engine does: prints milliseconds of a step, and MiB at its peak."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    training: Any
    if arguments.engine.startswith("PyTorch"):
        from bench_train_torch import Training

        training = Training(
            arguments.cfg, arguments.batch, arguments.threads, arguments.engine.endswith("bf16")
        )
    elif arguments.engine == LOADER:
        training = Loading(arguments.cfg, arguments.batch, arguments.threads)
        arguments.steps *= 5  # some are there already
    else:
        options = OURS[arguments.engine]
        training = Ours(arguments.cfg, arguments.batch, arguments.threads, options)
    times = []
    for _ in range(arguments.steps + 1):
        start = time.perf_counter()
        training.step()
        times.append((time.perf_counter() - start) * 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    out = {"step": statistics.median(times[1:]), "peak": peak / 1024, "before": before / 1024}
    print(json.dumps(out))


def run(engine: str, name: str, arguments: argparse.Namespace) -> dict[str, float]:
    python = arguments.torch if engine.startswith("PyTorch") else sys.executable
    command = [python, __file__, "--engine", engine, "--cfg", str(cfg_of(name, arguments.batch))]
    for option in ("batch", "threads", "steps"):
        command += [f"--{option}", str(getattr(arguments, option))]
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--engines", nargs="*", default=ENGINES)
    parser.add_argument("--torch", default=sys.executable, help="the python that has PyTorch")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4, help="timed steps of a block")
    parser.add_argument("--blocks", type=int, default=2, help="turns of each engine")
    parser.add_argument("--out", type=Path, help="writes this table too (.md)")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--cfg", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        measure(arguments)
        return
    rows = ["| network | engine | ms / image | peak MiB |", "|---|---|---:|---:|"]
    for name in arguments.networks:
        found: dict[str, list[dict[str, float]]] = {engine: [] for engine in arguments.engines}
        for _ in range(arguments.blocks):
            for engine in arguments.engines:
                found[engine].append(run(engine, name, arguments))
        for engine, blocks in found.items():
            step = min(block["step"] for block in blocks) / arguments.batch
            peak = max(block["peak"] for block in blocks)
            size = NETWORKS[name][1]
            rows.append(f"| {name} {size} | {engine} | {step:.1f} | {peak:.0f} |")
            print(rows[-1], file=sys.stderr, flush=True)
    table = "\n".join(rows) + "\n"
    print(table, end="")
    if arguments.out:
        arguments.out.write_text(table)


if __name__ == "__main__":
    main()

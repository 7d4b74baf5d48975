"""Times pydarknet beside OpenCV, onnxruntime and OpenVINO on the same networks and weights.

Every engine gets the same number of threads. Speed: all engines in one process take turns in short
blocks; the median of all runs counts. Memory and start-up: a process of its own for each engine.
Writes OUT.md, OUT.json and OUT.svg.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from bench_chart import chart
from bench_engines import ENGINES, Array, Engine, Files

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PYDARKNET_SHARED", ROOT.parent / "shared"))
WORK = ROOT / "build" / "bench"

# name: cfg and weights below SHARED (no weights: seeded random ones) and input size
NETWORKS: dict[str, tuple[str, str | None, int]] = {
    "yolov4-tiny": ("cfg/yolov4-tiny.cfg", None, 416),
    "yolov3-tiny": ("cfg/yolov3-tiny.cfg", None, 416),
    "yolov3": ("cfg/yolov3.cfg", None, 416),
    "yolov4": ("cfg/yolov4.cfg", None, 608),
    "yolo-fastest-1.1-xl": (
        "models/yolo-fastest-1.1-xl/yolo-fastest-1.1-xl.cfg",
        "models/yolo-fastest-1.1-xl/yolo-fastest-1.1-xl.weights",
        320,
    ),
    "MobileNetV2-YOLOv3-Nano": (
        "models/MobileNetV2-YOLOv3-Nano-voc/MobileNetV2-YOLOv3-Nano-voc.cfg",
        "models/MobileNetV2-YOLOv3-Nano-voc/MobileNetV2-YOLOv3-Nano-voc.weights",
        320,
    ),
}
PARTS = ("speed", "detect", "memory", "start")
MEMORY_NETWORK, START_NETWORK = "yolov4", "yolov4-tiny"
OURS = ("pydarknet f32", "pydarknet auto")
# whom each of ours is measured against
RIVALS = {
    "pydarknet f32": ("OpenCV", "onnxruntime", "OpenVINO f32"),
    "pydarknet auto": ("OpenCV", "onnxruntime", "OpenVINO f32", "OpenVINO default"),
}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ---- the networks --------------------------------------------------------------------------------


def newer(path: Path, *sources: Path) -> bool:
    return path.exists() and all(path.stat().st_mtime > s.stat().st_mtime for s in sources)


def files_of(name: str) -> Files:
    """Where the files of a network are, or will be."""
    _, weights, size = NETWORKS[name]
    return Files(
        name,
        size,
        WORK / f"{name}-{size}.cfg",
        SHARED / weights if weights else WORK / f"{name}.weights",
        WORK / f"{name}-{size}.onnx",
        # random weights find thousands of objects: few, as in a real picture
        threshold=0.25 if weights else 0.9,
    )


def prepare(name: str) -> Files:
    """Makes the files of a network that are not there yet: cfg at its size, weights, ONNX."""
    source = SHARED / NETWORKS[name][0]
    files = files_of(name)
    if not source.exists():
        raise SystemExit(f"error: {source} is missing: PYDARKNET_SHARED= names its folder")
    WORK.mkdir(parents=True, exist_ok=True)
    cfg, weights, size = files.cfg, files.weights, files.size
    text = source.read_text(errors="replace")
    for key, value in (("width", size), ("height", size), ("batch", 1), ("subdivisions", 1)):
        text = re.sub(rf"(?m)^\s*{key}\s*=.*$", f"{key}={value}", text, count=1)
    if not cfg.exists() or cfg.read_text() != text:
        cfg.write_text(text)
    if not weights.exists():
        tool = SHARED / "tools" / "zoo_weights.py"
        spec = importlib.util.spec_from_file_location("zoo_weights", tool)
        assert spec is not None
        assert spec.loader is not None
        zoo = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(zoo)
        zoo.write_random_weights(str(cfg), str(weights), 7)
    if not newer(files.onnx, cfg, weights, *(ROOT / "pydarknet" / "export").glob("*.py")):
        say(f"{name}: exporting ONNX")
        command = [sys.executable, __file__, "--child", "export", "--file", name]
        subprocess.run(command, check=True)
    return files


def export(files: Files) -> None:
    import pydarknet
    from pydarknet.export import export_onnx

    with pydarknet.Network(files.cfg, files.weights) as network:
        export_onnx(network, files.onnx)


# ---- speed ---------------------------------------------------------------------------------------


def take_turns(
    jobs: Mapping[str, Callable[[], object]], seconds: float, block: float
) -> dict[str, list[float]]:
    """Runs the jobs in turns and returns each one's times in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    spent = 0.0
    while spent < seconds:
        for name, job in jobs.items():
            time.sleep(0.03)  # the threads of the engine before stop spinning
            job()
            begin = time.perf_counter()
            while True:
                start = time.perf_counter()
                job()
                end = time.perf_counter()
                times[name].append((end - start) * 1e3)
                if end - begin >= block:
                    break
        spent += block
    return times


def summary(times: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(times), 3),
        "fastest": round(min(times), 3),
        "p90": round(float(np.percentile(times, 90)), 3),
        "runs": len(times),
    }


def difference(outputs: list[Array], reference: list[Array]) -> float:
    """Largest deviation relative to the largest value."""
    if [o.size for o in outputs] != [r.size for r in reference]:
        return float("nan")
    pairs = zip(outputs, reference, strict=True)
    return max(float(np.abs(o.ravel() - r.ravel()).max() / np.abs(r).max()) for o, r in pairs)


def bench_speed(files: Files, names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    x = files.random_input()
    engines: dict[str, Engine] = {}
    for name in names:
        try:
            engines[name] = ENGINES[name](files, options.threads)
            engines[name].run(x)
        except Exception as error:  # a peer that cannot: a gap in the table, not the end
            if name in OURS:
                raise
            say(f"{files.name}: {name} cannot run it: {str(error).splitlines()[0]}")
            engines.pop(name, None)
    jobs: dict[str, Callable[[], object]] = {n: partial(e.run, x) for n, e in engines.items()}
    results: dict[str, Any] = {
        name: summary(times)
        for name, times in take_turns(jobs, options.seconds, options.block).items()
    }
    if "onnxruntime" in engines:
        reference = [np.array(o) for o in engines["onnxruntime"].run(x)]
        for name in engines:
            if name not in ("onnxruntime", "OpenCV"):  # OpenCV's heads are decoded
                off = difference(engines[name].run(x), reference)
                results[name]["difference_to_onnxruntime"] = float(f"{off:.2g}")
    return results


def bench_detect(
    files: Files, names: list[str], image: Path, options: argparse.Namespace
) -> dict[str, Any]:
    jobs = {n: partial(ENGINES[n](files, options.threads).detect, image) for n in names}
    found = {name: job() for name, job in jobs.items()}
    results: dict[str, Any] = {
        name: summary(times)
        for name, times in take_turns(jobs, options.seconds, options.block).items()
    }
    for name, count in found.items():
        results[name]["objects"] = count
    return results


# ---- memory and start: processes of their own ----------------------------------------------------


def child(kind: str, files: Files, engine: str, threads: int, image: Path) -> None:
    """What a process of its own does; prints one line when it is done."""
    if kind == "export":
        export(files)
        return
    loaded = ENGINES[engine](files, threads)
    if kind == "start":
        loaded.detect(image)
        print("done", flush=True)
        return
    for _ in range(3):
        loaded.run(files.random_input())
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    print(json.dumps({"peak_mb": int(peak.group(1)) / 1024 if peak else None}), flush=True)


def run_child(
    kind: str, files: Files, engine: str, options: argparse.Namespace
) -> tuple[float, str]:
    """Seconds until the child's line, and the line."""
    command = [sys.executable, __file__, "--child", kind, "--file", files.name]
    command += ["--engine", engine, "--threads", str(options.threads), "--image", options.image]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
        process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"{engine} failed on {files.name}")
    return seconds, line


def bench_memory(files: Files, names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    results = {}
    for name in names:
        try:
            results[name] = round(
                json.loads(run_child("memory", files, name, options)[1])["peak_mb"]
            )
        except RuntimeError as error:
            say(str(error))
    return results


def bench_start(files: Files, names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(5):
        for name in list(times):
            try:
                times[name].append(run_child("start", files, name, options)[0] * 1e3)
            except RuntimeError as error:
                say(str(error))
                del times[name]
    return {name: summary(values) for name, values in times.items()}


# ---- report --------------------------------------------------------------------------------------


def machine(threads: int) -> dict[str, Any]:
    cpu, flags = platform.processor(), ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        text = info.read_text()
        model = re.search(r"model name\s*:\s*(.*)", text)
        cpu = model.group(1) if model else cpu
        found = re.search(r"flags\s*:\s*(.*)", text)
        flags = found.group(1) if found else ""
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    versions = {}
    for package in ("pydarknet", "opencv-python", "onnxruntime", "openvino", "numpy"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "missing"
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {
        "cpu": cpu,
        "instructions": [w for w in wanted if w in flags.split()],
        "processors": os.cpu_count(),
        "threads": threads,
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": versions,
        "commit": commit,
        "date": datetime.date.today().isoformat(),
    }


def best_rival(row: dict[str, Any], ours: str) -> float | None:
    rivals = [row[n]["median"] for n in RIVALS[ours] if n in row]
    return min(rivals) if rivals and ours in row else None


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def speed_table(data: dict[str, Any], names: list[str]) -> str:
    ours = [n for n in OURS if n in names]
    rows = []
    for network, row in data["speed"].items():
        cells = [f"{row[n]['median']:.2f}" if n in row else "–" for n in names]
        for name in ours:
            rival = best_rival(row, name)
            cells.append(f"{row[name]['median'] / rival:.2f}" if rival else "–")
        rows.append([f"{network} {NETWORKS[network][2]}", *cells])
    return table(["network", *names, *(f"{n} : best peer" for n in ours)], rows)


def markdown(data: dict[str, Any], names: list[str]) -> str:
    m = data["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in m["versions"].items())
    text = "# Benchmark\n\n" + (
        f"{m['cpu']} ({', '.join(m['instructions'])}), {m['processors']} processors, "
        f"{m['threads']} threads per engine. Python {m['python']}, {versions}. "
        f"{m['date']}, commit {m['commit']}. "
        f"`make bench` makes this page.\n"
    )
    if data.get("speed"):
        text += "\n## One image through the network (ms, median)\n\n"
        text += speed_table(data, names)
        text += (
            "\nAll engines in one process, in turns. The last columns divide by the fastest peer: "
            "f32 by the fastest in f32, auto by the fastest of all.\n"
        )
    if data.get("detect"):
        text += "\n## From a JPEG on disk to boxes (ms, median)\n\n"
        columns = list(next(iter(data["detect"].values())))
        rows = [
            [network, *(f"{row[c]['median']:.2f} ({row[c]['objects']} objects)" for c in columns)]
            for network, row in data["detect"].items()
        ]
        text += table(["network", *columns], rows)
        text += (
            "\nThe peers: `cv2.imread`, `cv2.resize`, the engine, numpy, OpenCV's batched NMS.\n"
        )
    if data.get("memory"):
        text += (
            f"\n## Peak resident memory, {MEMORY_NETWORK} {NETWORKS[MEMORY_NETWORK][2]} (MB)\n\n"
        )
        text += table(["engine", "MB"], [[k, str(v)] for k, v in data["memory"].items()])
    if data.get("start"):
        text += f"\n## Process start to first result, {START_NETWORK} (ms, median)\n\n"
        rows = [[k, f"{v['median']:.0f}"] for k, v in data["start"].items()]
        text += table(["engine", "ms"], rows)
        text += "\nImport, load, compile, read a JPEG, run, find the boxes.\n"
    return text


def into_readme(data: dict[str, Any], names: list[str]) -> None:
    """Replaces the README's table, which stands between two marks."""
    path, begin, end = (
        ROOT / "README.md",
        "<!-- begin: make bench -->\n",
        "<!-- end: make bench -->",
    )
    text = path.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"error: {path} has no place for the table: {begin.strip()} {end}")
    before, _, rest = text.partition(begin)
    m = data["machine"]
    cpu = f"{m['cpu']} ({', '.join(m['instructions'])})"
    about = f"\nMilliseconds for one image, {cpu}, {m['threads']} threads, {m['date']}.\n\n"
    path.write_text(
        f"{before}{begin}{about}{speed_table(data, names)}\n{end}{rest.partition(end)[2]}"
    )


def choose(text: str, known: list[str], what: str) -> list[str]:
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in known:
            raise SystemExit(
                f"error: unknown {what} {word!r}, expected some of: {', '.join(known)}"
            )
    return chosen or known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--networks", default="", help="comma separated; all: " + ", ".join(NETWORKS)
    )
    parser.add_argument("--engines", default="", help="comma separated; all: " + ", ".join(ENGINES))
    parser.add_argument(
        "--only", default="", help="parts, comma separated; all: " + ", ".join(PARTS)
    )
    parser.add_argument("--seconds", type=float, default=10, help="per network and engine")
    parser.add_argument("--block", type=float, default=0.5, help="seconds of one turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--image", default=str(SHARED / "images" / "dog.jpg"))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks" / "cpu")
    parser.add_argument("--readme", action="store_true", help="the README's table too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--engine", default="", help=argparse.SUPPRESS)
    parser.add_argument("--file", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        files = files_of(options.file)
        child(options.child, files, options.engine, options.threads, Path(options.image))
        return

    networks = choose(options.networks, list(NETWORKS), "network")
    names = choose(options.engines, list(ENGINES), "engine")
    parts = choose(options.only, list(PARTS), "part")
    data: dict[str, Any] = {"machine": machine(options.threads)}
    if "speed" in parts:
        data["speed"] = {}
        for network in networks:
            row = bench_speed(prepare(network), names, options)
            data["speed"][network] = row
            say(f"{network}: " + ", ".join(f"{k} {v['median']:.2f}" for k, v in row.items()))
    if "detect" in parts:
        data["detect"] = {}
        for network in networks:
            if NETWORKS[network][1] is None:
                continue  # random weights find no real objects
            row = bench_detect(prepare(network), names, Path(options.image), options)
            data["detect"][network] = row
            say(f"{network} detect: " + ", ".join(f"{k} {v['median']:.2f}" for k, v in row.items()))
    if "memory" in parts:
        data["memory"] = bench_memory(prepare(MEMORY_NETWORK), names, options)
        say(f"memory: {data['memory']}")
    if "start" in parts:
        data["start"] = bench_start(prepare(START_NETWORK), names, options)
        say("start: " + ", ".join(f"{k} {v['median']:.0f}" for k, v in data["start"].items()))

    text = markdown(data, names)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.with_suffix(".md").write_text(text)
    options.out.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
    if data.get("speed"):
        sizes = {name: size for name, (_, _, size) in NETWORKS.items()}
        options.out.with_suffix(".svg").write_text(chart(data["speed"], sizes))
    if options.readme and data.get("speed"):
        into_readme(data, names)
    print(text)


if __name__ == "__main__":
    main()

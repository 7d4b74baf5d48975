"""darknet/scripts/cuda_arch.sh: which GPU architectures are compiled for."""

import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "darknet" / "scripts" / "cuda_arch.sh"

# what nvcc --list-gpu-arch prints
LISTS = {
    "11.8": "35 37 50 52 53 60 61 62 70 72 75 80 86 87 89 90",
    "12.4": "50 52 53 60 61 62 70 72 75 80 86 87 89 90",
    "12.8": "50 52 53 60 61 62 70 72 75 80 86 87 89 90 100 101 120",
    "13.0": "75 80 86 87 88 89 90 100 110 103 120 121",
    "of the future": "130 140",
}


def choose(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(SCRIPT)], input=text, capture_output=True, text=True)


@pytest.mark.parametrize("version", LISTS)
def test_only_listed_and_ptx_last(version: str) -> None:
    listed = LISTS[version].split()
    run = choose("".join(f"compute_{arch}\n" for arch in listed))
    assert run.returncode == 0
    targets = re.findall(r"-gencode arch=compute_(\d+),code=(sm|compute)_(\d+)", run.stdout)
    assert {arch for arch, _, _ in targets} <= set(listed)
    assert all(arch == code for arch, _, code in targets)
    assert [kind for _, kind, _ in targets] == ["sm"] * (len(targets) - 1) + ["compute"]
    numbers = [int(arch) for arch, _, _ in targets]
    assert numbers == sorted(numbers)
    assert len(targets) > 1


def test_nothing_listed() -> None:
    run = choose("nvcc fatal: something\n")
    assert run.returncode == 1
    assert run.stdout == ""
    assert "no GPU architecture" in run.stderr

"""Rules of the house that can be read off the files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "darknet" / "src"

# may include itself and what stands left of it
ORDER = ["core", "augment", "config", "graph", "ops", "backends", "layers", "heads", "plan", "train", "c_api"]


def part_of(path: str) -> str:
    """The part of the library a file of src/ belongs to."""
    folder, _, rest = path.partition("/")
    if rest:
        return folder
    return "c_api" if folder.startswith("c_api") else "plan"


def native_files() -> list[Path]:
    return sorted(SOURCES.rglob("*.h")) + sorted(SOURCES.rglob("*.cpp"))


@pytest.mark.parametrize("path", native_files(), ids=lambda p: str(p.relative_to(SOURCES)))
def test_includes_point_leftwards(path: Path) -> None:
    own = part_of(str(path.relative_to(SOURCES)))
    allowed = set(ORDER[: ORDER.index(own) + 1])
    if own == "layers":  # layers and heads stand side by side
        allowed.add("heads")
    for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
        if name.startswith("darknet/") or (path.parent / name).exists():
            continue
        assert (SOURCES / name).exists(), f"{name} is not there"
        assert part_of(name) in allowed, f"{own} must not include {name}"


@pytest.mark.parametrize("path", native_files(), ids=lambda p: str(p.relative_to(SOURCES)))
def test_the_library_neither_exits_nor_prints(path: Path) -> None:
    text = re.sub(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"', "", path.read_text(), flags=re.DOTALL)
    words = "exit|abort|assert|printf|puts|std::cout|std::cerr|getenv"
    assert not re.findall(rf"(?<![\w.>])(?:{words})\s*[(<]", text)


def our_files() -> list[Path]:
    folders = ["darknet/src", "darknet/include", "pydarknet", "scripts", "tests"]
    endings = {".py", ".h", ".cpp", ".sh"}
    files = (p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in endings)
    return sorted(p for p in files if "__pycache__" not in p.parts)


def test_files_stay_readable() -> None:
    lines = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in our_files()}
    assert not {path: count for path, count in lines.items() if count > 650}


def test_no_drawer_for_everything() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not [p for p in our_files() if p.stem in names]

"""Who may include or import whom: docs/architecture.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "darknet" / "src"
ORDER = [
    "core", "augment", "config", "graph", "ops", "backends", "heads", "layers", "weights",
    "image_input", "network", "plan", "train", "c_api",
]  # fmt: skip
WITHOUT_ENGINE = ["data_file", "detections", "drawing", "errors", "image", "label_files", "names"]


def part_of(path: str) -> str:
    """The folder, or the file's stem where it lies in none; plan_compiler belongs to plan."""
    first = path.split("/")[0].split(".")[0]
    for whole in ("plan", "c_api"):
        if first.startswith(f"{whole}_"):
            return whole
    return first


def includes(path: Path) -> list[str]:
    found = re.findall(r'^\s*#\s*include "([^"]+)"', path.read_text(), re.MULTILINE)
    return [name for name in found if not name.startswith("darknet/")]


NATIVE = sorted(path for path in SOURCES.rglob("*") if path.suffix in (".h", ".cpp"))


def test_there_is_something_to_look_at() -> None:
    assert len(NATIVE) > 100
    assert {part_of(str(path.relative_to(SOURCES))) for path in NATIVE} <= set(ORDER)
    assert sum(len(includes(path)) for path in NATIVE) > 200


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: str(path.relative_to(SOURCES)))
def test_native_files_include_only_what_stands_left(path: Path) -> None:
    name = str(path.relative_to(SOURCES))
    if name.startswith("backends/cpu_native/"):
        assert all("/" not in included for included in includes(path))
        return
    for included in includes(path):
        assert ORDER.index(part_of(included)) <= ORDER.index(part_of(name)), included


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports when it is imported."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found


def test_only_one_module_imports_the_extension() -> None:
    package = ROOT / "pydarknet"
    importers = [path.name for path in package.rglob("*.py") if "_engine" in imports(path)]
    assert importers == ["_native.py"]


@pytest.mark.parametrize("name", WITHOUT_ENGINE)
def test_these_modules_work_without_the_engine(name: str) -> None:
    seen, new = set(), {name}
    while new:
        module = new.pop()
        seen.add(module)
        path = ROOT / "pydarknet" / f"{module}.py"
        new |= (imports(path) if path.exists() else set()) - seen
    assert "_native" not in seen

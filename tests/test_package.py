"""The package as a whole: its names, its documentation's examples, what it says about itself."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys

import pytest
from small_networks import RunPython

import pydarknet

MODULES = [
    found.name
    for found in pkgutil.walk_packages(pydarknet.__path__, "pydarknet.")
    if not found.name.endswith(("__main__", "_engine", "_build"))
]


@pytest.mark.parametrize("name", ["pydarknet", *MODULES])
def test_examples_in_docstrings(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), verbose=False)
    assert failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = (test for name in MODULES for test in finder.find(importlib.import_module(name)))
    assert sum(len(test.examples) for test in found) > 5


def test_public_names() -> None:
    assert pydarknet.__all__ == sorted(pydarknet.__all__)
    for name in pydarknet.__all__:
        assert getattr(pydarknet, name) is not None
    assert set(pydarknet.__all__) <= set(dir(pydarknet))
    with pytest.raises(AttributeError, match="Nonsense"):
        pydarknet.Nonsense  # noqa: B018


def test_exceptions_are_builtins_too() -> None:
    for name, builtin in {
        "CfgError": ValueError,
        "WeightsError": ValueError,
        "DataError": ValueError,
        "ArgumentError": ValueError,
        "DeviceError": RuntimeError,
        "DownloadError": OSError,
        "ClosedError": RuntimeError,
        "InternalError": RuntimeError,
        "TrainingDiverged": RuntimeError,
        "OutOfMemoryError": MemoryError,
    }.items():
        error = getattr(pydarknet, name)
        assert issubclass(error, builtin)
        assert issubclass(error, pydarknet.DarknetError)
        raised = error("x.cfg:3: [net] wrong", file="x.cfg", line=3, section="net", layer=1)
        assert str(raised) == "x.cfg:3: [net] wrong"
        assert (raised.file, raised.line, raised.section, raised.layer) == ("x.cfg", 3, "net", 1)


def test_info() -> None:
    found = pydarknet.info()
    assert found["version"] == pydarknet.__version__
    assert found["error"] is None
    assert found["engine"].endswith(".so")
    assert found["build"]["threads"] >= 1
    assert found["libraries"]["numpy"] == sys.modules["numpy"].__version__


def test_info_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pydarknet._native", raising=False)
    monkeypatch.delattr(pydarknet, "_native", raising=False)
    monkeypatch.setitem(sys.modules, "pydarknet._engine", None)
    found = pydarknet.info()
    assert found["engine"] is None
    assert "pip install" in found["error"]


WITHOUT_ENGINE = """
import sys
sys.modules["pydarknet._engine"] = None
import numpy, pydarknet
picture = numpy.zeros((20, 30, 3), numpy.uint8)
found = pydarknet.Detections([[2, 3, 9, 9]], [0.5], [0], ["cat"])
pydarknet.save_image("drawn.png", pydarknet.draw(picture, found))
assert pydarknet.load_image("drawn.png").pixels.any()
open("x.names", "w").write("cat")
assert pydarknet.read_names("x.names") == ("cat",)
import pydarknet.data_file, pydarknet.label_files, pydarknet.cli
try:
    pydarknet.Network("x.cfg")
except ImportError as error:
    print(error)
"""


def test_what_works_without_an_engine(run_python: RunPython) -> None:
    done = run_python("-c", WITHOUT_ENGINE)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert "pip install" in done.stdout.decode()

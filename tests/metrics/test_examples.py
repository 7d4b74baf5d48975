"""The examples in the documentation strings, and what importing the package brings along."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from small_networks import RunPython

import pydarknet.metrics

MODULES = [module.name for module in pkgutil.iter_modules(pydarknet.metrics.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"pydarknet.metrics.{name}")
    assert doctest.testmod(module).failed == 0


WITHOUT_ENGINE = """
import importlib, json, pkgutil, sys, tempfile
sys.modules["pydarknet._engine"] = sys.modules["pydarknet._native"] = None
import numpy as np
import pydarknet.metrics
for module in pkgutil.iter_modules(pydarknet.metrics.__path__):
    importlib.import_module(f"pydarknet.metrics.{module.name}")
from pydarknet import Detections
from pydarknet.metrics import *
found, truth = Detections([[0, 0, 9, 9]], [.5], [0]), Truth([[0, 0, 9, 9]], [0])
report = DetectionReport(1)
for evaluator in (
    DetectionEvaluator(1), DetectionEvaluator(1, protocol="voc"), TideEvaluator(1),
    RecallEvaluator(), ConfusionMatrix(1), report,
):
    evaluator.add(1, found, truth)
with tempfile.TemporaryDirectory() as folder:
    report.write(folder)
    writer = result_writer("voc", 1)
    writer.add("a.jpg", found, 9, 9)
    writer.write(folder)
classifier = ClassificationEvaluator(2)
classifier.add([.1, .9], 1)
segments = SegmentationEvaluator(2)
segments.add([[0]], [[0]])
print(report.findings().metrics.map, classifier.result().top1, segments.result().mean_iou)
"""


def test_all_of_it_works_without_the_engine(run_python: RunPython) -> None:
    done = run_python("-c", WITHOUT_ENGINE)
    assert (done.stdout, done.stderr) == (b"1.0 1.0 1.0\n", b"")


def test_cocos_rules_work_without_the_engine(run_python: RunPython) -> None:
    pytest.importorskip("faster_coco_eval")
    code = (
        "import sys\n"
        "sys.modules['pydarknet._engine'] = sys.modules['pydarknet._native'] = None\n"
        "import numpy as np\n"
        "from pydarknet import Detections\n"
        "from pydarknet.metrics import *\n"
        "coco, masks = CocoEvaluator(1), MaskEvaluator(1)\n"
        "coco.add(1, Detections([[0, 0, 9, 9]], [.5], [0]), Truth([[0, 0, 9, 9]], [0]))\n"
        "one = InstanceMasks(np.ones((1, 4, 4), bool), [0])\n"
        "masks.add(1, one, one)\n"
        "print(round(coco.result().map, 6), round(masks.result().map, 6))\n"
    )
    done = run_python("-c", code)
    assert (done.stdout, done.stderr) == (b"1.0 1.0\n", b"")


def test_the_page_of_documentation(run_python: RunPython) -> None:
    pytest.importorskip("faster_coco_eval")
    page = Path(__file__).resolve().parents[2] / "docs" / "toolkit-evaluation.md"
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    done = run_python("-c", code)
    assert done.stderr == b""
    assert done.stdout.splitlines()[0].startswith(b"1.0 {'cls': 0.0")

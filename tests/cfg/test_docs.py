"""What docs/toolkit-cfg.md shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_networks import RunPython

DOC = (Path(__file__).parents[2] / "docs" / "toolkit-cfg.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", DOC, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python(number: int, run_python: RunPython) -> None:
    done = run_python("-W", "error", "-c", BLOCKS[number])
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("for-classes zoo:yolov4 3 -o mine.cfg", "[convolutional] layer 138 filters: 255 -> 24"),
        ("diff zoo:yolov3 zoo:yolov3-spp", "+ [maxpool] layer 78"),
        ("for-classes zoo:yolov4 3 -o mine.cfg", "[net] steps: 400000,450000 -> 4800,5400"),
    ],
)
def test_what_commands_show(words: str, shown: str, run_python: RunPython) -> None:
    assert shown in DOC
    done = run_python("-m", "pydarknet", "cfg", *words.split())
    assert shown in done.stdout.decode()

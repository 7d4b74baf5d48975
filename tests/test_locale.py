"""Numbers are read and written with a point, whatever locale the program has chosen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from small_networks import RunPython

COMMAS = """\
LC_NUMERIC
decimal_point "<U002C>"
thousands_sep "<U002E>"
grouping 3;3
END LC_NUMERIC
"""

CODE = """
import locale
import pydarknet
net = "[net]\\nwidth=8\\nheight=8\\nchannels=3\\nlearning_rate=0.001\\n"
cfg = net + "[dropout]\\nprobability=.25\\n"
before = pydarknet.Network.from_text(cfg)
locale.setlocale(locale.LC_ALL, "commas")
assert locale.format_string("%.1f", 0.5) == "0,5"
after = pydarknet.Network.from_text(cfg)
assert after.summary() == before.summary()
assert after.layers == before.layers
assert locale.format_string("%.1f", 0.5) == "0,5", "the program's locale was changed"
"""


def test_a_locale_with_a_decimal_comma(
    tmp_path: Path, run_python: RunPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    localedef = shutil.which("localedef")
    if localedef is None:
        pytest.skip("localedef, which makes a locale with a decimal comma, is not installed")
    (tmp_path / "source").write_text(COMMAS)
    subprocess.run(
        [localedef, "-c", "-i", "source", "-f", "UTF-8", "./commas"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    if not (tmp_path / "commas" / "LC_NUMERIC").is_file():
        pytest.skip("localedef cannot make a locale here: its charmaps are missing")
    monkeypatch.setenv("LOCPATH", str(tmp_path))
    ran = run_python("-c", CODE)
    assert ran.returncode == 0, ran.stderr.decode()

"""A wrong network description: typed, with file, line and section, and the next call works."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import DETECTOR

from pydarknet import CfgError, DarknetError, InternalError, Network

NET = "[net]\nwidth=32\nheight=32\nchannels=3\n"
CONV = "[convolutional]\nfilters=2\nsize=3\nstride=1\npad=1\n"

WRONG = {
    "section": (NET + "[convolutionl]\nfilters=2\n", 5, "convolutionl", "mean convolutional?"),
    "key": (NET + "[convolutional]\nfilers=2\n", 6, "convolutional", "filers .*mean filters?"),
    "net key": (NET + "widht=9\n[avgpool]\n", 5, "net", "widht .*mean width?"),
    "word": (NET + "[convolutional]\nfilters=two\n", 6, "convolutional", "expected an integer"),
    "activation": (NET + "[convolutional]\nactivation=leeky\n", 6, "convolutional", "mean leaky?"),
    "no filters": (NET + "[convolutional]\nfilters=0\n", 6, "convolutional", "at least 1"),
    "no stride": (NET + "[maxpool]\nstride=0\nsize=2\n", 6, "maxpool", "at least 1"),
    "no width": (NET.replace("32", "0", 1) + "[avgpool]\n", None, "net", "above 0"),
    "channels": (NET.replace("3\n", "-3\n") + "[avgpool]\n", None, "net", "expected"),
    "route back": (NET + CONV + "[route]\nlayers=-5\n", None, "route", "points nowhere"),
    "route before all": (NET + "[route]\nlayers=0\n", None, "route", "no layer before this"),
    "second net": (NET + CONV + "[net]\n", None, "net", r"a second \[net\]"),
    "shared weights": (
        NET + CONV + "[convolutional]\nfilters=9\nshare_index=0\nsize=3\n",
        None, "convolutional", r"share_index=0 has weights of \d+x3x\dx\d, expected 9x2x3x3",
    ),
    "route ahead": (NET + CONV + "[route]\nlayers=3\n", None, "route", "points nowhere"),
    "route to itself": (NET + CONV + "[route]\nlayers=1\n", None, "route", "points nowhere"),
    "shortcut": (NET + CONV + "[shortcut]\nfrom=7\n", None, "shortcut", "points nowhere"),
    "sizes": (
        NET + CONV + CONV.replace("stride=1", "stride=2") + "[route]\nlayers=-1,0\n",
        None, "route", "16x16x2 and 32x32x2 do not meet",
    ),
    "groups": (NET + "[convolutional]\nfilters=4\ngroups=2\n", 5, "convolutional", "divide"),
    "too small": (
        NET + "[convolutional]\nsize=64\nstride=1\npad=0\n", 5, "convolutional", "too small",
    ),
    "too large": (
        NET.replace("32", "100000") + "[convolutional]\nfilters=300\n", 5, "convolutional", "2.31",
    ),
    "head": (
        NET + CONV + "[yolo]\nclasses=2\nmask=0\nanchors=3,3\nnum=1\n", 10, "yolo", "filters=7",
    ),
    "anchor": (
        NET + CONV + "[yolo]\nclasses=2\nmask=4\nanchors=3,3\nnum=1\n", None, "yolo", "expected",
    ),
    "no layers": (NET, 1, "net", "no layers"),
    "no net": (CONV, 1, "convolutional", r"expected \[net\]"),
    "no tree": (NET + "[avgpool]\n[softmax]\ntree=none.tree\n", 7, "softmax", r"none\.tree"),
    "no value": (NET + "[convolutional]\nfilters\n", 6, None, "expected key=value"),
    "half a section": ("[net\nwidth=3\n", 1, None, r"expected \[name\]"),
    "prose": ("hello\n", 1, None, "expected key=value"),
    "control": (NET + "[convolutional]\nfil\x1b[31mters=2\n", 6, "convolutional", r"fil\?\[31m"),
    "long word": (NET + f"[convolutional]\nfilters={'9' * 9999}\n", 6, "convolutional", "=9{60},"),
    "long key": (NET + f"[convolutional]\n{'x' * 9999}=1\n", 6, "convolutional", "key x{60}$"),
    "beyond float": (NET + "[dropout]\nprobability=1e39\n", 6, "dropout", "expected a number"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_descriptions(case: str, tmp_path: Path) -> None:
    text, line, section, words = WRONG[case]
    path = tmp_path / "wrong.cfg"
    path.write_text(text)
    with pytest.raises(CfgError, match=words) as caught:
        Network(path)
    error = caught.value
    assert error.file == str(path)
    assert str(error).isprintable()
    assert error.line is not None
    assert str(error).startswith(f"{path}:{error.line}: ")
    if line is not None:
        assert error.line == line
    if section is not None:
        assert error.section == section
        assert f"[{section}]" in str(error)
    assert isinstance(error, ValueError)
    # the engine is as good as before
    assert len(Network.from_text(DETECTOR).layers) == 4


@pytest.mark.parametrize("data", [b"", b"\n# only a comment\n", b"\0\0\0\0", b"\xff\xfe[net]\n"])
def test_files_that_are_no_description(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wrong.cfg"
    path.write_bytes(data)
    with pytest.raises(CfgError) as caught:
        Network(path)
    assert caught.value.file == str(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Network(tmp_path / "none.cfg")
    assert caught.value.filename == str(tmp_path / "none.cfg")


def error_of(text: str) -> DarknetError | None:
    """What a description is refused with; any other exception fails the test."""
    try:
        Network.from_text(text).close()
    except DarknetError as error:
        return error
    return None


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    error = error_of(text)
    assert error is None or (str(error) and not isinstance(error, InternalError))


LINES = DETECTOR.splitlines()


@given(
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["", "0", "-1", "1e9", "99999999999", "nan", "x", "=", "[", "[net]", ",,"]),
    st.booleans(),
)
def test_any_line_spoilt(number: int, junk: str, whole: bool) -> None:
    line = LINES[number]
    spoilt = junk if whole else f"{line.partition('=')[0]}={junk}"
    text = "\n".join([*LINES[:number], spoilt, *LINES[number + 1 :]])
    error = error_of(text)
    assert error is None or (str(error) and not isinstance(error, InternalError))

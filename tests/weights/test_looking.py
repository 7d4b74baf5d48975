"""verify, inspect, diff and the picture of histograms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import RunPython

from pydarknet.cfg import Document
from pydarknet.errors import ArgumentError, CfgError, WeightsError
from pydarknet.weights import (
    Header,
    WeightsFile,
    diff,
    draw_histograms,
    inspect,
    partial,
    verify,
    write_histograms,
)
from weights.engine_files import drawn, drawn_bytes
from weights.test_tools import DETECTOR

SIZE = len(drawn_bytes(DETECTOR))
LAYER_ENDS = {20 + 4 * 124: (1, 2), 20 + 4 * 154: (3, 3)}
"""File sizes of cuts of the detector, with the layers they may have been cut to."""


def test_a_file_that_fits(tmp_path: Path) -> None:
    drawn(DETECTOR, tmp_path)
    found = verify(tmp_path / "x.weights", tmp_path / "x.cfg")
    assert (found.ok, found.kind, found.cut, found.problems) == (True, "whole", None, ())
    assert str(found) == (
        f"{tmp_path}/x.weights: fits {tmp_path}/x.cfg: all 3 layers with weights\n"
        f"{SIZE:,} bytes, version 0.2.5, 32,013,312 images seen (64 bits)"
    )
    assert found.as_dict()["bytes_expected"] == SIZE


@given(size=st.integers(0, SIZE + 40))
@settings(max_examples=150)
def test_every_size(size: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("size") / "x.weights"
    data = drawn_bytes(DETECTOR)
    path.write_bytes((data + bytes(40))[:size])
    found = verify(path, Document.parse(DETECTOR))
    assert found.ok == (size == SIZE or size in LAYER_ENDS)
    if size in LAYER_ENDS:
        assert (found.kind, found.cut) == ("cut", LAYER_ENDS[size])
    if not found.ok:
        assert f"has {size:,} bytes, expected" in found.problems[0]
        with pytest.raises(WeightsError, match="expected"):
            WeightsFile.read(path, Document.parse(DETECTOR), cut=True)


def test_cuts_with_a_name(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    cfg = tmp_path / "x.cfg"
    for layers, names in ((1, (1, 2)), (2, (1, 2)), (3, (3,))):
        for name in (1, 2, 3, 4):
            path = tmp_path / f"{layers}of.conv.{name}"
            partial(whole, layers).write(path)
            assert verify(path, cfg).ok == (name in names)
            if name in names:
                assert WeightsFile.read(path, cfg).cut == names[0]
    path = tmp_path / "cut.weights"
    partial(whole, 3).write(path)
    assert verify(path, cfg).ok
    strict = verify(path, cfg, whole=True)
    assert not strict.ok
    assert "it ends behind layer 2, as a file cut there" in strict.problems[0]
    assert verify(tmp_path / "x.weights", cfg, whole=True).ok


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"<!DOCTYPE html>\n<html>", "an HTML or XML page"),
        (b"\n <html><body>", "an HTML or XML page"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"# mine\n[net]\nwidth=3", None),
        (b"[net]\nwidth=3", "a .cfg file"),
    ],
)
def test_files_that_are_no_weights(head: bytes, kind: str | None, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(head.ljust(700))
    found = verify(tmp_path / "x", Document.parse(DETECTOR))
    assert not found.ok
    if kind is not None:
        assert found.kind == "foreign"
        assert found.problems == (f"{tmp_path}/x: is {kind}, expected a weights file",)


@pytest.mark.parametrize("classes", [1, 2, 4, 80])
def test_another_number_of_classes(classes: int, tmp_path: Path) -> None:
    other = DETECTOR.replace("classes=3", f"classes={classes}").replace(
        "filters=24", f"filters={3 * (classes + 5)}"
    )
    drawn(other, tmp_path)
    found = verify(tmp_path / "x.weights", Document.parse(DETECTOR))
    assert not found.ok
    assert f"it would fit with classes={classes}" in found.problems[0]


@pytest.mark.parametrize(
    ("layer", "array", "value", "text"),
    [
        (0, "weights", np.nan, "number 5 of weights is nan, expected finite numbers"),
        (2, "biases", -np.inf, "number 5 of biases is -inf, expected finite numbers"),
        (0, "rolling_variance", -0.5, "number 3 of rolling_variance is -0.5, expected variances"),
    ],
)
def test_numbers_nobody_can_compute_with(
    layer: int, array: str, value: float, text: str, tmp_path: Path
) -> None:
    whole = drawn(DETECTOR, tmp_path)
    numbers = whole.layer(layer).arrays[array].copy()
    numbers.ravel()[min(5, numbers.size - 1)] = value
    changed = whole.map(lambda one: one.replace({array: numbers}) if one.index == layer else one)
    changed.write(tmp_path / "y.weights")
    found = verify(tmp_path / "y.weights", tmp_path / "x.cfg")
    assert (found.kind, found.ok) == ("whole", False)
    assert f"layer {layer} [convolutional]: {text}" in found.problems[0]


def test_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none", Document.parse(DETECTOR))
    (tmp_path / "x").write_bytes(bytes(20))
    with pytest.raises(CfgError, match=r"<text>:4: \[convolutional\] unknown key filers"):
        verify(
            tmp_path / "x", Document.parse("[net]\ninputs=3\n[convolutional]\nfilers=3", "<text>")
        )


# ---- inspect ------------------------------------------------------------------------------------


def test_statistics_are_those_of_numpy(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    rows = inspect(whole)
    assert [(row.layer, row.array) for row in rows if row.layer != 0] == [
        (2, "biases"), (2, "weights"), (3, "biases"), (3, "weights"),
    ]  # fmt: skip
    for row in rows:
        numbers = whole.layer(row.layer).arrays[row.array].astype(np.float64)
        expected = (numbers.min(), numbers.max(), numbers.mean(), numbers.std())
        assert np.allclose((row.minimum, row.maximum, row.mean, row.std), expected)
        assert (row.shape, row.not_finite, row.dead) == (numbers.shape, 0, 0)
    assert [row.layer for row in inspect(whole, 3)] == [3, 3]
    with pytest.raises(ArgumentError, match="layer 1 has no weights"):
        inspect(whole, 1)


def test_dead_outputs_and_wrong_numbers(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    weights = whole.layer(0).arrays["weights"].copy()
    weights[1:3] = 0
    weights[0, 0, 0, 0] = np.nan
    scales = np.array([0, 1, 2, 3], np.float32)
    new = {"weights": weights, "scales": scales, "biases": np.full(4, np.inf, np.float32)}
    changed = whole.map(lambda one: one.replace(new) if one.index == 0 else one)
    found = {row.array: row for row in inspect(changed, 0)}
    assert (found["weights"].dead, found["weights"].not_finite) == (2, 1)
    assert found["weights"].zeros == 0.5
    assert (found["scales"].dead, found["scales"].zeros) == (1, 0.25)
    assert (found["biases"].not_finite, found["biases"].maximum) == (4, 0)


def test_histograms(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    drawn_picture = draw_histograms(whole)
    assert drawn_picture.shape == (130, 3 * 220, 3)
    for panel in np.split(drawn_picture, 3, 1):
        assert (panel[35:110] == (200, 130, 60)).all(2).sum() > 200
    assert draw_histograms(whole, "scales").shape == (130, 220, 3)
    broken = whole.layer(0).arrays["weights"].copy()
    broken[:] = np.nan
    wrong = whole.map(lambda one: one.replace({"weights": broken}) if one.index == 0 else one)
    panel = draw_histograms(wrong)[:, :220].astype(int)
    assert (panel[..., 2] - panel[..., 0] > 100).any()  # red words
    with pytest.raises(ArgumentError, match="kind='x', expected one of weights"):
        draw_histograms(whole, "x")
    plain = drawn("[net]\ninputs=3\n[connected]\noutput=2\n", tmp_path, name="plain")
    with pytest.raises(ArgumentError, match=r"no layer of .* has any"):
        draw_histograms(plain, "scales")


def test_equal_numbers_have_a_histogram_too(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    same = whole.map(lambda one: one.replace({"biases": np.zeros_like(one.arrays["biases"])}))
    assert (draw_histograms(same, "biases") != 255).any()


def test_the_picture_is_written_whole(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    path = tmp_path / "h.png"
    write_histograms(whole, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FileExistsError):
        write_histograms(whole, path)
    write_histograms(whole, path, force=True)
    with pytest.raises(ArgumentError, match=r"\.doc is no format of pictures"):
        write_histograms(whole, tmp_path / "h.doc")
    assert not (tmp_path / "h.doc").exists()


# ---- diff ---------------------------------------------------------------------------------------


def test_a_file_is_equal_to_itself(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    found = diff(whole, whole.with_seen(3))
    assert found.equal
    assert str(found) == "header: seen 32013312 -> 3\n9 of 9 arrays are equal"


def test_what_differs(tmp_path: Path) -> None:
    one = drawn(DETECTOR, tmp_path)
    biases = one.layer(2).arrays["biases"].copy()
    biases[[0, 4]] += np.float32(0.5)
    other = one.map(lambda layer: layer.replace({"biases": biases}) if layer.index == 2 else layer)
    found = diff(one, other)
    assert not found.equal
    (row,) = (row for row in found.arrays if row.changed)
    assert (row.layer, row.array, row.count, row.changed) == (2, "biases", 6, 2)
    before = one.layer(2).arrays["biases"].astype(float)
    assert row.largest == pytest.approx(0.5)
    assert row.relative == pytest.approx(np.linalg.norm(biases - before) / np.linalg.norm(before))
    cosine = biases @ before / np.linalg.norm(biases) / np.linalg.norm(before)
    assert row.cosine == pytest.approx(cosine)
    assert re.search(r"layer 2 \[convolutional\] biases: 2 of 6 differ, by up to 0\.5", str(found))
    assert found.as_dict()["equal"] is False


def test_cut_files_and_odd_numbers(tmp_path: Path) -> None:
    one = drawn(DETECTOR, tmp_path)
    found = diff(partial(one, 3), one)
    assert (found.only, found.equal) == ((3,), False)
    assert "only in one of them: layers 3" in str(found)
    nan = one.map(lambda layer: layer.replace({"biases": layer.arrays["biases"] * np.nan}))
    assert diff(nan, nan).equal
    found = diff(one, nan)
    assert not found.equal
    assert "biases: 4 of 4 differ, 4 of them not finite, by up to 0 " in str(found)
    empty = one.map(lambda layer: layer.replace({"biases": layer.arrays["biases"] * 0}))
    json.dumps(diff(empty, one).as_dict(), allow_nan=False)
    assert all(np.isfinite(row.largest) for row in diff(one, nan).arrays)
    assert Header().size == 20


WITHOUT_ENGINE = """
import sys
sys.modules["pydarknet._engine"] = None
from pydarknet.cli import main
import pydarknet.weights as w
assert "requests" not in sys.modules and "cv2" not in sys.modules
for words in sys.argv[1:]:
    assert main(words.split()) == 0, words
"""


def test_all_of_it_works_without_the_engine(tmp_path: Path, run_python: RunPython) -> None:
    drawn(DETECTOR, tmp_path)
    done = run_python(
        "-c", WITHOUT_ENGINE,
        "weights verify x.cfg x.weights",
        "weights inspect x.cfg x.weights --picture h.png",
        "partial x.cfg x.weights a 3",
        "average x.cfg b x.weights x.weights",
        "rgbgr x.cfg x.weights c",
        "rescale x.cfg x.weights d",
        "denormalize x.cfg x.weights e --cfg-out e.cfg",
        "normalize e.cfg e f --cfg-out f.cfg",
        "reset x.cfg x.weights g",
        "weights diff x.cfg x.weights x.weights",
        "weights list",
    )  # fmt: skip
    assert (done.returncode, done.stderr.decode()) == (0, "")


@given(head=st.binary(min_size=0, max_size=24), more=st.integers(0, SIZE))
@settings(max_examples=100)
def test_any_bytes_are_answered(
    head: bytes, more: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.weights"
    path.write_bytes(head + bytes(more))
    found = verify(path, Document.parse(DETECTOR))
    assert found.ok or found.problems[0].startswith(f"{path}: ")
    assert json.loads(json.dumps(found.as_dict()))["ok"] == found.ok

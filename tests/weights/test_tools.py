"""What changes weights, beside the engine: networks must do what each tool promises."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import Network
from pydarknet.cfg import Document
from pydarknet.errors import ArgumentError, CfgError, WeightsError
from pydarknet.weights import (
    Header,
    WeightsFile,
    average,
    denormalize,
    normalize,
    oneoff,
    partial,
    rescale,
    reset,
    rgbgr,
)
from weights.engine_files import drawn, drawn_bytes, golden_cfgs

CFGS = golden_cfgs()
BLOCKS = {name: text for name, text in CFGS.items() if "batch_normalize=1" in text}
DETECTOR = """\
[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
activation=leaky
[maxpool]
size=2
stride=2
[convolutional]
filters=6
size=1
activation=linear
[convolutional]
filters=24
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=1,1, 2,2, 3,3
classes=3
num=3
"""

FIRST = DETECTOR[DETECTOR.index("[conv") : DETECTOR.index("[maxpool]")]

Floats = npt.NDArray[np.float32]


def picture(text: str, seed: int = 3) -> Floats:
    network = Network.from_text(text)
    shape = network.layers[0].input_shape
    return np.random.default_rng(seed).uniform(0, 1, (2, *shape)).astype(np.float32)


def outputs(weights: WeightsFile, x: Floats, folder: Path, name: str = "made") -> list[Floats]:
    """What the engine computes with weights and their cfg; three times, for those with state."""
    path = folder / f"{name}.weights"
    weights.write(path, force=True)
    text = weights.layout.document.to_bytes().decode()
    network = Network.from_text(text, path, precision="f32", backend="reference")
    return [out.copy() for _ in range(3) for out in network.predict(x)]


def check_equal(found: list[Floats], expected: list[Floats], part: float = 2e-5) -> None:
    for one, other in zip(found, expected, strict=True):
        assert np.isfinite(other).all()
        assert np.abs(one - other).max() <= part * max(1, np.abs(other).max())


# ---- partial ------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_partial_is_what_the_engine_cuts(layers: int, tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    partial(whole, layers).write(tmp_path / "ours")
    (tmp_path / "0.weights").write_bytes(drawn_bytes(DETECTOR, header=Header(seen=0)))
    network = Network.from_text(DETECTOR, tmp_path / "0.weights")
    network.save_weights(tmp_path / "theirs", up_to=layers)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_partial_of_a_cut_file(tmp_path: Path) -> None:
    partial(drawn(DETECTOR, tmp_path), 3).write(tmp_path / "x.conv.3")
    cut = WeightsFile.read(tmp_path / "x.conv.3", Document.parse(DETECTOR))
    assert cut.cut == 3
    assert [layer.index for layer in partial(cut, 2).layers] == [0]
    with pytest.raises(ArgumentError, match="layers=4, expected 1 to 3: the file is cut there"):
        partial(cut, 4)
    for wrong in (0, 6):
        with pytest.raises(ArgumentError, match=f"layers={wrong}"):
            partial(cut, wrong)


# ---- batch normalisation ------------------------------------------------------------------------


@pytest.mark.parametrize("name", BLOCKS)
def test_denormalize_computes_the_same(name: str, tmp_path: Path) -> None:
    whole = drawn(BLOCKS[name], tmp_path)
    x = picture(BLOCKS[name])
    folded = denormalize(whole)
    check_equal(outputs(folded, x, tmp_path), outputs(whole, x, tmp_path))
    assert b"batch_normalize" not in folded.layout.document.to_bytes()
    for layer in folded.layers:
        if layer.layout.blocks:
            assert not any("rolling" in array for array in layer.arrays)


@pytest.mark.parametrize("name", BLOCKS)
def test_reset_computes_the_same(name: str, tmp_path: Path) -> None:
    whole = drawn(BLOCKS[name], tmp_path)
    x = picture(BLOCKS[name])
    done = reset(whole)
    check_equal(outputs(done, x, tmp_path), outputs(whole, x, tmp_path))
    for layer in done.layers:
        for block in layer.layout.blocks:
            if block.statistics:
                assert set(layer.arrays[f"{block.prefix}scales"]) == {1}
                assert set(layer.arrays[f"{block.prefix}rolling_variance"]) == {1}
                assert not layer.arrays[f"{block.prefix}rolling_mean"].any()


@pytest.mark.parametrize("name", CFGS)
def test_normalize_computes_the_same(name: str, tmp_path: Path) -> None:
    whole = drawn(CFGS[name], tmp_path)
    x = picture(CFGS[name])
    done = normalize(whole)
    check_equal(outputs(done, x, tmp_path), outputs(whole, x, tmp_path))
    for layer in done.layers:
        assert all(block.statistics for block in layer.layout.blocks)
    again = normalize(done)
    assert again.layout.document.to_bytes() == done.layout.document.to_bytes()


def test_there_and_back(tmp_path: Path) -> None:
    """What is neutral folds away without a trace but rounding."""
    folded = denormalize(drawn(DETECTOR, tmp_path))
    back = denormalize(normalize(folded))
    for one, other in zip(folded.layers, back.layers, strict=True):
        for name, numbers in one.arrays.items():
            np.testing.assert_allclose(other.arrays[name], numbers, rtol=1e-6)


def test_darknets_variance(tmp_path: Path) -> None:
    done = normalize(drawn(DETECTOR, tmp_path), variance=0)
    assert not done.layer(2).arrays["rolling_variance"].any()
    assert done.layer(0).arrays["rolling_variance"].all()
    with pytest.raises(ArgumentError, match="variance=-1"):
        normalize(done, variance=-1)


def test_statistics_that_are_not_in_the_file(tmp_path: Path) -> None:
    text = DETECTOR.replace("batch_normalize=1", "batch_normalize=1\ndontloadscales=1")
    whole = drawn(text, tmp_path)
    for tool in (denormalize, reset, rescale):
        with pytest.raises(CfgError, match=r"x\.cfg:7: \[convolutional\] dontloadscales=1"):
            tool(whole)


@pytest.mark.parametrize("tool", [denormalize, reset])
def test_negative_variances(tool: object, tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    new = {"rolling_variance": np.array([1, -1, 1, -2], np.float32)}
    wrong = whole.map(lambda one: one.replace(new) if one.index == 0 else one)
    with pytest.raises(WeightsError, match=r"number 1 of rolling_variance is -1 \(and 1 more\)"):
        tool(wrong)  # type: ignore[operator]


def test_a_cut_file_is_normalized_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = partial(drawn(DETECTOR, tmp_path), 1)
    text = denormalize(cut).layout.document.to_bytes().decode()
    assert text == DETECTOR.replace("batch_normalize=1\n", "")


# ---- the first layer ----------------------------------------------------------------------------


@pytest.mark.parametrize("flipped", ["", "flipped=1\n"])
@pytest.mark.parametrize("normalized", [True, False])
def test_rgbgr_swaps_red_and_blue(normalized: bool, flipped: str, tmp_path: Path) -> None:
    text = DETECTOR if normalized else DETECTOR.replace("batch_normalize=1\n", "")
    whole = drawn(text.replace("size=3", flipped + "size=3"), tmp_path)
    x = picture(text)
    swapped = rgbgr(whole)
    check_equal(outputs(swapped, x[:, ::-1].copy(), tmp_path), outputs(whole, x, tmp_path))
    rgbgr(swapped).write(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "x.weights").read_bytes()


@pytest.mark.parametrize("normalized", [True, False])
def test_rescale_takes_inputs_from_0_to_1(normalized: bool, tmp_path: Path) -> None:
    text = DETECTOR if normalized else DETECTOR.replace("batch_normalize=1\n", "")
    whole = drawn(text, tmp_path)
    x = picture(text)
    check_equal(outputs(rescale(whole), x, tmp_path), outputs(whole, 2 * x - 1, tmp_path))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("channels=3", "channels=1"), ":5: .*sees? 1 channels"),
        ((FIRST, "[connected]\noutput=4\n"),
         ":5: .*expected a .convolutional"),
        (("size=3\n", "size=3\nbinary=1\n"), ":9: .*binary=1"),
        (("[maxpool]", "[maxpool]#"), None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tool", [rgbgr, rescale])
def test_networks_without_colours(
    tool: object, change: tuple[str, str], problem: str | None, tmp_path: Path
) -> None:
    whole = drawn(DETECTOR.replace(*change), tmp_path)
    if problem is None:
        tool(whole)  # type: ignore[operator]
        return
    with pytest.raises(CfgError, match=problem):
        tool(whole)  # type: ignore[operator]


# ---- average ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["micro/conv_bn", "recurrent/lstm_bn"])
def test_average(name: str, tmp_path: Path) -> None:
    name = name if name in CFGS else next(iter(BLOCKS))
    files = [drawn(CFGS[name], tmp_path, seed, f"f{seed}") for seed in range(3)]
    mean = average(iter(files))
    numbers = [np.frombuffer(drawn_bytes(CFGS[name], seed)[20:], "<f4") for seed in range(3)]
    mean.write(tmp_path / "mean")
    found = np.frombuffer((tmp_path / "mean").read_bytes()[20:], "<f4")
    np.testing.assert_allclose(found, np.mean(numbers, 0, np.float64), rtol=1e-6, atol=1e-8)
    assert mean.header == files[0].header


def test_average_of_one_file_is_that_file(tmp_path: Path) -> None:
    whole = drawn(DETECTOR, tmp_path)
    average([whole, whole]).write(tmp_path / "same")
    assert (tmp_path / "same").read_bytes() == (tmp_path / "x.weights").read_bytes()
    with pytest.raises(WeightsError, match="file 2 holds other layers than the first"):
        average([whole, partial(whole, 1)])
    with pytest.raises(ArgumentError, match="no files"):
        average([])


# ---- oneoff -------------------------------------------------------------------------------------


@given(classes=st.integers(1, 3), normalized=st.booleans())
def test_oneoff_makes_the_classes_of_every_anchor(
    tmp_path_factory: pytest.TempPathFactory, classes: int, normalized: bool
) -> None:
    folder = tmp_path_factory.mktemp("oneoff")
    norm = "batch_normalize=1\n" if normalized else ""
    detector = DETECTOR.replace("filters=24", norm + "filters=24")
    body = detector[: detector.index("[yolo]")]
    classifier = body.replace("filters=24", f"filters={classes}")
    old = drawn(classifier, folder)
    new = oneoff(folder / "x.weights", Document.parse(detector))
    assert new.header.seen == 0
    x = picture(body)
    (expected, *_), (found, *_) = (
        outputs(WeightsFile.read(path, Document.parse(text)), x, folder)
        for path, text in ((folder / "x.weights", classifier), (_written(new, folder), body))
    )
    for anchor, number in itertools.product(range(3), range(8)):
        channel = found[:, anchor * 8 + number]
        if 5 <= number < 5 + classes:
            assert np.allclose(channel, expected[:, number - 5], rtol=1e-5, atol=1e-5)
        else:
            assert not channel.any()
    assert old.header.seen != 0


def test_oneoff_for_a_head_with_more_than_boxes(tmp_path: Path) -> None:
    """[Gaussian_yolo] has nine channels before the classes."""
    text = DETECTOR.replace("[yolo]", "[Gaussian_yolo]").replace("filters=24", "filters=36")
    drawn(text[: text.index("[Gauss")].replace("filters=36", "filters=2"), tmp_path)
    biases = oneoff(tmp_path / "x.weights", Document.parse(text)).layer(3).arrays["biases"]
    assert np.flatnonzero(biases).tolist() == [9, 10, 21, 22, 33, 34]


def _written(weights: WeightsFile, folder: Path) -> Path:
    weights.write(folder / "new.weights")
    return folder / "new.weights"


def test_oneoff_refuses_what_does_not_fit(tmp_path: Path) -> None:
    body = DETECTOR[: DETECTOR.index("[yolo]")]
    path = tmp_path / "x.weights"
    for filters in (4, 5):
        drawn(body.replace("filters=24", f"filters={filters}"), tmp_path)
        with pytest.raises(WeightsError, match=r"expected 636 and 28 for each of 1 to 3 filters"):
            oneoff(path, Document.parse(DETECTOR))
    drawn(body.replace("filters=24", "filters=2"), tmp_path)
    assert oneoff(path, Document.parse(DETECTOR), 2).header.seen == 0
    with pytest.raises(WeightsError, match="each of 3 filters"):
        oneoff(path, Document.parse(DETECTOR), 3)
    with pytest.raises(CfgError, match="0 heads"):
        oneoff(path, Document.parse(body))

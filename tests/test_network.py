"""A network: what it says about itself, runs, sizes, copies and its end."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from small_networks import CLASSIFIER, DETECTOR, open_small

import pydarknet
from pydarknet import ArgumentError, CfgError, ClosedError, DataError, DeviceError, Network

Pixels = npt.NDArray[np.uint8]
LOW = 0.1
"""A threshold the small detector's random boxes pass in numbers."""


def test_what_it_is(detector: Network) -> None:
    assert (detector.width, detector.height, detector.channels) == (64, 64, 3)
    assert detector.names == ("cat", "dog")
    assert detector.classes == 2
    assert detector.outputs == (3,)
    assert [layer.type for layer in detector.layers] == ["convolutional"] * 3 + ["yolo"]
    assert detector.layers[0].output_shape == (8, 32, 32)
    assert detector.layers[0].line == 6
    assert detector.layers[0].parameters == 8 * 3 * 9 + 4 * 8
    assert detector.layers[0].options["filters"] == 8
    assert detector.layers[0].options["activation"] == "leaky"
    head = detector.heads[0]
    assert (head.layer, head.type, head.classes) == (3, "yolo", 2)
    assert head.anchors == ((8, 8), (16, 16), (32, 32))
    assert not detector.letter_box
    assert repr(detector).endswith("small.cfg 64x64x3, 2 classes>")


def test_the_table(detector: Network) -> None:
    lines = detector.summary().splitlines()
    assert len(lines) == 1 + 4 + 1
    assert lines[1].split()[:4] == ["0", "convolutional", "8", "3x3/2"]
    total = sum(layer.parameters for layer in detector.layers)
    assert f"4 layers, {total:,} parameters ({4 * total:,} bytes)" in lines[-1]


def test_a_list_is_the_same_as_one_by_one(detector: Network, picture: Pixels) -> None:
    images = [picture, picture[::-1], picture[:30], picture[:, 20:], picture[:, ::-1]]
    alone = [detector.detect(image, threshold=LOW) for image in images]
    assert all(len(found) > 0 for found in alone)
    for batch in (1, 2, 3, 8):
        together = detector.detect(images, threshold=LOW, batch_size=batch)
        assert [found.class_id.tolist() for found in together] == [
            found.class_id.tolist() for found in alone
        ]
        for one, other in zip(together, alone, strict=True):
            assert np.allclose(one.xyxy, other.xyxy, atol=1e-3)
            assert np.allclose(one.confidence, other.confidence, atol=1e-5)
    assert detector.detect([], threshold=LOW) == []
    assert len(detector.detect((picture,))) == 1


def test_thresholds(detector: Network, picture: Pixels) -> None:
    everything = detector.detect(picture, threshold=LOW, nms=None)
    assert len(everything[everything.confidence <= LOW]) == 0
    higher = detector.detect(picture, threshold=0.3, nms=None)
    assert 0 < len(higher) < len(everything)
    assert list(higher) == list(everything[everything.confidence > 0.3])
    fewer = detector.detect(picture, threshold=LOW, nms=0.45)
    assert 0 < len(fewer) < len(everything)


def test_classes(detector: Network, picture: Pixels) -> None:
    found = detector.detect(picture, threshold=LOW)
    dogs = found[found.class_id == 1]
    assert 0 < len(dogs) < len(found)
    for chosen in (["dog"], [1], "dog", 1, iter([1]), np.array([1])):
        assert detector.detect(picture, threshold=LOW, classes=chosen) == dogs
    assert detector.detect(picture, threshold=LOW, classes=[]) == found[[]]


def test_the_cfg_decides_about_bars(detector_folder: Path, picture: Pixels) -> None:
    text = DETECTOR.replace("channels=3\n", "channels=3\nletter_box=1\n")
    weights = detector_folder / "small.weights"
    boxed = Network.from_text(text, weights, names=["cat", "dog"], precision="f32")
    plain = open_small(detector_folder, "small", precision="f32")
    assert boxed.letter_box
    letterbox = plain.detect(picture, threshold=LOW, resize="letterbox")
    assert boxed.detect(picture, threshold=LOW) == letterbox
    assert plain.detect(picture, threshold=LOW) != letterbox
    assert boxed.detect(picture, threshold=LOW, resize="stretch") == plain.detect(
        picture, threshold=LOW
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 1.5}, "threshold=1.5"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"nms": -0.1}, "nms=-0.1"),
        ({"hier": 2}, "hier=2"),
        ({"resize": "crop"}, "'stretch', 'letterbox'"),
        ({"classes": ["bird"]}, "'bird'"),
        ({"classes": [2]}, "classes=2, expected a whole number from 0 to 1"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"color": "grb"}, "color='grb'"),
        ({"threshold": "0.5"}, "threshold='0.5', expected 0 to 1"),
        ({"threshold": None}, "threshold=None"),
        ({"nms": []}, r"nms=\[\]"),
        ({"hier": None}, "hier=None"),
        ({"resize": ""}, "resize=''"),
        ({"classes": [0.5]}, "classes=0.5, expected a whole number from 0 to 1"),
        ({"classes": 1.0}, "classes=1.0"),
        ({"classes": [None]}, "classes=None"),
        ({"batch_size": 1.5}, "batch_size=1.5"),
        ({"batch_size": "4"}, "batch_size='4'"),
    ],
)
def test_wrong_keywords(
    options: dict[str, Any], words: str, detector: Network, picture: Pixels
) -> None:
    with pytest.raises(ArgumentError, match=words):
        detector.detect(picture, **options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"device": "cuda"}, DeviceError, "CPU only"),
        ({"device": "cuda:1"}, DeviceError, "CPU only"),
        ({"device": "tpu"}, ArgumentError, "expected 'cpu'"),
        ({"precision": "f16"}, ArgumentError, "'auto', 'f32', 'bf16'"),
        ({"backend": "fast"}, ArgumentError, "'portable'"),
        ({"threads": -1}, ArgumentError, "threads=-1"),
        ({"threads": 5000}, ArgumentError, "threads=5000, expected a whole number from 0 to 1024"),
        ({"threads": "2"}, ArgumentError, "threads='2'"),
        ({"threads": None}, ArgumentError, "threads=None"),
        ({"device": None}, ArgumentError, "device=None"),
        ({"names": 5}, DataError, "names=5"),
    ],
)
def test_wrong_settings(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Network.from_text(DETECTOR, **options)


def test_classifying(classifier: Network, picture: Pixels) -> None:
    answers = classifier.classify(picture, top=3)
    assert len(answers) == 3
    everything = classifier.classify(picture, top=99)
    assert len(everything) == 4
    assert everything[:3] == answers
    assert sum(answer.probability for answer in everything) == pytest.approx(1, abs=1e-5)
    assert {answer.name for answer in everything} == {"red", "green", "blue", "grey"}
    values = [answer.probability for answer in everything]
    assert values == sorted(values, reverse=True)
    assert classifier.classify([picture, picture[::-1]], top=3)[0] == answers
    with pytest.raises(ArgumentError, match="top=0"):
        classifier.classify(picture, top=0)


def test_a_classifier_sees_the_middle(classifier: Network, picture: Pixels) -> None:
    middle = np.ascontiguousarray(picture[:, 16:64])
    assert classifier.classify(picture) == classifier.classify(middle)
    assert classifier.classify(picture) != classifier.classify(picture[:, :48])


def test_detectors_and_classifiers_are_not_mixed_up(
    detector: Network, classifier: Network, picture: Pixels
) -> None:
    with pytest.raises(ArgumentError, match="use detect"):
        detector.classify(picture)
    with pytest.raises(ArgumentError, match="no detection head"):
        classifier.detect(picture)


def test_raw_input_and_output(detector: Network) -> None:
    x = np.linspace(0, 1, 2 * 3 * 64 * 64, dtype=np.float32).reshape(2, 3, 64, 64)
    (head,) = detector.predict(x)
    assert head.shape == (2, 21, 16, 16)
    outputs = detector.layer_outputs(x)
    assert list(outputs) == [0, 1, 2, 3]
    assert np.allclose(outputs[3], head, rtol=1e-4, atol=1e-4)
    # the first layer by hand: batch normalisation, then leaky
    assert outputs[0].shape == (2, 8, 32, 32)
    assert (outputs[0] < 0).any()
    assert np.allclose(detector.predict(x[1:])[0][0], head[1], atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 3, 64, 65), (1, 1, 64, 64), (0, 3, 64, 64)])
def test_raw_input_of_a_wrong_shape(shape: tuple[int, ...], detector: Network) -> None:
    with pytest.raises(DataError, match=r"expected \(N, 3, 64, 64\)"):
        detector.predict(np.zeros(shape))
    with pytest.raises(DataError, match=r"expected \(N, 3, 64, 64\)"):
        detector.layer_outputs(np.zeros(shape))


@pytest.mark.parametrize("values", ["x", [[1], [1, 2]], None, np.zeros((1, 3, 64, 64), complex)])
def test_raw_input_that_is_no_array(values: Any, detector: Network) -> None:
    with pytest.raises(DataError, match="the input"):
        detector.predict(values)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_closed_on_its_own(copied: Any, detector: Network) -> None:
    x = np.ones((1, 3, 64, 64), np.float32)
    expected = detector.predict(x)[0]
    other = copied(detector)
    np.testing.assert_array_equal(other.predict(x)[0], expected)
    other.close()
    np.testing.assert_array_equal(detector.predict(x)[0], expected)


def test_a_network_is_not_pickled(detector: Network) -> None:
    with pytest.raises(TypeError, match="cannot be pickled; open it in each process"):
        pickle.dumps(detector)


@pytest.mark.parametrize("text", [b"[net]\n", None, 3])
def test_a_description_is_text(text: Any) -> None:
    with pytest.raises(ArgumentError, match="expected the text of a description"):
        Network.from_text(text)


def test_a_description_may_hold_any_letter() -> None:
    with pytest.raises(CfgError, match="unknown section"):
        Network.from_text("[net]\nwidth=8\nheight=8\nchannels=3\n[\ud83d\udcff]\n")


def test_raw_input_is_read_where_it_lies(detector: Network) -> None:
    """What was given stays as it is, at whatever address; nothing of it is kept for later."""
    x = np.random.default_rng(3).random((2, 3, 64, 64), np.float32)
    (expected,) = detector.predict(x.copy())
    unaligned = np.frombuffer(b"." + x.tobytes(), np.float32, offset=1).reshape(x.shape)
    assert not unaligned.flags.aligned
    for given in (x, unaligned, x[:, :, ::-1][:, :, ::-1], x.astype(np.float64)):
        before = given.copy()
        np.testing.assert_array_equal(detector.predict(given)[0], expected)
        np.testing.assert_array_equal(given, before)
    last = detector.detect(np.zeros((64, 64, 3), np.uint8), threshold=LOW)
    (blank,) = detector.predict(np.zeros((1, 3, 64, 64), np.float32))
    del x, given, unaligned
    gc.collect()
    again = detector.detect(np.zeros((64, 64, 3), np.uint8), threshold=LOW)
    np.testing.assert_array_equal(again.xyxy, last.xyxy)
    np.testing.assert_array_equal(detector.predict(np.zeros((1, 3, 64, 64)))[0], blank)


def test_an_input_that_is_an_output() -> None:
    """The last layer gives on what it gets: the outputs are read after the run."""
    with Network.from_text("[net]\nwidth=4\nheight=4\nchannels=2\n[dropout]\n") as net:
        x = np.random.default_rng(4).random((3, 2, 4, 4), np.float32)
        np.testing.assert_array_equal(net.predict(x)[0], x)
        np.testing.assert_array_equal(net.layer_outputs(x)[0], x)


def test_classes_of_any_kind(detector: Network, picture: Pixels) -> None:
    cats = detector.detect(picture, threshold=LOW, classes=[0])
    assert len(cats) > 0
    for classes in ("cat", 0, np.int64(0), np.array([0]), {"cat"}):
        assert detector.detect(picture, threshold=LOW, classes=classes) == cats


def test_another_size(detector: Network, picture: Pixels) -> None:
    other = detector.clone()
    other.resize(96, 32)
    assert (other.width, other.height) == (96, 32)
    assert other.layers[-1].output_shape == (21, 8, 24)
    assert other.predict(np.zeros((1, 3, 32, 96)))[0].shape == (1, 21, 8, 24)
    assert detector.width == 64
    before = detector.detect(picture, threshold=LOW)
    assert other.detect(picture, threshold=LOW) != before
    other.resize(64, 64)
    assert other.detect(picture, threshold=LOW) == before
    wrong: list[tuple[Any, Any]] = [(0, 64), (64, -1), (2**31, 64), (64.0, 64), ("64", 64)]
    for width, height in wrong:
        with pytest.raises(ArgumentError, match=r"(width|height)=.*, expected a whole number"):
            other.resize(width, height)
    assert other.detect(picture, threshold=LOW) == before
    other.close()
    assert detector.detect(picture, threshold=LOW) == before


def test_its_end(detector_folder: Path, picture: Pixels) -> None:
    with open_small(detector_folder, "small") as network:
        assert not network.closed
    assert network.closed
    network.close()
    for call in (
        lambda: network.detect(picture),
        lambda: network.predict(np.zeros((1, 3, 64, 64))),
        lambda: network.layers,
        network.summary,
        network.clone,
        network.__enter__,
        lambda: network.resize(32, 32),
        lambda: network.save_weights("x.weights"),
    ):
        with pytest.raises(ClosedError, match="closed"):
            call()
    assert "closed" in repr(network)


def test_nothing_keeps_it_alive(detector_folder: Path, picture: Pixels) -> None:
    network = open_small(detector_folder, "small")
    network.detect(picture)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_one_to_four_channels(picture: Pixels) -> None:
    for channels in (1, 2, 3, 4):
        text = CLASSIFIER.replace("channels=3", f"channels={channels}")
        network = pydarknet.Network.from_text(text)
        pixels = np.dstack([picture, picture[:, :, 0]])[:, :, :channels]
        assert len(network.classify(np.ascontiguousarray(pixels))) == 4


def test_more_channels_than_an_image_has(picture: Pixels, picture_file: Path) -> None:
    network = Network.from_text(CLASSIFIER.replace("channels=3", "channels=8"))
    for image in (picture, picture_file):
        with pytest.raises(DataError, match="has 3 channels, the network takes 8"):
            network.classify(image)


@pytest.mark.parametrize("backend", ["portable", "reference"])
def test_backends_agree(
    backend: str, detector: Network, detector_folder: Path, picture: Pixels
) -> None:
    expected = detector.detect(picture, threshold=0.3)
    other = open_small(detector_folder, "small", precision="f32", backend=backend)
    found = other.detect(picture, threshold=0.3)
    assert len(found) == len(expected) > 0
    assert np.allclose(found.confidence, expected.confidence, atol=1e-4)


@pytest.mark.parametrize("backend", ["auto", "portable", "reference"])
@pytest.mark.parametrize("section", ["convolutional", "deconvolutional", "connected"])
def test_plans_with_and_without_passes_do_not_share_what_differs(
    section: str, backend: Any
) -> None:
    groups = "groups=2" if section == "convolutional" else ""
    size = "output=5" if section == "connected" else f"filters=6\nsize=3\npad=1\n{groups}"
    cfg = f"[net]\nwidth=9\nheight=9\nchannels=6\n[{section}]\nbatch_normalize=1\n{size}\n"
    with Network.from_text(cfg, backend=backend, precision="f32") as network:
        x = np.random.default_rng(3).random((1, 6, 9, 9), np.float32)
        (fused,) = network.predict(x)
        np.testing.assert_allclose(network.layer_outputs(x)[0], fused, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(network.predict(x)[0], fused, rtol=1e-6)

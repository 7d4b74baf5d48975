"""Every kind of image gives the pixels, and the boxes, that the others give."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import pydarknet
from pydarknet import ArgumentError, DataError, load_image, save_image

Pixels = npt.NDArray[np.uint8]


def test_a_file_and_its_bytes(picture: Pixels, picture_file: Path) -> None:
    data = picture_file.read_bytes()
    for source in (picture_file, str(picture_file), data, bytearray(data), memoryview(data)):
        image = load_image(source)
        assert image.bgr
        assert np.array_equal(image.pixels, picture)


def test_a_path_with_any_letters(picture: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "Straße 犬 .png"
    save_image(path, picture)
    assert np.array_equal(load_image(path).pixels, picture)


@pytest.mark.parametrize("form", ["bgr", "rgb", "float", "uint16", "view", "bgra", "path", "bytes"])
def test_all_forms_give_the_same_boxes(
    form: str, detector: pydarknet.Network, picture: Pixels, picture_file: Path
) -> None:
    expected = detector.detect(picture, threshold=0.01)
    assert len(expected) > 0
    wide = np.zeros((48, 100, 3), np.uint8)
    wide[:, 10:90] = picture
    sources: dict[str, tuple[Any, Any]] = {
        "bgr": (picture.copy(), "bgr"),
        "rgb": (picture[:, :, ::-1], "rgb"),
        "float": (picture.astype(np.float32) / 255, "bgr"),
        "uint16": (picture.astype(np.uint16) << 8, "bgr"),
        "view": (wide[:, 10:90], "bgr"),
        "bgra": (np.dstack([picture, np.full((48, 80), 9, np.uint8)]), "bgr"),
        "path": (picture_file, "bgr"),
        "bytes": (picture_file.read_bytes(), "rgb"),  # a file knows its own order
    }
    source, color = sources[form]
    assert detector.detect(source, color=color, threshold=0.01) == expected


def test_the_order_of_channels_matters(detector: pydarknet.Network, picture: Pixels) -> None:
    bgr, rgb = (detector.detect(picture, color=c, threshold=0.01) for c in ("bgr", "rgb"))
    assert bgr != rgb


def test_grey_is_repeated(detector: pydarknet.Network, picture: Pixels) -> None:
    grey = picture[:, :, 1]
    expected = detector.detect(np.dstack([grey] * 3), threshold=0.01)
    assert detector.detect(grey, threshold=0.01) == expected
    assert detector.detect(grey[:, :, np.newaxis], threshold=0.01) == expected


def test_colours_become_grey(picture: Pixels) -> None:
    grey = load_image(picture, channels=1).pixels
    assert grey.shape == (48, 80, 1)
    assert np.array_equal(grey[:, :, 0], cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    rgb = load_image(picture[:, :, ::-1], channels=1, color="rgb").pixels
    assert np.array_equal(rgb, grey)


def test_a_fourth_channel_is_opaque(picture: Pixels) -> None:
    image = load_image(picture, channels=4).pixels
    assert image.shape == (48, 80, 4)
    assert (image[:, :, 3] == 255).all()


def test_bool_and_transposed_arrays(picture: Pixels) -> None:
    mask = picture[:, :, 0] > 99
    assert np.array_equal(load_image(mask, channels=1).pixels[:, :, 0], mask * 255)
    turned = picture.transpose(1, 0, 2)
    assert np.array_equal(load_image(turned).pixels, turned)
    assert np.array_equal(load_image(picture[::-1]).pixels, picture[::-1])


def test_arrays_are_used_in_place(picture: Pixels) -> None:
    assert np.shares_memory(load_image(picture).pixels, picture)


@pytest.mark.parametrize("height", [1, 5])
@pytest.mark.parametrize("width", [1, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_of_any_layout_run(height: int, width: int, channels: int) -> None:
    net = pydarknet.Network.from_text(f"[net]\nwidth=8\nheight=8\nchannels={channels}\n[avgpool]\n")
    pixels = np.arange(height * width * channels, dtype=np.uint8).reshape(height, width, channels)
    expected = net.classify(pixels.copy(), top=1)
    for array in (pixels[:, ::-1][:, ::-1], np.asfortranarray(pixels), pixels[::-1][::-1]):
        assert net.classify(array, top=1) == expected
    if channels == 1:
        assert net.classify(pixels[:, :, 0], top=1) == expected


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_pil_images(mode: str, picture: Pixels) -> None:
    pil = pytest.importorskip("PIL.Image")
    image = pil.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).convert(mode)
    loaded = load_image(image)
    assert not loaded.bgr
    assert np.array_equal(loaded.pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 48, 80), np.uint8), "channels come last"),
        (np.zeros((48, 80, 5), np.uint8), "is no image"),
        (np.zeros(48, np.uint8), "is no image"),
        (np.zeros((0, 80, 3), np.uint8), "without pixels"),
        (np.zeros((48, 80, 3), np.int32), "int32"),
        (np.full((48, 80, 3), 255.0), "expected 0 to 1"),
        (np.full((48, 80, 3), np.nan), "expected 0 to 1"),
        (np.zeros((48, 80, 2), np.uint8), "2 channels"),
    ],
)
def test_arrays_that_are_no_image(array: npt.NDArray[Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        load_image(array)


@pytest.mark.parametrize("data", [b"", b"GIF89a nothing", b"<html></html>", b"\xff\xd8\xff\xe0"])
def test_files_that_cannot_be_decoded(
    data: bytes, tmp_path: Path, detector: pydarknet.Network, picture: Pixels
) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"broken\.jpg") as caught:
        detector.detect(path)
    assert caught.value.file == str(path)
    with pytest.raises(DataError, match="the image"):
        detector.detect(data)
    assert len(detector.detect(picture, threshold=0.01)) > 0


def test_a_png_that_ends_too_early(picture_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = picture_file.read_bytes()
    picture_file.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="too early"):
        load_image(picture_file)
    assert capfd.readouterr() == ("", "")


def test_a_png_with_something_behind_it(picture_file: Path, picture: Pixels) -> None:
    found = load_image(picture_file.read_bytes() + bytes(10_000)).pixels
    np.testing.assert_array_equal(found, load_image(picture_file).pixels)


def test_a_jpeg_that_ends_too_early(picture: Pixels) -> None:
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    with pytest.raises(DataError, match="JPEG file is damaged or ends too early"):
        load_image(data[:40])


def test_a_path_with_a_nul(detector: pydarknet.Network) -> None:
    with pytest.raises(DataError, match="holds a NUL"):
        detector.detect("a\0b.jpg")


def test_missing_files_and_wrong_colours(tmp_path: Path, picture: Pixels) -> None:
    with pytest.raises(FileNotFoundError):
        load_image(tmp_path / "none.jpg")
    with pytest.raises(ArgumentError, match="'bgr' or 'rgb'"):
        load_image(picture, color="hsv")  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", [".png", ".bmp"])
def test_saving(ending: str, picture: Pixels, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    save_image(path, picture[:, :, ::-1], color="rgb")
    assert np.array_equal(cv2.imread(str(path)), picture)
    save_image(path, picture[:, :, 0])
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), picture[:, :, 0])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_quality_of_a_jpeg(picture: Pixels, tmp_path: Path) -> None:
    small, large = tmp_path / "small.jpg", tmp_path / "large.jpeg"
    save_image(small, picture, quality=20)
    save_image(large, picture)
    assert small.stat().st_size < large.stat().st_size


def test_formats_nobody_writes(picture: Pixels, tmp_path: Path) -> None:
    for name in ("out.xyz", "out"):
        with pytest.raises(ArgumentError, match=r"expected \.png or \.jpg"):
            save_image(tmp_path / name, picture)
    assert list(tmp_path.iterdir()) == []


def test_a_jpeg_in_memory(picture: Pixels) -> None:
    written, data = cv2.imencode(".jpg", picture)
    assert written
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert np.array_equal(load_image(io.BytesIO(data.tobytes()).getvalue()).pixels, decoded)

"""``pydarknet detect`` and ``pydarknet detector test``."""

from __future__ import annotations

import json
import os

import cv2
import numpy as np
import pytest
from small_networks import open_small

from pydarknet import Detections
from pydarknet.cli.detect import detection_lines, shown
from pydarknet.cli.result_file import frame_text, result_file

FEW = ["-thresh", ".65", "--precision", "f32"]
"""Options that leave the small detector a few boxes."""


@pytest.fixture
def expected(detector, picture):
    found = detector.detect(picture, threshold=0.65)
    assert 2 <= len(found) <= 200
    return found


def test_text(command, model, picture_file, expected):
    done = command("detect", *model, picture_file, *FEW)
    assert done.code == 0
    title, *lines = done.out.splitlines()
    assert title.startswith(f"{picture_file}: Predicted in ")
    assert title.endswith(" milli-seconds.")
    assert lines == detection_lines(expected, ext_output=False)
    assert done.err == ""


def test_json(command, model, picture_file, expected):
    done = command("detect", *model, picture_file, *FEW, "--json")
    assert (done.code, done.err) == (0, "")
    answer = json.loads(done.out)
    assert answer["filename"] == str(picture_file)
    assert (answer["width"], answer["height"]) == (80, 48)
    assert answer["milliseconds"] > 0
    assert answer["objects"] == expected.to_dicts()


def test_a_folder_is_a_model(command, detector_folder, picture_file, expected):
    for way in (detector_folder, detector_folder / "small", detector_folder / "small.cfg"):
        done = command("detect", way, picture_file, *FEW, "--json")
        assert json.loads(done.out)["objects"] == expected.to_dicts()


def test_weights_under_another_name(command, model, picture_file, expected, tmp_path):
    cfg, weights = model
    other = tmp_path / "other.bin"
    other.write_bytes(weights.read_bytes())
    done = command("detect", cfg, other, picture_file, *FEW, "--json")
    assert json.loads(done.out)["objects"] == expected.to_dicts()


def test_names(command, model, picture_file, tmp_path):
    (tmp_path / "other.names").write_text("katze\nhund\n")
    done = command("detect", *model, picture_file, *FEW, "--names", "other.names", "--json")
    names = {found["name"] for found in json.loads(done.out)["objects"]}
    assert names <= {"katze", "hund"}
    assert names
    (tmp_path / "other.names").write_text("katze\n")
    done = command("detect", *model, picture_file, "--names", "other.names")
    assert (done.code, done.out) == (1, "")
    assert "2 classes" in done.err


def test_names_of_another_network_are_not_taken(command, model, picture_file, tmp_path):
    cfg, weights = model
    (tmp_path / "small.cfg").write_bytes(cfg.read_bytes())
    (tmp_path / "coco.names").write_text("\n".join(map(str, range(80))))
    done = command("detect", "small.cfg", weights, picture_file, *FEW, "--json")
    assert done.code == 0
    assert {found["name"] for found in json.loads(done.out)["objects"]} <= {"0", "1"}


@pytest.mark.parametrize("chosen", ["dog", "1", "dog,1"])
def test_classes(chosen, command, model, picture_file, expected):
    done = command("detect", *model, picture_file, *FEW, "--classes", chosen, "--json")
    assert json.loads(done.out)["objects"] == expected[expected.class_id == 1].to_dicts()


def test_bars_and_size(command, detector_folder, model, picture_file, picture):
    network = open_small(detector_folder, "small", precision="f32")
    boxed = network.detect(picture, threshold=0.65, resize="letterbox")
    done = command("detect", *model, picture_file, *FEW, "-letter_box", "--json")
    assert json.loads(done.out)["objects"] == boxed.to_dicts()
    network.resize(96, 32)
    other = network.detect(picture, threshold=0.65)
    done = command("detect", *model, picture_file, *FEW, "--size", "96x32", "--json")
    assert json.loads(done.out)["objects"] == other.to_dicts()


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_several_images(batch, command, model, pictures, expected):
    done = command("detect", *model, pictures[0].parent, *FEW, "--json", "--batch", batch)
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["filename"] for answer in answers] == [str(path) for path in pictures]
    for answer in answers:
        assert [one["class_id"] for one in answer["objects"]] == expected.class_id.tolist()
    assert "3/3" in done.err  # the bar
    done = command("detect", *model, *pictures, *FEW, "--quiet")
    assert done.out.count("Predicted in") == 3
    assert done.err == ""


def test_stdin(command, model, pictures):
    paths = "".join(f"{path}\n" for path in pictures)
    for words in ([], ["-"]):
        done = command("detect", *model, *words, "--json", "--quiet", stdin=paths)
        assert done.code == 0
        found = [json.loads(line)["filename"] for line in done.out.splitlines()]
        assert found == [str(path) for path in pictures]
    done = command("detect", *model)
    assert (done.code, done.out) == (2, "")
    assert "no image" in done.err


def test_an_image_that_cannot_be_read_stops_no_other(command, model, pictures):
    pictures[1].write_bytes(b"no picture")
    done = command("detect", *model, *pictures, "--json", "-out", "result.json", "--batch", 2)
    assert done.code == 1
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [sorted(answer)[0] for answer in answers] == ["filename", "error", "filename"]
    assert "b c.png cannot be decoded" in answers[1]["error"]
    assert "b c.png cannot be decoded" in done.err
    with open("result.json", encoding="utf-8") as file:
        result = json.load(file)
    assert [frame["filename"] for frame in result] == [str(pictures[0]), str(pictures[2])]


def test_an_image_listed_twice(command, model, picture_file):
    done = command("detect", *model, picture_file, picture_file, "--json", "--batch", 2)
    assert [json.loads(line)["filename"] for line in done.out.splitlines()] == [
        str(picture_file)
    ] * 2


def test_drawing(command, model, picture_file, picture, tmp_path):
    done = command("detect", *model, picture_file, *FEW, "--save", "drawn.png")
    assert done.code == 0
    assert "drawn.png" in done.err
    drawn = cv2.imread("drawn.png")
    assert drawn.shape == picture.shape
    assert (drawn != picture).any()


def test_drawing_several(command, model, pictures, tmp_path):
    done = command("detect", *model, *pictures, "--save", "drawn", "--quiet")
    assert done.code == 0
    assert sorted(os.listdir("drawn")) == [path.name for path in pictures]
    done = command("detect", *model, *pictures, "--save", "one.png")
    assert done.code == 2
    assert "a folder is expected" in done.err
    before = pictures[0].read_bytes()
    done = command("detect", *model, *pictures, "--save", pictures[0].parent)
    assert done.code == 1
    assert "would replace the image" in done.err
    assert pictures[0].read_bytes() == before


@pytest.mark.parametrize(("option", "code"), [("--save", 1), ("--out", 2)])
def test_nothing_is_written_onto_the_image(command, model, pictures, tmp_path, option, code):
    before = pictures[0].read_bytes()
    other = os.path.relpath(pictures[0])
    done = command("detect", *model, pictures[0], option, other)
    assert done.code == code
    assert "would replace the image" in done.err
    assert pictures[0].read_bytes() == before
    assert not list(pictures[0].parent.glob(".*"))


def test_an_image_from_a_pipe(model, picture_file, run_python):
    done = run_python(
        "-m", "pydarknet", "detect", *model[:1], "/dev/stdin", "--json", "--quiet",
        input=picture_file.read_bytes(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "error" not in json.loads(done.stdout)


def test_images_of_one_name_do_not_share_a_drawing(command, model, pictures, tmp_path):
    (tmp_path / "more").mkdir()
    other = pictures[0].rename(tmp_path / "more" / "d.png")
    done = command("detect", *model, pictures[2], other, "--save", "drawn", "--quiet")
    assert done.code == 1
    assert f"is the drawing of {pictures[2]} already" in done.err
    assert os.listdir("drawn") == ["d.png"]


def test_labels(command, model, picture_file, expected):
    done = command("detect", *model, picture_file, *FEW, "-save_labels")
    assert done.code == 0
    lines = picture_file.with_suffix(".txt").read_text().splitlines()
    assert len(lines) == len(expected.rows_by_box())
    first = expected.rows_by_box()[0][0]
    number, *box = lines[0].split()
    assert int(number) == expected.class_id[first]
    assert np.allclose([float(x) for x in box], expected.relative_boxes(80, 48)[first], atol=6e-5)


@pytest.mark.parametrize("target", ["/dev/full", "none/result.json", "/proc/result.json"])
def test_results_that_cannot_be_written(target, command, model, pictures, tmp_path):
    done = command("detect", *model, *pictures, "-out", target, "--quiet")
    assert done.code == 1
    assert target in done.err
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_a_failure_half_way_leaves_the_old_result(command, model, pictures, tmp_path, monkeypatch):
    (tmp_path / "result.json").write_text("old")
    calls = []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return frame_text(*arguments)

    monkeypatch.setattr("pydarknet.cli.result_file.frame_text", fail)
    done = command("detect", *model, *pictures, "-out", "result.json", "--quiet")
    assert done.code == 1
    assert "result.json: No space left on device" in done.err
    assert (tmp_path / "result.json").read_text() == "old"
    assert sorted(os.listdir()) == ["pictures", "result.json"]


# ---- Darknet's words ----------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path, detector_folder):
    (tmp_path / "cfg").mkdir()
    file = tmp_path / "cfg" / "small.data"
    file.write_text(f"classes = 2\nnames = {detector_folder / 'small.names'}\nbackup = /none\n")
    return file


def test_darknets_command(command, data, model, picture_file, expected, tmp_path):
    done = command(
        "detector", "test", data, *model, picture_file, *FEW, "-ext_output", "-dont_show",
        "-out", "result.json", "-i", "0",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.splitlines()[1:] == detection_lines(expected, ext_output=True)
    assert (tmp_path / "predictions.jpg").exists()
    (frame,) = json.loads((tmp_path / "result.json").read_text())
    assert len(frame["objects"]) == len(expected)
    assert {one["name"] for one in frame["objects"]} <= {"cat", "dog"}


@pytest.mark.parametrize("words", [["--json"], ["--save", "other.png"]])
def test_darknets_command_without_predictions(words, command, data, model, picture_file, tmp_path):
    assert command("detector", "test", data, *model, picture_file, *words).code == 0
    assert not (tmp_path / "predictions.jpg").exists()


def test_darknets_list_on_stdin(command, data, model, pictures):
    paths = "\n".join(map(str, pictures))
    done = command("detector", "test", data, *model, "-dont_show", "--quiet", stdin=paths)
    assert done.code == 0
    assert done.out.count("Predicted in") == 3


def test_mistakes_in_data_files(command, data, model, picture_file):
    data.write_text("names = none.names\n")
    done = command("detector", "test", data, *model, picture_file)
    assert (done.code, done.out) == (1, "")
    assert "small.data names none.names" in done.err
    data.write_text("names\n")
    done = command("detector", "test", data, *model, picture_file)
    assert (done.code, done.out) == (1, "")
    assert "small.data:1:" in done.err
    done = command("detector", "test", "none.data", *model, picture_file)
    assert (done.code, done.out) == (1, "")
    assert "none.data: No such file" in done.err


# ---- the formats --------------------------------------------------------------------------------

FOUND = Detections(
    [[30.4, 20, 110, 219.6], [-3.6, 0, 50, 50], [30.4, 20, 110, 219.6]],
    [0.5, 0.905, 0.875],
    [0, 1, 2],
    ("cat", "dog", 'a "bird"'),
    box=[0, 3, 0],
)


def test_lines_go_from_left_to_right():
    assert detection_lines(FOUND, ext_output=False) == ["dog: 90%", 'a "bird": 88%', "cat: 50%"]
    assert detection_lines(FOUND, ext_output=True) == [
        "dog: 90%\t(left_x:   -4   top_y:    0   width:   54   height:   50)",
        'a "bird": 88%\t(left_x:   30   top_y:   20   width:   80   height:  200)',
        "cat: 50%\t(left_x:   30   top_y:   20   width:   80   height:  200)",
    ]


def test_result_json_is_alexeyabs(tmp_path):
    path = tmp_path / "result.json"
    with result_file(path) as write:
        write("a.jpg", Detections([[10, 20, 30, 60]], [0.25], [1], ("cat", "dog")), 100, 200)
        write("b\\c.jpg", Detections.empty(), 100, 200)
    assert path.read_text() == (
        '[\n{\n "frame_id":1, \n "filename":"a.jpg", \n "objects": [ \n'
        '  {"class_id":1, "name":"dog", "relative_coordinates":{"center_x":0.200000, '
        '"center_y":0.200000, "width":0.200000, "height":0.200000}, "confidence":0.250000}\n'
        ' ] \n}, \n{\n "frame_id":2, \n "filename":"b\\\\c.jpg", \n "objects": [ \n\n ] \n}\n]'
    )
    assert json.loads(path.read_text())[1]["filename"] == "b\\c.jpg"


def test_result_json_keeps_the_networks_order():
    frame = json.loads(frame_text(1, "x.jpg", FOUND, 100, 200))
    assert [one["class_id"] for one in frame["objects"]] == [0, 2, 1]
    assert frame["objects"][1]["name"] == 'a "bird"'


def test_classes_darknet_keeps_to_itself():
    found = Detections([[0, 0, 9, 9]] * 2, [0.5, 0.4], [0, 1], ("dont_show_ad", "cat"))
    assert shown(found).class_names == ["cat"]
    assert shown(FOUND) is FOUND

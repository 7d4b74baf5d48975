"""``classify``, ``classifier predict``, ``summary``, ``info`` and ``export``."""

from __future__ import annotations

import json

import pytest

import pydarknet


@pytest.fixture
def expected(classifier, picture):
    return classifier.classify(picture, top=2)


@pytest.mark.parametrize("option", ["-t", "-top", "--topk"])
def test_classify(option, command, classifier_folder, picture_file, expected):
    done = command(
        "classify", classifier_folder, picture_file, option, 2, "--precision", "f32"
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    title, *lines = done.out.splitlines()
    assert title.startswith(f"{picture_file}: Predicted in ")
    assert lines == [f"{found.name}: {found.probability:f}" for found in expected]


def test_classify_as_json(command, classifier_folder, pictures, expected):
    pictures[1].write_bytes(b"")
    words = ["--json", "--top", 2, "--precision", "f32", "--batch", 3]
    done = command("classify", classifier_folder, *pictures, *words)
    assert done.code == 1
    first, second, third = (json.loads(line) for line in done.out.splitlines())
    assert first["classes"] == third["classes"]
    assert [one["name"] for one in first["classes"]] == [found.name for found in expected]
    assert set(first["classes"][0]) == {"name", "class_id", "probability"}
    assert "is empty" in second["error"]
    assert "3/3" in done.err


@pytest.mark.parametrize(
    ("text", "words", "count"),
    [("", [], 1), ("top = 3\n", [], 3), ("top=3\n", ["-t", 2], 2), ("", ["-t", 9], 4)],
)
def test_darknets_classifier(
    text, words, count, command, classifier_folder, picture_file, tmp_path
):
    (tmp_path / "x.data").write_text(f"{text}labels = {classifier_folder / 'tiny.names'}\n")
    files = (classifier_folder / "tiny.cfg", classifier_folder / "tiny.weights")
    done = command("classifier", "predict", "x.data", *files, picture_file, *words)
    assert done.code == 0
    lines = done.out.splitlines()[1:]
    assert len(lines) == count
    assert lines[0].split(":")[0] in ("red", "green", "blue", "grey")


def test_darknets_classifier_with_a_wrong_top(command, classifier_folder, picture_file, tmp_path):
    (tmp_path / "x.data").write_text("top = many\n")
    files = (classifier_folder / "tiny.cfg", classifier_folder / "tiny.weights")
    done = command("classifier", "predict", "x.data", *files, picture_file)
    assert (done.code, done.out) == (1, "")
    assert "top=many" in done.err


def test_names_of_another_classifier_are_not_taken(
    command, classifier_folder, picture_file, tmp_path
):
    (tmp_path / "tiny.cfg").write_bytes((classifier_folder / "tiny.cfg").read_bytes())
    (tmp_path / "other.names").write_text("one\ntwo\n")
    weights = classifier_folder / "tiny.weights"
    done = command("classify", "tiny.cfg", weights, picture_file)
    assert done.code == 0
    assert sorted(line.split(":")[0] for line in done.out.splitlines()[1:]) == list("0123")


def test_a_detector_does_not_classify(command, model, picture_file):
    done = command("classify", *model, picture_file)
    assert (done.code, done.out) == (1, "")
    assert "use detect" in done.err


def test_summary(command, model, detector):
    done = command("summary", *model)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(detector.summary())
    assert "Weights: 3 of 3 layers" in done.out
    assert command("summary", model[0].parent).out.strip() == detector.summary()


def test_summary_as_json(command, model):
    answer = json.loads(command("summary", *model, "--json", "--size", "96x32").out)
    assert (answer["width"], answer["height"], answer["channels"]) == (96, 32, 3)
    assert answer["layers"][3]["output_shape"] == [21, 8, 24]
    assert answer["heads"][0]["anchors"] == [[8, 8], [16, 16], [32, 32]]
    assert answer["parameters"] == sum(layer["parameters"] for layer in answer["layers"])
    assert answer["weights"]["layers_loaded"] == 3


def test_summary_of_all_shared_networks(command, shared):
    """Every cfg is shown, or refused in one line that names it."""
    shown = 0
    for cfg in sorted((shared / "cfg").glob("*.cfg")):
        done = command("summary", cfg)
        if done.code == 0:
            shown += 1
            assert done.out.splitlines()[-1].startswith("Total: ")
        else:
            assert (done.code, done.out) == (1, "")
            assert done.err.startswith(f"pydarknet: error: {cfg}:")
            assert done.err.count("\n") == 1
    assert shown > 70


def test_info(command):
    done = command("info")
    assert (done.code, done.err) == (0, "")
    assert f"pydarknet {pydarknet.__version__} in " in done.out
    assert "threads" in done.out
    answer = json.loads(command("info", "--json").out)
    assert answer == pydarknet.info()


@pytest.mark.parametrize(("words", "batch"), [([], 1), (["--batch", "dynamic"], "batch")])
def test_export(words, batch, command, model, tmp_path):
    onnx = pytest.importorskip("onnx")
    done = command("export", "onnx", *model, "-o", "out.onnx", *words)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("written: out.onnx (")
    shape = onnx.load("out.onnx").graph.input[0].type.tensor_type.shape
    first = shape.dim[0]
    assert (first.dim_param or first.dim_value) == batch
    done = command("export", "onnx", model[0].parent, "--json")
    assert json.loads(done.out)["bytes"] > 1000
    assert json.loads(done.out)["file"] == f"{model[0].parent.name}.onnx"


def test_export_without_onnx(command, model, monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    done = command("export", "onnx", *model, "-o", "out.onnx")
    assert (done.code, done.out) == (1, "")
    assert "pip install 'pydarknet[onnx]'" in done.err
    assert list(tmp_path.iterdir()) == []

"""Every option that Darknet's own commands read is taken, spelled as it spells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydarknet.cli import main

DETECTOR = """-thresh .3 -iou_thresh .4 -hier .5 -points 11 -letter_box -out x -ext_output
-save_labels -dont_show -show -show_imgs -map -mAP_epochs 2 -clear -gpus 0,1
-chart c.png -mjpeg_port 8090 -json_port 8070
-json_file_output x.json -http_post_host a/b -time_limit_sec 3 -out_filename x.avi
-prefix p -avgframes 3 -avg 3 -dontdraw_bbox -benchmark -benchmark_layers -c 1 -s 1
-num_of_clusters 6 -width 416 -height 416 -fullscreen -w 3 -fps 3 -verbose -i 0 -nogpu"""
CLASSIFIER = """-mjpeg_port 1 -gpus 0 -dont_show -benchmark -benchmark_layers -dontuse_opencv
-show_imgs -topk -c 0 -t 1 -clear -chart c.png -i 0 -nogpu"""
MASKS = "-gpus 0 -clear -display -c 0 -i 0 -nogpu"
# Darknet's -seed is a text; here a number in a training, where it does nothing in Darknet
RNN = "-seed 1 -len 10 -temp .7 -srand 3 -clear -i 0 -nogpu -file x.txt"

COMMANDS = {
    **{f"detector {verb}": DETECTOR for verb in ("train", "test", "map", "valid", "recall")},
    "detector calc_anchors": DETECTOR,
    "detect": "-thresh .3 -ext_output -out x -fullscreen -dont_show -letter_box -i 0 -nogpu",
    **{f"classifier {verb}": CLASSIFIER for verb in ("train", "valid", "predict")},
    "classify": "-i 0 -nogpu -dont_show -benchmark -t 3",
    **{
        f"{kind} {verb}": MASKS
        for kind in ("segmenter", "isegmenter", "regressor")
        for verb in ("train", "valid", "test")
    },
    **{f"rnn {verb}": RNN for verb in ("train", "valid", "generate")},
}


@pytest.mark.parametrize("verb", COMMANDS)
def test_taken(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Then the first file that is missing is complained about, which is no wrong usage."""
    monkeypatch.chdir(tmp_path)
    words = verb.split() + COMMANDS[verb].split()
    if not verb.startswith(("rnn", "detect ", "classify")) and verb != "detect":
        words.append("x.data")
    if "calc_anchors" not in verb:
        words += ["x.cfg", "x.weights"]
    if verb in ("detect", "classify") or verb.endswith(("test", "predict")):
        words.append("x.jpg")
        (tmp_path / "x.jpg").write_bytes(b"")
    assert main(words) == 1, capfd.readouterr().err
    assert "No such file" in capfd.readouterr().err
    assert main([*words, "-no_such_option"]) == 2
    assert "unknown option --no-such-option" in capfd.readouterr().err


def test_help_says_which_do_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["detector", "train", "-h"]) == 0
    _, _, unused = capfd.readouterr().out.partition("Darknet's options without effect here:")
    assert "dont-show," in unused
    assert "mjpeg-port=X," in unused
    assert "iou-thresh" not in unused
    assert "map-epochs" not in unused

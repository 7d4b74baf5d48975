"""Keys that do nothing are named: by a training, and in the docs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from small_trained import detector_cfg

from pydarknet.training import Trainer
from pydarknet.training.ignored_keys import ANY, LAYERS, NET

DOCS = Path(__file__).parents[2] / "docs/training-keys.md"


def test_a_training_names_them(
    tmp_path: Path, shapes_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cfg = detector_cfg(tmp_path, more="attention=1\nnotruth=1\n")
    text = cfg.read_text().replace("stride=1\npad=1\n", "stride=1\npad=1\ndot=1\n")
    cfg.write_text(text)
    with caplog.at_level(logging.WARNING, "pydarknet.training"):
        Trainer(cfg, shapes_data, run_dir=tmp_path / "run", eval_every=0)
    line = text[: text.index("stride=1\n")].rindex("[convolutional]")
    number = text[:line].count("\n") + 1
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3
    assert f"{cfg}: [net] attention=1 has no effect here" in said[0]
    assert "notruth=1" in said[1]
    assert f"{cfg}:{number}: [convolutional] dot=1" in said[2]


def test_a_cfg_without_them_is_silent(
    tmp_path: Path, shapes_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "pydarknet.training"):
        Trainer(detector_cfg(tmp_path), shapes_data, run_dir=tmp_path / "run", eval_every=0)
    assert not caplog.records


def test_the_docs_name_them() -> None:
    text = DOCS.read_text()
    without = text[text.index("## Without effect") :]
    keys = [*NET, *ANY, *(key for keys in LAYERS.values() for key in keys)]
    assert [key for key in keys if f"`{key}`" not in without] == []

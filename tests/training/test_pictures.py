"""Chart and report show what the metrics say."""

from __future__ import annotations

import math
import re

import numpy as np

from pydarknet.datasets.image_set import ImageSet, Listing
from pydarknet.training._task import some_of
from pydarknet.training.chart import (
    _chart,
    draw_chart,
    loss_limit,
    score_bottom,
    score_names,
    thinned,
)
from pydarknet.training.history import History
from pydarknet.training.report import _gap
from pydarknet.training.score_text import scores_line
from pydarknet.training.tensorboard import crc32c, scalars


def history(count: int) -> History:
    rows = []
    for i in range(1, count + 1):
        loss = 100 / i + math.sin(i)
        rows.append({"iteration": i, "loss": loss, "average": 100 / i, "rate": 0.1})
        if i % 10 == 0:
            scores = {"map": i / count, "train_map": 1.0, "recall": 0.5, "ap": {"a": 1}}
            rows.append({"iteration": i, "evaluation": scores})
    return History.from_rows(rows)


def test_history() -> None:
    found = history(20)
    assert list(found.iteration) == list(range(1, 21))
    assert found.scores("map") == [(10, 0.5), (20, 1.0)]
    assert score_names(found) == ["map", "train_map"]
    assert history(0).scores("map") == []


def test_chart() -> None:
    empty = draw_chart(history(0), "x", 100)
    full = draw_chart(history(100), "x", 100)
    assert empty.shape == full.shape == (600, 1000, 3)
    red = (full == (40, 40, 200)).all(axis=2)
    rows, columns = np.nonzero(red[36:552, 71:941])
    assert len(rows) > 100
    # the score rises from left to right
    left = rows[columns < 200].mean()
    assert rows[columns > 700].mean() < left
    assert not (empty == (40, 40, 200)).all(axis=2)[36:552, 71:941].any()


def test_r2_is_no_share() -> None:
    found = history(0)
    found.add({"iteration": 1, "loss": 1.0, "average": 1.0, "rate": 0.1})
    found.add({"iteration": 1, "evaluation": {"r2": 0.5, "mae": 2.0}})
    assert score_bottom(found) == 0
    chart = _chart(found, "x", 10)
    assert "r2 0.5000 (best 0.5000)" in chart.svg()
    assert "100 %" not in chart.svg()
    found.add({"iteration": 2, "evaluation": {"r2": -0.5, "mae": 3.0}})
    assert score_bottom(found) == -1
    text = _chart(found, "x", 10).svg()
    assert "r2 -0.5000 (best 0.5000)" in text
    assert ">-1.0<" in text  # the axis
    assert score_bottom(history(20)) == 0
    assert "100 %" in _chart(history(20), "x", 20).svg()


def test_scores_as_text() -> None:
    scores = {"map": 0.25, "r2": -0.5, "nats": 1.5}
    assert scores_line(scores) == "map 25.00%, r2 -0.5000, nats 1.500"


def test_axis_of_the_loss_leaves_out_the_start() -> None:
    average = np.concatenate([np.full(10, 5000.0), np.full(90, 2.0)])
    assert loss_limit(average) == 2.2
    assert loss_limit(np.zeros(0)) == 1
    assert loss_limit(np.zeros(9)) > 0


def test_long_curves_are_thinned() -> None:
    iterations = np.arange(100_001)
    points = thinned(iterations, iterations * 2.0)
    assert len(points) <= 2001
    assert points[0] == (0, 0)
    assert points[-1] == (100_000, 200_000)
    assert thinned(iterations[:0], np.zeros(0)) == []


def test_events() -> None:
    assert crc32c(b"") == 0
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    row = {"iteration": 1, "time": 0, "evaluation": {"map": 0.5, "ap": {"x": 1}}}
    assert scalars(row) == {"valid/map": 0.5}
    assert re.fullmatch(r"train/\w+", next(iter(scalars({"loss": 1.0}))))


def test_train_scores_beside_the_others() -> None:
    found = history(0)
    found.add({"iteration": 1, "evaluation": {"top1": 0.5, "top5": 0.9, "train_top1": 0.75}})
    assert score_names(found) == ["top1", "train_top1", "top5"]
    assert _gap(found).startswith(
        "On training images top1 is 75.0%, on valid images 50.0%: a gap of +25.0%. "
    )
    found.add({"iteration": 2, "evaluation": {"r2": -0.5, "train_r2": 0.25}})
    assert "r2 is 0.2500, on valid images -0.5000: a gap of +0.7500. " in _gap(found)
    assert scores_line({"train_r2": 0.25}) == "train_r2 0.2500"
    found.add({"iteration": 3, "evaluation": {"map": 0.25}})
    assert _gap(found) == ""
    assert _gap(history(0)) == ""


def test_some_training_images() -> None:
    def listed(count: int, left_out: int | None = None) -> ImageSet:
        names = [str(place) for place in range(count)]
        places = [place for place in range(count) if place != left_out]
        usable = [names[place] for place in places]
        return ImageSet(usable, usable, "names", ()).of_list(Listing(names, places))

    known = listed(1000)
    assert some_of(known, known) == []
    assert some_of(known, listed(3)) == [0, 499, 999]
    many = some_of(known, listed(500))
    assert (len(set(many)), many[0], many[-1]) == (100, 0, 999)
    # the others stay the same
    assert some_of(listed(1000, 499), listed(3)) == [0, 998]

"""Values that a training cannot have are told with their line, section and range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet.cfg import Document
from pydarknet.cfg.keys import keys_of
from pydarknet.cfg.training_values import (
    LAYERS,
    NET,
    Range,
    check_training_values,
    training_faults,
)
from pydarknet.errors import CfgError

HEAD = "[convolutional]\nfilters=14\n[yolo]\nmask=0,1\nanchors=1,2,3,4\nclasses=2\nnum=2\n"


def faults(net: str, head: str = "") -> list[str]:
    text = f"[net]\nwidth=64\nheight=64\nchannels=3\nmax_batches=100\n{net}\n{HEAD}{head}\n"
    return [str(fault) for fault in training_faults(Document.parse(text, "x.cfg"))]


def test_every_key_is_one_of_the_engines_with_an_allowed_default() -> None:
    for section, ranges in {"net": NET, **LAYERS}.items():
        keys = keys_of(section)
        assert keys is not None
        for name, expected in ranges.items():
            default = keys[name].default
            assert not default or expected.holds(float(default)), (section, name)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("saturation=0", "0.01 to 100"),
        ("exposure=0", "0.01 to 100"),
        ("hue=-3", "0 to 1"),
        ("hue=180", "0 to 1"),
        ("momentum=2", "0 to below 1"),
        ("decay=-.1", "0 to 1"),
        ("learning_rate=-1", "0 or more"),
        ("resize_step=0", "1 or more"),
        ("eps=0", "above 0"),
        ("scales=.1,-.1", "0 or more"),
        ("gaussian_noise=300", "0 to 255"),
        ("mixup=9", "0 to 4"),
    ],
)
def test_of_net(line: str, expected: str) -> None:
    assert faults(line) == [f"x.cfg:6: [net] {line}, expected {expected}"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("jitter=5", "0 to 1"), ("random=-1", "0 to 10"), ("resize=0", "0.1 to 10"),
     ("ignore_thresh=2", "0 to 1"), ("max_delta=0", "above 0")],
)  # fmt: skip
def test_of_a_head(line: str, expected: str) -> None:
    assert faults("", line) == [f"x.cfg:14: [yolo] {line}, expected {expected}"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("batch=9\nsubdivisions=2", "6: [net] batch=9, expected a multiple of subdivisions=2"),
        ("min_crop=90\nmax_crop=80", "6: [net] min_crop=90, expected at most max_crop=80"),
        ("policy=step\nstep=0", "7: [net] step=0, expected 1 or more with policy=step"),
        ("policy=steps", "6: [net] policy=steps without steps"),
    ],
)
def test_what_goes_together(lines: str, expected: str) -> None:
    (fault,) = faults(lines)
    assert fault.startswith(f"x.cfg:{expected}")


@pytest.mark.parametrize("line", ["batch=many\nsubdivisions=2", "momentum=much", "scales=.1,x"])
def test_wrong_types_are_the_engines_to_tell(line: str) -> None:
    assert faults(line) == []


def test_only_a_training_needs_its_length() -> None:
    document = Document.parse("[net]\nmax_batches=0\n[cost]\n", "x.cfg")
    assert list(training_faults(document)) == []
    with pytest.raises(CfgError, match=r"x\.cfg:2: \[net\] max_batches=0, expected 1 or more"):
        check_training_values(document)
    check_training_values(Document.parse("[net]\nmax_batches=1\n[cost]\n", "x.cfg"))


def test_mosaic_and_letter_box() -> None:
    text = f"[net]\nmax_batches=1\nmosaic=1\nletter_box=1\n{HEAD}"
    with pytest.raises(CfgError, match=r"x\.cfg:3: \[net\] mosaic and letter_box"):
        check_training_values(Document.parse(text, "x.cfg"))


@given(st.sampled_from(sorted(NET)), st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3))
def test_a_fault_where_and_only_where_a_value_lies_outside(key: str, value: float) -> None:
    told = [fault for fault in faults(f"{key}={value:f}") if f"] {key}=" in fault]
    assert bool(told) == (not NET[key].holds(float(f"{value:f}")))


def test_ranges_as_text() -> None:
    assert str(Range(0, 1)) == "0 to 1"
    assert str(Range(0, 1, most_counts=False)) == "0 to below 1"
    assert not Range(0, 1, most_counts=False).holds(1)
    assert not Range(0, least_counts=False).holds(0)
    assert not Range(0).holds(float("nan"))

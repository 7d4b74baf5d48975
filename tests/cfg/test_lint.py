"""The linter names the line and what was expected, and nothing that is right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from pydarknet import CfgError, Network
from pydarknet.cfg import Document, lint, lint_file, zoo

SHARED = Path(os.environ.get("PYDARKNET_SHARED", Path(__file__).parents[3] / "shared"))

CFG = """[net]
width=64
height=64
channels=3
batch=8
subdivisions=2
policy=steps
steps=800,900
scales=.1,.1
max_batches=1000

[convolutional]
filters=8
size=3
stride=2
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=0,1
anchors=1,2,3,4,5,6,7,8
classes=2
num=4

[route]
layers=1

[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=2,3
anchors=1,2,3,4,5,6,7,8
classes=2
num=4
"""
YOLO = "mask=0,1\nanchors=1,2,3,4,5,6,7,8\nclasses=2\nnum=4"


def found(text: str) -> list[str]:
    return [str(problem) for problem in lint(Document.parse(text, "x.cfg"))]


def test_nothing_is_wrong() -> None:
    assert found(CFG) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("batch=2147483647", "an integer from 1 to 2147483646"),
        ("batch=-3e9", "an integer from 1 to 2147483646"),
        ("batch=1e400", "an integer from 1 to 2147483646"),
        ("step=-3e9", "an integer from -2147483646 to 2147483646"),
        ("steps=9,1e10", "integers from -2147483646 to 2147483646"),
        ("decay=1e39", "a number from -3.40282e38 to 3.40282e38"),
        ("scales=1,1e39", "numbers from -3.40282e38 to 3.40282e38"),
        ("batch=1.5", "an integer"),
        ("scales=1,x", "numbers with commas"),
    ],
)
def test_what_is_too_large_is_told_the_range(line: str, expected: str) -> None:
    errors = [one for one in found(f"[net]\n{line}\nchannels=3\nwidth=32\nheight=32\n[avgpool]\n")
              if "note:" not in one]  # fmt: skip
    assert errors == [f"x.cfg:2: [net] {line}, expected {expected}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("width=64", "width=66",
         "x.cfg:2: [net] width=66, expected a multiple of 4 such as 64"),
        ("batch=8", "batch=9",
         "x.cfg:5: [net] batch=9, expected a multiple of subdivisions=2 such as 8"),
        ("channels=3\n", "", "x.cfg:2: [net] width=64 height=64 channels=0, expected all three"),
        ("scales=.1,.1", "scales=.1",
         "x.cfg:9: [net] scales has 1 numbers, expected 2, one for each of steps"),
        ("steps=800,900\n", "", "x.cfg:7: [net] policy=steps without steps, expected steps="),
        ("steps=800,900", "steps=900,800", "x.cfg:8: [net] steps do not rise"),
        ("steps=800,900", "steps=800,1000", "x.cfg:8: note: [net] steps=800,1000, expected below"),
        ("policy=steps", "policy=stepps",
         "x.cfg:7: [net] policy=stepps is unknown (did you mean steps?), expected one of"),
        ("batch=8", "batch=8\nmomentum=2", "x.cfg:6: [net] momentum=2, expected 0 to below 1"),
        ("classes=2", "classes=2\njitter=5", "x.cfg:32: [yolo] jitter=5, expected 0 to 1"),
        ("policy=steps", "policy=sgdr\nsgdr_cycle=0",
         "x.cfg:8: [net] sgdr_cycle=0, expected 1 or more with policy=sgdr"),
        ("batch=8", "batch=many", "x.cfg:5: [net] batch=many, expected an integer"),
        ("[maxpool]", "[maxpol]", "x.cfg:19: [maxpol] unknown section (did you mean maxpool?)"),
        ("filters=8", "filter=8",
         "x.cfg:13: [convolutional] unknown key filter (did you mean filters?)"),
        ("stride=2\npad=1", "stride=2\nstride=1\npad=1",
         "x.cfg:16: note: [convolutional] stride again: the value in line 15 counts"),
        ("activation=leaky", "activation=leaky # not relu",
         "x.cfg:17: note: [convolutional] activation: AlexeyAB's Darknet takes the comment"),
        ("activation=leaky", "activation=leeky",
         "x.cfg:17: [convolutional] activation=leeky is unknown (did you mean leaky?)"),
        ("filters=14", "filters=255",
         "x.cfg:24: [convolutional] filters=255, expected 14 for [yolo] "
         "in line 28: 2 anchors * (2 classes + 5)"),
        (YOLO, YOLO.replace("num=4", "num=3"),
         "x.cfg:32: [yolo] num=3, expected 4: anchors has 8 numbers"),
        (YOLO, YOLO.replace("mask=0,1", "mask=0,4"),
         "x.cfg:29: [yolo] mask names anchor 4, expected 0 to 3"),
        (YOLO, YOLO.replace("mask=0,1", "mask=1,1"), "x.cfg:29: [yolo] mask names an anchor twice"),
        (YOLO, YOLO.replace(",7,8", ",7"),
         "x.cfg:30: [yolo] anchors has 7 numbers, expected pairs"),
        (YOLO, YOLO.replace("3,4,5", "3,4 5"),
         "x.cfg:30: note: [yolo] anchors: the blank does not count, this is 1,2,3,45,6,7,8"),
        (YOLO, YOLO.replace("mask=0,1", "mask=2,3"),
         "x.cfg:43: note: [yolo] anchors 0,1 are in no head's mask"),
        (YOLO, YOLO.replace("classes=2", "classes=3"),
         "x.cfg:45: [yolo] classes=2, expected 3 as in the first head"),
        ("layers=1", "layers=7", "x.cfg:34: [route] layer 7 points nowhere, expected 0 to 3"),
        ("[route]\nlayers=1\n", "[upsample]\n[route]\nlayers=1\n",
         "x.cfg:34: note: [upsample] layer 4 is read by no other layer and is no output"),
    ],
)  # fmt: skip
def test_a_planted_fault(old: str, new: str, expected: str) -> None:
    assert old in CFG
    problems = found(CFG.replace(old, new, 1))
    assert any(one.startswith(expected) for one in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("batch=8", "batch=0", "x.cfg:5: [net] batch=0, expected at least 1"),
        ("batch=8", "batch=-4", "x.cfg:5: [net] batch=-4, expected at least 1"),
        ("subdivisions=2", "subdivisions=0", "x.cfg:6: [net] subdivisions=0, expected at least 1"),
        ("subdivisions=2", "subdivisions=-4",
         "x.cfg:6: [net] subdivisions=-4, expected at least 1"),
        ("batch=8", "batch=8\nburn_in=-1", "x.cfg:6: [net] burn_in=-1, expected at least 0"),
        ("num=4", "num=4\nmax=0", "x.cfg:33: [yolo] max=0, expected 1 to 1000000"),
        ("num=4", "num=4\ncounters_per_class=1,2,3",
         "x.cfg:33: [yolo] counters_per_class has 3 numbers, expected classes=2"),
        ("[maxpool]\nsize=2\nstride=2", "[maxpool]\nstride=2\n[dropout]\nprobability=1",
         "x.cfg:22: [dropout] probability must be 0 or more and below 1"),
        ("[route]", "[softmax]\ntemperature=0\n[route]",
         "x.cfg:35: [softmax] temperature must be above 0"),
    ],
)  # fmt: skip
def test_what_the_engine_refuses_is_told_in_its_words(old: str, new: str, expected: str) -> None:
    assert old in CFG
    text = CFG.replace(old, new, 1)
    assert [one for one in found(text) if "note:" not in one] == [expected]
    with pytest.raises(CfgError) as refused:
        Network.from_text(text, name="x.cfg")
    assert str(refused.value) == expected


def test_whole_numbers_that_darknet_reads_otherwise() -> None:
    text = CFG.replace("max_batches=1000", "max_batches=1e3").replace("layers=1", "layers=.1e1")
    assert found(text.replace("filters=8", "filters=8.0")) == [
        "x.cfg:10: note: [net] max_batches=1e3 is read as 1000; Darknet's atoi reads 1",
        "x.cfg:35: note: [route] layers=.1e1 is read as 1; Darknet's atoi reads 0",
    ]


VALUES = ("-1", "0", "2", "3", "7", "1.5", "abc", "1e2", "1,2", "999", "0,1,2", "-4", ".5")


@profile(deadline=None, max_examples=250)
@given(st.data())
def test_a_changed_value_that_passes_opens(data: st.DataObject) -> None:
    """Whatever value stands in a cfg: the engine opens what has no error."""
    lines = CFG.splitlines()
    places = [i for i, line in enumerate(lines) if "=" in line]
    at = data.draw(st.sampled_from(places))
    lines[at] = f"{lines[at].partition('=')[0]}={data.draw(st.sampled_from(VALUES))}"
    text = "\n".join(lines)
    if not [one for one in found(text) if "note:" not in one]:
        Network.from_text(text).close()


def test_several_faults_are_all_told_once() -> None:
    text = CFG.replace("filters=14", "filters=255", 1).replace("stride=2\npad", "strid=2\npad")
    problems = found(text)
    assert [one.split(": ")[0] for one in problems] == ["x.cfg:15", "x.cfg:24"]


@profile(deadline=None, max_examples=40)
@given(
    st.sampled_from(["yolov3", "yolov4-tiny", "yolov7", "Gaussian_yolov3_BDD", "yolov2"]), st.data()
)
def test_wrong_filters_are_told_with_the_right_ones(name: str, data: st.DataObject) -> None:
    document = zoo.build(name)
    heads = [
        i for i, one in enumerate(document.layers) if "yolo" in one.type or one.type == "region"
    ]
    before = document.layers[data.draw(st.sampled_from(heads)) - 1]
    right = before.get("filters")
    wrong = data.draw(st.integers(1, 2000).filter(lambda number: str(number) != right))
    before.set("filters", wrong)
    line = before.find("filters")
    assert line is not None
    errors = [one for one in lint(document) if one.severity == "error"]
    assert [one.line for one in errors] == [line.number]
    assert f"filters={wrong}, expected {right} for" in errors[0].message


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_the_zoo_has_no_errors(name: str) -> None:
    assert [one for one in lint(zoo.build(name)) if one.severity == "error"] == []


def test_known_cfgs() -> None:
    """What the engine opens has no errors, but for two files whose faults it forgives."""
    paths = sorted(SHARED.glob("cfg/*.cfg"))
    if not paths:
        pytest.skip(f"there is no {SHARED / 'cfg'}")
    wrong = {
        path.name
        for path in paths
        if any(one.severity == "error" for one in lint_file(path))
    }  # fmt: skip
    assert wrong == {"cspx-p7-mish.cfg", "cspx-p7-mish_hp.cfg"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("size=1", "size=3"), ("num=4", "num=4\nmax=90"), ("pad=1", "padding=1"),
     ("stride=2", "stride=1")],
)  # fmt: skip
def test_what_the_linter_passes_the_engine_opens(old: str, new: str) -> None:
    text = CFG.replace(old, new)
    assert found(text) == []
    Network.from_text(text).close()


def test_a_file_that_cannot_be_parsed(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_text("[net]\nwidth\n")
    (problem,) = lint_file(path)
    assert str(problem) == f"{path}:2: [net] cannot read 'width', expected key=value"
    with pytest.raises(FileNotFoundError):
        lint_file(tmp_path / "y.cfg")


def test_names_and_data(tmp_path: Path) -> None:
    document = Document.parse(CFG, "x.cfg")
    names, data = tmp_path / "x.names", tmp_path / "x.data"
    names.write_text("cat\ndog\n")
    data.write_text("classes = 2\nnames = x.names\n")
    assert lint(document, data=data) == []
    names.write_text("cat\n\ncow\n")
    data.write_text("# two\nclasses = 3\nnames = x.names\n")
    assert {str(one) for one in lint(document, data=data)} == {
        f"{data}:2: classes=3, expected 2 as in x.cfg",
        f"{names}:3: holds 3 names, expected 2 as in x.cfg",
        f"{names}:2: note: is empty, expected a name",
    }
    names.write_text("cat\ndog\n\n\n")
    data.write_text("classes = 2\nnames = x.names\n")
    message = "note: is empty, which Darknet counts as a name, expected the file's end"
    assert [str(one) for one in lint(document, data=data)] == [
        f"{names}:{line}: {message}" for line in (3, 4)
    ]
    data.write_text("classes=2\nnames=y.names\n")
    assert [one.severity for one in lint(document, data=data)] == ["note"]
    names.write_text("cat\ndog\ncow\nhen\n")
    assert [str(one) for one in lint(document, names=names)] == [
        f"{names}:3: holds 4 names, expected 2 as in x.cfg"
    ]
    names.write_text("cat\ndog\n")
    for text in ("names = x.names\n", ""):
        data.write_text(text)
        assert [str(one) for one in lint(document, data=data)] == [
            f"{data}: classes= is missing, expected 2 as in x.cfg"
        ]
    data.write_text("classes\n")
    assert [one.line for one in lint(document, data=data)] == [1]
    names.write_text("cat\n")
    (problem,) = lint(zoo.build("darknet19"), names=names)
    assert str(problem) == f"{names}:1: holds 1 names, expected 1000 as in darknet19.cfg"

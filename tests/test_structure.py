"""What the engine's description of a network becomes: values, classes, the table's cells."""

from __future__ import annotations

import pytest
from small_networks import CLASSIFIER

from pydarknet import Network
from pydarknet.layers import Structure

NET = "[net]\nwidth=32\nheight=16\nchannels=3\n"
CONV = "[convolutional]\nfilters=4\nsize=3\nstride=1\npad=1\n"


def layer(text: str, index: int = -1):
    return Network.from_text(NET + text).layers[index]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (CONV, "filters", 4),
        (CONV, "activation", "logistic"),
        (CONV + CONV + "[route]\nlayers=-1, 0\n", "layers", [-1, 0]),
        (CONV + "[route]\nlayers=-1\n", "layers", -1),
        (CONV + "[dropout]\nprobability=.25\n", "probability", 0.25),
    ],
)
def test_options_are_numbers_lists_or_words(text: str, key: str, value: object) -> None:
    found = layer(text).options[key]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (CONV, "3x3/1"),
        (CONV.replace("stride=1", "stride_x=2\nstride_y=1"), "3x3/2x1"),
        (CONV.replace("stride=1", "dilation=2"), "3x3/1(2)"),
        (CONV + CONV + "groups=2\n", "3x3/1 g2"),
        ("[maxpool]\nsize=2\nstride=2\n", "2x2/2"),
        (CONV + CONV + "[shortcut]\nfrom=-2\n", "0"),
        (CONV + CONV + "[route]\nlayers=-1,0\n", "1,0"),
        (CONV + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n", "0 1/2"),
    ],
)
def test_geometry_in_the_table(text: str, cell: str) -> None:
    summary = Network.from_text(NET + text).summary().splitlines()
    start = summary[0].index("size/stride")
    assert summary[-2][start:].startswith(cell + "  ")


def test_work_and_parameters_of_a_convolution() -> None:
    found = layer(CONV)
    assert found.parameters == 4 * 3 * 9 + 4
    assert found.operations == 2 * 4 * 3 * 9 * 32 * 16
    assert (found.input_shape, found.output_shape) == ((3, 16, 32), (4, 16, 32))


def test_classes_of_a_classifier() -> None:
    network = Network.from_text(CLASSIFIER)
    assert (network.classes, network.heads, network.outputs) == (4, (), (3,))


def test_a_description_is_read_as_it_stands() -> None:
    described = {
        "name": "x.cfg",
        "input": [3, 8, 8],
        "letter_box": True,
        "layers": [],
        "outputs": [],
        "heads": [
            {
                "layer": 2,
                "type": "yolo",
                "classes": 5,
                "anchors": [1, 2, 3, 4, 5, 6],
                "mask": [0, 2],
            },
            {"layer": 4, "type": "region", "classes": 3, "anchors": [1, 2], "mask": []},
        ],
    }
    structure = Structure.from_description(described)
    assert structure.heads[0].anchors == ((1, 2), (5, 6))
    assert structure.heads[1].anchors == ((1, 2),)
    assert structure.classes == 5
    assert structure.letter_box

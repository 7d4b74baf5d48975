from __future__ import annotations

import pytest

from layers.network_check import Case, check, net, refused, section
from layers.oracle import sigmoid


@pytest.mark.parametrize(("classes", "ids"), [(3, 5), (1, 0), (20, 32)])
def test_classes_are_probabilities_and_ids_are_raw(classes: int, ids: int) -> None:
    case = Case(net(classes + ids, 5, 4) + section("iseg", classes=classes, ids=ids), batch=2)
    expected = case.input.astype(float)
    expected[:, :classes] = sigmoid(expected[:, :classes])
    check(case, expected)


def test_other_channels() -> None:
    refused(net(7, 4, 4) + section("iseg", classes=3, ids=5), "expected filters=8")

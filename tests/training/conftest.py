"""Data that is drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.small_training import digits, shapes


@pytest.fixture(scope="session")
def shapes_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .data file of drawn shapes; not to be changed."""
    return shapes(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="session")
def digits_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .data file of drawn digits; not to be changed."""
    return digits(tmp_path_factory.mktemp("drawn"))

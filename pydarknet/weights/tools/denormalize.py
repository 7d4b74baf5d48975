"""denormalize: batch normalisation becomes part of weights and biases."""

from __future__ import annotations

from ...cfg import Section
from ..file import WeightsFile
from ..layout import Block
from .batch_normalization import Arrays, check_statistics, edited_cfg, folded, rebuilt


def denormalize(weights: WeightsFile) -> WeightsFile:
    """Folds batch normalisation into weights and biases; the network computes the same.

    The result has no statistics and fits the cfg without ``batch_normalize``, which is its
    ``layout.document``. [batchnorm] layers stay. All kinds of layers are folded.

    Raises:
        CfgError: the statistics of a layer are not in the file.
        WeightsError: numbers are not finite, or variances negative.
    """
    check_statistics(weights)

    def edit(section: Section) -> None:
        section.remove("batch_normalize")
        section.remove("cbn")
        section.remove("dontloadscales")

    def fold(block: Block, arrays: Arrays) -> Arrays:
        return folded(block, arrays) if block.statistics else arrays

    return rebuilt(weights, edited_cfg(weights, edit), fold)

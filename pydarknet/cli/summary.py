"""``pydarknet summary``: Darknet's table of a network's layers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models import find_cfg
from .parser import Parser, size
from .program import OK

if TYPE_CHECKING:
    from ..network import Network


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    parser = Parser(
        "summary",
        "x.cfg [x.weights]",
        "The layers of a network with shapes, parameters and work. With weights, what was found\n"
        "in their file too. x.cfg may be a folder that holds one.",
    )
    parser.add_argument("--size", type=size, metavar="WxH", help="of the network's input")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if not 1 <= len(rest) <= 2:
        parser.error("expected x.cfg, or x.cfg x.weights")

    from ..network import Network

    cfg = find_cfg(rest[0])
    with Network(cfg, rest[1] if len(rest) == 2 else None) as network:
        if options.size:
            network.resize(*options.size)
        if options.json:
            print(json.dumps(_as_dict(cfg, network), ensure_ascii=False, indent=1))
            return OK
        print(network.summary())
        report = network.weights_report
        if report is not None:
            version = ".".join(map(str, report.version))
            print(
                f"Weights: {report.layers_loaded} of {report.layers} layers, "
                f"{report.bytes_found:,} bytes, version {version}, {report.seen:,} images seen"
            )
    return OK


def _as_dict(cfg: Path, network: Network) -> dict[str, Any]:
    report = network.weights_report
    return {
        "cfg": str(cfg),
        "width": network.width,
        "height": network.height,
        "channels": network.channels,
        "classes": network.classes,
        "parameters": sum(layer.parameters for layer in network.layers),
        "operations": sum(layer.operations for layer in network.layers),
        "outputs": network.outputs,
        "heads": [dataclasses.asdict(head) for head in network.heads],
        "layers": [dataclasses.asdict(layer) for layer in network.layers],
        "weights": None if report is None else dataclasses.asdict(report),
    }

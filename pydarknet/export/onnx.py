"""Writes a network as an ONNX model: the engine's graph, batch normalisation folded.

The outputs are the raw heads, one per output layer: the numbers `Network.predict` gives. Names,
anchors and the cfg's name go into the model's metadata.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._arguments import check_whole
from .._files import atomic_path
from .._native import PASSES_FOLD_BATCHNORM, NativeGraph
from ..errors import CfgError
from .builder import Builder
from .graph import Graph, parse_graph
from .operators import WRITERS, activation

if TYPE_CHECKING:
    from ..layers import Head, Layer
    from ..network import Network

OLDEST_OPSET = 18
"""The first opset with Mish and with the reductions' axes as inputs."""

IR_VERSION = 8
"""Readable by every runtime that knows opset 18."""


def _import_onnx() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError("exporting needs onnx: pip install 'pydarknet[onnx]'") from error
    return onnx


def build_model(
    graph: Graph,
    sections: Sequence[tuple[str, int]],
    *,
    file: str = "",
    batch: int | None = 1,
    opset: int = OLDEST_OPSET,
    metadata: Mapping[str, str] | None = None,
) -> Any:
    """Turns a graph of the engine into an ``onnx.ModelProto``.

    Args:
        graph: the engine's graph; passes up to fused activations and sums may have run.
        sections: type and line in the cfg of each layer, for names and messages.
        file: the cfg, for messages.
        batch: images of one run; None leaves it open.
        opset: ONNX opset, >= 18.
        metadata: goes into the model as it is.

    Raises:
        CfgError: a layer computes something that cannot be written.
        ArgumentError: the opset is too old or unknown, or the batch is not positive.
    """
    onnx = _import_onnx()
    newest = onnx.defs.onnx_opset_version()
    check_whole("opset", opset, OLDEST_OPSET, newest)
    if batch is not None:
        check_whole("batch", batch, least=1)

    builder = Builder(graph, onnx, batch)
    names = {0: "input"}
    for node in graph.nodes:
        builder.node = node
        writer = WRITERS.get(node.op)
        if writer is None:
            section, line = sections[node.layer]
            raise CfgError(
                f"{file}:{line}: [{section}] cannot be written as ONNX: no counterpart of the "
                f"op {node.op!r}",
                file=file,
                line=line,
                section=section,
                layer=node.layer,
            )
        inputs = [names[value] for value in node.inputs]
        own = len(inputs) - sum(post["kind"] == "add" for post in node.post)
        name, extra = writer(builder, inputs[:own]), iter(inputs[own:])
        for post in node.post:
            if post["kind"] == "add":
                name = builder.add("Add", [name, next(extra)])
            else:
                name = activation(builder, name, post["activation"])
        names[node.output] = name

    def tensor(name: str, value: int) -> Any:
        dims = ["batch" if batch is None else batch, *graph.values[value]]
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)

    outputs = []
    for layer, value in graph.outputs:
        output = f"{sections[layer][0]}_{layer}"
        builder.nodes.append(
            onnx.helper.make_node("Identity", [names[value]], [output], name=output)
        )
        outputs.append(tensor(output, value))
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            builder.nodes,
            Path(file).stem or "network",
            [tensor("input", 0)],
            outputs,
            builder.initializers,
        ),
        producer_name="pydarknet",
        opset_imports=[onnx.helper.make_opsetid("", opset)],
        ir_version=IR_VERSION,
    )
    onnx.helper.set_model_props(model, dict(metadata or {}))
    onnx.checker.check_model(model)
    return model


def export_onnx(
    network: Network,
    path: str | os.PathLike[str],
    *,
    batch: int | None = 1,
    opset: int = OLDEST_OPSET,
) -> Path:
    """Writes a network, at its present input size, as an ONNX model.

    Input ``input`` is float32 (N, C, H, W), RGB planes of 0..1. The outputs are the raw heads as
    `Network.predict` gives them, named by section and layer: ``yolo_30``.

    Args:
        network: what to write; its weights are read from their file.
        path: the file to write. It appears when it is complete.
        batch: images of one run; None leaves it open.
        opset: ONNX opset, >= 18.

    Returns:
        The path.

    Raises:
        ImportError: the package onnx is missing.
        CfgError: a layer computes something that cannot be written; with section and line.
        ArgumentError: a value is out of range.
        ClosedError: the network was closed.
        OSError: the file cannot be written.
    """
    _import_onnx()  # before the work
    native, layers = network._native, network.layers
    size = (0, 0) if (network.width, network.height) == (1, 1) else (network.width, network.height)
    name = native.describe(*size)["name"]
    with atomic_path(path) as part:
        lowered = NativeGraph(native, *size, PASSES_FOLD_BATCHNORM)
        model = build_model(
            parse_graph(lowered.describe(), lowered.constant),
            [(layer.type, layer.line) for layer in layers],
            file=name,
            batch=batch,
            opset=opset,
            metadata={
                "cfg": Path(name).name,
                "names": json.dumps(network.names, ensure_ascii=False),
                "heads": json.dumps([_about_head(head, layers) for head in network.heads]),
                "input": "RGB planes of 0..1, resized to the whole input",
            },
        )
        part.write_bytes(model.SerializeToString())
    return Path(path)


def _about_head(head: Head, layers: Sequence[Layer]) -> dict[str, Any]:
    """What a reader of an output has to know."""
    return {
        "output": f"{head.type}_{head.layer}",
        "type": head.type,
        "classes": head.classes,
        "anchors": head.anchors,
        "options": layers[head.layer].options,
    }

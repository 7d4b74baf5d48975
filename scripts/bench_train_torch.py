"""A training step of a Darknet cfg in PyTorch: the peer of bench_train.py.

The same layers, built from the cfg: convolution, batch normalisation, activation, maxpool, route,
shortcut, upsample. A head's loss is a sum over its numbers, the cheapest there is; the optimiser is
SGD with momentum and decay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "leaky": nn.LeakyReLU,
    "relu": nn.ReLU,
    "mish": nn.Mish,
    "swish": nn.SiLU,
    "logistic": nn.Sigmoid,
}


def sections_of(cfg: str) -> list[tuple[str, dict[str, str]]]:
    """Name and options of each section."""
    sections: list[tuple[str, dict[str, str]]] = []
    for line in Path(cfg).read_text().splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("["):
            sections.append((text.strip("[]"), {}))
        elif "=" in text:
            key, value = text.split("=", 1)
            sections[-1][1][key.strip()] = value.strip()
    return sections


def activation_of(name: str) -> list[nn.Module]:
    if name == "linear":
        return []
    if name == "leaky":
        return [nn.LeakyReLU(0.1, inplace=True)]
    return [ACTIVATIONS[name](inplace=True) if name != "logistic" else nn.Sigmoid()]


class Darknet(nn.Module):
    """The layers of a cfg; gives the outputs of its heads."""

    def __init__(self, cfg: str) -> None:
        super().__init__()
        (_, net), *self.sections = sections_of(cfg)
        self.layers = nn.ModuleList()
        channels = [int(net["channels"])]
        for index, (kind, options) in enumerate(self.sections):
            layer, c = self.layer_of(kind, options, index, channels)
            self.layers.append(layer)
            channels.append(c)

    def layer_of(
        self, kind: str, options: dict[str, str], index: int, channels: list[int]
    ) -> tuple[nn.Module, int]:
        """A layer and its number of output channels; channels[i + 1] are those of layer i."""
        before = channels[-1]
        if kind == "convolutional":
            return self.convolution(options, before)
        if kind == "maxpool":
            size, stride = int(options["size"]), int(options["stride"])
            padding = int(options.get("padding", size - 1))
            low = padding // 2
            pad = nn.ZeroPad2d((low, padding - low, low, padding - low))
            pool = nn.MaxPool2d(size, stride)
            return (pool if size == stride else nn.Sequential(pad, pool)), before
        if kind == "upsample":
            return nn.Upsample(scale_factor=int(options["stride"])), before
        if kind == "route":
            of = [channels[i + 1] for i in sources_of(options["layers"], index)]
            return nn.Identity(), sum(of) // int(options.get("groups", 1))
        if kind == "shortcut":
            return nn.Sequential(*activation_of(options.get("activation", "linear"))), before
        if kind == "dropout":
            return nn.Dropout(float(options["probability"])), before
        if kind == "yolo":
            return nn.Identity(), before
        raise ValueError(f"[{kind}] is not built here")

    def convolution(self, options: dict[str, str], before: int) -> tuple[nn.Module, int]:
        filters, size = int(options["filters"]), int(options.get("size", 1))
        normalise = options.get("batch_normalize") == "1"
        padding = size // 2 if options.get("pad") == "1" else int(options.get("padding", 0))
        parts: list[nn.Module] = [
            nn.Conv2d(
                before,
                filters,
                size,
                int(options.get("stride", 1)),
                padding,
                groups=int(options.get("groups", 1)),
                bias=not normalise,
            )
        ]
        if normalise:
            parts.append(nn.BatchNorm2d(filters, momentum=0.01))
        return nn.Sequential(*parts, *activation_of(options.get("activation", "linear"))), filters

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs: list[Tensor] = []
        heads: list[Tensor] = []
        for index, (kind, options) in enumerate(self.sections):
            if kind == "route":
                parts = [outputs[i] for i in sources_of(options["layers"], index)]
                groups = int(options.get("groups", 1))
                if groups > 1:
                    parts = [p.chunk(groups, 1)[int(options["group_id"])] for p in parts]
                x = torch.cat(parts, 1) if len(parts) > 1 else parts[0]
            elif kind == "shortcut":
                x = self.layers[index](x + outputs[sources_of(options["from"], index)[0]])
            else:
                x = self.layers[index](x)
            if kind == "yolo":
                heads.append(x)
            outputs.append(x)
        return heads


def sources_of(text: str, index: int) -> list[int]:
    return [i + index if i < 0 else i for i in map(int, text.split(","))]


class Training:
    """Steps on one batch of random images."""

    def __init__(self, cfg: str, batch: int, threads: int, bf16: bool) -> None:
        torch.manual_seed(0)
        torch.set_num_threads(threads)
        net = sections_of(cfg)[0][1]
        shape = (batch, int(net["channels"]), int(net["height"]), int(net["width"]))
        self.model = Darknet(cfg).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.images = torch.rand(shape).contiguous(memory_format=torch.channels_last)
        self.solver = torch.optim.SGD(
            self.model.parameters(), lr=1e-5, momentum=0.9, weight_decay=5e-4
        )
        self.bf16 = bf16

    def step(self) -> Any:
        self.solver.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            heads = self.model(self.images)
        loss = sum(head.float().square().sum() for head in heads)
        loss.backward()  # type: ignore[union-attr]
        self.solver.step()

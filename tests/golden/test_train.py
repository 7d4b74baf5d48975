"""Training steps give the numbers that Darknet's gave: train/.

The runs of AlexeyAB's fork were made with its CPU code, which has three habits its GPU code and
this engine do not have. They are played here from outside, so that all five steps can be compared:

- Only convolutions and [shortcut] are updated: [connected] and [local] get learning_rate=0 here.
- Deltas of the other layers are not cleared between mini-batches: what was there is given again
  (``NativeTrainer.set_delta``).
- A convolution overwrites what other readers of its input added to the delta before: in the few
  networks where that happens, these readers look through a [route] with onlyforward=1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pydarknet._native import NativeNetwork, NativeTrainer, TrainerOptions
from pydarknet.training import replay

Array = npt.NDArray[Any]

FOLDER = Path(__file__).with_name("train")
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))

LOSS_TOLERANCE = 1e-4
WEIGHTS_TOLERANCE = 1e-3  # of the step's change

# pjreddie/darknet normalises by sqrt(variance) + 1e-6: (loss, weights)
OTHER_EPSILON = {"connected_bn": (1e-3, 3e-3), "deconv": (4e-3, 3e-2)}
# Only the forward pass and the layers behind can be compared: through [rnn], pjreddie's CPU code
# writes outside of its memory (the output's biases are overwritten before the first step); through
# [crnn], AlexeyAB's takes the last step's variances for all. Ours is held by finite differences.
RECURRENT = {"rnn", "crnn"}
# pjreddie's CPU code has the sign of large deltas wrong: only the first loss can be compared
WRONG_SIGN = {"cost_smooth"}

STOPPED = "[route]\nlayers=-1\nonlyforward=1\n\n"
# cfg texts to replace, and the layers (in the new numbering) whose deltas stay
AS_ON_THE_CPU: dict[str, tuple[dict[str, str], list[int]]] = {
    "topology": (
        {
            "\n[shortcut]\nfrom=-2": "\n[shortcut]\nfrom=1",
            "layers=-1,-3": "layers=-1,1",
            "\n\n[convolutional]": "\n\n" + STOPPED + "[route]\nlayers=0\n\n[convolutional]",
        },
        [5, 7, 8, 9],
    ),
    "shortcut_weighted": (
        {
            "from=-2": "from=1",
            "\n\n[convolutional]": "\n\n" + STOPPED + "[route]\nlayers=0\n\n[convolutional]",
        },
        [5],
    ),
    "se_sam": (
        {
            "from=-2": "from=4",
            "from=-3\nactivation=linear\n\n": "from=-3\nactivation=linear\n\n"
            + STOPPED
            + "[route]\nlayers=3\n\n",
        },
        [7, 8],
    ),
    "yolo_two_heads": ({"layers=-3": "layers=-3\nonlyforward=1"}, []),
    # a [route] of one layer shares its delta here
    "spp": (
        {"[route]\nlayers=-2": "[shortcut]\nfrom=-2\nalpha=0\nbeta=1\nactivation=linear"},
        [2, 4, 5],
    ),
}
CARRIED = (
    "connected", "local", "avgpool", "route", "upsample", "normalization", "reorg3d", "sam",
    "scale_channels",
)  # fmt: skip


@dataclass
class Steps:
    """Five steps, ours."""

    loss: list[float]
    rate: list[float]
    weights: list[bytes]
    deltas: dict[int, Array]


class Recorded:
    """Darknet's."""

    def __init__(self, name: str) -> None:
        with np.load(FOLDER / f"{name}.npz") as data:
            self.data = {key: data[key] for key in data.files}
        self.name = name
        self.cfg = str(self.data["cfg"])
        self.by_alexey = str(self.data["origin"]) == "alexey"
        if name == "gru":
            for key in ("init", "step_1", "step_2", "step_5"):
                ordered = gates_in_our_order(self.data[key].tobytes())
                self.data[key] = np.frombuffer(ordered, np.uint8)
        self.init = self.data["init"].tobytes()
        self.deltas = {int(k[6:]): v for k, v in self.data.items() if k.startswith("delta_")}

    def cpu_cfg(self) -> str:
        """The cfg as AlexeyAB's CPU code takes it."""
        text = self.cfg.replace("hidden=7", "hidden=5")  # pjreddie's [rnn] knows no hidden
        for old, new in AS_ON_THE_CPU.get(self.name, ({}, []))[0].items():
            assert old in text, old
            at = text.rindex(old) if old.startswith("\n\n") else text.index(old)
            text = text[:at] + new + text[at + len(old) :]
        for section in ("[connected]", "[local]"):
            text = text.replace(section, f"{section}\nlearning_rate=0")
        return text


def carried_layers(recorded: Recorded, layers: list[dict[str, Any]]) -> list[int]:
    if recorded.name in AS_ON_THE_CPU:
        return AS_ON_THE_CPU[recorded.name][1]
    return [
        layer["index"]
        for layer in layers[:-1]
        if layer["type"] in CARRIED and layers[layer["index"] + 1]["type"] != "convolutional"
    ]


def steps_as_on_the_cpu(recorded: Recorded, folder: Path, backend: str) -> Steps:
    network = NativeNetwork(recorded.cpu_cfg().encode(), "<text>")
    file = folder / "x.weights"
    file.write_bytes(recorded.init)
    network.load_weights(str(file), -1, True)
    trainer = NativeTrainer(network, TrainerOptions(keep_all=True, backend=backend))
    about, layers = trainer.describe(), network.describe(0, 0)["layers"]
    shapes = {layer["index"]: (about["batch"], *layer["output"]) for layer in layers}
    trainer.set_input(recorded.data["input"])
    trainer.set_truth(recorded.data["truth"])
    steps = Steps([], [], [], {})
    for _ in range(5):
        for _ in range(about["subdivisions"]):
            trainer.run()
            for layer in carried_layers(recorded, layers):
                trainer.set_delta(layer, trainer.layer_delta(layer, shapes[layer]))
            if not steps.deltas:
                for head in about["heads"]:
                    delta = trainer.layer_delta(head["layer"], shapes[head["layer"]])
                    steps.deltas[head["layer"]] = delta
        steps.loss.append(trainer.update())
        steps.rate.append(trainer.rate)
        trainer.store()
        network.save_weights(str(folder / "step.weights"), -1)
        steps.weights.append((folder / "step.weights").read_bytes())
    return steps


def gates_in_our_order(weights: bytes) -> bytes:
    """Of the [gru]: pjreddie's files hold the state's arrays before the input's."""
    numbers, state, input = np.frombuffer(weights[20:], np.float32), 3 * 42, 3 * 78
    parts = [numbers[state : state + input], numbers[:state], numbers[state + input :]]
    return weights[:20] + np.concatenate(parts).tobytes()


def plain_steps(recorded: Recorded, backend: str) -> Steps:
    data, cfg = recorded.data, recorded.cfg
    if recorded.name == "gru":  # on the CPU there is no backward through it
        cfg = cfg.replace("[gru]", "[gru]\nonlyforward=1")
    ours = replay(cfg, recorded.init, data["input"], data["truth"], 5, backend=backend)
    return Steps(list(ours.loss), list(ours.rate), list(ours.weights_bytes), ours.deltas)


def numbers(weights: bytes) -> Array:
    return np.frombuffer(weights[20:], np.float32).astype(np.float64)


def relative(ours: Array, golden: Array, to: Array) -> float:
    return float(np.abs(ours - golden).max() / max(np.abs(to).max(), 1e-12))


def test_nothing_is_missing() -> None:
    assert len(NAMES) == 61


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_five_steps(name: str, backend: str, tmp_path: Path) -> None:
    recorded = Recorded(name)
    if name in RECURRENT:
        pytest.skip("see test_recurrent_first_step")
    if recorded.by_alexey:
        ours = steps_as_on_the_cpu(recorded, tmp_path, backend)
    else:
        ours = plain_steps(recorded, backend)
    loss_tolerance, tolerance = OTHER_EPSILON.get(name, (LOSS_TOLERANCE, WEIGHTS_TOLERANCE))
    golden = recorded.data
    np.testing.assert_allclose(ours.rate, golden["rate"], rtol=1e-5)
    if name in WRONG_SIGN:
        np.testing.assert_allclose(ours.loss[0], golden["loss"][0], rtol=loss_tolerance)
        return
    np.testing.assert_allclose(ours.loss, golden["loss"], rtol=loss_tolerance)
    for step in (1, 2, 5):
        theirs = golden[f"step_{step}"].tobytes()
        change = numbers(theirs) - numbers(recorded.init)
        weights = numbers(ours.weights[step - 1])
        assert relative(weights, numbers(theirs), change) < tolerance, step
        if recorded.by_alexey:  # pjreddie writes another revision
            assert ours.weights[step - 1][:20] == theirs[:20]


@pytest.mark.parametrize("name", [name for name in NAMES if Recorded(name).deltas])
def test_deltas_and_first_step(name: str) -> None:
    """Without any of the CPU's habits: they do not show before the first update."""
    recorded = Recorded(name)
    ours = plain_steps(recorded, "auto")
    for layer, golden in recorded.deltas.items():
        delta = ours.deltas[layer]
        if "[region]" in recorded.cfg:  # ours lies cell by cell, as the output does
            delta = np.moveaxis(delta, 3, 1)
        assert relative(delta.ravel(), golden, golden) < 1e-4
    np.testing.assert_allclose(ours.loss[0], recorded.data["loss"][0], rtol=LOSS_TOLERANCE)


def first_step(recorded: Recorded) -> tuple[Any, dict[tuple[int, str], tuple[Array, Array]]]:
    """Of each array the change of the first step, ours and theirs."""
    cfg, data = recorded.cpu_cfg(), recorded.data
    ours = replay(cfg, recorded.init, data["input"], data["truth"], 1)
    before, theirs = numbers(recorded.init), numbers(data["step_1"].tobytes())
    changes, at = {}, 0
    for layer in NativeNetwork(cfg.encode(), "<text>").describe(0, 0)["layers"]:
        for parameter in layer["parameters"]:
            part = slice(at, at + int(np.prod(parameter["dims"])))
            at = part.stop
            mine = numbers(ours.weights_bytes[0])[part] - before[part]
            changes[layer["index"], parameter["name"]] = (mine, theirs[part] - before[part])
    return ours, changes


def test_recurrent_first_step_of_crnn() -> None:
    recorded = Recorded("crnn")
    ours, changes = first_step(recorded)
    np.testing.assert_allclose(ours.loss[0], recorded.data["loss"][0], rtol=1e-5)
    same = [name for name in changes if name[1].startswith("output") or "rolling" in name[1]]
    same = [*same, (0, "self_weights"), (0, "self_scales")]
    same.remove((0, "output_weights"))
    for name in same:
        mine, theirs = changes[name]
        assert relative(mine, theirs, theirs) < 1e-4, name


def test_recurrent_first_step_of_rnn() -> None:
    recorded = Recorded("rnn")
    recorded.cfg = recorded.cpu_cfg().replace("learning_rate=0\n", "", 1)
    # the output's biases of the recorded run, from what they led to
    golden = recorded.data["layer_000"].reshape(12, 5)
    data = recorded.data
    ours = replay(recorded.cfg, recorded.init, data["input"], data["truth"], 1).outputs[0]
    before = [np.where(y > 0, y, y * 10) for y in (ours.reshape(12, 5), golden)]
    away = before[1] - before[0]
    assert np.ptp(away, axis=0).max() < 1e-6
    weights = np.frombuffer(recorded.init[20:], np.float32).copy()
    weights[95:100] += away.mean(axis=0)
    init = recorded.init[:20] + weights.tobytes()
    result = replay(recorded.cfg, init, data["input"], data["truth"], 1)
    np.testing.assert_allclose(result.loss[0], data["loss"][0], rtol=1e-5)
    mine, theirs = numbers(result.weights_bytes[0]), numbers(data["step_1"].tobytes())
    # the output's arrays and the layer behind: what lies before the defect
    assert relative(mine[95:], theirs[95:], mine[95:] - numbers(init)[95:]) < 1e-4

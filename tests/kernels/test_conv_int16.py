"""The 1x1 convolution that multiplies 16-bit integers, beside numpy and in every geometry."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

Array = npt.NDArray[np.float32]
ROOT = Path(__file__).resolve().parents[2]
BLOCK = 16
LINEAR, LEAKY, RELU, RELIE, RELU6, LOGISTIC = range(6)  # enum Act in kernels.h


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """bridge.cpp, linked with the engine that is built."""
    if os.environ.get("PYDARKNET_SANITIZED"):
        pytest.skip("the bridge is not sanitized")
    make = ["make", "-s", "--no-print-directory", "-C", str(ROOT / "darknet"), "QUIET=1"]
    make += [f"PYTHON={sys.executable}"]
    outside = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    subprocess.run([*make, "static"], env=outside, check=True)
    asked = [*make, "print-build"]
    build = subprocess.run(asked, env=outside, capture_output=True, text=True, check=True).stdout
    archive = ROOT / "darknet" / build.strip() / "libdarknet.a"
    library = tmp_path_factory.mktemp("bridge") / "bridge.so"
    command = [*shlex.split(os.environ.get("CXX", "g++")), "-std=c++17", "-O1", "-shared", "-fPIC"]
    command += ["-fopenmp", f"-I{ROOT}/darknet/src", str(Path(__file__).with_name("bridge.cpp"))]
    subprocess.run([*command, str(archive), "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    if not loaded.multiplies_int16():
        pytest.skip("this processor or compiler has no products of 16-bit integers")
    return loaded


def blocked(plain: Array, extra_blocks: int, first: int, behind: float = 0) -> Array:
    """NChw16c, as a slice from block `first` on of a tensor with `extra_blocks` more, of NaN.

    The lanes behind the last channel are `behind`.
    """
    n, c, h, w = plain.shape
    blocks = -(-c // BLOCK)
    whole = np.full((n, blocks + extra_blocks, h, w, BLOCK), np.nan, np.float32)
    padded = np.full((n, blocks * BLOCK, h, w), behind, np.float32)
    padded[:, :c] = plain
    whole[:, first : first + blocks] = padded.reshape(n, blocks, BLOCK, h, w).transpose(
        0, 1, 3, 4, 2
    )
    return whole


def plain(whole: Array, first: int, c: int) -> Array:
    """The inverse."""
    n, _, h, w, _ = whole.shape
    part = whole[:, first : first - (-c // BLOCK)].transpose(0, 1, 4, 2, 3)
    return part.reshape(n, -1, h, w)[:, :c]


def aligned(array: Array) -> Array:
    """A copy at a multiple of 64 bytes."""
    room = np.empty(array.size + BLOCK, np.float32)
    start = -room.ctypes.data % 64 // 4
    copy = room[start : start + array.size].reshape(array.shape)
    copy[:] = array
    return copy


def activate(act: int, x: Array) -> Array:
    if act == RELU6:
        return np.clip(x, 0, 6)
    if act == LOGISTIC:
        return 1 / (1 + np.exp(-x))
    slope = {LINEAR: 1, LEAKY: 0.1, RELU: 0, RELIE: 0.01}[act]
    return np.where(x > 0, x, np.float32(slope) * x)


class Case:
    """A convolution with random numbers, and what it should give."""

    def __init__(self, shape: tuple[int, int, int, int, int], *, whole: bool, seed: int = 0):
        self.shape = shape
        n, c, h, w, k = shape
        random = np.random.default_rng(seed)

        def draw(*dims: int) -> Array:
            if whole:  # small whole numbers: scaled by powers of two they stay what they are
                return random.integers(-8, 9, dims).astype(np.float32)
            return random.standard_normal(dims).astype(np.float32)

        self.input, self.weights = draw(n, c, h, w), draw(k, c)
        self.bias, self.residual = draw(k), draw(n, k, h, w)

    def expected(self, act: int, residual: bool, after: int) -> Array:
        x, w = self.input.astype(np.float64), self.weights.astype(np.float64)
        sums = np.einsum("kc,nchw->nkhw", w, x) + self.bias.reshape(-1, 1, 1)
        out = activate(act, sums.astype(np.float32))
        return activate(after, out + self.residual) if residual else out

    def run(
        self,
        bridge: Any,
        *,
        act: int = LINEAR,
        residual: bool = False,
        after: int = LINEAR,
        plain_dst: bool = False,
        slices: tuple[int, int] = (0, 0),
        threads: int = 1,
        behind: float = 0,
    ) -> Array:
        n, _, h, w, k = self.shape
        extra, first = slices
        src = aligned(blocked(self.input, extra, first, behind))
        add = aligned(blocked(self.residual, extra, first))
        if plain_dst:
            dst = np.full((n, k + extra, h, w), np.nan, np.float32)
        else:
            dst = aligned(blocked(np.full((n, k, h, w), np.nan, np.float32), extra, first))
        before = dst.copy()

        def at(array: Array, skip: int = first) -> ctypes.c_void_p:
            return ctypes.c_void_p(array[0, skip:].ctypes.data if skip else array.ctypes.data)

        def stride(array: Array) -> ctypes.c_int64:
            return ctypes.c_int64(array.strides[0] // 4)

        int16 = bridge.pointwise(
            (ctypes.c_int * 5)(*self.shape), 1, int(plain_dst), act, after, threads,
            at(np.ascontiguousarray(self.weights), 0), at(self.bias, 0), at(src), stride(src),
            at(add) if residual else None, stride(add), at(dst, first), stride(dst),
        )  # fmt: skip
        assert int16 == 1
        mine = slice(first, first + (k if plain_dst else -(-k // BLOCK)))
        outside = np.ones(dst.shape[1], bool)
        outside[mine] = False
        np.testing.assert_array_equal(dst[:, outside], before[:, outside])
        return dst[:, mine] if plain_dst else plain(dst, first, k)


channels = st.one_of(st.integers(1, 70), st.sampled_from([96, 97, 144, 288, 576]))
shapes = st.tuples(st.integers(1, 3), channels, st.integers(1, 21), st.integers(1, 21), channels)
slices = st.sampled_from([(0, 0), (1, 0), (2, 1)])
threads = st.integers(1, 5)
examples = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@examples
@given(shape=shapes, act=st.sampled_from([LINEAR, RELU, RELU6]), residual=st.booleans(),
       after=st.sampled_from([LINEAR, RELU]), slices=slices, threads=threads)  # fmt: skip
def test_exact_where_integers_are(
    bridge: Any, shape: Any, act: int, residual: bool, after: int, slices: Any, threads: int
) -> None:
    case = Case(shape, whole=True)
    ours = case.run(bridge, act=act, residual=residual, after=after, slices=slices, threads=threads)
    np.testing.assert_array_equal(ours, case.expected(act, residual, after))


@examples
@given(shape=shapes, act=st.sampled_from([LINEAR, LEAKY, RELIE, RELU6, LOGISTIC]),
       residual=st.booleans(), after=st.sampled_from([LINEAR, LEAKY, LOGISTIC]))  # fmt: skip
def test_nearly_exact_elsewhere(
    bridge: Any, shape: Any, act: int, residual: bool, after: int
) -> None:
    """More channels leave fewer bits to each."""
    case = Case(shape, whole=False)
    ours = case.run(bridge, act=act, residual=residual, after=after)
    bound = 1e-3 + 1.5e-4 * shape[1]
    np.testing.assert_allclose(ours, case.expected(act, residual, after), rtol=0, atol=bound)


@pytest.mark.parametrize("c", [1, 4, 17, 96, 576, 8192])
@pytest.mark.parametrize("magnitude", [1e-30, 1e-3, 1, 1e3, 1e15])
def test_no_sum_overflows(bridge: Any, c: int, magnitude: float) -> None:
    """The largest inputs with weights of the same sign, all equal or one above all."""
    case = Case((1, c, 3, 5, 32), whole=False)
    sign = np.where(np.arange(32) % 2, -1, 1).reshape(-1, 1)
    case.weights[:] = sign * np.float32(magnitude)
    case.weights[16:, 1:] /= 128
    case.input = np.full((1, c, 3, 5), np.float32(-1.9999), np.float32)
    case.bias[:] = 0
    expected = case.expected(LINEAR, False, LINEAR)
    np.testing.assert_allclose(case.run(bridge), expected, rtol=2e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_become_one(bridge: Any, value: float) -> None:
    case = Case((1, 20, 6, 7, 40), whole=True)
    case.input[0, 19, 3, 4] = value
    assert np.isnan(case.run(bridge)[0, :, 3, 4]).all()


@pytest.mark.parametrize("value", [0, 1e-45, 1e-30, 3e38])
def test_inputs_at_the_ends_of_the_range(bridge: Any, value: float) -> None:
    case = Case((1, 5, 2, 3, 4), whole=True)
    case.input[:] = np.float32(value)
    case.weights[:] = np.float32(0.125)
    expected = case.expected(LINEAR, False, LINEAR)
    np.testing.assert_allclose(case.run(bridge), expected, rtol=1e-3)


@pytest.mark.parametrize("c", [3, 24, 25, 200])
def test_inputs_just_below_a_power_of_two(bridge: Any, c: int) -> None:
    """The largest input may be rounded up to it, which 15 bits and a sign have no room for."""
    below = np.arange(1, 700)
    largest = ((2.0**24 - below) / 2**23).astype(np.float32)
    for sign in (1, -1):
        case = Case((1, c, 1, 1, c), whole=True)
        case.weights[:], case.bias[:] = np.eye(c), 0
        for value in sign * largest[:: 1 if c == 3 else 7]:
            case.input[:] = 0.5
            case.input[0, c - 1] = value
            assert abs(case.run(bridge)[0, c - 1, 0, 0] - value) < 2e-3


@examples
@given(shape=shapes, act=st.sampled_from([LINEAR, RELU, RELU6]), slices=slices, threads=threads)
def test_plain_outputs(bridge: Any, shape: Any, act: int, slices: Any, threads: int) -> None:
    case = Case(shape, whole=True)
    ours = case.run(bridge, act=act, plain_dst=True, slices=slices, threads=threads)
    np.testing.assert_array_equal(ours, case.expected(act, False, LINEAR))


@examples
@given(shape=shapes, threads=st.integers(2, 7), residual=st.booleans())
def test_the_same_for_every_number_of_threads(
    bridge: Any, shape: Any, threads: int, residual: bool
) -> None:
    case = Case(shape, whole=False)
    alone = case.run(bridge, act=LEAKY, residual=residual)
    np.testing.assert_array_equal(
        case.run(bridge, act=LEAKY, residual=residual, threads=threads), alone
    )


@pytest.mark.parametrize("c", [1, 5, 17, 19])
def test_what_lies_behind_the_last_channel_is_not_read(bridge: Any, c: int) -> None:
    """They belong to another tensor where the input is a slice."""
    case = Case((2, c, 5, 7, 33), whole=True)
    np.testing.assert_array_equal(case.run(bridge, behind=np.nan), case.run(bridge))

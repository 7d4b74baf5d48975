"""Whatever a file holds, the tools say what is wrong with it or do their work; nothing else."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from cfg.test_shapes_fuzz import cfgs
from pydarknet import CfgError, DarknetError
from pydarknet.cfg import (
    Document,
    cut,
    diff,
    draw,
    for_classes,
    infer,
    insert_layer,
    lint,
    meaning,
    picture,
    remove_layers,
    set_batch,
    set_key,
    set_size,
    zoo,
)

WORDS = [b"=", b"\n", b"[", b"]", b"#", b",", b"-1", b"99999999999", b"0", b"1e400", b"nan", b"\xff",
         b"[yolo]\n", b"[route]\nlayers=", b"[net]\n", b"mask=", b"from=-1\n", b"\r", b" "]  # fmt: skip


def tried(data: bytes) -> Document | None:
    try:
        return Document.parse(data, "x.cfg")
    except CfgError as error:
        assert str(error).startswith("x.cfg")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return None


def use(document: Document) -> None:
    """Runs every tool; only the project's own errors may come out."""
    text = document.to_bytes()
    problems = lint(document)
    assert all(one.line is None or one.line >= 1 for one in problems)
    meaning(document)
    assert diff(document, document.copy()) == []
    try:
        infer(document)
    except CfgError as error:
        assert str(error).startswith("x.cfg:")  # noqa: PT017
        # what cannot be worked out has been told
        assert any(one.severity == "error" for one in problems)
    else:
        picture(document)
    assert document.to_bytes() == text
    for edit in (
        lambda one: for_classes(one, 3),
        lambda one: set_size(one, 64, 64),
        lambda one: set_batch(one, 8, 2),
        lambda one: set_key(one, "net", "decay", "0.1"),
        lambda one: cut(one, 1),
        lambda one: remove_layers(one, [0]),
        lambda one: insert_layer(one, 1, "[empty]\n"),
    ):
        copy = document.copy()
        try:
            edit(copy)
        except DarknetError:
            if edit.__code__.co_names[0] == "for_classes":
                assert copy.to_bytes() == text
            continue
        assert Document.parse(copy.to_bytes()).to_bytes() == copy.to_bytes()


@profile(deadline=None, max_examples=150)
@given(cfgs())
def test_random_networks(text: str) -> None:
    document = tried(text.encode())
    assert document is not None
    use(document)


@profile(deadline=None, max_examples=60)
@given(
    st.sampled_from(["yolov4-tiny", "lenet", "yolov2", "enet-coco", "yolov1"]),
    st.integers(0, 2**32),
)
def test_files_that_were_damaged(name: str, seed: int) -> None:
    draw_ = random.Random(seed)
    data = bytearray(zoo.text(name).encode())
    for _ in range(draw_.randint(1, 6)):
        at, end = sorted(draw_.randint(0, len(data)) for _ in range(2))
        kind = draw_.randint(0, 2)
        if kind == 0:
            data[at:at] = draw_.choice(WORDS)
        elif kind == 1:
            data[at : min(end, at + draw_.randint(1, 40))] = b""
        else:
            data[at:at] = data[at : min(end, at + 60)]
    document = tried(bytes(data))
    if document is not None:
        use(document)


@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_nothing(
    force: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = zoo.build("yolov4-tiny")
    path = tmp_path / "x.cfg"
    if force:
        path.write_text("old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left.*x\.cfg"):
        document.write(path, force=force)
    with pytest.raises(OSError, match="No space left"):
        draw(document, tmp_path / "x.svg")
    assert {one.name for one in tmp_path.iterdir()} == ({"x.cfg"} if force else set())
    assert not force or path.read_text() == "old"

"""The document: what is not edited comes back byte by byte, and the engine reads the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydarknet import CfgError, Network
from pydarknet.cfg import Document

SMALL = b"""\xef\xbb\xbf# a small network\r
\r
; of two layers\r
[net]\r
width = 32 # pixels\r
height=32\r
channels=3\r
\r
# the stem\r
[conv]\r
fil ters=8\r
filters=9\r
activation=leaky"""

words = st.sampled_from(
    [
        "[net]",
        "[conv]",
        "[conv",
        "[]",
        "width=32",
        "a=b=c",
        "key",
        "=3",
        "k=",
        "# x",
        ";y",
        " ",
        "#",
    ]
)
blanks = st.sampled_from(["", " ", "\t", "  "])
lines = st.tuples(blanks, words | st.text("a[]=#; \r\x07é", max_size=6), blanks).map("".join)
texts = st.lists(lines, max_size=8).flatmap(
    lambda found: st.sampled_from(["\n", "\r\n"]).map(lambda end: "[net]\n" + end.join(found))
)


def parsed(text: str) -> Document | CfgError:
    try:
        return Document.parse(text, "x.cfg")
    except CfgError as error:
        return error


@given(texts | st.text(max_size=30) | st.binary(max_size=30))
def test_what_is_read_is_written_back(text: str | bytes) -> None:
    try:
        document = Document.parse(text)
    except CfgError:
        return
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    assert document.to_bytes() == data


@given(texts)
def test_the_engine_reads_and_refuses_the_same(text: str) -> None:
    ours = parsed(text)
    with pytest.raises(CfgError) as theirs:
        Network.from_text(text, name="x.cfg")
    if isinstance(ours, CfgError):
        assert str(ours) == str(theirs.value)
        assert (ours.line, ours.section) == (theirs.value.line, theirs.value.section)
    else:  # well-formed, so the engine's objection is to what it says
        sections = ("no section", "cannot read", "before any", "no value", "no sections")
        assert not any(words in str(theirs.value) for words in sections)


def test_blanks_comments_and_duplicates() -> None:
    document = Document.parse(SMALL)
    assert [section.type for section in document.sections] == ["net", "conv"]
    assert document.net.get("width") == "32"
    conv = document.layers[0]
    assert [line.text for line in conv.above] == ["# the stem"]
    assert (conv.line, conv.get("filters"), len(conv.entries)) == (10, "8", 3)
    assert document.newline == "\r\n"
    assert document.to_bytes() == SMALL


def test_edits_touch_nothing_else() -> None:
    document = Document.parse(SMALL)
    document.net.set("width", 64)
    document.layers[0].set("filters", 255)
    document.layers[0].set("size", 3)
    document.renumber()
    expected = SMALL.replace(b"width = 32 # pixels", b"width = 64 # pixels")
    expected = expected.replace(b"fil ters=8", b"fil ters=255") + b"\r\nsize=3"
    assert document.to_bytes() == expected
    size = document.layers[0].find("size")
    assert size is not None
    assert size.number == 14
    assert document.layers[0].remove("filters")
    assert not document.layers[0].remove("filters")
    assert b"filters" not in document.to_bytes().replace(b" ", b"")


keys = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
values = st.from_regex(r"[a-zA-Z0-9.,+-]{1,10}", fullmatch=True)


@given(st.lists(st.tuples(keys, values), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_what_is_set_is_read_back(pairs: list[tuple[str, str]], newline: str) -> None:
    document = Document.parse(f"[net]{newline}width=1{newline}# end")
    for key, value in pairs:
        document.net.set(key, value)
    again = Document.parse(document.to_bytes())
    wanted = {"width": "1"} | dict(pairs)
    assert {line.key: line.value for line in again.net.entries} == wanted
    assert document.to_bytes().endswith(b"# end")


@pytest.mark.parametrize(
    ("key", "value"), [("a b", "1"), ("", "1"), ("#a", "1"), ("a", ""), ("a", "1#2"), ("a", "1\n2")]
)
def test_what_would_not_be_read_back_is_refused(key: str, value: str) -> None:
    document = Document.parse("[net]\na=1\n")
    with pytest.raises(ValueError, match="expected"):
        document.net.set(key, value)
    assert document.to_bytes() == b"[net]\na=1\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "x.cfg: has no sections, expected [net] first"),
        ("# nothing\n", "x.cfg: has no sections, expected [net] first"),
        ("[conv]\n", "x.cfg:1: [conv] the first section is [conv], expected [net]"),
        ("a=1\n[net]\n", "x.cfg:1: 'a=1' stands before any section, expected [net] first"),
        ("[net]\n\nwidth\n", "x.cfg:3: [net] cannot read 'width', expected key=value"),
        ("[net]\nwidth=\n", "x.cfg:2: [net] width has no value, expected width=value"),
        ("[net]\n[conv\n", "x.cfg:2: '[conv' is no section, expected [name]"),
        ("[net]\n\0", "x.cfg: holds a zero byte, expected a text file"),
    ],
)
def test_malformed_files(text: str, problem: str) -> None:
    with pytest.raises(CfgError) as error:
        Document.parse(text, "x.cfg")
    assert str(error.value) == problem
    assert error.value.file == "x.cfg"


def test_written_whole_and_never_over_another_file(tmp_path: Path) -> None:
    document = Document.parse(SMALL)
    path = tmp_path / "new.cfg"
    document.write(path)
    assert path.read_bytes() == SMALL
    path.write_text("other")
    with pytest.raises(FileExistsError, match=r"new\.cfg"):
        document.write(path)
    assert path.read_text() == "other"
    document.write(path, force=True)
    assert Document.read(path).to_bytes() == SMALL
    assert [one.name for one in tmp_path.iterdir()] == ["new.cfg"]


def test_every_known_cfg_comes_back(shared: Path) -> None:
    paths = sorted(shared.glob("cfg/*.cfg"))
    assert paths
    for path in paths:
        try:
            document = Document.read(path)
        except CfgError as error:
            assert ":" in str(error)  # noqa: PT017
            continue
        assert document.to_bytes() == path.read_bytes()

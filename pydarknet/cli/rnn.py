"""``pydarknet rnn``: networks of characters, trained on a text, that go on with one."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..errors import ArgumentError
from .darknet_flags import add_darknet_flags
from .detector import check_verb
from .network_options import add_network_options, open_network
from .parser import Parser, amount, whole
from .program import OK

LATER = ("validtactic", "vec", "generatetactic")


def run(words: Sequence[str]) -> int:
    """Runs the command."""
    if words and words[0] == "train":
        from .train import run as train

        return train("rnn", words[1:])
    if words and words[0] == "valid":
        return valid(words[1:])
    parser = Parser(
        "rnn generate",
        "x.cfg x.weights",
        "Goes on with a text, byte by byte. Other verbs, each with a --help of its own: train,\n"
        "valid.",
    )
    add = parser.add_argument
    add("--seed", metavar="TEXT", default="\n\n", help="to go on with; default: two line ends")
    add("--len", type=whole, metavar="N", default=1000, help="bytes to make; default: 1000")
    add("--temp", type=amount, metavar="T", default=0.7, help="default: 0.7; 0 takes the likeliest")
    add("--srand", type=whole, metavar="S", help="of the choice; default: another each time")
    _add_tokens(parser)
    add_network_options(parser)
    add_darknet_flags(parser, "rnn")
    if words and words[0] in ("-h", "--help"):
        parser.print_help()
        return OK
    known = check_verb("rnn", words, ("generate", "train", "valid"), LATER)
    if known is not None:
        return known
    options, rest = parser.split(words[1:])
    model = _model(parser, rest)
    refuse_tokens(options.tokenized, options.tokens)

    from ..generation import generate

    # what the shell handed over, whatever its bytes are
    prompt = options.seed.encode("utf-8", "surrogateescape")
    with open_network(model, options) as network:
        made = generate(
            network, prompt, length=options.len, temperature=options.temp, seed=options.srand
        )
        out = _binary(prompt)
        for byte in made:
            out.write(byte)
            out.flush()
        out.write(b"\n")
        out.flush()
    return OK


def valid(words: Sequence[str]) -> int:
    """``rnn valid``: how well a network foretells a text."""
    parser = Parser(
        "rnn valid",
        "x.cfg x.weights",
        "How well the next byte of a text is foretold: bits per byte, and the perplexity of bytes\n"
        "and words. The text is read from --file, else from stdin; of a long one its first 65,536\n"
        "bytes, in up to 64 parts.",
    )
    parser.add_argument("--file", metavar="TEXT", help="the text; default: stdin")
    _add_tokens(parser)
    add_network_options(parser)
    add_darknet_flags(parser, "rnn")
    options, rest = parser.split(words)
    model = _model(parser, rest)
    refuse_tokens(options.tokenized, options.tokens)

    from ..datasets import TextDataset
    from ..metrics.text import foretell

    data = Path(options.file).read_bytes() if options.file else sys.stdin.buffer.read()
    with open_network(model, options) as network:
        text = TextDataset(data, inputs=network.channels, name=options.file or "stdin")
        found = foretell(network.sequences, text.bytes, network.channels)
    part = data[: found.count]
    words_there = max(1, sum(part.count(byte) for byte in b" \n"))
    per_word = math.exp(min(found.nats * found.count / words_there, 700))
    print(
        f"{found.count} BPC: {found.bits:4.4f}   Perplexity: {found.perplexity:4.4f}    "
        f"Word Perplexity: {per_word:4.4f}   Accuracy: {found.accuracy:.2%}"
    )
    return OK


def _add_tokens(parser: Parser) -> None:
    parser.add_argument("--tokenized", action="store_true", help="not in this version")
    parser.add_argument("--tokens", metavar="FILE", help="not in this version")


def refuse_tokens(tokenized: bool, tokens: str | None) -> None:
    """Darknet can read words of a list instead of bytes.

    Raises:
        ArgumentError: that is asked for.
    """
    if tokenized or tokens:
        raise ArgumentError("-tokenized: this version of pydarknet reads texts byte by byte only")


def _model(parser: Parser, words: Sequence[str]) -> list[str]:
    if len(words) != 2:
        parser.error("expected x.cfg x.weights")
    return list(words)


def _binary(shown: bytes) -> BinaryIO:
    """Where bytes go; begins with what is shown."""
    sys.stdout.flush()
    out: BinaryIO = sys.stdout.buffer
    out.write(shown)
    out.flush()
    return out

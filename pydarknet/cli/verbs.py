"""Commands of commands, as ``cfg lint``: which there are, and which one is meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from .parser import UsageError


def describe_verbs(command: str, verbs: Mapping[str, str], *remarks: str) -> str:
    """What a command's verbs do, for its ``--help``; remarks come behind."""
    width = max(map(len, verbs))
    lines = "\n".join(f"  {name:<{width}}  {does}" for name, does in verbs.items())
    rest = " ".join([*remarks, f"pydarknet {command} VERB --help says more."])
    return f"usage: pydarknet {command} VERB ...\n\n{lines}\n\n{rest}"


def find_verb(command: str, words: Sequence[str], verbs: Iterable[str], overview: str) -> str:
    """The verb that is meant; empty where help was asked for, which is printed.

    Args:
        command: the first word, for messages.
        words: those behind it.
        verbs: that there are.
        overview: the help.

    Raises:
        UsageError: there is no such verb, or none.
    """
    if not words:
        raise UsageError(overview)
    if words[0] in ("-h", "-help", "--help", "help"):
        print(overview)
        return ""
    known = list(verbs)
    if words[0] not in known:
        near = difflib.get_close_matches(words[0], known, n=1)
        hint = f", did you mean {near[0]}?" if near else f", expected one of {', '.join(known)}"
        raise UsageError(f"pydarknet {command}: there is no {words[0]!r}{hint}")
    return words[0]

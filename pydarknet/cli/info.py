"""``pydarknet info``: versions, and what the engine was built with."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..about import info
from .parser import Parser
from .program import ERROR, OK


def run(words: Sequence[str]) -> int:
    """Runs the command; without an engine it says why there is none, and fails."""
    parser = Parser("info", "", "Versions, and what the engine was built with.")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    options, rest = parser.split(words)
    if rest:
        parser.error(f"unexpected {rest[0]!r}")
    found = info()
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print(f"pydarknet {found['version']} in {found['file']}")
        print(f"Python {found['python']} on {found['machine']}")
        print(f"engine: {found['engine'] or 'none: ' + str(found['error'])}")
        for title, entries in (("build", found["build"]), ("libraries", found["libraries"])):
            print(f"{title}: " + ", ".join(f"{key} {_word(entries[key])}" for key in entries))
    return OK if found["error"] is None else ERROR


def _word(value: object) -> str:
    words = {None: "none", True: "yes", False: "no"}
    # 1 == True, so the number of processors must not be looked up
    return words[value] if value is None or isinstance(value, bool) else str(value)

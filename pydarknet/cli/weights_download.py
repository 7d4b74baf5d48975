"""``pydarknet weights download`` and ``list``."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..weights import PUBLISHED, Published, cache_folder, download, find_published
from ..weights.transfer import Progress
from .cfg_file import open_cfg
from .parser import Parser, count
from .program import OK
from .progress_bar import ProgressBar


def run(command: str, words: Sequence[str]) -> int:
    """Runs one of the commands."""
    return _list(words) if command == "list" else _download(words)


def _download(words: Sequence[str]) -> int:
    parser = Parser(
        "weights download",
        "NAME [NAME ...]",
        "Downloads published weights into the cache ($PYDARKNET_HOME, else $XDG_CACHE_HOME or\n"
        "~/.cache), or a folder, and prints where they lie. What broke off goes on the next time.\n"
        "$PYDARKNET_OFFLINE=1 forbids the network, $PYDARKNET_MIRROR is an address to try first.",
    )
    add = parser.add_argument
    add("--folder", metavar="DIR", help="where to put them; default: the cache")
    add("--cfg", metavar="FILE", help="a network they must fit")
    add("--mirror", action="append", default=[], metavar="URL",
        help="a folder's address to try first; may be given several times")  # fmt: skip
    add("--retries", type=_retries, default=3, metavar="N", help="of each address (3)")
    add("--timeout", type=count, default=15, metavar="S",
        help="seconds without a byte until a server counts as stalled (15)")  # fmt: skip
    add("--offline", action="store_true", help="use only what is there")
    add("--force", action="store_true", help="download again, over a file that is there")
    add("--quiet", action="store_true", help="no progress bar")
    add("--json", action="store_true", help="paths as a JSON object")
    options, names = parser.split(words)
    if not names:
        parser.error("which? expected NAME, see pydarknet weights list")
    chosen = [find_published(name) for name in names]
    cfg = open_cfg(options.cfg) if options.cfg else None
    found = {}
    for published in chosen:
        with _bar(published.name, options.quiet) as progress:
            path = download(
                published, options.folder, cfg=cfg, mirrors=options.mirror,
                retries=options.retries, timeout=options.timeout,
                offline=True if options.offline else None, force=options.force,
                progress=progress, waiting=lambda: _say("another process is downloading it"),
            )  # fmt: skip
        found[published.name] = str(path)
        if not options.json:
            print(path)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    return OK


def _retries(text: str) -> int:
    return 0 if text == "0" else count(text)


def _say(text: str) -> None:
    print(f"pydarknet: {text}, waiting", file=sys.stderr)


@contextmanager
def _bar(name: str, quiet: bool) -> Iterator[Progress | None]:
    """A bar of bytes on stderr, which appears with the first of them."""
    if quiet:
        yield None
        return
    with ProgressBar() as bar:

        def progress(done: int, whole: int | None) -> None:
            if not bar.is_shown:
                bar.show(whole, unit="B", unit_scale=True, desc=name, initial=done)
            bar.reach(done, whole)  # backwards where a transfer begins anew

        yield progress


def _list(words: Sequence[str]) -> int:
    parser = Parser("weights list", "[PART]", "The published weights whose names contain PART.")
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    options, rest = parser.split(words)
    if len(rest) > 1:
        parser.error(f"unexpected {rest[1]!r}")
    part = rest[0].lower() if rest else ""
    chosen = [one for one in PUBLISHED if part in one.name.lower()]
    if options.json:
        print(json.dumps([_as_dict(one) for one in chosen], ensure_ascii=False, indent=1))
        return OK
    width = max((len(one.name) for one in chosen), default=0)
    for one in chosen:
        place = "in the cache" if _cached(one) else "" if one.urls else "no address"
        sums = "+".join(one.sums) or "size"
        line = (
            f"{one.name:<{width}}  {one.sizes[0] / 1e6:6.1f} MB  {sums:<15}  {one.cfg:<42}{place}"
        )
        print(line.rstrip())
    return OK


def _as_dict(one: Published) -> dict[str, object]:
    found = dataclasses.asdict(one)
    del found["bases"]
    return {**found, "urls": list(one.urls), "cached": _cached(one)}


def _cached(one: Published) -> bool:
    path = Path(cache_folder(), one.name)
    return path.is_file() and path.stat().st_size in one.sizes

"""Downloads published weights: once, whole, the right file, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .._arguments import check_whole
from ..errors import ArgumentError, DownloadError, WeightsError
from .cache import cache_folder, is_offline
from .file_lock import file_lock
from .fit import check_fit, read_fit
from .layout import Cfg, Layout, layer_weights
from .registry import Published, find_published
from .transfer import Broken, Part, Progress, Refused, fetch, sizes_text

_LONGEST_WAIT = 60.0


def download(
    name: str | Published,
    folder: str | os.PathLike[str] | None = None,
    *,
    cfg: Cfg | None = None,
    mirrors: Iterable[str] = (),
    retries: int = 3,
    timeout: float = 15.0,
    pause: float = 1.0,
    offline: bool | None = None,
    force: bool = False,
    progress: Progress | None = None,
    waiting: Callable[[], None] | None = None,
) -> Path:
    """Downloads a published weights file, unless it is there already.

    Addresses are tried in turn. What broke off goes on from where it was, in a later call too: the
    unfinished file lies beside the target as ``NAME.part``. The target appears in one step, after
    its size, its sum and, with ``cfg``, its fit were checked. Of several processes that want the
    same file one downloads, the others wait.

    Args:
        name: of the file, as in `pydarknet.weights.PUBLISHED`, with or without ``.weights``; or
            an entry of your own.
        folder: where to put it; None for the cache, see `cache_folder`.
        cfg: a network it must fit; the size follows from it where it is not known.
        mirrors: addresses of folders that are tried first. ``$PYDARKNET_MIRROR`` names one more.
        retries: of each address, after what may be temporary.
        timeout: seconds without a byte after which a server counts as stalled.
        pause: seconds before the first retry; it doubles with each.
        offline: use no network; None for what ``$PYDARKNET_OFFLINE`` says.
        force: download again, and replace a file that is there.
        progress: called with the bytes that are there and how many there will be (or None).
        waiting: called once if another process is downloading the same file.

    Returns:
        Where the file lies.

    Raises:
        ArgumentError: no file of this name is known.
        DownloadError: no address gave the right file, or the network may not be used.
        WeightsError: the file does not fit ``cfg``.
        CfgError: ``cfg`` is wrong.
        OSError: the folder cannot be written to.
    """
    published = find_published(name) if isinstance(name, str) else name
    layout = None
    if cfg is not None:
        layout = layer_weights(cfg)
        published = _fitting(published, layout)
    check_whole("retries", retries)
    if not timeout > 0:
        raise ArgumentError(f"timeout={timeout!r}, expected seconds above 0")
    place = cache_folder() if folder is None else Path(folder)
    target = place / published.name
    if not force and _is_there(target, published):
        return target
    if is_offline() if offline is None else offline:
        raise DownloadError(
            f"{published.name} is not in {place} and the network may not be used (offline)",
            file=str(target),
        )
    urls = _addresses(published, mirrors)
    place.mkdir(parents=True, exist_ok=True)
    with file_lock(place / f".{published.name}.lock", waiting):
        # another process may have been faster
        if force or not _is_there(target, published):
            part = Part(place / f"{published.name}.part")
            if force:
                part.discard()
            _fetch_any(urls, part, published, _Manner(retries, timeout, pause, progress))
            if layout is not None:
                _check_fit(part, layout, published)
            _sync(part.path)
            part.path.replace(target)
            part.finish()
    return target


def _addresses(published: Published, mirrors: Iterable[str]) -> tuple[str, ...]:
    mirrors = [mirrors] if isinstance(mirrors, str) else list(mirrors)
    if os.environ.get("PYDARKNET_MIRROR"):
        mirrors.append(os.environ["PYDARKNET_MIRROR"])
    first = (f"{base.rstrip('/')}/{published.name}" for base in mirrors)
    urls = tuple(dict.fromkeys((*first, *published.urls)))
    if not urls:
        raise DownloadError(f"{published.name} has no address: {published.note}")
    return urls


def _is_there(target: Path, published: Published) -> bool:
    """Whether the file is there; its sum was checked when it came."""
    if not target.exists():
        return False
    found = target.stat().st_size
    if target.is_file() and (not published.sizes or found in published.sizes):
        return True
    raise DownloadError(
        f"{target} has {found:,} bytes, expected {sizes_text(published.sizes)}: remove it, or "
        "force to replace it",
        file=str(target),
    )


@dataclass(frozen=True)
class _Manner:
    """How often and how patiently addresses are asked."""

    retries: int
    timeout: float
    pause: float
    progress: Progress | None


def _fetch_any(urls: tuple[str, ...], part: Part, published: Published, manner: _Manner) -> None:
    """Fills the part from the first address that gives the right file."""
    reasons: list[tuple[str, str]] = []
    for url in urls:
        reason = _fetch_from(url, part, published, manner)
        if reason is None:
            return
        reasons.append((url, reason))
    told = "; ".join(f"{url} {reason}" for url, reason in reasons)
    raise DownloadError(
        f"{published.name} could not be downloaded: {told}", file=published.name, reasons=reasons
    )


def _fetch_from(url: str, part: Part, published: Published, manner: _Manner) -> str | None:
    """Fills the part from one address; returns why that failed, None where it did not."""
    reason = ""
    for attempt in range(manner.retries + 1):
        begun = part.size
        try:
            # what lies there may be whole, if the process ended before it was checked
            if not (published.sums and begun in published.sizes):
                fetch(
                    url, part, sizes=published.sizes, mixed=bool(published.sums),
                    timeout=manner.timeout, progress=manner.progress,
                )  # fmt: skip
        except Refused as error:
            return str(error)
        except Broken as error:
            reason = str(error)
            if attempt < manner.retries:
                wait = manner.pause * 2**attempt if error.wait is None else error.wait
                time.sleep(min(wait, _LONGEST_WAIT))
            continue
        problem = published_problem(part.path, published)
        if problem is None:
            return None
        part.discard()
        reason = problem
        if not begun:
            return reason
        # else bytes of two files may have met: once more from the start
    return reason


def published_problem(path: str | os.PathLike[str], published: Published) -> str | None:
    """What is wrong with a file that should be a published one; None where it is the one.

    Raises:
        OSError: it cannot be read.
    """
    size = os.stat(path).st_size
    if published.sizes and size not in published.sizes:
        return f"has {size:,} bytes, expected {sizes_text(published.sizes)}"
    for kind, expected in published.sums.items():
        found = digest(path, kind)
        if found != expected:
            other = published.other_builds.get(found, "") if kind == "sha256" else ""
            hint = f" ({other})" if other else ""
            return f"is a file with {kind} {found}{hint}, expected {expected}"
        break  # the first is the strongest; to compute others tells no more
    return None


def digest(path: str | os.PathLike[str], kind: str = "sha256") -> str:
    """The sum of a file, in hexadecimal.

    Args:
        path: of the file.
        kind: "sha256", "sha1" or "md5".
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _fitting(published: Published, layout: Layout) -> Published:
    """The entry with the sizes that fit a network.

    Raises:
        WeightsError: none of its sizes does.
    """
    layers = layout.layers if published.cut is None else layout.below(published.cut)
    numbers = 4 * sum(layer.count for layer in layers)
    sizes: tuple[int, ...] = (20 + numbers, 16 + numbers)
    if published.sizes:
        sizes = tuple(size for size in published.sizes if size in sizes)
    if not sizes:
        raise WeightsError(
            f"{published.name}: has {sizes_text(published.sizes)} bytes, expected "
            f"{20 + numbers:,} for {layout.name}",
            file=published.name,
        )
    return dataclasses.replace(published, sizes=sizes)


def _check_fit(part: Part, layout: Layout, published: Published) -> None:
    """Checks what came against the network: its header says how wide its counter is."""
    try:
        check_fit(part.path, read_fit(part.path, layout), published.cut)
    except WeightsError:
        part.discard()
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

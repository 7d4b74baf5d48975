"""One request: fetches a file, or what is still missing of it, into its ``.part`` file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from .header import foreign_kind

if TYPE_CHECKING:
    import requests

USER_AGENT = f"pydarknet/{__version__}"
"""Some servers refuse the default one of a library."""

BLOCK = 1 << 16
"""Bytes that are written at once."""

_PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there, and how many there will be (None where unknown)."""


class Refused(Exception):
    """This address will not give the file: try another one."""


class Broken(Exception):
    """The transfer broke off; trying again may help.

    Attributes:
        wait: seconds the server asked to wait; None where it did not say.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True)
class Part:
    """An unfinished file, and beside it which version of which address it came from."""

    path: Path

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    def version_of(self, url: str) -> str | None:
        """The version (an HTTP validator) its bytes have at this address; None where unknown."""
        try:
            noted = json.loads(self._note.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        version = noted.get("version") if isinstance(noted, dict) else None
        return version if isinstance(version, str) and noted.get("url") == url else None

    def note(self, url: str, version: str | None) -> None:
        """Writes down where the bytes come from."""
        self._note.write_text(json.dumps({"url": url, "version": version}), "utf-8")

    def finish(self) -> None:
        """Forgets where the bytes came from: the file is whole."""
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Removes what is there."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def fetch(
    url: str,
    part: Part,
    *,
    sizes: tuple[int, ...],
    mixed: bool,
    timeout: float,
    progress: Progress | None,
) -> None:
    """Fetches what is missing of a file; when it returns, the server has given all it has.

    Args:
        url: of the file.
        part: what is there, and where the rest goes. It is kept when the transfer breaks off.
        sizes: in bytes, one of which is right; empty where unknown.
        mixed: bytes of other addresses may be completed here, because a sum is checked later.
        timeout: seconds without a single byte after which a server counts as stalled.
        progress: told how much there is.

    Raises:
        Refused: the server does not have it, or has something else.
        Broken: the connection failed, stalled or ended early.
        OSError: the part cannot be written.
    """
    import requests

    version = part.version_of(url)
    have = part.size if mixed or version else 0
    if sizes and have > max(sizes):
        have = 0
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if version and not mixed:
            headers["If-Range"] = version
    try:
        with requests.get(url, stream=True, timeout=timeout, headers=headers) as answer:
            start = _begin(answer, have, part)
            whole = _whole_size(answer, start, sizes)
            part.note(url, answer.headers.get("ETag") or answer.headers.get("Last-Modified"))
            _write(answer, part, start, whole, progress)
    except requests.exceptions.RequestException as error:
        raise _failure(error, timeout) from error
    except OSError as error:
        error.filename = error.filename or str(part.path)  # a full disk does not say which file
        raise
    if whole is not None and part.size < whole:
        raise Broken(f"ended after {part.size:,} of {whole:,} bytes")


def _begin(answer: requests.Response, have: int, part: Part) -> int:
    """Checks the answer; returns the place its bytes belong to."""
    status = answer.status_code
    if status in (408, 425, 429) or status >= 500:
        raise Broken(f"answers {status} {answer.reason}", _seconds(answer))
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status in (200, 206) and kind in _PAGES:
        raise Refused(f"gives a page ({kind}), expected a weights file")
    if status == 200:
        return 0  # all of it, whether the rest was asked for or not
    if status == 206:
        found = re.match(r"bytes (\d+)-(?:(\d+)/(\d+))?", answer.headers.get("Content-Range", ""))
        if found and int(found[1]) == have:
            return have
        if found and found[1] == "0" and found[3] and int(found[2]) + 1 == int(found[3]):
            return 0  # all of it, called a part
    elif status != 416:
        raise Refused(f"answers {status} {answer.reason}")
    # there is nothing behind what we have, or something else: what we have is of another file
    part.discard()
    raise Broken("does not go on where the transfer broke off", 0)


def _seconds(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _whole_size(answer: requests.Response, start: int, sizes: tuple[int, ...]) -> int | None:
    """The size the whole file will have, if the server says it; it must be a right one."""
    length = answer.headers.get("Content-Length", "")
    whole = start + int(length) if length.isascii() and length.isdigit() else None
    if whole is not None and sizes and whole not in sizes:
        raise Refused(f"has {whole:,} bytes, expected {sizes_text(sizes)}")
    return whole if whole is not None else (sizes[0] if len(sizes) == 1 else None)


def sizes_text(sizes: tuple[int, ...]) -> str:
    """Sizes for a message."""
    return " or ".join(f"{size:,}" for size in sizes)


def _write(
    answer: requests.Response,
    part: Part,
    start: int,
    whole: int | None,
    progress: Progress | None,
) -> None:
    blocks: Any = answer.iter_content(BLOCK)
    done = start
    with part.path.open("r+b" if start else "wb") as file:
        file.seek(start)
        file.truncate()
        for block in blocks:
            if done == 0 and (kind := foreign_kind(block)) is not None:
                file.close()
                part.discard()
                raise Refused(f"gives {kind}, expected a weights file")
            file.write(block)
            done += len(block)
            if whole is not None and done > whole:
                file.close()
                part.discard()
                raise Refused(f"gives more than {whole:,} bytes")
            if progress is not None:
                progress(done, whole)


def _failure(error: Exception, timeout: float) -> Refused | Broken:
    """What a failed connection means; the text of the library is too long for people."""
    import requests

    text = f"{error!r}"
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return Refused("is on a host that is unknown here")
    if isinstance(error, requests.exceptions.SSLError):
        return Refused("has a certificate that is not trusted")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Broken(f"did not answer within {timeout:g} seconds")
    if isinstance(error, requests.exceptions.ReadTimeout) or "Read timed out" in text:
        return Broken(f"stalled: no byte for {timeout:g} seconds")
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in text:
        return Broken("broke off")
    return Broken(f"cannot be reached ({type(error).__name__})")

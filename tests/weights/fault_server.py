"""An HTTP server on 127.0.0.1 that misbehaves on demand."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pydarknet.weights.transfer import BLOCK

PAGE = b"<!DOCTYPE html>\n<html><body>Not what you came for</body></html>"


def half(size: int) -> int:
    """About half of a file, in whole blocks: what a reader has when the rest does not come."""
    return size // 2 // BLOCK * BLOCK


@dataclass
class Request:
    path: str
    range: str | None
    if_range: str | None
    agent: str


@dataclass
class FaultServer:
    """Serves ``data`` under every path; each request takes the next of ``faults``, if any is left.

    Faults: "404", "500", "503" (with Retry-After: 0), "html" (as such), "hidden html" (called
    octet-stream), "truncate", "stall", "drop" (no answer at all), "no range" (all of it whatever is
    asked), "wrong range", "from 0" (all of it, called a part), "416", "too long", "no length",
    "short" (with a length to match), "slow", "redirect".
    """

    data: bytes
    faults: deque[str] = field(default_factory=deque)
    etag: str | None = '"one"'
    requests: list[Request] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        outer = self

        class Handler(_Handler):
            server_of_faults = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def will(self, *faults: str) -> None:
        self.faults.extend(faults)


class _Handler(BaseHTTPRequestHandler):
    server_of_faults: FaultServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        ours = self.server_of_faults
        head = self.headers
        asked = head.get("Range")
        ours.requests.append(
            Request(self.path, asked, head.get("If-Range"), head.get("User-Agent", ""))
        )
        self.close_connection = True
        fault = ours.faults.popleft() if ours.faults else ""
        data = ours.data
        if fault.isdigit():
            self.send_response(int(fault))
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if fault == "drop":
            return
        if fault == "redirect":
            self.send_response(301)
            self.send_header("Location", ours.url + "moved")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if "html" in fault:
            kind = "text/html; charset=utf-8" if fault == "html" else "application/octet-stream"
            self._send(200, PAGE, len(PAGE), kind=kind)
            return
        start = 0
        valid = head.get("If-Range") in (None, ours.etag)
        if asked and valid and fault != "no range":
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self._send(416, b"", 0)
                return
        if fault == "too long":
            data += b"\0" * 8
        elif fault == "short":
            data = data[:-8]
        if fault == "from 0":
            extra = {"Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
            self._send(206, data, len(data), extra=extra)
            return
        body = data[start:]
        where = start + 1 if fault == "wrong range" else start
        extra = {"Content-Range": f"bytes {where}-{len(data) - 1}/{len(data)}"} if start else {}
        status = 206 if start else 200
        length: int | None = len(body)
        if fault in ("truncate", "stall"):
            body = body[: half(len(body))]
        elif "no length" in fault:
            length = None
            if "too long" in fault:
                body += b"\0" * 8
        self._send(status, body, length, extra=extra, slow=fault == "slow")
        if fault == "stall":
            ours.hold.wait(30)

    def _send(
        self,
        status: int,
        body: bytes,
        length: int | None,
        *,
        kind: str = "application/octet-stream",
        extra: dict[str, str] | None = None,
        slow: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if self.server_of_faults.etag:
            self.send_header("ETag", self.server_of_faults.etag)
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        step = max(1, len(body) // 20) if slow else len(body) or 1
        for first in range(0, len(body), step):
            self.wfile.write(body[first : first + step])
            if slow:
                time.sleep(0.05)

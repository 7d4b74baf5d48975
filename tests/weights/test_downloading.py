"""Downloads from a server that truncates, stalls, lies and forgets."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small_networks import RunPython

import pydarknet
from pydarknet.errors import ArgumentError, DownloadError, WeightsError
from pydarknet.weights.cache import cache_folder, is_offline
from pydarknet.weights.downloading import digest, download
from pydarknet.weights.file_lock import file_lock
from pydarknet.weights.registry import Published
from pydarknet.weights.transfer import BLOCK, USER_AGENT
from weights.fault_server import PAGE, FaultServer, half

DATA = b"\0\0\0\0\x02\0\0\0\x05\0\0\0" + bytes(8) + np.arange(65_000, dtype="<f4").tobytes()
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = "x.weights"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(DATA) as one:
        yield one


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYDARKNET_OFFLINE", "PYDARKNET_MIRROR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYDARKNET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.invalid")


def entry(*servers: FaultServer, summed: bool = True, sized: bool = True) -> Published:
    return Published(
        NAME,
        "x.cfg",
        (len(DATA),) if sized else (),
        tuple(one.url for one in servers),
        {"sha256": SHA256} if summed else {},
    )


def fetch(published: Published, **options: object) -> Path:
    given: dict[str, object] = {"retries": 2, "timeout": 5.0, "pause": 0.01, **options}
    return download(published, **given)  # type: ignore[arg-type]


def left_over() -> list[str]:
    return sorted(path.name for path in cache_folder().iterdir())


def check(path: Path) -> None:
    assert path == cache_folder() / NAME
    assert path.read_bytes() == DATA
    assert left_over() == [NAME]


def test_a_file_that_comes_at_once(server: FaultServer) -> None:
    seen: list[tuple[int, int | None]] = []
    check(fetch(entry(server), progress=lambda done, whole: seen.append((done, whole))))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(DATA), len(DATA))
    assert len(seen) >= len(DATA) // BLOCK
    (request,) = server.requests
    assert request.path == "/x.weights"
    assert (request.range, request.agent) == (None, USER_AGENT)
    check(fetch(entry(server)))  # it is there
    assert len(server.requests) == 1


@pytest.mark.parametrize("summed", [True, False])
@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(
    "faults",
    [
        ("truncate",),
        ("truncate", "truncate"),
        ("drop",),
        ("500", "503"),
        ("429",),
        ("redirect",),
        ("truncate", "no range"),
        ("truncate", "416"),
        ("truncate", "wrong range"),
        ("truncate", "from 0"),
        ("truncate", "503"),
        ("no length",),
    ],
    ids=" ".join,
)
def test_what_passes_by_itself(
    faults: tuple[str, ...], summed: bool, sized: bool, server: FaultServer
) -> None:
    server.will(*faults)
    check(fetch(entry(server, summed=summed, sized=sized)))


def test_the_rest_is_asked_for_and_no_more(server: FaultServer) -> None:
    server.will("truncate")
    check(fetch(entry(server)))
    assert [request.range for request in server.requests] == [None, f"bytes={half(len(DATA))}-"]


def test_a_server_that_stalls(server: FaultServer) -> None:
    server.will("stall")
    check(fetch(entry(server), timeout=0.3))
    assert server.requests[1].range == f"bytes={half(len(DATA))}-"


def test_a_server_that_always_stalls(server: FaultServer) -> None:
    server.will(*["stall"] * 2)
    with pytest.raises(DownloadError, match=r"stalled: no byte for 0\.2 seconds"):
        fetch(entry(server), timeout=0.2, retries=1)
    assert not (cache_folder() / NAME).exists()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("404", "answers 404 Not Found"),
        ("403", "answers 403 Forbidden"),
        ("html", "gives a page (text/html), expected a weights file"),
        ("hidden html", f"has {len(PAGE)} bytes, expected {len(DATA):,}"),
        ("short", f"has {len(DATA) - 8:,} bytes, expected {len(DATA):,}"),
        ("too long", f"has {len(DATA) + 8:,} bytes, expected {len(DATA):,}"),
        ("too long no length", f"gives more than {len(DATA):,} bytes"),
    ],
)
def test_what_will_never_be_right(fault: str, reason: str, server: FaultServer) -> None:
    server.will(fault)
    with pytest.raises(DownloadError) as caught:
        fetch(entry(server))
    assert caught.value.reasons == ((server.url + NAME, reason),)
    assert str(caught.value) == f"{NAME} could not be downloaded: {server.url}{NAME} {reason}"
    assert len(server.requests) == 1
    assert left_over() == []


def test_a_page_of_unknown_size(server: FaultServer) -> None:
    server.will("hidden html")
    with pytest.raises(DownloadError, match="gives an HTML or XML page, expected a weights file"):
        fetch(entry(server, sized=False))
    assert left_over() == []


@pytest.mark.parametrize("fault", ["500", "drop", "truncate"])
def test_patience_ends(fault: str, server: FaultServer) -> None:
    server.etag = None
    server.will(*[fault] * 9)
    with pytest.raises(DownloadError) as caught:
        fetch(entry(server))
    assert len(server.requests) == 3
    assert len(caught.value.reasons) == 1
    assert not (cache_folder() / NAME).exists()


def test_the_next_address(server: FaultServer) -> None:
    with FaultServer(DATA) as second:
        server.will("404")
        check(fetch(entry(server, second)))
        assert len(second.requests) == 1


def test_one_address_goes_on_where_another_broke_off(server: FaultServer) -> None:
    with FaultServer(DATA) as second:
        server.will("truncate", "500", "500")
        check(fetch(entry(server, second)))
        assert second.requests[0].range == f"bytes={half(len(DATA))}-"


def test_without_a_sum_files_are_not_mixed(server: FaultServer) -> None:
    with FaultServer(DATA) as second:
        server.will("truncate", "500", "500")
        check(fetch(entry(server, second, summed=False)))
        assert second.requests[0].range is None


def test_a_later_call_goes_on(server: FaultServer) -> None:
    for summed in (True, False):
        server.will("truncate")
        with pytest.raises(DownloadError, match=r"ended after|broke off"):
            fetch(entry(server, summed=summed), retries=0)
        assert left_over() == [f"{NAME}.part", f"{NAME}.part.json"]
        check(fetch(entry(server, summed=summed), retries=0))
        assert server.requests[-1].range == f"bytes={half(len(DATA))}-"
        (cache_folder() / NAME).unlink()


@pytest.mark.parametrize("summed", [True, False])
def test_a_part_that_is_all_of_it(summed: bool, server: FaultServer) -> None:
    """It needs no further request."""
    server.will("truncate", "from 0")
    check(fetch(entry(server, summed=summed), retries=1))
    assert len(server.requests) == 2
    assert server.requests[-1].range is not None


def test_a_file_that_was_replaced_meanwhile(server: FaultServer) -> None:
    """Without a sum the server's own mark of the version decides."""
    server.data = bytes(len(DATA))
    server.will("truncate")
    with pytest.raises(DownloadError):
        fetch(entry(server, summed=False), retries=0)
    server.data, server.etag = DATA, '"two"'
    check(fetch(entry(server, summed=False), retries=0))
    assert server.requests[-1].if_range == '"one"'


def test_wrong_bytes_of_an_earlier_call(server: FaultServer) -> None:
    """With a sum they are found out, and all is fetched again."""
    cache_folder().mkdir(parents=True)
    (cache_folder() / f"{NAME}.part").write_bytes(bytes(5000))
    check(fetch(entry(server)))
    assert [request.range for request in server.requests] == ["bytes=5000-", None]


def test_a_part_that_was_whole_already(server: FaultServer) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / f"{NAME}.part").write_bytes(DATA)
    check(fetch(entry(server)))
    assert server.requests == []


def test_another_file_of_the_same_size(server: FaultServer) -> None:
    server.data = DATA[:-1] + b"!"
    found = hashlib.sha256(server.data).hexdigest()
    published = dataclasses.replace(entry(server), other_builds={found: "an older build"})
    with pytest.raises(DownloadError) as caught:
        fetch(published)
    assert f"sha256 {found} (an older build), expected {SHA256}" in str(caught.value)
    assert left_over() == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["sha1", "md5"])
def test_other_sums(kind: str, server: FaultServer) -> None:
    right = hashlib.new(kind, DATA).hexdigest()
    published = dataclasses.replace(entry(server), sums={kind: "0" * len(right)})
    with pytest.raises(DownloadError, match=f"{kind} {right}, expected 000"):
        fetch(published)
    check(fetch(dataclasses.replace(published, sums={kind: right})))


def test_one_of_two_sizes(server: FaultServer) -> None:
    for sizes in ((len(DATA) + 4, len(DATA)), (len(DATA), len(DATA) + 4)):
        check(fetch(dataclasses.replace(entry(server), sizes=sizes)))
        (cache_folder() / NAME).unlink()
    with pytest.raises(DownloadError, match="expected 10 or 20"):
        fetch(dataclasses.replace(entry(server), sizes=(10, 20)))


def test_mirrors_come_first(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(DATA) as mirror, FaultServer(DATA) as another:
        mirror.will("404")
        monkeypatch.setenv("PYDARKNET_MIRROR", another.url + "zoo/")
        check(fetch(entry(server), mirrors=[mirror.url + "a/b"]))
        assert [one.path for one in mirror.requests] == [f"/a/b/{NAME}"]
        assert [one.path for one in another.requests] == [f"/zoo/{NAME}"]
        assert server.requests == []


def test_nobody_listens(server: FaultServer) -> None:
    gone = dataclasses.replace(entry(), bases=("http://127.0.0.1:9/",))
    with pytest.raises(DownloadError, match=r"cannot be reached \(ConnectionError\)"):
        fetch(gone, retries=0)


def test_a_host_that_nobody_knows(server: FaultServer) -> None:
    """It is not asked again, and the next address is."""
    unknown = ("http://no-such-host.invalid/", server.url)
    check(fetch(dataclasses.replace(entry(), bases=unknown), pause=1e9))


@pytest.mark.parametrize("summed", [True, False])
def test_a_network_says_the_size(summed: bool, server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "x.cfg").write_text("[net]\ninputs=64\n[connected]\noutput=1000\n")
    known = entry(server, summed=summed)
    for sizes in ((), known.sizes, (len(DATA) - 4, len(DATA))):
        check(fetch(dataclasses.replace(known, sizes=sizes), cfg=tmp_path / "x.cfg"))
        (cache_folder() / NAME).unlink()
    (tmp_path / "y.cfg").write_text("[net]\ninputs=63\n[connected]\noutput=1000\n")
    asked = len(server.requests)
    with pytest.raises(WeightsError, match=r"has 260,020 bytes, expected 256,020 for .*y\.cfg"):
        fetch(known, cfg=tmp_path / "y.cfg")
    assert len(server.requests) == asked
    unsized = dataclasses.replace(known, sizes=())
    with pytest.raises(DownloadError, match="has 260,020 bytes, expected 256,020 or 256,016"):
        fetch(unsized, cfg=tmp_path / "y.cfg")
    assert left_over() == []


def test_a_header_that_does_not_fit_the_size(server: FaultServer, tmp_path: Path) -> None:
    """Version 0.1 has a counter of 4 bytes: the file is 4 too long for it."""
    (tmp_path / "x.cfg").write_text("[net]\ninputs=64\n[connected]\noutput=1000\n")
    server.data = DATA.replace(b"\2", b"\1", 1)
    with pytest.raises(WeightsError, match="has 260,020 bytes, expected 260,016"):
        fetch(entry(server, summed=False), cfg=tmp_path / "x.cfg")
    assert left_over() == []


def test_offline(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDARKNET_OFFLINE", "1")
    with pytest.raises(DownloadError, match=r"x\.weights is not in .*offline"):
        fetch(entry(server))
    assert server.requests == []
    assert not cache_folder().exists()
    check(fetch(entry(server), offline=False))
    check(fetch(entry(server)))  # what is there may be used


def test_a_file_that_is_not_ours(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"mine")
    with pytest.raises(DownloadError, match=r"has 4 bytes, expected .*: remove it, or force"):
        fetch(entry(server), folder=tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"mine"
    assert fetch(entry(server), folder=tmp_path, force=True).read_bytes() == DATA


def test_force_fetches_again(server: FaultServer) -> None:
    fetch(entry(server))
    cached = cache_folder() / NAME
    cached.write_bytes(bytes(len(DATA)))
    assert fetch(entry(server)).read_bytes() == bytes(len(DATA))
    check(fetch(entry(server), force=True))


def test_force_that_fails_keeps_the_old_file(server: FaultServer) -> None:
    fetch(entry(server))
    server.will("404")
    with pytest.raises(DownloadError):
        fetch(entry(server), force=True)
    check(cache_folder() / NAME)


def test_a_folder_that_cannot_be_written(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"file"):
        fetch(entry(server), folder=tmp_path / "file")


DISK_FULL = """
import resource, sys
from pydarknet.weights.downloading import download
from pydarknet.weights.registry import Published
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    download(Published("x.weights", "x.cfg", (int(sys.argv[2]),), (sys.argv[1],)))
except OSError as error:
    print(type(error).__name__, error.filename)
"""


def test_a_disk_that_is_full(server: FaultServer, run_python: RunPython) -> None:
    done = run_python("-c", DISK_FULL, server.url, len(DATA))
    part = cache_folder() / f"{NAME}.part"
    assert done.stdout.decode() == f"OSError {part}\n"
    assert (cache_folder() / NAME).exists() is False
    check(fetch(entry(server)))


def test_wrong_words() -> None:
    with pytest.raises(ArgumentError, match=r"'yolo4-tiny', did you mean yolov4-tiny\.weights\?"):
        download("yolo4-tiny")
    with pytest.raises(ArgumentError, match="timeout=0"):
        download("yolov4-tiny", timeout=0)
    with pytest.raises(ArgumentError, match="retries=-1"):
        download("yolov4-tiny", retries=-1)
    with pytest.raises(DownloadError, match=r"no address: nobody published it: make it with"):
        download("yolov3-tiny.conv.15")


SECOND_PROCESS = """
import sys
from pydarknet.weights.downloading import download
from pydarknet.weights.registry import Published
size, sums = int(sys.argv[2]), {"sha256": sys.argv[3]}
entry = Published("x.weights", "x.cfg", (size,), (sys.argv[1],), sums)
print(download(entry, waiting=lambda: print("waiting")))
"""


def test_processes_at_once(server: FaultServer) -> None:
    server.will("slow")
    words = [sys.executable, "-c", SECOND_PROCESS, server.url, str(len(DATA)), SHA256]
    home = str(Path(pydarknet.__file__).parents[1])
    settings = {**os.environ, "PYTHONPATH": home}
    running = [
        subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for one in running:
        out, err = one.communicate(timeout=100)
        assert (one.returncode, err) == (0, b"")
        assert out.decode().splitlines()[-1] == str(cache_folder() / NAME)
    check(cache_folder() / NAME)
    assert len(server.requests) == 1


def test_a_process_that_is_killed_leaves_the_lock_and_the_part(server: FaultServer) -> None:
    server.will("stall")
    words = [sys.executable, "-c", SECOND_PROCESS, server.url, str(len(DATA)), SHA256]
    home = str(Path(pydarknet.__file__).parents[1])
    part = cache_folder() / f"{NAME}.part"
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": home}) as child:
        while not part.exists() or part.stat().st_size < BLOCK:
            assert child.poll() is None
            threading.Event().wait(0.02)
        child.kill()
    check(fetch(entry(server)))
    assert server.requests[-1].range is not None


def test_threads_at_once(server: FaultServer) -> None:
    server.will("slow")
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(entry(server)))) for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [cache_folder() / NAME] * 4
    assert len(server.requests) == 1


def test_the_lock_is_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    inside = 0
    most = 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with file_lock(path):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 1
    assert not path.exists()


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "home" / "weights"
    monkeypatch.delenv("PYDARKNET_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/pydarknet/weights")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == Path.home() / ".cache" / "pydarknet" / "weights"


@pytest.mark.parametrize(
    ("word", "expected"), [("", False), ("0", False), ("No", False), ("1", True), ("yes", True)]
)
def test_the_offline_switch(word: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDARKNET_OFFLINE", word)
    assert is_offline() is expected


def test_sums(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest(tmp_path / "a", "md5") == "900150983cd24fb0d6963f7d28e17f72"

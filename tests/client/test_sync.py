"""The blocking twin: the same names, everywhere, and what threads, loops, signals and forks do to it."""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from dhis2w_client import (
    ClientStateError,
    ConflictError,
    Dhis2,
    Dhis2Error,
    PatAuth,
    Profile,
    VersionMismatchWarning,
    client,
    collection,
    items,
    members,
    sync,
    system,
)
from dhis2w_client.sync.portal import Portal
from tests.client.answers import BASE_URL, TOKEN, Script, info

ROOT = Path(__file__).parents[2]
PROFILE = Profile(base_url=BASE_URL, auth="pat", token=TOKEN)
ME = httpx2.Response(200, json={"id": "M5zQapPyTZI", "username": "admin"})


def use() -> tuple[str, str, Dhis2]:
    with sync.open_client(PROFILE, transport=Script(info(), ME).transport) as twin:
        return twin.system.me().username, twin.system.info().version, twin.version


def test_the_same_answers() -> None:
    assert use() == ("admin", "2.42.6", Dhis2.V42)


def test_inside_of_a_running_event_loop() -> None:
    async def notebook() -> tuple[str, str, Dhis2]:
        return use()

    assert asyncio.run(notebook()) == ("admin", "2.42.6", Dhis2.V42)


def test_errors_and_warnings_come_through() -> None:
    refusal = httpx2.Response(409, json={"httpStatusCode": 409, "status": "ERROR", "message": "no"})
    with (
        pytest.warns(VersionMismatchWarning, match=r"expects DHIS2 2\.43"),
        sync.open_client(PROFILE, transport=Script(info(), refusal).transport, expect=Dhis2.V43) as twin,
        pytest.raises(ConflictError, match="no"),
    ):
        twin.post("dataElements", {})


def test_streams() -> None:
    script = Script(info(), httpx2.Response(200, text="a,b\n"), httpx2.Response(404, json={"httpStatusCode": 404}))
    with sync.open_client(PROFILE, transport=script.transport) as twin:
        with twin.stream("x.csv") as pieces:
            assert b"".join(pieces) == b"a,b\n"
        with pytest.raises(Dhis2Error, match="HTTP 404"), twin.stream("x.csv") as pieces:
            pass


def test_the_constructor() -> None:
    with sync.Dhis2Client(BASE_URL, PatAuth(TOKEN), transport=Script(info()).transport) as twin:
        assert repr(twin) == f"Dhis2Client({BASE_URL!r}, version='2.42.6')"
        assert "system" in dir(twin)
        with pytest.raises(AttributeError):
            getattr(twin, "nonsense")  # noqa: B009 # type checkers know that it is not there


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    use()
    with pytest.raises(ClientStateError):
        sync.Dhis2Client(BASE_URL, PatAuth(TOKEN)).get("me")
    with pytest.raises(Dhis2Error, match="HTTP 401"):
        sync.open_client(PROFILE, transport=Script(httpx2.Response(401)).transport).__enter__()
    assert threading.active_count() == before


def test_threads_share_a_client() -> None:
    with sync.open_client(PROFILE, transport=Script(info(), ME).transport) as twin:
        names: list[str] = []
        threads = [threading.Thread(target=lambda: names.append(twin.system.me().username)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert names == ["admin"] * 8


def test_a_closed_client_says_so() -> None:
    with sync.open_client(PROFILE, transport=Script(info()).transport) as twin:
        pass
    with pytest.raises(ClientStateError, match="not open"):
        twin.get("me")
    twin.close()


def test_a_call_inside_of_its_own_thread_does_not_wait_for_itself() -> None:
    portal = Portal()

    async def inner() -> None:
        await asyncio.sleep(0)

    async def outer() -> None:
        portal.run(inner())

    async def last() -> None:
        pass

    with pytest.raises(ClientStateError, match="wait for itself"):
        portal.run(outer())
    portal.close(last)


INTERRUPTED = """
import _thread, sys, threading
import httpx2
from dhis2w_client import Profile
from dhis2w_client.sync import open_client

cancelled = threading.Event()

async def answer(request):
    import asyncio
    if request.url.path == "/api/system/info":
        return httpx2.Response(200, json={"version": "2.42.6"})
    _thread.interrupt_main()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        cancelled.set()
        raise

profile = Profile(base_url="http://127.0.0.1", auth="pat", token="t")
with open_client(profile, transport=httpx2.MockTransport(answer)) as client:
    try:
        client.get("me")
    except KeyboardInterrupt:
        print("interrupted", cancelled.wait(10), client.system.info().version)
"""


def test_ctrl_c_cancels_the_request_and_the_client_lives_on() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted True 2.42.6\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_is_detected() -> None:
    with sync.open_client(PROFILE, transport=Script(info(), ME).transport) as twin:
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 and newer warn of forks with threads: that is what is tested
            child = os.fork()
        if child == 0:
            try:
                twin.get("me")
            except ClientStateError as error:
                os.write(write, str(error).encode())
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        assert os.read(read, 1000).startswith(b"The client was opened in another process")
        assert twin.system.me().username == "admin"
        os.close(read)
        os.close(write)


PAIRS = [
    (client.Dhis2Client, sync.Dhis2Client),
    (system.SystemService, sync.SystemService),
    (collection.Collection, sync.Collection),
    (items.Items, sync.Items),
    (members.Members, sync.Members),
]


@pytest.mark.parametrize(("source", "twin"), PAIRS, ids=lambda kind: kind.__module__)
def test_parity(source: type, twin: type) -> None:
    """Every public method has a blocking one with the same parameters and the same documentation."""
    methods = {name: member for name, member in vars(source).items() if name[0] != "_" and callable(member)}
    for name, member in methods.items():
        blocking: Callable[..., object] = getattr(twin, name)
        assert not inspect.iscoroutinefunction(blocking), name
        assert inspect.signature(blocking).parameters.keys() == inspect.signature(member).parameters.keys(), name
        assert blocking.__doc__, name


def test_the_stub_is_up_to_date() -> None:
    script = ROOT / "packages/dhis2w-client/stub/sync_stub.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "the stub is up to date\n")


def test_the_overhead_of_a_call_is_small() -> None:
    portal = Portal()

    async def nothing() -> None:
        pass

    begun = time.perf_counter()
    for _ in range(200):
        portal.run(nothing())
    each = (time.perf_counter() - begun) / 200
    portal.close(nothing)
    assert each < 0.005

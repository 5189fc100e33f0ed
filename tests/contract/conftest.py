"""The servers: a sandbox of each version on a loopback port, or the live one that the environment names."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from dhis2w_client.sync import Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.contract.place import Place
from tests.contract.server import Server, counts

LIVE_URL = os.environ.get("D2W_LIVE_URL")
TARGETS = ("live",) if LIVE_URL else ("v41", "v42", "v43", "v44")


@contextmanager
def started(target: str) -> Generator[Server]:
    """A server that answers: the live one, or a sandbox of a version."""
    if LIVE_URL:
        if "PYTEST_XDIST_WORKER" in os.environ:
            pytest.fail("A live server is tested by one process, so that its objects can be counted: leave out -n.")
        yield Server(LIVE_URL, os.environ["D2W_LIVE_USERNAME"], os.environ["D2W_LIVE_PASSWORD"])
        return
    with Sandbox(target) as sandbox, sandbox.serve() as url:
        yield Server(url, "admin", "district")


@pytest.fixture(scope="session", params=TARGETS)
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    """The server of all scenarios; at the end it must hold as many objects of each type as at the start."""
    with started(request.param) as server:
        with server.connect() as client:
            before = counts(client)
        yield server
        with server.connect() as client:
            assert counts(client) == before


@pytest.fixture(scope="session")
def client(server: Server) -> Generator[Dhis2Client]:
    """The superuser's client."""
    with server.connect() as client:
        yield client


@pytest.fixture
def place(client: Dhis2Client) -> Generator[Place]:
    """Where a scenario makes its objects; they go afterwards, whatever happens."""
    place = Place(client)
    yield place
    place.clear()

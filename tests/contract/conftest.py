"""The servers: a sandbox of each version on a loopback port, or the live one that the environment names.

Where each service of the client that works with data has its scenarios (metadata, accounts and stores have the rest):

| Service                                              | Scenarios                                         |
| ---------------------------------------------------- | ------------------------------------------------- |
| data values: get, set, delete, follow-up             | `test_data_values`                                |
| sets: strategies, deletions, changes, access         | `test_data_values`                                |
| sets: JSON, CSV, XML, ADX, rows, bytes, iterables    | `test_data_formats`                               |
| sets: identifier schemes, jobs, dry runs, gzip       | `test_data_formats`                               |
| sets: refusals by value, grouping by data set        | `test_data_formats`                               |
| completions                                          | `test_data_values`                                |
| limits, audits, lock exceptions                      | `test_data_entry`                                 |
| approvals, acceptances                               | `test_approvals`                                  |
| tracker: registering, events, outstanding, changes   | `test_tracker`                                    |
| tracker: strategies, jobs, relationships, all lists  | `test_tracker_pushes`                             |
| tracker: owners, potential duplicates, enrolling     | `test_tracker`, `test_tracker_pushes`             |
| jobs: waiting, progress, time-out, cancelling, list  | `test_jobs`                                       |
| periods: types, spellings, relative ones             | `test_periods`                                    |
| transfers: push, taken up again, repaired, pull      | `test_transfers`                                  |
| analytics                                            | `test_analytics`                                  |
"""

import os
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import product

import pytest

from dhis2w_client.sync import Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.contract.ground import Ground, ground_on
from tests.contract.place import Place
from tests.contract.server import Server, counts

LIVE_URL = os.environ.get("D2W_LIVE_URL")
PURGE = not LIVE_URL or os.environ.get("D2W_LIVE_PURGE") == "1"
"""Whether what is marked as deleted in tracker may be removed for good: on a live server only who owns it says so."""
STAYED: list[tuple[str, str]] = []
"""Plural and UID of what stays on a live server after all."""
SANDBOXES = (pytest.param("v41", marks=pytest.mark.slow), "v42", "v43", pytest.param("v44", marks=pytest.mark.slow))
"""Both engines of data values and of tracker in the quick tier, every version in the slow one."""
TARGETS = ("live",) if LIVE_URL else SANDBOXES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what stays on a live server."""
    if STAYED:
        terminalreporter.section("left on the server: pairs of duplicates, and what D2W_LIVE_PURGE=1 would remove")
        for plural, uid in STAYED:
            terminalreporter.line(f"{plural}/{uid}")


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
    """The server of all scenarios; at the end it must hold as many objects as at the start, and what has to stay."""
    with started(request.param) as server:
        with server.connect() as client:
            before = counts(client)
        yield server
        with server.connect() as client:
            stayed = Counter(plural for plural, _ in server.left)
            assert {plural: count - stayed[plural] for plural, count in counts(client).items()} == before
        if LIVE_URL:
            STAYED.extend(server.left)


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


@pytest.fixture(scope="session")
def ground(server: Server, client: Dhis2Client) -> Generator[Ground]:
    """Where scenarios enter data; each in months and with people of its own."""
    with ground_on(server, client, purge=PURGE) as ground:
        yield ground


@pytest.fixture(scope="session")
def worker(server: Server, ground: Ground) -> Generator[Dhis2Client]:
    """The client of who enters data there."""
    with server.connect(ground.worker) as client:
        yield client


@pytest.fixture(scope="session")
def _all_months(server: Server) -> Iterator[str]:
    del server  # each has all of them
    return (f"{year}{month:02}" for year, month in product(range(2001, 2024), range(1, 13)))


@pytest.fixture
def months(_all_months: Iterator[str]) -> tuple[str, str, str]:
    """Three months that no other scenario has."""
    return next(_all_months), next(_all_months), next(_all_months)

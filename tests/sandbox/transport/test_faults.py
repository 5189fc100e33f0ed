"""Faults on demand, as a client on the other side of a socket meets them."""

from collections.abc import Generator

import httpx2
import pytest

from dhis2w_sandbox import Fault, Sandbox

CONSTANT = {"id": "faultedCon1", "name": "Pi", "shortName": "Pi", "value": 3}


@pytest.fixture
def served() -> Generator[tuple[Sandbox, httpx2.Client]]:
    with Sandbox(42, empty=True) as sandbox, sandbox.serve() as url:
        headers = {"Authorization": f"ApiToken {sandbox.pat()}"}
        with httpx2.Client(base_url=url, headers=headers) as client:
            yield sandbox, client


def _names(client: httpx2.Client) -> list[str]:
    found = client.get("/api/constants", params={"fields": "name"}).json()["constants"]
    return [row["name"] for row in found]


def test_a_refusal_before_anything_is_done(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault(status=503, method="POST"))

    assert client.post("/api/constants", json=CONSTANT).status_code == 503
    assert _names(client) == []


def test_an_answer_that_is_lost_after_all_is_done(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault(status=504, done=True, method="POST"))

    assert client.post("/api/constants", json=CONSTANT).status_code == 504
    assert _names(client) == ["Pi"]


@pytest.mark.parametrize("cut", [0, 20])
def test_a_connection_that_breaks_in_the_middle_of_a_body(served: tuple[Sandbox, httpx2.Client], cut: int) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault(cut=cut, breaks=True, method="POST"))

    with pytest.raises(httpx2.RemoteProtocolError):
        client.post("/api/constants", json=CONSTANT)
    assert _names(client) == ["Pi"]


def test_a_short_answer_that_looks_whole(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault(cut=20))

    assert len(client.get("/api/me").content) == 20
    assert client.get("/api/me").status_code == 200


def test_some_requests_pass_before_others_fail(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault(status=500, skip=2, times=2, path="/api/ping"))

    assert [client.get("/api/ping").status_code for _ in range(5)] == [200, 200, 500, 500, 200]


def test_bodies_above_a_size_are_refused_by_a_page(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    sandbox.faults.add(Fault.too_large(100))

    refused = client.post("/api/constants", json={**CONSTANT, "description": "x" * 100})

    assert (refused.status_code, refused.headers["content-type"]) == (413, "text/html")
    assert client.post("/api/constants", json=CONSTANT).status_code == 201


def test_a_session_that_ends_while_a_client_uses_it(served: tuple[Sandbox, httpx2.Client]) -> None:
    sandbox, client = served
    with httpx2.Client(base_url=str(client.base_url)) as browser:
        assert browser.get("/api/me", auth=("admin", "district")).status_code == 200
        assert browser.get("/api/me").status_code == 200
        sandbox.faults.add(Fault(ends_sessions=True))

        assert [
            browser.get("/api/me", headers={"X-Requested-With": "XMLHttpRequest"}).status_code for _ in range(2)
        ] == [
            401,
            401,
        ]


def test_a_fault_must_make_sense() -> None:
    with pytest.raises(ValueError, match="needs the status"):
        Fault(done=True)
    with pytest.raises(ValueError, match="needs `cut`"):
        Fault(breaks=True)

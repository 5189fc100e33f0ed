"""Connecting: who the server is, who we are, and what comes of wrong credentials."""

from __future__ import annotations

import pytest

from dhis2w_client import AuthenticationError, BasicAuth, PatAuth
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.versions import minor_version
from tests.contract.place import Place
from tests.contract.server import Server


def test_the_server_says_its_version(client: Dhis2Client) -> None:
    assert client.system.info().version == client.raw_version
    assert minor_version(client.raw_version) == client.version.number


def test_the_user_is_who_connected(server: Server, client: Dhis2Client) -> None:
    me = client.system.me()
    assert me.username == server.username
    assert "ALL" in me.authorities


def test_wrong_credentials_are_not_taken(server: Server, place: Place) -> None:
    with pytest.raises(AuthenticationError) as refused, server.connect(BasicAuth(place.mark, "wrong")):
        pass
    assert refused.value.status == 401


@pytest.mark.parametrize("token", ["d2p_" + "A" * 50, "nothing"])
def test_a_wrong_token_is_not_taken(server: Server, token: str) -> None:
    with pytest.raises(AuthenticationError), server.connect(PatAuth(token)):
        pass

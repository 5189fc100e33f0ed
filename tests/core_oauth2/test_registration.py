"""Registering a client: in the shape of each version, and never changing one that exists."""

import asyncio
from typing import Any, cast

import bcrypt
import pytest

from dhis2w_client import open_client
from dhis2w_core.oauth2.errors import ClientExistsError, ClientRefusedError
from dhis2w_core.oauth2.registration import RegisteredClient, register_client
from tests.core_oauth2.conftest import Serve, Server


def registered(server: Server, **options: Any) -> tuple[RegisteredClient, dict[str, Any]]:
    async def register() -> tuple[RegisteredClient, dict[str, Any]]:
        async with open_client(server.admin) as client:
            made = await register_client(client, server.new_client_id(), **options)
            return made, cast("dict[str, Any]", await client.get(f"oAuth2Clients/{made.uid}"))

    return asyncio.run(register())


@pytest.mark.parametrize("version", [42, 43, 44])
def test_newer_servers_get_a_bcrypt_hash_and_keep_their_settings(serve: Serve, version: int) -> None:
    made, stored = registered(serve(version))
    assert made.client_secret
    assert made.client_secret not in repr(made)
    assert bcrypt.checkpw(made.client_secret.encode(), stored["clientSecret"].encode())
    assert stored["clientAuthenticationMethods"] == "client_secret_basic,client_secret_post"
    assert "require-authorization-consent" in stored["clientSettings"]
    assert "refresh-token-time-to-live" in stored["tokenSettings"]


def test_2_41_gets_the_secret_itself_and_lists(serve: Serve) -> None:
    made, stored = registered(serve(41), redirect_uris=["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"])
    assert stored["secret"] == made.client_secret
    assert stored["redirectUris"] == list(made.redirect_uris)
    assert set(stored["grantTypes"]) == {"authorization_code", "refresh_token"}


@pytest.mark.parametrize("version", [41, 42])
def test_a_client_that_exists_is_left_as_it_is(serve: Serve, version: int) -> None:
    server = serve(version)
    made, before = registered(server)

    async def again() -> dict[str, Any]:
        async with open_client(server.admin) as client:
            with pytest.raises(ClientExistsError, match="left as it is"):
                await register_client(client, made.client_id)
            return cast("dict[str, Any]", await client.get(f"oAuth2Clients/{made.uid}"))

    assert asyncio.run(again()) == before


@pytest.mark.parametrize(
    ("version", "options", "words"),
    [
        (41, {"public": True}, "no public"),
        (41, {"secret": "short"}, "5 characters"),
        (42, {"secret": "x" * 73}, "72 bytes"),
    ],
)
def test_what_a_server_cannot_compare_is_refused(
    serve: Serve, version: int, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientRefusedError, match=words):
        registered(serve(version), **options)

"""Tokens, and users with narrow rights."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dhis2w_client import (
    AuthenticationError,
    BasicAuth,
    ConflictError,
    EndpointNotFoundError,
    ForbiddenError,
    HiddenRowsWarning,
    ObjectNotFoundError,
    PatAuth,
)
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place
from tests.contract.server import Server

PASSWORD = "Orange#Bicycle71"


@dataclass(frozen=True)
class Person:
    """A user of the place, and how to connect as them."""

    id: str
    role: str
    auth: BasicAuth


def join(client: Dhis2Client, place: Place, text: str, *authorities: str) -> Person:
    """Make a user with these authorities alone."""
    role = str(client.user_roles.create({"name": place.name(text), "authorities": list(authorities)}).id)
    made = client.metadata.accounts.create(
        place.name(text), PASSWORD, first_name="Ada", surname=place.name(text), roles=[role]
    )
    return Person(str(made.id), role, BasicAuth(place.name(text), PASSWORD))


def test_a_token_is_made_used_and_deleted(server: Server, client: Dhis2Client, place: Place) -> None:
    made = client.api_token.create({"attributes": [{"type": "MethodAllowedList", "allowedMethods": ["GET"]}]})
    token = str(made.id)
    place.keep("apiToken", token)
    secret = str(made.response["key"])
    assert secret.startswith("d2p")
    assert "key" not in client.api_token.get(token, fields="*").to_dict()
    with server.connect(PatAuth(secret)) as bearer:
        assert bearer.system.me().username == server.username
        with pytest.raises(AuthenticationError):
            bearer.data_elements.create(place.element("doses"))
    client.api_token.delete(token)
    with pytest.raises(AuthenticationError), server.connect(PatAuth(secret)):
        pass


def test_who_may_change_nothing(server: Server, client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    reader = join(client, place, "reader", "F_METADATA_EXPORT")
    with server.connect(reader.auth) as narrow:
        assert narrow.system.me().id == reader.id
        assert narrow.data_elements.get(uid).name == place.name("doses")
        client.data_elements.share(uid, public="r-------")
        for refused in (
            lambda: narrow.data_elements.create(place.element("other")),
            lambda: narrow.data_elements.patch(uid, [{"op": "replace", "path": "/description", "value": "x"}]),
            lambda: narrow.data_elements.delete(uid),
        ):
            with pytest.raises(ForbiddenError) as refusal:
                refused()
            assert (refusal.value.status, refusal.value.code) == (403, "E1006")
        client.data_elements.share(uid, public="--------")
        with pytest.raises(ObjectNotFoundError):
            narrow.data_elements.get(uid)
        with pytest.warns(HiddenRowsWarning):
            assert narrow.data_elements.count(filters=f"id:eq:{uid}") == 0


def test_who_may_make_things_for_themselves(server: Server, client: Dhis2Client, place: Place) -> None:
    maker = join(client, place, "maker", "F_DATAELEMENT_PRIVATE_ADD", "F_DATAELEMENT_DELETE")
    private = {"owner": maker.id, "public": "--------"}
    with server.connect(maker.auth) as narrow:
        uid = str(narrow.data_elements.create(place.element("private", sharing=private)).id)
        assert narrow.data_elements.get(uid, fields="sharing").to_dict()["sharing"]["owner"] == maker.id
        with pytest.raises(ConflictError) as refused:
            narrow.data_elements.create(place.element("public", sharing={"owner": maker.id, "public": "rw------"}))
        assert {row.code for row in refused.value.rows} == {"E3008"}
        assert narrow.data_elements.delete(uid).counts.deleted == 1


def test_roles_that_somebody_has_stay(client: Dhis2Client, place: Place) -> None:
    person = join(client, place, "reader", "F_METADATA_EXPORT")
    with pytest.raises(ConflictError) as refused:
        client.user_roles.delete(person.role)
    assert [row.code for row in refused.value.rows] == ["E4030"]
    client.users.delete(person.id)
    assert client.user_roles.delete(person.role).counts.deleted == 1


def test_an_account_is_closed_and_opened(server: Server, client: Dhis2Client, place: Place) -> None:
    person = join(client, place, "reader")
    accounts = client.metadata.accounts
    accounts.set_enabled(person.id, enabled=False)
    with pytest.raises(AuthenticationError), server.connect(person.auth):
        pass
    accounts.set_enabled(person.id, enabled=True)
    with server.connect(person.auth) as again:
        assert again.system.me().id == person.id


def test_what_users_have_in_each_version(client: Dhis2Client, place: Place) -> None:
    person = join(client, place, "reader")
    whole = client.users.get(person.id, fields="*").to_dict()
    assert whole["username"] == place.name("reader")
    assert ("userCredentials" in whole) == client.dialect.shows_user_credentials


def test_sessions_are_listed_where_the_server_keeps_a_list(client: Dhis2Client) -> None:
    if client.dialect.lists_sessions:
        client.get("sessions")
    else:
        with pytest.raises(EndpointNotFoundError):
            client.get("sessions")


def test_a_role_keeps_its_authorities(client: Dhis2Client, place: Place) -> None:
    person = join(client, place, "reader", "F_METADATA_EXPORT")
    with client.user_roles.edit(person.role) as role:
        role.authorities = ["F_METADATA_EXPORT", "F_VIEW_EVENT_ANALYTICS"]
    read = client.user_roles.get(person.role)
    assert set(read.authorities or ()) == {"F_METADATA_EXPORT", "F_VIEW_EVENT_ANALYTICS"}

"""Who may do what, by sharing and authorities."""

from typing import Any

import pytest
from reader import ADMIN, Reader

from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.user import User

Json = dict[str, Any]

ADA = "user0000001"
CREATE = "F_DATAELEMENT_PUBLIC_ADD"
DELETE = "F_DATAELEMENT_DELETE"


def user_of(read: Reader, *authorities: str) -> User:
    read.put_user(ADA, "ada", *authorities)
    user = read.sandbox.server.user(ADA)
    assert user is not None
    return user


def schema_of(read: Reader, type: str = "dataElement") -> Schema:
    return read.sandbox.server.schemas.by_singular[type]


@pytest.mark.parametrize(
    ("sharing", "readable", "changeable"),
    [
        ({"owner": ADMIN, "public": "rw------"}, True, True),
        ({"owner": ADMIN, "public": "r-------"}, True, False),
        ({"owner": ADMIN, "public": "--------"}, False, False),
        ({"owner": ADA, "public": "--------"}, True, True),
        ({"public": "--------"}, True, True),
        ({}, True, True),
        ({"owner": ADMIN, "public": "--------", "users": {ADA: {"id": ADA, "access": "r-------"}}}, True, False),
        ({"owner": ADMIN, "public": "--------", "users": {ADA: {"id": ADA, "access": "rw------"}}}, True, True),
        ({"owner": ADMIN, "public": "--------", "users": {ADMIN: {"id": ADMIN, "access": "rw------"}}}, False, False),
    ],
)
def test_sharing_decides_for_those_with_the_authority(
    read: Reader, sharing: Json, readable: bool, changeable: bool
) -> None:
    user = user_of(read, CREATE, "F_DATAELEMENT_PRIVATE_ADD")
    document: Json = {"id": "dataElemen1", "sharing": sharing}
    assert access.can_read(user, schema_of(read), document) is readable
    assert access.can_update(user, schema_of(read), document) is changeable


def test_without_an_authority_nothing_can_be_changed(read: Reader) -> None:
    user = user_of(read)
    document: Json = {"sharing": {"owner": ADA, "public": "rw------"}}
    assert access.can_read(user, schema_of(read), document)
    assert not access.can_update(user, schema_of(read), document)
    assert not access.can_delete(user, schema_of(read), document)
    assert not access.can_create(user, schema_of(read))


def test_creating_public_and_private_objects_are_two_authorities(read: Reader) -> None:
    user = user_of(read, CREATE)
    assert access.can_create(user, schema_of(read), public=True)
    assert not access.can_create(user, schema_of(read), public=False)
    assert access.can_create(user, schema_of(read))


def test_a_private_object_needs_less_to_be_changed_than_a_public_one(read: Reader) -> None:
    user = user_of(read, "F_DATAELEMENT_PRIVATE_ADD")
    assert access.can_update(user, schema_of(read), {"sharing": {"owner": ADA, "public": "--------"}})
    assert not access.can_update(user, schema_of(read), {"sharing": {"owner": ADA, "public": "rw------"}})


def test_data_access_is_its_own_part_of_sharing(read: Reader) -> None:
    user = user_of(read)
    data_set = schema_of(read, "dataSet")
    document: Json = {"sharing": {"owner": ADMIN, "public": "r-rw----"}}
    assert access.can_data_read(user, data_set, document)
    assert access.can_data_write(user, data_set, document)
    only_read: Json = {"sharing": {"owner": ADMIN, "public": "r-r-----"}}
    assert access.can_data_read(user, data_set, only_read)
    assert not access.can_data_write(user, data_set, only_read)
    assert not access.can_data_read(user, schema_of(read), document)


def test_a_combination_is_readable_when_all_its_options_are(read: Reader) -> None:
    user = user_of(read)
    hidden: Json = {"owner": ADMIN, "public": "--------"}
    read.put("categoryOption", "catOption01")
    read.put("categoryOption", "catOption02", sharing=hidden)
    schema = schema_of(read, "categoryOptionCombo")
    one: Json = {"name": "one", "categoryOptions": [{"id": "catOption01"}]}
    both: Json = {"name": "both", "categoryOptions": [{"id": "catOption01"}, {"id": "catOption02"}]}
    assert access.can_read(user, schema, one)
    assert not access.can_read(user, schema, both)


def test_the_superuser_may_everything(read: Reader) -> None:
    admin = read.sandbox.server.user(ADMIN)
    assert admin is not None
    document: Json = {"sharing": {"owner": ADA, "public": "--------"}}
    row = access.access(admin, schema_of(read, "dataSet"), document)
    assert all(row[key] for key in ("manage", "write", "read", "update", "delete"))
    assert row["data"] == {"read": True, "write": True}

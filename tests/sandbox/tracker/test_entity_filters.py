"""What the endpoint of saved filters of tracked entities refuses."""

from typing import Any

import pytest
from registering import AGE, CARE, Registrar

Json = dict[str, Any]

FORMATS = "Valid formats are 'field:direction' or 'field'. Valid directions are 'asc' or 'desc'."


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (f"enrolledAt:desc,{AGE},inactive:ASC", None),
        (" , createdAt ,", None),
        ("name,uid:desc", "[Invalid order property: name, Invalid order property: uid]"),
        ("a:b:c", f"Invalid order property: 'a:b:c'. {FORMATS} Direction defaults to 'asc'."),
        (":desc", f"Missing field name in order property: ':desc'. {FORMATS} Direction defaults to 'asc'."),
        ("inactive:up", "'up' is not a valid sort direction. Valid values are: [ASC, DESC]."),
    ],
)
def test_the_order_of_a_filter_is_checked(registrar: Registrar, order: str, message: str | None) -> None:
    """`validateOrderParams` of `DefaultTrackedEntityFilterService`, `OrderParamsHelper` and `OrderCriteria`."""
    body: Json = {"name": "Latest", "program": {"id": CARE}, "entityQueryCriteria": {"order": order}}
    reply = registrar.request("POST", "/api/trackedEntityInstanceFilters", body)
    assert reply.status == (201 if message is None else 409 if message.startswith("[") else 400), reply.body
    assert message is None or reply.parsed()["message"] == message


def test_created_is_an_order_in_41_only(registrar: Registrar) -> None:
    """`TrackedEntityQueryParams.OrderColumn` of 2.41."""
    body: Json = {"name": "Latest", "program": {"id": CARE}, "entityQueryCriteria": {"order": "created"}}
    older = registrar.sandbox.server.version == "v41"
    assert registrar.request("POST", "/api/trackedEntityInstanceFilters", body).status == (201 if older else 409)

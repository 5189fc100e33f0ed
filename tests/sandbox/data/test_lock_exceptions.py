"""Lock exceptions: which are listed, how much of them, and who may make them."""

import json

import pytest
from entering import DATA_SET, OTHER, UNIT, Clerk

PATH = "/api/lockExceptions"


@pytest.fixture
def with_three(clerk: Clerk) -> Clerk:
    for period in ("202301", "202302"):
        assert clerk.send("POST", f"{PATH}?ds={DATA_SET}&pe={period}&ou=[{UNIT},{OTHER}]").status == 201
    assert clerk.send("DELETE", f"{PATH}?ds={DATA_SET}&pe=202301&ou={OTHER}").status == 204
    return clerk


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter=period:eq:202302", 2),
        (f"filter=organisationUnit.id:in:[{OTHER}]", 1),
        (f"filter=dataSet.id:eq:{DATA_SET}", 3),
        (f"filter=period:eq:202301&filter=organisationUnit.id:eq:{OTHER}", 0),
        ("filter=colour:eq:red", 3),
    ],
)
def test_filters(with_three: Clerk, query: str, count: int) -> None:
    assert len(json.loads(with_three.send("GET", f"{PATH}?{query}").body)["lockExceptions"]) == count


def test_a_filter_has_three_parts(with_three: Clerk) -> None:
    reply = with_three.send("GET", f"{PATH}?filter=period:202302")
    assert (reply.status, json.loads(reply.body)["message"]) == (409, "Invalid filter: period:202302")


def test_fields(with_three: Clerk) -> None:
    fields = "dataSet[id,name],organisationUnit[name]"
    reply = with_three.send("GET", f"{PATH}?paging=false&filter=period:eq:202301&fields={fields}")
    row = {"dataSet": {"id": DATA_SET, "name": "First"}, "organisationUnit": {"name": "Here"}}
    assert json.loads(reply.body) == {"lockExceptions": [row]}


def test_no_unit_is_refused(clerk: Clerk) -> None:
    reply = clerk.send("POST", f"{PATH}?ds={DATA_SET}&pe=202301&ou=[]")
    assert (reply.status, json.loads(reply.body)["message"]) == (409, "OrganisationUnit ID is invalid.")

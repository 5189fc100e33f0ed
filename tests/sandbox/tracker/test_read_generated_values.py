"""Values that are made by the pattern of an attribute."""

from typing import Any

import pytest
from looking import get, refused
from registering import Registrar

Json = dict[str, Any]

ATTRIBUTE = "AttrMade001"
PATH = f"/api/trackedEntityAttributes/{ATTRIBUTE}"


def _make(registrar: Registrar, pattern: str) -> None:
    attribute: Json = {
        "id": ATTRIBUTE,
        "name": "Made",
        "shortName": "Made",
        "valueType": "TEXT",
        "aggregationType": "NONE",
        "unique": True,
        "generated": True,
        "pattern": pattern,
    }
    assert registrar.request("POST", "/api/trackedEntityAttributes", attribute).status == 201


def test_values_in_sequence_go_on_where_they_ended(registrar: Registrar) -> None:
    _make(registrar, '"P"+SEQUENTIAL(###)')
    first = get(registrar, f"{PATH}/generate").parsed()
    assert (first["key"], first["value"]) == ("PSEQUENTIAL(###)", "P001")
    rest = get(registrar, f"{PATH}/generateAndReserve?numberToReserve=2").parsed()
    assert [row["value"] for row in rest] == ["P002", "P003"]


def test_random_values_never_repeat_and_run_out(registrar: Registrar) -> None:
    _make(registrar, "RANDOM(#)")
    rows = get(registrar, f"{PATH}/generateAndReserve?numberToReserve=10").parsed()
    assert sorted(row["value"] for row in rows) == list("0123456789")
    status, text = refused(get(registrar, f"{PATH}/generate"))
    assert (status, text) == (409, "Not enough values left to reserve 1 values.")


def test_a_pattern_with_the_code_of_a_unit_needs_it(registrar: Registrar) -> None:
    _make(registrar, 'ORG_UNIT_CODE(..)+"-"+SEQUENTIAL(##)')
    required = get(registrar, f"{PATH}/requiredValues").parsed()
    assert required == {"REQUIRED": ["ORG_UNIT_CODE"], "OPTIONAL": ["SEQUENTIAL"]}
    assert refused(get(registrar, f"{PATH}/generate")) == (409, "Missing required values: ORG_UNIT_CODE")
    assert get(registrar, f"{PATH}/generate?ORG_UNIT_CODE=ABC").parsed()["value"] == "AB-01"


@pytest.mark.parametrize("number", [0, 1001])
def test_one_to_a_thousand_values_are_reserved(registrar: Registrar, number: int) -> None:
    _make(registrar, "SEQUENTIAL(####)")
    assert get(registrar, f"{PATH}/generateAndReserve?numberToReserve={number}").status == 400


def test_an_attribute_without_a_pattern_makes_nothing(registrar: Registrar) -> None:
    reply = get(registrar, "/api/trackedEntityAttributes/AttrName001/generate")
    assert refused(reply) == (400, "Attribute does not contain pattern.")

"""ADX: what 41 and 42 make of it value by value, which periods there are, and that exports can be imported."""

import json
from typing import Any

import pytest
from entering import COLOUR, COUNT, DATA_SET, UNIT, Clerk, adx, value

Json = dict[str, Any]

GOOD = f'<dataValue dataElement="{COUNT}" value="7"/>'
UNKNOWN = '<dataValue dataElement="NoElement01" value="1"/>'
BARE_TEXT = f'<dataValue dataElement="{COLOUR}" value="0"/>'
TEXT = f'<dataValue dataElement="{COLOUR}" value="0"><annotation>RED</annotation></dataValue>'


def sent(clerk: Clerk, body: bytes) -> tuple[int, Json]:
    reply = clerk.send("POST", "/api/dataValueSets?idScheme=UID", body, "application/adx+xml")
    return reply.status, json.loads(reply.body)["response"]


def version(clerk: Clerk) -> str:
    return clerk.sandbox.server.behaviour.name


def test_41_refuses_a_value_and_42_the_whole(row_clerk: Clerk) -> None:
    status, summary = sent(row_clerk, adx(GOOD, UNKNOWN, BARE_TEXT))
    if version(row_clerk) == "v42":
        text = "The import process failed: No data element matching uid 'NoElement01'"
        assert (status, summary["description"], row_clerk.stored()) == (409, text, [])
        return
    assert (status, summary["status"], summary["importCount"]["ignored"]) == (200, "SUCCESS", 2)
    assert [(row["object"], row["value"]) for row in summary["conflicts"]] == [
        ("ADX Error", "No data element matching uid 'NoElement01'"),
        (COLOUR, "DataElement expects text annotation"),
    ]
    assert row_clerk.stored() == [(COUNT, "202401", "7")]


def test_an_attribute_in_group_and_value_breaks_41(row_clerk: Clerk) -> None:
    value = f'<dataValue dataElement="{COUNT}" value="7" default="default"/>'
    status, summary = sent(row_clerk, adx(value, default="default"))
    if version(row_clerk) == "v41":
        assert (status, summary["description"]) == (409, "The import process failed: Failed to move to start element")
    else:
        assert (status, row_clerk.stored()) == (200, [(COUNT, "202401", "7")])


def test_a_number_is_not_in_its_annotation_but_a_text_is(row_clerk: Clerk) -> None:
    number = f'<dataValue dataElement="{COUNT}" value="7"><annotation>8</annotation></dataValue>'
    assert sent(row_clerk, adx(number, TEXT))[0] == 200
    assert row_clerk.stored() == [(COLOUR, "202401", "RED"), (COUNT, "202401", "7")]


@pytest.mark.parametrize(("period", "kind"), [("2024-02-01/P6M", "sixmonthly"), ("2024-01-02/P7D", "weekly")])
def test_a_period_that_begins_on_another_day(row_clerk: Clerk, period: str, kind: str) -> None:
    status, summary = sent(row_clerk, adx(GOOD, period=period))
    assert status == 409
    if version(row_clerk) == "v41":
        assert summary["conflicts"] == [{"object": "ADX Error", "value": f"{period} is invalid {kind} type"}]
    else:
        duration = period.partition("/")[2]
        assert summary["description"] == f"The import process failed: {duration} is not a supported duration type"


def test_a_group_needs_a_unit_and_a_known_data_set(row_clerk: Clerk) -> None:
    for body, text in [
        (adx(GOOD).replace(b"orgUnit=", b"unit="), "orgUnit attribute is required on 'group'"),
        (adx(GOOD, dataSet="NoDataSet01"), "No data set matching uid 'NoDataSet01'"),
    ]:
        status, summary = sent(row_clerk, body)
        assert status == 409
        if version(row_clerk) == "v41":
            assert summary["description"] == "Data set import failed within group number: 0"
            assert summary["conflicts"] == [{"object": "ADX Error", "value": text}]
        else:
            assert summary["description"] == f"The import process failed: {text}"


def test_what_is_exported_can_be_imported(clerk: Clerk) -> None:
    clerk.import_values(value(text="5"), value(COLOUR, text="RED"))
    place = f"dataSet={DATA_SET}&orgUnit={UNIT}&period=202401"
    body = clerk.send("GET", f"/api/dataValueSets?{place}&idScheme=UID&format=adx%2Bxml").body
    assert b'value="0"><annotation>RED</annotation></dataValue>' in body
    clerk.import_values(value(text="6"), value(COLOUR, text=""))
    sent(clerk, body)
    assert clerk.stored() == [(COLOUR, "202401", "RED"), (COUNT, "202401", "5")]

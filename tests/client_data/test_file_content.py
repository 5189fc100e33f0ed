"""Files of data values: XML as rows, what stands in a head, and what is refused before anything is sent."""

from __future__ import annotations

import json

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import CsvValueReader, DataValueOptions, InvalidDataValuesError, XmlValueReader
from dhis2w_client.data_values.service import Format
from dhis2w_client.data_values.xml_value_reader import adx_period
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import COUNT, EVERYTHING, FIRST_SET, OTHER, TEXT, UNIT, run, stored, value

XML = f"""<?xml version="1.0"?>
<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0" period="202401" orgUnit="{UNIT}">
  <dataValue dataElement="{COUNT}" value="1" followup="true"/>
  <dataValue dataElement="{TEXT}" value="a &lt; b" comment="so &quot;it&quot; is"/>
  <dataValue dataElement="{COUNT}" value="7" orgUnit="{OTHER}"/>
</dataValueSet>"""


def test_xml_of_two_data_sets_is_written_by_every_version(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert (await client.data_values.push_content(XML.encode(), "xml")).accepted == 3
        assert await stored(client) == [
            (COUNT, "202401", UNIT, "1"),
            (COUNT, "202401", OTHER, "7"),
            (TEXT, "202401", UNIT, "a < b"),
        ]
        rows = [row async for row in client.data_values.rows(EVERYTHING)]
        assert [row["dataElement"] for row in rows if row.get("followup")] == [COUNT]

    run(empty, use)


@pytest.mark.parametrize("format", ["json", "xml"])
def test_what_a_head_says_counts(empty: Sandbox, format: Format) -> None:
    def content(**more: str) -> bytes:
        head = {"dataSet": FIRST_SET, "period": "202401", "orgUnit": "HERE", "orgUnitIdScheme": "CODE", **more}
        if format == "json":
            truths = {"true": True, "false": False}
            whole = {name: truths.get(text, text) for name, text in head.items()}
            return json.dumps({"dataValues": [{"dataElement": COUNT, "value": "1"}], **whole}).encode()
        attributes = " ".join(f'{name}="{text}"' for name, text in head.items())
        return f'<dataValueSet {attributes}><dataValue dataElement="{COUNT}" value="1"/></dataValueSet>'.encode()

    async def use(client: Dhis2Client) -> None:
        service = client.data_values
        assert (await service.push_content(content(dryRun="true"), format)).accepted == 1
        assert await stored(client) == []
        assert (await service.push_content(content(), format, DataValueOptions(dry_run=True))).accepted == 1
        assert await stored(client) == []
        report = await service.push_content(content(completeDate="2024-02-03"), format)
        assert (report.accepted, report.complete_date) == (1, "2024-02-03")
        assert [row["date"] for row in await service.completions.list([FIRST_SET], ["202401"], [UNIT])] == [
            "2024-02-03"
        ]

    run(empty, use)


def test_a_completion_of_several_units_is_refused(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="one period, unit"):
            await client.data_values.push([value(), value(unit=OTHER)], data_set=FIRST_SET, complete_date="2024-02-03")
        assert await stored(client) == []

    run(empty, use)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "cc">]><dataValueSet/>', "document type"),
        (b'<!DOCTYPE dataValueSet SYSTEM "file:///etc/passwd"><dataValueSet/>', "document type"),
        (b'<adx xmlns="urn:ihe:qrph:adx:2015"/>', "<adx>, not <dataValueSet>"),
        (b'<dataValueSet><dataValue dataElement="a"', "end too early"),
        (b'{"dataValues": []}', "broken XML"),
        (b"", "end too early"),
    ],
)
def test_xml_that_is_no_set_of_values_is_refused(content: bytes, says: str) -> None:
    reader = XmlValueReader()
    with pytest.raises(InvalidDataValuesError, match=says):
        assert reader.feed(content) + reader.end() == []


def test_a_table_whose_first_line_is_a_value_is_refused() -> None:
    with pytest.raises(InvalidDataValuesError, match="no column `dataelement`"):
        CsvValueReader().feed(f"{COUNT},202401,{UNIT},,,5\n".encode())


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024-01-31/P1D", "20240131"),
        ("2024-01-01/P7D", "2024W1"),
        ("2024-01-03/P7D", "2024WedW1"),
        ("2024-01-01/P14D", "2024BiW1"),
        ("2024-02-01/P1M", "202402"),
        ("2024-03-01/P2M", "202402B"),
        ("2021-01-01/P3M", "2021Q1"),
        ("2021-02-01/P3M", "2021NovQ2"),
        ("2024-07-01/P6M", "2024S2"),
        ("2024-10-01/P6M", "2024AprilS2"),
        ("2024-01-01/P1Y", "2024"),
        ("2024-07-01/P1Y", "2024July"),
    ],
)
def test_periods_of_adx_are_those_of_dhis2(text: str, period: str) -> None:
    assert adx_period(text) == period


@pytest.mark.parametrize("text", ["202401", "2024-01-02/P1M", "2024-02-30/P1D", "2024-01-01/P5M", "2024-01-02/P7D", ""])
def test_what_is_no_period_of_adx_is_refused(text: str) -> None:
    with pytest.raises(InvalidDataValuesError, match="no period of ADX"):
        adx_period(text)

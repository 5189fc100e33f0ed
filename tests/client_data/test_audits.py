"""What became of values is read in pages, on servers of every version."""

from __future__ import annotations

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError
from dhis2w_client.periods import InvalidPeriodError
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import COUNT, FIRST_SET, OTHER, UNIT, run, value


def test_rows_are_read_page_after_page_the_latest_first(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        for content in ("1", "2", "3"):
            await client.data_values.push([value(content=content), value(period="202402", content=content)])
        await client.data_values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)
        audits = client.data_values.audits
        rows = [row async for row in audits.rows(data_elements=[COUNT], page_size=2)]
        changes = [row for row in rows if row.type != "CREATE"]
        assert [row.type for row in changes] == ["DELETE", *["UPDATE"] * 4]
        assert (changes[0].period, changes[0].org_unit, changes[0].modified_by) == ("202401", UNIT, "admin")
        assert {row.period for row in rows} == {"202401", "202402"}
        deleted = [row async for row in audits.rows(data_sets=[FIRST_SET], types=["DELETE"])]
        assert deleted == changes[:1]
        only = [row async for row in audits.rows(periods=["2024-02"], org_units=[UNIT], types=["UPDATE"])]
        assert {row.period for row in only} == {"202402"}

    run(empty, use)


def test_nothing_found_is_not_nothing_there(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        audits = client.data_values.audits
        assert [row async for row in audits.rows(org_units=[OTHER])] == []
        with pytest.raises((InvalidRequestError, ConflictError), match="nOtKnown001"):
            _ = [row async for row in audits.rows(data_elements=["nOtKnown001"])]
        with pytest.raises(InvalidPeriodError):
            _ = [row async for row in audits.rows(periods=["2024-13"])]

    run(empty, use)

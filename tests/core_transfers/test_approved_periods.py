"""A push to data sets with an approval workflow: what is approved stays, and the default combo is asked for once."""

from __future__ import annotations

from pathlib import Path

import httpx2

from dhis2w_client import Dhis2Client
from dhis2w_client.clock import Clock
from dhis2w_client.data_values import Approvable
from dhis2w_client.metadata import Bundle
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_sandbox import Sandbox
from tests import approval_flow
from tests.client_data import small_country
from tests.client_data.small_country import SECOND_SET, TEXT, UNIT
from tests.client_metadata import connecting
from tests.core_transfers.sender_process import at_once

MONTHS = [f"2024{month:02}" for month in range(1, 10)]


class Counted(httpx2.AsyncBaseTransport):
    """Notes the addresses that are asked, and passes all on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.asked: list[str] = []
        self._passed_to = httpx2.ASGITransport(sandbox.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(str(request.url))
        return await self._passed_to.handle_async_request(request)


def test_the_default_combo_is_asked_for_once_and_what_is_approved_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    lines = [f"{TEXT},{month},{UNIT},seen" for month in MONTHS]
    file.write_text("\n".join(["dataElement,period,orgUnit,value", *lines]), encoding="utf-8")
    plan = DataPush(file, digest_of(file), rows_at_once=2, clock=Clock(sleep=at_once))

    async def prepare(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(Bundle(approval_flow.METADATA))
        await client.patch(f"dataSets/{SECOND_SET}", approval_flow.PATCH)
        await client.data_values.approvals.approve(Approvable(MONTHS[2], UNIT, data_set=SECOND_SET))

    async def use(client: Dhis2Client) -> None:
        report = await plan.apply(client, lambda _: None)
        assert (report["accepted"], report["refused"]) == (len(MONTHS) - 1, 1)

    with Sandbox(43, empty=True) as sandbox:
        small_country.run(sandbox, prepare)
        counted = Counted(sandbox)
        connecting.run(sandbox, use, transport=counted)
    assert len([url for url in counted.asked if "/dataValueSets" in url]) >= len(MONTHS) // 2
    assert len([url for url in counted.asked if "/categoryOptionCombos" in url and "default" in url]) == 1

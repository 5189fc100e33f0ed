"""What real servers did with recorded objects of tracker: the check refuses none that they took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from dhis2w_client import BasicAuth, Dhis2Client
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.tracker import PushOptions
from dhis2w_client.tracker.kind import IN_PAYLOADS
from dhis2w_client.tracker.payload import objects_of
from dhis2w_core.transfers.chunk import Chunk
from dhis2w_core.transfers.tracker_check import TrackerCheck, can_check
from dhis2w_core.transfers.tracker_rows import objects_in
from tests.core_transfers.recorded_imports import played
from tests.core_transfers.test_no_false_refusals import EARLIER
from tests.replay.scenario import scenarios

Row = dict[str, Any]
WAYS = {"async", "importMode", "atomicMode", "reportMode", "validationMode", "importStrategy", "flushMode"}


class Import(NamedTuple):
    """One recorded import: who sent it, how, and the codes of what the server refused of each row."""

    auth: BasicAuth
    options: PushOptions
    rows: list[Row]
    codes: list[set[str]]


def imported(exchange: Mapping[str, Any]) -> Import | None:
    """What an exchange tells; None where it is no import whose report says which row it means."""
    request: dict[str, Any] = exchange["request"]
    body: dict[str, Any] = as_object(request.get("json"))
    report: dict[str, Any] = as_object(exchange["response"].get("json"))
    address = urlsplit(str(request["path"]))
    query = {name: values[-1] for name, values in parse_qs(address.query).items()}
    if request["method"] != "POST" or not address.path.endswith("/api/tracker") or "validationReport" not in report:
        return None
    strategy = query.get("importStrategy", "CREATE_AND_UPDATE")
    options = PushOptions(strategy=strategy, validation=query.get("validationMode", "FULL"))  # pyright: ignore[reportArgumentType] - as recorded
    if not query.keys() <= WAYS or not can_check(options) or not _is_sound(body):
        return None
    rows: list[Row] = [row for key in IN_PAYLOADS for row in as_array(body.get(key))]  # pyright: ignore[reportAssignmentType] - checked above
    errors: list[Row] = report["validationReport"]["errorReports"]
    if options.validation == "FAIL_FAST" and errors:
        return None
    owned = [{each.get(kind.uid) for kind, each in objects_in(row)} for row in rows]
    if len(rows) > 1 and any(None in uids for uids in owned):
        return None
    codes = [{each["errorCode"] for each in errors if len(rows) == 1 or each["uid"] in uids} for uids in owned]
    _, user, password = request.get("auth", ["basic", "admin", "district"])
    return Import(BasicAuth(user, password), options, rows, codes)


def _is_sound(body: Row) -> bool:
    """Whether all lists of a payload hold objects."""
    try:
        return body.keys() <= IN_PAYLOADS.keys() and any(True for _ in objects_of(body))
    except AttributeError:
        return False


async def refused_here(url: str, found: Import) -> dict[int, str | None]:
    """The codes of the rows that the check refuses, on a server in the state that the real one was in."""
    async with Dhis2Client(url, found.auth) as client:
        check = await TrackerCheck.of(client, found.options)
        chunk = Chunk(0, found.rows, range(1, len(found.rows) + 1))
        return {each.row: each.code for each in await check.refusals(chunk)}


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("version", ["41", "42", "43"])
def test_no_object_that_a_real_server_took_is_refused(shared: Path, version: str) -> None:
    named = [each for each in scenarios(shared) if each.version == version and each.name.startswith("tracker/")]
    rows = refused = 0
    for scenario in named:
        for number, (found, here) in enumerate(played(scenario, imported, refused_here)):
            for at, code in here.items():
                said = found.codes[at]
                assert code in said or said & EARLIER, (str(scenario), number, code, said, found.rows[at])
            rows += len(found.rows)
            refused += len(here)
    assert rows > 100
    assert refused > 15

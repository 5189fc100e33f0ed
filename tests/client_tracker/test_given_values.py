"""Values, days and names as notebooks have them: sent as what they mean, or refused before anything is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy
import pandas  # pyright: ignore[reportMissingTypeStubs]
import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.tracker.payload import moment_text, value_text
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import PROGRAM, UNIT


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (61, "61"),
        (61.0, "61"),
        (61.5, "61.5"),
        (numpy.int64(61), "61"),
        (numpy.float32(61.5), "61.5"),
        (numpy.bool_(True), "true"),
        (Decimal("61.50"), "61.50"),
        (Decimal("1E+2"), "100"),
        (True, "true"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 10), "2024-01-31T10:00:00"),
        (None, None),
        (float("nan"), None),
        (pandas.NA, None),
        (pandas.NaT, None),
        ("", ""),
    ],
)
def test_a_value_is_written_as_tracker_reads_it(given: object, text: str | None) -> None:
    assert value_text(given) == text


@pytest.mark.parametrize("given", [b"61", [1], {"a": 1}, object(), float("inf"), datetime(2024, 1, 1, tzinfo=UTC)])
def test_what_has_no_text_is_refused(given: object) -> None:
    with pytest.raises(InvalidRequestError):
        value_text(given)


@pytest.mark.parametrize("given", [20240301, pandas.NaT, numpy.datetime64("2024-03-01"), datetime.now(UTC)])
def test_what_is_no_day_is_refused(given: Any) -> None:
    with pytest.raises(InvalidRequestError):
        moment_text(given)


@pytest.mark.parametrize("uid", ["", "abc", "../events", None])
def test_what_is_no_uid_reads_and_changes_nothing(uid: Any) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="is no UID"):
            await client.tracker.events.get(uid)
        with pytest.raises(InvalidRequestError, match="is no UID"):
            await client.tracker.events.patch(uid, {"status": "ACTIVE"})

    with Sandbox(42) as sandbox:
        run(sandbox, use)


def test_a_change_of_what_there_is_not_is_refused() -> None:
    async def use(client: Dhis2Client) -> None:
        found = client.tracker.tracked_entities.rows(program=PROGRAM, org_units=UNIT)
        uid = (await anext(found))["trackedEntity"]
        with pytest.raises(InvalidRequestError, match="have no 'orgunit'"):
            await client.tracker.tracked_entities.patch(uid, {"orgunit": UNIT})
        report = await client.tracker.tracked_entities.patch(uid, {"orgUnit": UNIT})
        assert report.counts.updated == 1

    with Sandbox(42) as sandbox:
        run(sandbox, use)

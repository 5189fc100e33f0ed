"""Aggregate data values: single ones, and files of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.transfers.data_push import DataPush

Strategy = Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"]


@operation("data get", effect="read")
async def get(
    client: Dhis2Client, data_element: str, period: str, org_unit: str, *, category_option_combo: str | None = None
) -> dict[str, Any]:
    """Show one data value; null where there is none.

    Args:
        data_element: UID of the data element.
        period: The period: `202401`.
        org_unit: UID of the organisation unit.
        category_option_combo: UID of the combo; without it, the default combo.
    """
    value = await client.data_values.get(data_element, period, org_unit, category_option_combo=category_option_combo)
    return {"dataElement": data_element, "period": period, "orgUnit": org_unit, "value": value}


@operation("data set", effect="write")
async def set_value(
    client: Dhis2Client,
    data_element: str,
    period: str,
    org_unit: str,
    value: str,
    *,
    category_option_combo: str | None = None,
    data_set: str | None = None,
    comment: str | None = None,
) -> Action:
    """Write one data value.

    Args:
        data_element: UID of the data element.
        period: The period: `202401`.
        org_unit: UID of the organisation unit.
        value: The value.
        category_option_combo: UID of the combo; without it, the default combo.
        data_set: UID of the data set, where the element is in several.
        comment: A comment to it.
    """
    before = await client.data_values.get(data_element, period, org_unit, category_option_combo=category_option_combo)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.set(
            data_element,
            period,
            org_unit,
            value,
            category_option_combo=category_option_combo,
            data_set=data_set,
            comment=comment,
        )
        return {"dataElement": data_element, "period": period, "orgUnit": org_unit, "value": value}

    facts = {"before": before, "after": value}
    return Action(f"Write the value of {data_element} for {period} in {org_unit}", perform, facts)


@operation("data delete", effect="destroy")
async def delete(
    client: Dhis2Client,
    data_element: str,
    period: str,
    org_unit: str,
    *,
    category_option_combo: str | None = None,
    data_set: str | None = None,
) -> Action:
    """Delete one data value.

    Args:
        data_element: UID of the data element.
        period: The period: `202401`.
        org_unit: UID of the organisation unit.
        category_option_combo: UID of the combo; without it, the default combo.
        data_set: UID of the data set, where the element is in several.
    """
    before = await client.data_values.get(data_element, period, org_unit, category_option_combo=category_option_combo)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.delete(
            data_element, period, org_unit, category_option_combo=category_option_combo, data_set=data_set
        )
        return {"dataElement": data_element, "period": period, "orgUnit": org_unit, "deleted": before}

    title = f"Delete the value of {data_element} for {period} in {org_unit}"
    return Action(title, perform, {"before": before}, "destroy")


@operation("data pull", effect="read")
async def pull(
    client: Dhis2Client,
    *,
    data_set: Sequence[str] = (),
    data_element: Sequence[str] = (),
    org_unit: Sequence[str] = (),
    children: bool = False,
    period: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
    since: str | None = None,
    deleted: bool = False,
) -> AsyncIterator[dict[str, Any]]:
    """Read data values: say which data, where, and when.

    Args:
        data_set: UID of a data set.
        data_element: UID of a data element.
        org_unit: UID of an organisation unit.
        children: With all that is below the units.
        period: A period: `202401`.
        start: The first day: `2024-01-01`.
        end: The last day.
        since: Only what was changed since, by the server's clock: `2024-01-31T12:00`.
        deleted: With values that were deleted; with `since` always, as a deletion is a change.
    """
    from dhis2w_client.data_values.selection import DataValueSelection

    try:
        selection = DataValueSelection(
            data_sets=tuple(data_set),
            data_elements=tuple(data_element),
            org_units=tuple(org_unit),
            children=children,
            periods=tuple(period),
            start=date.fromisoformat(start) if start else None,
            end=date.fromisoformat(end) if end else None,
            since=datetime.fromisoformat(since) if since else None,
            include_deleted=deleted or None,
        )
    except ValueError as error:
        raise OperationError(f"A date is none: {error}.", next_step="Write 2024-01-31, or 2024-01-31T12:00.") from None
    return _as_rows(client.data_values.rows(selection))


async def _as_rows(rows: AsyncIterator[Any]) -> AsyncIterator[dict[str, Any]]:
    async for row in rows:
        yield row


@operation("data push", effect="write")
async def push(
    face: Face,
    file: Path,
    *,
    column: Sequence[str] = (),
    data_set: str | None = None,
    id_scheme: str | None = None,
    data_element_id_scheme: str | None = None,
    org_unit_id_scheme: str | None = None,
    strategy: Strategy = "CREATE_AND_UPDATE",
    rejects: Path | None = None,
    rows_at_once: int = 10_000,
    check: bool = True,
    restart: bool = False,
) -> DataPush:
    """Send a file of data values: CSV, NDJSON or JSON. Stopped at any point, the same command goes on.

    What the server refuses is written into a file that can be repaired and sent.

    Args:
        file: The file; its name ends in `.csv`, `.ndjson` or `.json`.
        column: Which column is what, where they have names of their own: `orgUnit=facility`.
        data_set: UID of the data set that the values are of.
        id_scheme: What identifiers are: `UID`, `CODE`, `NAME`, `ATTRIBUTE:` and a UID.
        data_element_id_scheme: What those of data elements are.
        org_unit_id_scheme: What those of organisation units are.
        strategy: What may be done; 2.43 cannot keep CREATE and UPDATE apart.
        rejects: Where refused rows are written; without it, beside the file.
        rows_at_once: How many rows are sent at once, to begin with.
        check: Check each row against the server's metadata before it is sent; such a refusal costs no request.
        restart: Forget a run that did not end, and send everything.
    """
    from dhis2w_client.data_values.push_options import DataValueOptions, IdSchemes
    from dhis2w_core.transfers.data_push import DataPush
    from dhis2w_core.transfers.source_rows import digest_of

    pairs = [text.partition("=") for text in column]
    if any(not key or not name for key, _, name in pairs):
        raise OperationError("--column names a key and a column: orgUnit=facility.")
    if rows_at_once < 1:
        raise OperationError("--rows-at-once is 1 or more.")
    schemes = IdSchemes(all=id_scheme, data_element=data_element_id_scheme, org_unit=org_unit_id_scheme)
    return DataPush(
        source=file,
        source_digest=digest_of(file),
        columns={key: name for key, _, name in pairs},
        options=DataValueOptions(strategy=strategy, schemes=schemes),
        data_set=data_set,
        rejects=rejects,
        rows_at_once=rows_at_once,
        check=check,
        restart=restart,
        progress=lambda rows, _share: face.progress("Rows", rows),
    )

"""Aggregate data values: single ones, and files of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.transfers.file_pushes import FilePushes

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
    id_scheme: str | None = None,
    data_element_id_scheme: str | None = None,
    org_unit_id_scheme: str | None = None,
    category_option_combo_id_scheme: str | None = None,
    to: Path | None = None,
) -> AsyncIterator[dict[str, Any]] | dict[str, Any]:
    """Read data values: say which data, where, and when; `data push` takes the file that it writes.

    Source: "Data values" in DHIS2's developer guide; `DataValueSetController`.

    Args:
        data_set: UID of a data set.
        data_element: UID of a data element.
        org_unit: UID of an organisation unit.
        children: With all that is below the units.
        period: A period: `202401`.
        start: The first day: `2024-01-01`.
        end: The last day.
        since: Only what was changed since, by the server's clock: `2024-01-31T12:00`. What a pull tells as `next_since`
            is what the next one asks for; `last` is that of the last pull of the same data into the same file.
        deleted: With values that were deleted; with `since` always, as a deletion is a change.
        id_scheme: What identifiers are in what is read: `UID`, `CODE`, `NAME`, `ATTRIBUTE:` and a UID.
        data_element_id_scheme: What those of data elements are.
        org_unit_id_scheme: What those of organisation units are.
        category_option_combo_id_scheme: What those of category option combos are.
        to: A file to write, whole or not at all: .csv, .ndjson, .json or .parquet.
    """
    from dhis2w_client.data_values.push_options import IdSchemes
    from dhis2w_client.data_values.selection import DataValueSelection
    from dhis2w_core.last_pull import LAST, check_pull, pull_into
    from dhis2w_core.row_file import TABLES

    check_pull(to, since)
    try:
        selection = DataValueSelection(
            data_sets=tuple(data_set),
            data_elements=tuple(data_element),
            org_units=tuple(org_unit),
            children=children,
            periods=tuple(period),
            start=date.fromisoformat(start) if start else None,
            end=date.fromisoformat(end) if end else None,
            since=datetime.fromisoformat(since) if since and since != LAST else None,
            include_deleted=deleted or None,
            schemes=IdSchemes(
                all=id_scheme,
                data_element=data_element_id_scheme,
                org_unit=org_unit_id_scheme,
                category_option_combo=category_option_combo_id_scheme,
            ),
        )
    except ValueError as error:
        raise OperationError(f"A date is none: {error}.", next_step="Write 2024-01-31, or 2024-01-31T12:00.") from None
    if to is None:
        return _as_rows(client.data_values.rows(selection))
    as_cells = to.suffix.lower() in TABLES

    def rows(moment: datetime | None) -> AsyncIterator[dict[str, Any]]:
        changed = replace(selection, since=moment) if moment else selection
        return _as_rows(client.data_values.rows(changed), as_cells=as_cells)

    return await pull_into(client, to, repr(selection), since, rows, list_name="dataValues")


async def _as_rows(rows: AsyncIterator[Any], *, as_cells: bool = False) -> AsyncIterator[dict[str, Any]]:
    """The rows, without what is empty; as cells of a table each value is text."""
    from dhis2w_client.data_values.data_value import text_of

    async for row in rows:
        yield {key: text_of(value) if as_cells else value for key, value in row.items() if value is not None}


@operation("data push", effect="write")
async def push(
    face: Face,
    file: Sequence[Path],
    *,
    format: Literal["csv", "ndjson", "json", "parquet"] | None = None,
    mapping: Path | None = None,
    column: Sequence[str] = (),
    constant: Sequence[str] = (),
    data_set: str | None = None,
    id_scheme: str | None = None,
    data_element_id_scheme: str | None = None,
    org_unit_id_scheme: str | None = None,
    category_option_combo_id_scheme: str | None = None,
    attribute_option_combo_id_scheme: str | None = None,
    strategy: Strategy = "CREATE_AND_UPDATE",
    check: bool = True,
    trial: bool = False,
    background: bool = False,
    rejects: Path | None = None,
    rows_at_once: int = 10_000,
    restart: bool = False,
) -> FilePushes:
    """Send files of data values: CSV, NDJSON, JSON or Parquet. Stopped at any point, the same command goes on.

    Rows are checked against the server's metadata before they are sent. What is refused, here or by the server, is
    written into a file that can be repaired and sent.

    Source: "Data values" in DHIS2's developer guide; `DataValueSetController`.

    Args:
        file: A file; its name ends in `.csv`, `.ndjson`, `.json` or `.parquet`. `-` is standard input.
        format: What standard input is; without it, told from how it begins.
        mapping: A TOML file that says what the columns are: tables `columns`, `constants`, `id_schemes`.
        column: Which column is what, where they have names of their own: `orgUnit=facility`.
        constant: What each row has that does not say it itself: `period=202401`.
        data_set: UID of the data set that the values are of.
        id_scheme: What identifiers are: `UID`, `CODE`, `NAME`, `ATTRIBUTE:` and a UID.
        data_element_id_scheme: What those of data elements are.
        org_unit_id_scheme: What those of organisation units are.
        category_option_combo_id_scheme: What those of category option combos are.
        attribute_option_combo_id_scheme: What those of attribute option combos are; from 2.43 on.
        strategy: What may be done; 2.43 cannot keep CREATE and UPDATE apart.
        check: Check each row against the server's metadata before it is sent; such a refusal costs no request.
        trial: Have the server check the values too, and store none of them.
        background: As jobs, one for each part, for parts that take longer than a proxy waits.
        rejects: Where refused rows are written; without it, beside the file.
        rows_at_once: How many rows are sent at once, to begin with.
        restart: Forget a run that did not end, and send everything.
    """
    from dhis2w_client.data_values.push_options import DataValueOptions
    from dhis2w_core.transfers.column_mapping import ColumnMapping, pairs_of, read_mapping
    from dhis2w_core.transfers.data_push import DataPush
    from dhis2w_core.transfers.file_content import sendable
    from dhis2w_core.transfers.file_pushes import FilePushes
    from dhis2w_core.transfers.source_rows import digest_of

    if rows_at_once < 1:
        raise OperationError("--rows-at-once is 1 or more.")
    if rejects and len(file) > 1:
        raise OperationError("--rejects is for one file.", next_step="Without it, each has one beside it.")
    schemes = {
        "all": id_scheme,
        "data_element": data_element_id_scheme,
        "org_unit": org_unit_id_scheme,
        "category_option_combo": category_option_combo_id_scheme,
        "attribute_option_combo": attribute_option_combo_id_scheme,
    }
    given = (pairs_of("--column", column), pairs_of("--constant", constant))
    meant = (read_mapping(mapping) if mapping else ColumnMapping()).with_more(*given, schemes, data_set)
    pushes = [
        DataPush(
            source=source,
            source_digest=digest_of(source),
            columns=meant.columns,
            constants=meant.constants,
            options=DataValueOptions(strategy=strategy, schemes=meant.schemes, dry_run=trial),
            data_set=meant.data_set,
            rejects=rejects,
            rows_at_once=rows_at_once,
            restart=restart,
            check=check,
            background=background,
            progress=lambda rows, share: face.progress("Rows", rows, share=share),
        ).with_head()
        for source in (sendable(each, face, "data values", format) for each in dict.fromkeys(file))
    ]
    return FilePushes(pushes, "data values")

"""Min-max values: the limits within which a value is expected, kept by data element, unit and combo.

Source: `MinMaxDataElementController`, `MinMaxValueController`, `DefaultMinMaxDataElementService` of dhis2-core;
recordings `data/entry-extras`.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable
from typing import Any, NamedTuple

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.approvals import paged
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text, message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

endpoints = Endpoints()


class MinMax(NamedTuple):
    """The limits of one place."""

    element: str | None
    unit: str | None
    combo: str | None
    min: int | None
    max: int | None
    generated: bool | None

    @property
    def key_text(self) -> str:
        """The key as Java prints it."""
        return f"MinMaxValueKey[dataElement={self.element}, orgUnit={self.unit}, optionCombo={self.combo}]"

    @property
    def text(self) -> str:
        """The whole as Java prints it."""
        return (
            f"MinMaxValue[dataElement={self.element}, orgUnit={self.unit}, optionCombo={self.combo},"
            f" minValue={argument_text(self.min)}, maxValue={argument_text(self.max)},"
            f" generated={argument_text(self.generated)}]"
        )


class MinMaxTable:
    """The limits of a server."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS min_max (element TEXT NOT NULL, unit TEXT NOT NULL, combo TEXT NOT NULL,"
            " min INTEGER NOT NULL, max INTEGER NOT NULL, generated INTEGER NOT NULL,"
            " PRIMARY KEY (element, unit, combo))"
        )

    def put(self, rows: Iterable[MinMax]) -> None:
        """Store limits, each in the place of those of the same place."""
        self._sql.executemany(
            "INSERT OR REPLACE INTO min_max VALUES (?, ?, ?, ?, ?, ?)",
            [(*row[:5], bool(row.generated)) for row in rows],
        )

    def all(self) -> list[MinMax]:
        """All limits, oldest first."""
        rows = self._sql.execute("SELECT element, unit, combo, min, max, generated FROM min_max ORDER BY rowid")
        return [MinMax(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]

    def delete(self, row: MinMax) -> bool:
        """Remove the limits of a place; whether there were any."""
        where = "element = ? AND unit = ? AND combo = ?"
        return self._sql.execute(f"DELETE FROM min_max WHERE {where}", row[:3]).rowcount > 0  # noqa: S608 - only constants


@endpoints.add("GET", "/api/minMaxDataElements", RECORDED)
def read_limits(call: Call) -> Reply:
    """List limits; `filter` compares identifiers."""
    rows = [_as_json(row) for row in MinMaxTable(call.server).all() if _fits(call, row)]
    page = paged(call, "minMaxDataElements", rows)
    if (fields := call.param("fields")) and fields != "*":
        page["minMaxDataElements"] = [selected(call.server, row, fields) for row in page["minMaxDataElements"]]
    return Reply.json(page)


def _fits(call: Call, row: MinMax) -> bool:
    at = {"dataElement.id": row.element, "source.id": row.unit, "optionCombo.id": row.combo}
    for text in call.params("filter"):
        name, _, rest = text.partition(":")
        operator, _, value = rest.partition(":")
        if name in at and operator in {"eq", "in"} and at[name] not in value.strip("[]").split(","):
            return False
    return True


def _as_json(row: MinMax) -> Json:
    return {
        "min": row.min,
        "max": row.max,
        "generated": row.generated,
        "dataElement": {"id": row.element},
        "source": {"id": row.unit},
        "optionCombo": {"id": row.combo},
    }


@endpoints.add("POST", "/api/minMaxDataElements", RECORDED)
def save_limits(call: Call) -> Reply:
    """Set the limits of one place."""
    _save(call, [_from_object(json_object(call))])
    return Reply(201)


@endpoints.add("DELETE", "/api/minMaxDataElements", RECORDED)
def delete_limits(call: Call) -> Reply:
    """Remove the limits of one place; 404 where there are none."""
    _delete(call, _from_object(json_object(call)))
    return Reply(204)


@endpoints.add("POST", "/api/minMaxDataElements/upsert", RECORDED)
def save_many(call: Call) -> Reply:
    """Set limits in one go, as JSON or CSV: all of them or none."""
    data_set, rows = _batch(call)
    _check_data_set(call, data_set, rows)
    _save(call, rows)
    return Reply.json(_count(f"Successfully imported {len(rows)} min-max values", len(rows)))


@endpoints.add("POST", "/api/minMaxDataElements/delete", SOURCE)
def delete_many(call: Call) -> Reply:
    """Remove limits in one go, as JSON or CSV."""
    data_set, rows = _batch(call)
    _check_data_set(call, data_set, rows)
    gone = sum(MinMaxTable(call.server).delete(row) for row in rows)
    return Reply.json(_count(f"Successfully deleted {gone} min-max values", gone))


def _count(text: str, count: int) -> Json:
    return {"message": text, "successful": count, "ignored": 0}


@endpoints.add("POST", "/api/dataEntry/minMaxValues", RECORDED)
def save_entry_limits(call: Call) -> Reply:
    """Set the limits of one place, as the data entry app does."""
    row = json_object(call)
    limits = _from_flat({**row, "optionCombo": row.get("categoryOptionCombo")})
    _save(call, [limits])
    return Reply()


@endpoints.add("DELETE", "/api/dataEntry/minMaxValues", RECORDED)
def delete_entry_limits(call: Call) -> Reply:
    """Remove the limits of one place, as the data entry app does."""
    _delete(call, MinMax(call.param("de"), call.param("ou"), call.param("co"), None, None, None))
    return Reply()


@endpoints.add("POST", "/api/minMaxValues", RECORDED)
def generate(call: Call) -> Reply:
    """Work limits out from what is stored: two standard deviations around the mean, by element and combo."""
    body = json_object(call)
    rules = EntryRules(call.server, call.user)
    sets = [rules.document("dataSet", uid) or {} for uid in body.get("dataSets") or ()]
    elements = {element for data_set in sets for element in rules.elements_of(data_set)}
    units = rules.below(body["organisationUnit"])
    numbers: dict[tuple[str, str, str], list[float]] = {}
    for row in Values(call.server).select("deleted = 0"):
        if row.key.element in elements and row.key.unit in units and (value := _number(row.value)) is not None:
            numbers.setdefault((row.key.element, row.key.unit, row.key.combo), []).append(value)
    MinMaxTable(call.server).put(MinMax(*key, *_limits(values), True) for key, values in numbers.items())
    return Reply(204)


def _limits(values: list[float]) -> tuple[int, int]:
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    return int(mean - 2 * deviation), round(mean + 2 * deviation)


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _batch(call: Call) -> tuple[str | None, list[MinMax]]:
    if "csv" in call.headers.get("content-type", ""):
        reader = csv.DictReader(io.StringIO(call.body.decode()))
        return call.param("dataSet"), [_from_flat(dict(row)) for row in reader]
    body = json_object(call)
    return body.get("dataSet"), [_from_flat(row) for row in body.get("values") or ()]


def _from_flat(row: Json) -> MinMax:
    low, high = row.get("minValue"), row.get("maxValue")
    return MinMax(
        row.get("dataElement"),
        row.get("orgUnit"),
        row.get("optionCombo"),
        None if low is None else int(low),
        None if high is None else int(high),
        row.get("generated"),
    )


def _from_object(row: Json) -> MinMax:
    element, unit, combo = (linked(row, key) for key in ("dataElement", "source", "optionCombo"))
    return MinMax(element, unit, combo, row.get("min"), row.get("max"), bool(row.get("generated")))


def _check_data_set(call: Call, data_set: str | None, rows: list[MinMax]) -> None:
    rules = EntryRules(call.server, call.user)
    document = rules.document("dataSet", data_set)
    elements = rules.elements_of(document or {})
    for row in rows:
        if data_set and row.element not in elements:
            raise _refusal(call, 400, "E2021", data_set, row.element)


def _save(call: Call, rows: list[MinMax]) -> None:
    rules = EntryRules(call.server, call.user)
    for row in rows:
        if row.min is None:
            raise _refusal(call, 400, "E2042", row.text)
        if row.max is None:
            raise _refusal(call, 400, "E2043", row.text)
        if row.min >= row.max:
            raise _refusal(call, 400, "E2044", row.text)
        known = (
            rules.document("dataElement", row.element),
            rules.document("organisationUnit", row.unit),
            rules.document("categoryOptionCombo", row.combo),
        )
        if not all(known):
            raise _refusal(call, 400, "E2047", row.key_text)
    MinMaxTable(call.server).put(rows)


def _delete(call: Call, row: MinMax) -> None:
    if not MinMaxTable(call.server).delete(row):
        raise _refusal(call, 404, "E2047", row.key_text)


def _refusal(call: Call, status: int, code: str, *args: Any) -> Dhis2Refusal:
    return Dhis2Refusal(status, message(call.server.version, code, *args), code)

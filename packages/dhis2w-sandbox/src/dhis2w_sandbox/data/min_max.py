"""Min-max values: the limits within which a value is expected, kept by data element, unit and combo.

Source: `MinMaxDataElementController`, `MinMaxValueController`, `DefaultMinMaxDataElementService` of dhis2-core;
recordings `data/entry-extras`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import statistics
from collections.abc import Iterable
from typing import Any, NamedTuple

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.approvals import paged
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text, message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

endpoints = Endpoints()

ADD = ["F_MINMAX_DATAELEMENT_ADD"]
GENERATE = ["F_GENERATE_MIN_MAX_VALUES"]


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

    def delete_below(self, elements: Iterable[str], units: Iterable[str]) -> None:
        """Remove the limits of elements in units."""
        pairs = [(element, unit) for element in elements for unit in units]
        self._sql.executemany("DELETE FROM min_max WHERE element = ? AND unit = ?", pairs)

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
    for text in call.params(call.server.behaviour.min_max_filter_parameter):
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


@endpoints.add("POST", "/api/minMaxDataElements", RECORDED, requires=ADD)
def save_limits(call: Call) -> Reply:
    """Set the limits of one place."""
    _save_one(call, _from_object(json_object(call)))
    return Reply(201)


@endpoints.add("DELETE", "/api/minMaxDataElements", RECORDED, requires=ADD)
def delete_limits(call: Call) -> Reply:
    """Remove the limits of one place; 404 where there are none."""
    _delete_one(call, _from_object(json_object(call)))
    return Reply(204)


@endpoints.add("POST", "/api/minMaxDataElements/upsert", RECORDED, requires=ADD)
def save_many(call: Call) -> Reply:
    """Set limits in one go, as JSON or CSV: none of them where one is bad; what is not known is passed over."""
    data_set, rows = _batch(call)
    for row in rows:
        _check(call, row)
    elements = _elements(call, [data_set] if data_set else [])
    for row in rows:
        if data_set and row.element not in elements:
            raise _refusal(call, 400, "E2021", data_set, row.element)
    known = [row._replace(generated=row.generated is not False) for row in rows if _is_known(call, row)]
    MinMaxTable(call.server).put(known)
    return Reply.json(_count("Successfully imported {} min-max values", len(known), len(rows)))


@endpoints.add("POST", "/api/minMaxDataElements/delete", SOURCE, requires=ADD)
def delete_many(call: Call) -> Reply:
    """Remove limits in one go, as JSON or CSV; what is not there is passed over."""
    _, rows = _batch(call)
    for row in rows:
        _check_key(call, row, row.key_text)
    gone = sum(MinMaxTable(call.server).delete(row) for row in rows)
    return Reply.json(_count("Successfully deleted {} min-max values", gone, len(rows)))


def _count(text: str, count: int, of: int) -> Json:
    return {"message": text.format(count), "successful": count, "ignored": of - count}


@endpoints.add("POST", "/api/dataEntry/minMaxValues", RECORDED)
def save_entry_limits(call: Call) -> Reply:
    """Set the limits of one place, as the data entry app does."""
    row = json_object(call)
    _save_one(call, _from_flat({**row, "optionCombo": row.get("categoryOptionCombo")}))
    return Reply()


@endpoints.add("DELETE", "/api/dataEntry/minMaxValues", RECORDED)
def delete_entry_limits(call: Call) -> Reply:
    """Remove the limits of one place, as the data entry app does."""
    _delete_one(call, MinMax(call.param("de"), call.param("ou"), call.param("co"), None, None, None))
    return Reply()


@endpoints.add("POST", "/api/minMaxValues", RECORDED, requires=GENERATE)
def generate(call: Call) -> Reply:
    """Work limits of a unit out from what is stored there: so many standard deviations around the mean.

    All limits of the elements go first, those of the units below too; values that are all the same give none.
    """
    body = json_object(call)
    elements, unit = _place(call, body.get("dataSets") or [], body.get("organisationUnit"))
    rules, factor = EntryRules(call.server, call.user), float(call.server.setting("factorDeviation", 2.0))
    table = MinMaxTable(call.server)
    table.delete_below(elements, rules.below(unit))
    numbers: dict[tuple[str, str], list[float]] = {}
    for row in Values(call.server).select("deleted = 0 AND unit = ?", [unit]):
        type = (rules.document("dataElement", row.key.element) or {}).get("valueType")
        if row.key.element in elements and type in NUMERIC and row.value:
            numbers.setdefault((row.key.element, row.key.combo), []).append(float(row.value))
    for (element, combo), values in numbers.items():
        if limits := _limits(values, factor, rules.document("dataElement", element) or {}):
            table.put([MinMax(element, unit, combo, *limits, True)])
    return Reply(204)


@endpoints.add("DELETE", "/api/minMaxValues/{ou}", SOURCE, requires=GENERATE)
def remove_generated(call: Call) -> Reply:
    """Remove the limits of the elements of data sets (`ds`) in a unit and in all below."""
    call.required("ds", "List")
    elements, unit = _place(call, listed(call, "ds"), call.parts["ou"])
    MinMaxTable(call.server).delete_below(elements, EntryRules(call.server, call.user).below(unit))
    return Reply(204)


def _place(call: Call, data_sets: list[str], unit: str | None) -> tuple[set[str], str]:
    """The elements of data sets, and a unit; 409 where there is none."""
    if not data_sets:
        raise Dhis2Refusal(409, " No datasets defined")
    if unit is None or EntryRules(call.server, call.user).document("organisationUnit", unit) is None:
        raise Dhis2Refusal(409, " No valid organisation unit")
    return _elements(call, data_sets), unit


def _elements(call: Call, data_sets: Iterable[str]) -> set[str]:
    rules = EntryRules(call.server, call.user)
    return {element for uid in data_sets for element in rules.elements_of(rules.document("dataSet", uid) or {})}


def _limits(values: list[float], factor: float, element: Json) -> tuple[int, int] | None:
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    if deviation == 0:
        return None
    low, high = (math.floor(mean + sign * factor * deviation + 0.5) for sign in (-1, 1))  # as Java rounds
    if element.get("valueType") in {"INTEGER_POSITIVE", "INTEGER_ZERO_OR_POSITIVE"}:
        low = max(0, low)
    return low, min(0, high) if element.get("valueType") == "INTEGER_NEGATIVE" else high


def _batch(call: Call) -> tuple[str | None, list[MinMax]]:
    packed = call.headers.get("content-encoding") == "gzip"
    body = gzip.decompress(call.body) if packed else call.body
    if "csv" in call.headers.get("content-type", ""):
        rows = [_from_flat(dict(row)) for row in csv.DictReader(io.StringIO(body.decode()))]
        if not rows:
            raise _refusal(call, 400, "E2046", "No data found in the CSV file.")
        return call.required("dataSet", "UID"), rows
    content: Json = json.loads(body) if packed else json_object(call)
    return content.get("dataSet"), [_from_flat(row) for row in content.get("values") or ()]


def _from_flat(row: Json) -> MinMax:
    low, high, generated = row.get("minValue"), row.get("maxValue"), row.get("generated")
    return MinMax(
        row.get("dataElement"),
        row.get("orgUnit"),
        row.get("optionCombo"),
        None if low is None else int(low),
        None if high is None else int(high),
        generated == "true" if isinstance(generated, str) else generated,
    )


def _from_object(row: Json) -> MinMax:
    element, unit, combo = (linked(row, key) for key in ("dataElement", "source", "optionCombo"))
    return MinMax(element, unit, combo, row.get("min"), row.get("max"), bool(row.get("generated")))


def _check_key(call: Call, row: MinMax, text: str) -> None:
    for uid, code in ((row.element, "E1100"), (row.unit, "E1102"), (row.combo, "E1103")):
        if uid is None:
            raise _refusal(call, 400, code, text)


def _check(call: Call, row: MinMax) -> None:
    _check_key(call, row, row.text)
    if row.min is None:
        raise _refusal(call, 400, "E2042", row.text)
    if row.max is None:
        raise _refusal(call, 400, "E2043", row.text)
    if row.min >= row.max:
        raise _refusal(call, 400, "E2044", row.text)


def _is_known(call: Call, row: MinMax) -> bool:
    """Whether the server has the element, the unit and the combo."""
    place = (("dataElement", row.element), ("organisationUnit", row.unit), ("categoryOptionCombo", row.combo))
    return all(uid and call.server.store.get(type, uid) for type, uid in place)


def _save_one(call: Call, row: MinMax) -> None:
    row = row._replace(generated=bool(row.generated))
    _check(call, row)
    if not _is_known(call, row):
        raise _refusal(call, 400, "E2047", row.key_text)
    MinMaxTable(call.server).put([row])


def _delete_one(call: Call, row: MinMax) -> None:
    _check_key(call, row, row.key_text)
    if not MinMaxTable(call.server).delete(row):
        raise _refusal(call, 404, "E2047", row.key_text)


def _refusal(call: Call, status: int, code: str, *args: Any) -> Dhis2Refusal:
    return Dhis2Refusal(status, message(call.server.version, code, *args), code)

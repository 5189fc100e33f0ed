"""Lists of metadata as CSV: one column for each simple property, list of references, and attribute asked for.

Source: `AbstractFullReadOnlyController.getObjectListCsv` of dhis2-core; quoting as Jackson's CSV writer does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.filters import UID
from dhis2w_sandbox.metadata.querying import bool_param, list_params, page_of, select, without_defaults
from dhis2w_sandbox.metadata.rendering import raw_values
from dhis2w_sandbox.schemas import Property, Schema

Json = dict[str, Any]

LONGEST_UNQUOTED = 24
"""Longer texts are quoted without being looked at."""


def wants_csv(call: Call) -> bool:
    """Whether a list is to be CSV: by suffix, or by an `Accept` that names it and not JSON."""
    accept = call.headers.get("accept", "")
    return call.suffix == "csv" or ("text/csv" in accept and "json" not in accept)


def csv_list(call: Call, schema: Schema, documents: Iterable[Json], fields: str) -> Reply:
    """A list as CSV; fields that make no column are left out.

    Raises:
        Dhis2Refusal: 404, the type is no metadata.
    """
    if not schema.metadata:
        raise Dhis2Refusal(404, f"Not a metadata object type: {schema.short_klass}", "E1005")
    params = list_params(call)
    values = raw_values(call)
    found = without_defaults(params, schema, page_of(params, select(call, schema, params, values, documents)))
    separator, items = call.param("separator") or ",", call.param("arraySeparator") or ";"
    columns = _columns(schema, fields, values, items)
    rows = [[column(document) for column in columns.values()] for document in found]
    header = [] if bool_param(call, "skipHeader", False) else [list(columns)]
    lines = (separator.join(cell(value, separator) for value in row) + "\n" for row in header + rows)
    return Reply.text("".join(lines), "text/csv")


def _columns(
    schema: Schema, fields: str, values: Callable[[Schema, Property, Json], Any], items: str
) -> dict[str, Callable[[Json], Any]]:
    names = fields.split(",") if fields else []
    if not names or "*" in names or ":all" in names:
        names += ["id", "displayName"]
    columns: dict[str, Callable[[Json], Any]] = {}
    for name in names:
        prop = schema.properties.get(name)
        if prop is None and UID.fullmatch(name):
            columns[name] = _attribute(name)
        elif prop is not None and (prop["simple"] or (prop.collection and prop.value_type == "REFERENCE")):
            columns[name] = _property(schema, prop, values, items)
    return columns


def _property(
    schema: Schema, prop: Property, values: Callable[[Schema, Property, Json], Any], items: str
) -> Callable[[Json], Any]:
    def column(document: Json) -> Any:
        value = values(schema, prop, document)
        if not isinstance(value, list):
            return value
        rows = cast("list[Any]", value)
        return items.join(str(cast("Json", row)["id"]) if isinstance(row, dict) else str(row) for row in rows)

    return column


def _attribute(uid: str) -> Callable[[Json], Any]:
    def column(document: Json) -> Any:
        rows: Iterable[Json] = document.get("attributeValues") or ()
        return next((row.get("value") for row in rows if row["attribute"]["id"] == uid), None)

    return column


def cell(value: Any, separator: str) -> str:
    """A value as Jackson writes it: a text is quoted when it is long or has a character up to the separator's code."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    safe_from = max(ord(separator), ord('"')) + 1
    if len(value) <= LONGEST_UNQUOTED and all(ord(char) >= safe_from for char in value):
        return value
    return '"' + value.replace('"', '""') + '"'

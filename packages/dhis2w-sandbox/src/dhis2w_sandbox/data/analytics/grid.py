"""The answer of an analytics query: headers, metadata and rows, every cell a text.

Source: `ListGrid`, `MetadataHandler`, `AnalyticsUtils.getRoundedValue` of dhis2-core; recordings
`data/analytics-query`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.query import DataItem, Dimension, Query
from dhis2w_sandbox.data.analytics.row_order import Result
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, IdScheme, name_in, read_scheme
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.units import lineage

Json = dict[str, Any]

_ITEM_TYPES = {
    "ou": "organisationUnit",
    "co": "categoryOptionCombo",
    "ao": "categoryOptionCombo",
    "category": "categoryOption",
    "organisationUnitGroupSet": "organisationUnitGroup",
    "categoryOptionGroupSet": "categoryOptionGroup",
    "dataElementGroupSet": "dataElementGroup",
}
_NUM_DEN = ("Numerator", "Denominator", "Factor", "Multiplier", "Divisor")
_DIMENSION_TYPES = {"dx": "DATA_X", "pe": "PERIOD", "ou": "ORGANISATION_UNIT"}


def header(name: str, title: str, *, number: bool = False, hidden: bool = False) -> Json:
    """One header."""
    return {
        "name": name,
        "column": title,
        "valueType": "NUMBER" if number else "TEXT",
        "type": "java.lang.Double" if number else "java.lang.String",
        "hidden": hidden,
        "meta": not number,
    }


def grid(call: Call, rules: EntryRules, query: Query, results: list[Result]) -> Json:
    """The whole answer."""
    if call.flag("skipData"):
        return {**sized([], []), "metaData": {} if call.flag("skipMeta") else metadata(call, rules, query)}
    headers = [header(row.id, row.title) for row in query.columns] + [header("value", "Value", number=True)]
    num_den = call.flag("includeNumDen")
    if num_den:
        headers += [header(title.lower(), title, number=True) for title in _NUM_DEN]
    naming = _Naming(call, rules, query)
    rounded = not call.flag("skipRounding")
    rows = [_row(query, naming, row, rounded=rounded, num_den=num_den) for row in results]
    found = None if query.of("ou") not in query.columns else {unit for row in results for unit in row.cell}
    meta: Json = {} if call.flag("skipMeta") else metadata(call, rules, query, found)
    return {**sized(headers, rows), "metaData": meta}


def sized(headers: list[Json], rows: Sequence[Sequence[str | None]]) -> Json:
    """The answer without metadata."""
    return {
        "headers": headers,
        "metaData": {},
        "rowContext": {},
        "rows": rows,
        "width": len(headers) if rows else 0,
        "height": len(rows),
        "headerWidth": len(headers),
    }


def _row(query: Query, naming: _Naming, row: Result, *, rounded: bool, num_den: bool) -> list[str]:
    cells = iter(row.cell)
    texts = [naming.name(column, row.data if column.id == "dx" else next(cells)) for column in query.columns]
    is_double = row.indicator is not None or naming.is_of_program(row.data)
    texts.append(number_text(row.value, is_indicator=is_double, rounded=rounded))
    if num_den:
        parts = row.indicator
        texts += [str(parts[0]), str(parts[1]), str(parts[2]), f"{parts[2]:g}", "1"] if parts else [""] * 5
    return texts


def number_text(value: float | str, *, is_indicator: bool, rounded: bool) -> str:
    """A number as a cell: at most two decimals, whole ones of data elements without any."""
    if isinstance(value, str):
        return value
    if rounded:
        value = round(value, 2) if abs(value) >= 1 else float(f"{value:.3g}")
    return str(float(value)) if is_indicator or value != int(value) else str(int(value))


class _Naming:
    """How the answer names items: by uid, or by the schemes that are asked for, unless metadata is left out."""

    def __init__(self, call: Call, rules: EntryRules, query: Query) -> None:
        self._call = call
        self._general = self._scheme("outputIdScheme") or UID
        self._of_items = self._scheme("outputDataItemIdScheme")
        self._of_elements = self._scheme("outputDataElementIdScheme") or self._of_items
        self._of_units = self._scheme("outputOrgUnitIdScheme")
        self._rules = rules
        self._data = {item.id: item for item in query.data}

    def is_of_program(self, item: str) -> bool:
        """Whether a data item is a data element of a program, whose numbers are written as those of indicators."""
        return self._data[item].kind == "programDataElement"

    def _scheme(self, parameter: str) -> IdScheme | None:
        text = self._call.param(parameter)
        return read_scheme(text) if text and not self._call.flag("skipMeta") else None

    def _scheme_of(self, column: Dimension, item: str) -> IdScheme:
        """The scheme of an item: that of its kind before the general one."""
        own: IdScheme | None = None
        if column.type == "dx":
            own = {"dataElement": self._of_elements, "indicator": self._of_items}.get(self._data[item].kind)
        elif column.type == "ou":
            own = self._of_units
        return own or self._general

    def name(self, column: Dimension, item: str) -> str:
        """The name of an item of a column."""
        scheme = self._scheme_of(column, item)
        if scheme == UID:
            return item
        if column.type == "pe":
            return period_name(item) if scheme.kind == "NAME" else item
        document = (
            self._data[item].document if column.type == "dx" else self._rules.document(_ITEM_TYPES[column.type], item)
        )
        return name_in(scheme, document or {}) or item


def metadata(call: Call, rules: EntryRules, query: Query, found: set[str] | None = None) -> Json:
    """Names of everything in the answer, and the items of each dimension.

    Args:
        call: the request.
        rules: where the metadata is.
        query: the query.
        found: the units that have rows, where units are a column: the others are not placed in the hierarchy.
    """
    details = call.flag("includeMetadataDetails")
    items: Json = {}
    for dimension in query.dimensions:
        items[dimension.id] = _dimension_item(dimension, details=details)
        for item in dimension.items:
            items[item] = _item(rules, query, dimension, item, details=details)
    combos = _combos(rules, query)
    for combo in combos:
        document = rules.document("categoryOptionCombo", combo) or {}
        items[combo] = _combo_item(query, document, details=details)
    items |= query.names
    dimensions: Json = {row.id: row.items for row in query.dimensions if row.id != "co"}
    meta: Json = {"items": items, "dimensions": {**dimensions, "co": combos}}
    return meta | unit_hierarchies(call, rules, [unit for unit in query.units if not found or unit in found])


def unit_hierarchies(call: Call, rules: EntryRules, units: list[str]) -> Json:
    """Where units are, by identifiers and by names, as far as it is asked for."""
    found: Json = {}
    if call.flag("hierarchyMeta"):
        found["ouHierarchy"] = {unit: "/".join(path_of(rules, unit)[:-1]) for unit in units}
    if call.flag("showHierarchy"):
        found["ouNameHierarchy"] = {unit: "/" + path_names(rules, unit, "/") for unit in units}
    return found


def path_of(rules: EntryRules, unit: str) -> list[str]:
    """The units from the user's own that is next above, or from the top, down to a unit."""
    own = {row["id"] for row in rules.user.document.get("organisationUnits") or ()}
    path = lineage(rules.store, rules.document("organisationUnit", unit) or {"id": unit})
    return path[max((place for place, uid in enumerate(path[:-1]) if uid in own), default=0) :]


def path_names(rules: EntryRules, unit: str, delimiter: str) -> str:
    """The names of the units above, then a delimiter, which is there for a unit at the top too, and its own name."""
    *above, name = ((rules.document("organisationUnit", uid) or {}).get("name", uid) for uid in path_of(rules, unit))
    return delimiter.join(above) + delimiter + name


def _dimension_item(dimension: Dimension, *, details: bool) -> Json:
    if not dimension.title:
        return {}
    if not details:
        return {"name": dimension.title}
    return {
        "uid": dimension.id,
        "name": dimension.title,
        "dimensionType": _DIMENSION_TYPES.get(dimension.type, dimension.type.upper()),
    }


def _item(rules: EntryRules, query: Query, dimension: Dimension, item: str, *, details: bool) -> Json:
    if dimension.type == "pe":
        return _period_item(query, item, details=details)
    if dimension.type == "dx":
        data = next(row for row in query.data if row.id == item)
        return _data_item(rules, query, data, details=details)
    document = rules.document(_ITEM_TYPES[dimension.type], item) or {}
    if not details:
        return {"name": query.name_of(document, item)}
    return {
        "uid": item,
        **({"code": document["code"]} if "code" in document else {}),
        "name": query.name_of(document, item),
        "dimensionItemType": "ORGANISATION_UNIT" if dimension.type == "ou" else "CATEGORY_OPTION",
        "valueType": "TEXT",
        "totalAggregationType": "SUM",
    }


def _period_item(query: Query, item: str, *, details: bool) -> Json:
    if not details:
        return {"name": period_name(item)}
    period = next(row for row in query.periods if row.iso == item)
    return {
        "uid": item,
        "code": item,
        "name": period_name(item),
        "dimensionItemType": "PERIOD",
        "valueType": "TEXT",
        "totalAggregationType": "SUM",
        "startDate": f"{period.start.isoformat()}T00:00:00.000",
        "endDate": f"{period.end.isoformat()}T00:00:00.000",
    }


def _data_item(rules: EntryRules, query: Query, item: DataItem, *, details: bool) -> Json:
    name = query.name_of(item.document)
    if item.kind == "operand":
        combo = rules.document("categoryOptionCombo", item.combo) or {}
        name = f"{name} {query.name_of(combo)}".strip()
    elif item.program is not None:
        name = f"{query.name_of(item.program)} {name}"
    elif item.kind == "rate":
        name = f"{name} - {(item.rate or '').replace('_', ' ').capitalize()}"
    if not details:
        return {"name": name}
    kinds = {
        "dataElement": "DATA_ELEMENT",
        "indicator": "INDICATOR",
        "operand": "DATA_ELEMENT_OPERAND",
        "rate": "REPORTING_RATE",
        "programDataElement": "PROGRAM_DATA_ELEMENT",
    }
    aggregation = item.document.get("aggregationType")
    return {
        "uid": item.id,
        **({"code": item.document["code"]} if "code" in item.document else {}),
        "name": name,
        "dimensionItemType": kinds[item.kind],
        "valueType": "NUMBER",
        **({"aggregationType": aggregation} if aggregation else {}),
        "totalAggregationType": aggregation or "SUM",
    }


def _combo_item(query: Query, document: Json, *, details: bool) -> Json:
    if not details:
        return {"name": query.name_of(document)}
    return {
        "uid": document.get("id"),
        **({"code": document["code"]} if "code" in document else {}),
        "name": query.name_of(document),
        "valueType": "NUMBER",
        "totalAggregationType": "SUM",
    }


def _combos(rules: EntryRules, query: Query) -> list[str]:
    """The combos of the data elements that are asked for, in the order of a set that DHIS2 copied from its cache."""
    elements = (item.document for item in query.data if item.kind in {"dataElement", "operand"})
    combos = dict.fromkeys(linked(element, "categoryCombo") or "" for element in elements)
    return hash_order([combo for name in combos for combo in rules.combos_of(name)], text_hash, smallest=1)


def title_in_file(header: Json) -> str:
    """What CSV and HTML call a column."""
    return header.get("displayColumn") or header.get("column") or ""


def as_csv(headers: list[Json], rows: list[list[str]]) -> bytes:
    """The rows below the titles of their columns; only what needs quotes has them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([title_in_file(row) for row in headers])
    writer.writerows(rows)
    return out.getvalue().encode()

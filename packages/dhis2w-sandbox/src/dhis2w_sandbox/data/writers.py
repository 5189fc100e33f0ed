"""Data values as `GET /api/dataValueSets` writes them: JSON, XML, CSV and ADX.

Source: `JacksonDataValueSetWriter`, `XmlDataValueSetWriter`, `CsvDataValueSetWriter`, `DefaultAdxDataService` (41, 42)
and `DataExportOutput` (43) of dhis2-core; recordings `data/export-formats`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from dhis2w_sandbox.data import adx
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import IdScheme, name_in
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import DataValue
from dhis2w_sandbox.documents import linked

Json = dict[str, Any]

CSV_COLUMNS = (
    "dataelement",
    "period",
    "orgunit",
    "categoryoptioncombo",
    "attributeoptioncombo",
    "value",
    "storedby",
    "lastupdated",
    "comment",
    "followup",
    "deleted",
)
XML_HEAD = "<?xml version='1.0' encoding='UTF-8'?>"
NAMESPACE = "http://dhis2.org/schema/dxf/2.0"


@dataclass(frozen=True)
class Head:
    """What a set of values has in common; the names are already in the scheme of the answer."""

    data_set: str | None = None
    period: Period | None = None
    unit: str | None = None
    attribute: str | None = None
    complete_date: str | None = None


@dataclass(frozen=True)
class Named:
    """One value with its identifiers in the scheme of the answer."""

    element: str | None
    period: str | None
    unit: str | None
    combo: str | dict[str, str] | None
    attribute: str | dict[str, str] | None
    stored: DataValue
    created: str
    last_updated: str


def legacy_json(head: Head, rows: Iterable[Named], *, has_head: bool) -> Json:
    """As 41 and 42 write it: every key in every value, null where there is nothing."""
    whole: Json = {}
    if has_head:
        whole = {
            "dataSet": head.data_set,
            "completeDate": head.complete_date,
            "period": head.period.iso if head.period else None,
            "orgUnit": head.unit,
        }
    return {**whole, "dataValues": [_legacy_value(row) for row in rows]}


def _legacy_value(row: Named) -> Json:
    return {
        "dataElement": row.element,
        "period": row.period,
        "orgUnit": row.unit,
        "categoryOptionCombo": row.combo,
        "attributeOptionCombo": row.attribute,
        "value": row.stored.value,
        "storedBy": row.stored.stored_by,
        "created": row.created,
        "lastUpdated": row.last_updated,
        "comment": row.stored.comment,
        "followup": bool(row.stored.follow_up),
        **({"deleted": True} if row.stored.deleted else {}),
    }


def grouped_json(head: Head, rows: Iterable[Named], schemes: Json) -> Json:
    """As 43 and newer write it: what is in the head is left out of the values, and so is what is empty."""
    whole: Json = {
        "dataSet": head.data_set,
        "period": head.period.iso if head.period else None,
        "orgUnit": head.unit,
        "attributeOptionCombo": head.attribute,
    }
    return {
        **{key: value for key, value in whole.items() if value is not None},
        **schemes,
        "dataValues": [grouped_value(row) for row in rows],
    }


def grouped_value(row: Named) -> Json:
    """One value as 43 and newer write it."""
    found: Json = {
        "dataElement": row.element,
        "period": row.period,
        "orgUnit": row.unit,
        "categoryOptionCombo": row.combo,
        "attributeOptionCombo": row.attribute,
        "value": row.stored.value,
        "comment": row.stored.comment or None,
        "followup": row.stored.follow_up,
        "storedBy": row.stored.stored_by,
        "created": row.created,
        "lastUpdated": row.last_updated,
        "deleted": row.stored.deleted or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def as_xml(head: Head, rows: Iterable[Named], schemes: Json, *, grouped: bool) -> str:
    """A `dataValueSet` element; 43 and newer write the period of the head as ADX does, and the schemes."""
    period = head.period and (adx.period_text(head.period) if grouped else head.period.iso)
    whole = {"dataSet": head.data_set, "completeDate": head.complete_date, "period": period, "orgUnit": head.unit}
    if grouped:
        whole |= {"attributeOptionCombo": head.attribute, **schemes}
    values = "".join(f"<dataValue{_attributes(_xml_value(row, grouped=grouped))}/>" for row in rows)
    return f'{XML_HEAD}<dataValueSet xmlns="{NAMESPACE}"{_attributes(whole)}>{values}</dataValueSet>'


def _xml_value(row: Named, *, grouped: bool) -> dict[str, Any]:
    follow_up = bool(row.stored.follow_up)
    return {
        "dataElement": row.element,
        "period": row.period,
        "orgUnit": row.unit,
        "categoryOptionCombo": row.combo,
        "attributeOptionCombo": row.attribute,
        "value": row.stored.value,
        "storedBy": row.stored.stored_by,
        "created": row.created,
        "lastUpdated": row.last_updated,
        "comment": row.stored.comment,
        "followUp": None if grouped and not follow_up else str(follow_up).lower(),
        "deleted": "true" if row.stored.deleted else None,
    }


def _attributes(row: dict[str, Any]) -> str:
    return "".join(
        f" {key}={quoteattr(str(value), {chr(39): chr(39)})}" for key, value in row.items() if value is not None
    )


def as_csv(rows: Iterable[Named], *, grouped: bool) -> str:
    """Rows below a header, every column filled."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        stored = row.stored
        marked = stored.follow_up if grouped else bool(stored.follow_up)
        follow_up = "" if marked is None else str(marked).lower()
        deleted = str(stored.deleted).lower()
        writer.writerow(
            [
                row.element,
                row.period,
                row.unit,
                row.combo,
                row.attribute,
                stored.value,
                stored.stored_by,
                row.last_updated,
                stored.comment,
                follow_up,
                deleted if grouped or stored.deleted else "null",
            ]
        )
    return out.getvalue()


@dataclass(frozen=True)
class AdxSchemes:
    """By what ADX names each kind of object."""

    data_set: IdScheme
    unit: IdScheme
    element: IdScheme
    category: IdScheme
    option: IdScheme


def as_adx(rules: EntryRules, data_sets: Iterable[str], rows: list[DataValue], schemes: AdxSchemes) -> str:
    """An `adx` element: a group for each data set, period, unit and attribute combo."""
    groups = "".join(_adx_groups(rules, data_set, rows, schemes) for data_set in data_sets)
    return f'<adx xmlns="{adx.NAMESPACE}">{groups}</adx>' if groups else f'<adx xmlns="{adx.NAMESPACE}"/>'


def _adx_groups(rules: EntryRules, data_set: str, rows: list[DataValue], schemes: AdxSchemes) -> str:
    document = rules.document("dataSet", data_set) or {}
    elements = set(rules.elements_of(document))
    combo_first = not rules.server.behaviour.enters_data_in_groups

    def group_of(row: DataValue) -> tuple[str, ...]:
        key, period = row.key, rules.period(row.key.period)
        first_day = period.start.isoformat() if period else ""
        in_time = (first_day, key.period)
        return (key.attribute, key.unit, *in_time) if combo_first else (*in_time, key.unit, key.attribute)

    mine = sorted((row for row in rows if row.key.element in elements), key=group_of)
    text = ""
    for _, same in groupby(mine, group_of):
        values = list(same)
        key = values[0].key
        period = rules.period(key.period)
        head: dict[str, Any] = {
            "dataSet": name_in(schemes.data_set, document),
            "period": adx.period_text(period) if period else key.period,
            "orgUnit": name_in(schemes.unit, rules.document("organisationUnit", key.unit) or {}),
            **_options(rules, linked(document, "categoryCombo"), key.attribute, schemes),
        }
        inside = "".join(_adx_value(rules, document, row, schemes) for row in values)
        text += f"<group{_attributes(head)}>{inside}</group>"
    return text


def _adx_value(rules: EntryRules, data_set: Json, row: DataValue, schemes: AdxSchemes) -> str:
    """A value; a text stands in an annotation, beside the number 0."""
    element = rules.document("dataElement", row.key.element) or {}
    options = _options(rules, rules.combo_category(data_set, row.key.element), row.key.combo, schemes)
    cells = {"dataElement": name_in(schemes.element, element), **options, "value": row.value}
    if element.get("valueType") in NUMERIC:
        return f"<dataValue{_attributes(cells)}/>"
    text = f"<annotation>{escape(row.value)}</annotation>" if row.value else "<annotation/>"
    return f"<dataValue{_attributes(cells | {'value': '0'})}>{text}</dataValue>"


def _options(rules: EntryRules, category_combo: str | None, combo: str, schemes: AdxSchemes) -> dict[str, str | None]:
    """The options of a combo by category; 41 and 42 leave out the default ones."""
    if combo == rules.default_combo and not rules.server.behaviour.enters_data_in_groups:
        return {}
    return options_by_category(rules, category_combo, combo, schemes.category, schemes.option)


def options_by_category(
    rules: EntryRules, category_combo: str | None, combo: str, category_scheme: IdScheme, option_scheme: IdScheme
) -> dict[str, str | None]:
    """The options of a combo, each beside its category, in the order of the categories."""
    document = rules.document("categoryCombo", category_combo) or {}
    options = {option["id"]: option for option in rules.category_options(combo)}
    found: dict[str, str | None] = {}
    for reference in document.get("categories") or ():
        category = rules.document("category", reference["id"]) or {}
        own = next((options[row["id"]] for row in category.get("categoryOptions") or () if row["id"] in options), None)
        if own is not None:
            found[name_in(category_scheme, category) or ""] = name_in(option_scheme, own)
    return found


def to_bytes(value: Json) -> bytes:
    """JSON, in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()

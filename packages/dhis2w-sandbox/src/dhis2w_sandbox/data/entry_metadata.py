"""`/api/dataEntry/metadata`: all that an app needs to draw the forms of the data sets that the user may enter data of.

Source: `DataSetMetadataController` and `DefaultDataSetMetadataExportService` of dhis2-core.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

# No object has a link here.
_FIELDS = {
    "dataSet": ":simple,!href,categoryCombo[id],formType,dataEntryForm[id],"
    "dataInputPeriods[period,openingDate,closingDate],indicators~pluck[id],compulsoryDataElementOperands[dataElement[id],categoryOptionCombo[id]],"
    "sections[:simple,!href,displayOptions,dataElements~pluck[id],indicators~pluck[id],"
    "greyedFields[dataElement[id],categoryOptionCombo[id]]]",
    "dataElement": ":identifiable,displayName,displayShortName,displayFormName,zeroIsSignificant,valueType,"
    "aggregationType,categoryCombo[id],optionSet[id],commentOptionSet,description",
    "categoryCombo": ":simple,!href,isDefault,categories~pluck[id]",
    "category": ":simple,!href,categoryOptions~pluck[id]",
    "categoryOption": ":simple,!href,organisationUnits~pluck[id]",
    "optionSet": ":simple,!href,options[id,code,displayName]",
}
_OF_ELEMENTS = "categoryOptionCombos[id,code,name,displayName,categoryOptions~pluck[id]]"
"""What is shown of the category combos of data elements beside the rest."""


@endpoints.add("GET", "/api/dataEntry/metadata", SOURCE)
def entry_metadata(call: Call) -> Reply:
    """List data sets, elements, category combos, categories, options and option sets for entering data."""
    rules = EntryRules(call.server, call.user)
    sets = [row for row in rules.store.all("dataSet") if rules.can_data_write("dataSet", row)]
    if any(row.get("indicators") for row in sets):
        raise NotInSandbox("the formulas of indicators of data sets, with all in them worked out")
    elements = _objects(rules, "dataElement", (uid for row in sets for uid in rules.elements_of(row)))
    of_elements = _objects(rules, "categoryCombo", (uid for row in elements for uid in rules.category_combos(row)))
    of_sets = _objects(rules, "categoryCombo", (linked(row, "categoryCombo") for row in sets))
    categories = {"element": _categories(rules, of_elements), "set": _categories(rules, of_sets)}
    options = [*_options(rules, categories["element"])]
    options += [row for row in _options(rules, categories["set"]) if rules.can_data_write("categoryOption", row)]
    option_sets = (linked(row, key) for row in elements for key in ("optionSet", "commentOptionSet"))
    shown = {
        "dataSets": [_data_set(call, rules, row) for row in sets],
        "dataElements": _rendered(call, "dataElement", elements),
        "indicators": [],
        "categoryCombos": [
            *_rendered(call, "categoryCombo", of_elements, _OF_ELEMENTS),
            *_rendered(call, "categoryCombo", [row for row in of_sets if row not in of_elements]),
        ],
        "categories": _rendered(call, "category", _distinct([*categories["element"], *categories["set"]])),
        "categoryOptions": _rendered(call, "categoryOption", _objects(rules, "categoryOption", _uids(options))),
        "optionSets": _rendered(call, "optionSet", _objects(rules, "optionSet", option_sets)),
    }
    return _cached(call, shown)


def _cached(call: Call, shown: Json) -> Reply:
    """The answer with a tag by which a browser asks whether it has changed; 304 where it has not."""
    tag = f'"{hashlib.md5(repr(shown).encode(), usedforsecurity=False).hexdigest()}"'
    headers = {"Cache-Control": "max-age=0, must-revalidate, private", "ETag": tag}
    if call.headers.get("if-none-match") == tag:
        return Reply(304, headers=headers)
    return Reply.json(shown, headers=headers)


def _objects(rules: EntryRules, type: str, uids: Iterable[str | None]) -> list[Json]:
    """The objects with these identifiers, oldest first."""
    wanted = {uid for uid in uids if uid}
    return [row for row in rules.store.all(type) if row["id"] in wanted]


def _uids(rows: Iterable[Json]) -> list[str]:
    return [row["id"] for row in rows]


def _distinct(rows: Iterable[Json]) -> list[Json]:
    return list({row["id"]: row for row in rows}.values())


def _categories(rules: EntryRules, combos: list[Json]) -> list[Json]:
    return _objects(rules, "category", (row["id"] for combo in combos for row in combo.get("categories") or ()))


def _options(rules: EntryRules, categories: list[Json]) -> list[Json]:
    uids = (row["id"] for category in categories for row in category.get("categoryOptions") or ())
    return _objects(rules, "categoryOption", uids)


def _rendered(call: Call, type: str, rows: list[Json], more: str = "") -> list[Json]:
    fields = f"{_FIELDS[type]},{more}" if more else _FIELDS[type]
    render = renderer(call, call.server.schemas.by_singular[type], fields, skip_sharing=True)
    return [render(row) for row in rows]


def _data_set(call: Call, rules: EntryRules, row: Json) -> Json:
    """A set with its elements, and those of its units that the user may enter data for."""
    elements = [
        {key: {"id": uid} for key in ("dataElement", "categoryCombo") if (uid := linked(part, key))}
        for part in row.get("dataSetElements") or ()
    ]
    units = sorted(uid for uid in rules.units_of(row) if rules.in_hierarchy(uid))
    return {**_rendered(call, "dataSet", [row])[0], "dataSetElements": elements, "organisationUnits": units}

"""How lists and sums over tracker name what is in their cells: by the schemes that are asked for.

Source: `SchemeIdHandler`, `SchemeIdResponseMapper` and `ListGrid.substituteMetaData` of dhis2-core: a cell that is an
identifier is replaced, whatever its column, and one without a name in the scheme stays.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.event_query import EventQuery
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, IdScheme, name_in, read_scheme
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.units import UNIT

Json = dict[str, Any]
Names = dict[str, str]

_NAME = IdScheme("NAME")
_YES_NO = {"0": "No", "1": "Yes"}


def renamed(
    call: Call, rules: EntryRules, query: EventQuery, headers: list[Json], rows: list[list[str]]
) -> list[list[str]]:
    """The rows as the schemes of the request want them."""
    columns = [_of_column(call, rules, row) for row in headers]
    everywhere = {} if call.flag("skipMeta") else _everywhere(call, rules, query)
    if not everywhere and not any(columns):
        return rows
    found = [[own.get(cell, cell) for own, cell in zip(columns, row, strict=True)] for row in rows]
    replaced = [row["meta"] and row["type"] != "java.lang.Double" for row in headers]
    return [
        [everywhere.get(cell, cell) if wanted else cell for wanted, cell in zip(replaced, row, strict=True)]
        for row in found
    ]


def _of_column(call: Call, rules: EntryRules, header: Json) -> Names:
    """What `dataIdScheme` replaces in a column: options and legends by their names, and 1 and 0 if it is NAME."""
    scheme = _scheme(call, "dataIdScheme")
    if scheme is None:
        return {}
    if "optionSet" in header:
        return _options(rules, header["optionSet"], _NAME)
    if "legendSet" in header:
        legends = (rules.document("legendSet", header["legendSet"]) or {}).get("legends") or ()
        return {row["id"]: row["name"] for row in legends}
    return _YES_NO if header["valueType"] == "BOOLEAN" and scheme == _NAME else {}


def _everywhere(call: Call, rules: EntryRules, query: EventQuery) -> Names:
    """What `outputIdScheme` replaces in every column."""
    scheme = _scheme(call, "outputIdScheme") or UID
    if scheme == UID:
        return {}
    names = _documents(scheme, _units(rules, query.units.units))
    names |= {period.iso: period_name(period.iso) for period in query.units.periods if scheme == _NAME}
    names |= _documents(scheme, [query.program, *([query.stage] if query.stage else [])])
    for item in query.items:
        names |= _options(rules, linked(item.document, "optionSet"), scheme)
    return names


def _units(rules: EntryRules, uids: list[str]) -> list[Json]:
    return [rules.document(UNIT, uid) or {"id": uid} for uid in uids]


def _documents(scheme: IdScheme, documents: list[Json]) -> Names:
    return {document["id"]: name for document in documents if (name := name_in(scheme, document))}


def _options(rules: EntryRules, option_set: str | None, scheme: IdScheme) -> Names:
    """Options by their codes."""
    references = (rules.document("optionSet", option_set) or {}).get("options") or ()
    options = (rules.document("option", row["id"]) for row in references)
    return {row["code"]: name for row in options if row and "code" in row and (name := name_in(scheme, row))}


def _scheme(call: Call, name: str) -> IdScheme | None:
    return read_scheme(call.param(name) or "")

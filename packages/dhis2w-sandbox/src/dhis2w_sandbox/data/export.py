"""`GET /api/dataValueSets`: stored values, selected, in the format and the identifiers that are asked for.

Source: `DataValueSetController` of dhis2-core; recordings `data/export-select`, `data/export-formats`.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from functools import cache
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data import writers
from dhis2w_sandbox.data.completeness import RegistrationKey, Registrations
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import CODE, UID, IdScheme, name_in, read_scheme
from dhis2w_sandbox.data.selecting import NoAccess, Selection, found_values, read_selection
from dhis2w_sandbox.data.values import DataValue
from dhis2w_sandbox.data.xml_messages import xml_message
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, message
from dhis2w_sandbox.negotiation import negotiated
from dhis2w_sandbox.routing import Endpoint, Endpoints
from dhis2w_sandbox.system import NEVER_STORED

Json = dict[str, Any]

endpoints = Endpoints()

MEDIA = {
    "json": "application/json",
    "xml": "application/xml",
    "csv": "application/csv",
    "adx.xml": "application/adx+xml",
}
_FORMATS = {"xml": "xml", "csv": "csv", "adx+xml": "adx.xml"}
_SCHEMES = {
    "dataSet": "dataSetIdScheme",
    "dataElement": "dataElementIdScheme",
    "organisationUnit": "orgUnitIdScheme",
    "categoryOptionCombo": "categoryOptionComboIdScheme",
}


@endpoints.add("GET", "/api/dataValueSets", RECORDED, suffixes="*")
def export_value_set(call: Call) -> Reply:
    """Read data values: by data, period and unit; JSON, XML, CSV or ADX."""
    kind = _format(call)
    rules = EntryRules(call.server, call.user)
    try:
        selection = read_selection(call, rules)
    except NoAccess:
        return Reply(media=MEDIA["json"], headers=dict(NEVER_STORED))
    except Dhis2Refusal as refusal:
        return _refused(refusal, kind)
    rows = found_values(rules, selection)
    body = _written(call, rules, selection, rows, kind)
    return _packed(call, selection, body, kind)


def _refused(refusal: Dhis2Refusal, kind: str) -> Reply:
    """A refusal in the format of the answer: none but JSON and XML has a place for it."""
    if kind == "json":
        raise refusal
    if kind == "xml":
        return Reply.text(xml_message(refusal.as_json()), MEDIA["xml"], refusal.status)
    text = f"Request processing failed: org.hisp.dhis.common.IllegalQueryException: {refusal.message}"
    raise HtmlRefusal(500, text) from refusal


def _format(call: Call) -> str:
    """The format: 43 and newer look at the path and at `format` only, older ones at `Accept` too."""
    by_suffix = call.suffix if call.suffix in MEDIA else None
    by_parameter = _FORMATS.get(call.param("format") or "")
    if call.server.behaviour.enters_data_in_groups:
        return by_parameter or by_suffix or "json"
    if by_suffix or by_parameter or call.param("format"):
        return by_parameter or by_suffix or "json"
    row = Endpoint("GET", call.path, export_value_set, RECORDED, suffixes=frozenset(MEDIA))
    try:
        return negotiated(call, row).suffix or "json"
    except HtmlRefusal as refusal:
        raise HtmlRefusal(400, "Invalid request parameters.") from refusal


def _scheme(call: Call, type: str, default: IdScheme = UID) -> IdScheme:
    return _named_scheme(call, _SCHEMES[type], default)


def _named_scheme(call: Call, parameter: str, default: IdScheme) -> IdScheme:
    text = call.param(parameter) or call.param("idScheme")
    return (read_scheme(text) if text else None) or default


def _written(call: Call, rules: EntryRules, selection: Selection, rows: list[DataValue], kind: str) -> bytes:
    if kind == "adx.xml":
        return writers.as_adx(rules, selection.data_sets, rows, _adx_schemes(call)).encode()
    grouped = call.server.behaviour.enters_data_in_groups
    head = _grouped_head(call, rules, selection) if grouped else _legacy_head(call, rules, selection)
    naming = _Naming(call, rules)
    named = [naming.named(row) for row in rows]
    if kind == "csv":
        return writers.as_csv(named, grouped=grouped).encode()
    if grouped:
        named = [_without_head(row, head) for row in named]
    if kind == "xml":
        return writers.as_xml(head, named, _xml_schemes(call), grouped=grouped).encode()
    if grouped:
        return writers.to_bytes(writers.grouped_json(head, named, _shown_schemes(call)))
    return writers.to_bytes(writers.legacy_json(head, named, has_head=_is_single(selection)))


def _is_single(selection: Selection) -> bool:
    return len(selection.data_sets) == len(selection.periods) == len(selection.units) == 1


def _legacy_head(call: Call, rules: EntryRules, selection: Selection) -> writers.Head:
    if not _is_single(selection):
        return writers.Head()
    data_set, period, unit = selection.data_sets[0], selection.periods[0], selection.units[0]
    row = Registrations(call.server).get(RegistrationKey(data_set, period.iso, unit, rules.default_combo))
    return writers.Head(
        name_in(_scheme(call, "dataSet"), rules.document("dataSet", data_set) or {}),
        period,
        name_in(_scheme(call, "organisationUnit"), rules.document("organisationUnit", unit) or {}),
        None,
        row.date[:10] if row else None,
    )


def _grouped_head(call: Call, rules: EntryRules, selection: Selection) -> writers.Head:
    def one(type: str, uids: list[str], code: str) -> str | None:
        if len(uids) != 1:
            return None
        return _encoded(call, rules, type, uids[0], code)

    exact = not selection.children and not selection.unit_groups and selection.level is None
    return writers.Head(
        one("dataSet", selection.data_sets, "E8200"),
        selection.periods[0] if len(selection.periods) == 1 else None,
        one("organisationUnit", selection.units, "E8202") if exact else None,
        one("categoryOptionCombo", selection.attributes, "E8203"),
    )


def _encoded(call: Call, rules: EntryRules, type: str, uid: str, code: str) -> str:
    """How the answer names an object; a uid stands for itself. 409 where the object has no such name."""
    scheme = _scheme(call, type)
    if scheme == UID:
        return uid
    name = name_in(scheme, rules.document(type, uid) or {})
    if name is None:
        shown = uid if code == "E8200" else [uid]
        raise Dhis2Refusal(409, message(call.server.version, code, _scheme_text(scheme), shown), code)
    return name


def _scheme_text(scheme: IdScheme) -> str:
    return f"ATTRIBUTE:{scheme.attribute}" if scheme.attribute else scheme.kind


class _Naming:
    """Names the objects of values in the identifiers of the answer, each once."""

    def __init__(self, call: Call, rules: EntryRules) -> None:
        self._call = call
        self._rules = rules
        self._grouped = call.server.behaviour.enters_data_in_groups
        self._unfolds = self._grouped and call.flag("unfoldOptionCombos")
        self._name = cache(self._worked_out)

    def named(self, row: DataValue) -> writers.Named:
        """A value with these names; 409 where one is missing, in 43 and newer."""
        key = row.key
        combo: str | dict[str, str] | None = self._name("categoryOptionCombo", key.combo, "E8203")
        return writers.Named(
            self._name("dataElement", key.element, "E8201"),
            key.period,
            self._name("organisationUnit", key.unit, "E8202"),
            self._unfolded(key.combo) if self._unfolds else combo,
            self._name("categoryOptionCombo", key.attribute, "E8203"),
            row,
            _time(row.created, self._grouped),
            _time(row.last_updated, self._grouped),
        )

    def _worked_out(self, type: str, uid: str, code: str) -> str | None:
        if self._grouped:
            return _encoded(self._call, self._rules, type, uid, code)
        return name_in(_scheme(self._call, type), self._rules.document(type, uid) or {})

    def _unfolded(self, combo: str) -> dict[str, str]:
        document = self._rules.document("categoryOptionCombo", combo) or {}
        schemes = (_named_scheme(self._call, name, UID) for name in ("categoryIdScheme", "categoryOptionIdScheme"))
        options = writers.options_by_category(self._rules, linked(document, "categoryCombo"), combo, *schemes)
        return {name: option or "" for name, option in options.items()}


def _without_head(row: writers.Named, head: writers.Head) -> writers.Named:
    """A value without what stands in the head."""
    return replace(
        row,
        period=None if head.period else row.period,
        unit=None if head.unit else row.unit,
        attribute=None if head.attribute else row.attribute,
    )


def _shown_schemes(call: Call) -> Json:
    """The schemes of the answer, as its head names them where they are no uids."""
    names = ("dataElementIdScheme", "orgUnitIdScheme", "categoryOptionComboIdScheme", "dataSetIdScheme")
    found = {name: read_scheme(call.param(name) or call.param("idScheme") or "UID") or UID for name in names}
    return {name: _scheme_text(scheme) for name, scheme in found.items() if scheme != UID}


def _xml_schemes(call: Call) -> Json:
    shown = _shown_schemes(call)
    return {name: shown[name] for name in ("dataSetIdScheme", *shown) if name in shown}


def _adx_schemes(call: Call) -> writers.AdxSchemes:
    names = ("dataSetIdScheme", "orgUnitIdScheme", "dataElementIdScheme", "categoryIdScheme", "categoryOptionIdScheme")
    return writers.AdxSchemes(*(_named_scheme(call, name, CODE) for name in names))


def _time(text: str, real_milliseconds: bool) -> str:
    return f"{text}+0000" if real_milliseconds else f"{text[:19]}.000+0000"


def _packed(call: Call, selection: Selection, body: bytes, kind: str) -> Reply:
    grouped = call.server.behaviour.enters_data_in_groups
    compression = (call.param("compression") or "none").upper()
    if grouped and compression not in {"NONE", "GZIP", "ZIP"}:
        shown = call.param("compression")
        text = f"Value '{shown}' is not valid for parameter compression. Valid values are: [NONE, GZIP, ZIP]"
        raise Dhis2Refusal(400, text)
    ending = {"GZIP": ".gz", "ZIP": ".zip"}.get(compression, "")
    headers = dict(NEVER_STORED)
    attachment = call.param("attachment")
    if grouped:
        if not attachment or ending:
            name = attachment or _file_name(call, selection, kind)
            headers["Content-Disposition"] = f'attachment; filename="{name}{ending}"'
    elif attachment or ending:
        name = attachment or "dataValues"
        headers["Content-Disposition"] = f"attachment; filename={name}.{kind}{ending}"
    return Reply(200, _compressed(body, compression, kind), MEDIA[kind], headers)


def _file_name(call: Call, selection: Selection, kind: str) -> str:
    dates = ""
    if selection.start is not None and selection.end is not None:
        dates = f"_{selection.start:%Y-%m-%d}_{selection.end:%Y-%m-%d}"
    asked = call.param("format")
    ending = asked if asked and asked not in _FORMATS else kind
    return f"dataValues{dates}.{ending}"


def _compressed(body: bytes, compression: str, kind: str) -> bytes:
    if compression == "GZIP":
        return gzip.compress(body)
    if compression != "ZIP":
        return body
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"dataValues.{kind}", body)
    return out.getvalue()

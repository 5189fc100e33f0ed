"""How 41 and 42 read ADX: each value is turned into one of a `dataValueSet`, objects named by code by default.

Source: `DefaultAdxDataService` of dhis2-core; recordings `data/import-formats`.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from dhis2w_sandbox.data import adx
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import CODE, Identifiers, IdScheme, name_in
from dhis2w_sandbox.data.import_options import ImportOptions
from dhis2w_sandbox.data.payload import RawGroup, RawValue, Unreadable, UnreadableGroup
from dhis2w_sandbox.data.row_readers import read_root
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.documents import linked

Json = dict[str, Any]

_COMBO, _ATTRIBUTE_COMBO = "categoryOptionCombo", "attributeOptionCombo"


class UnreadableValue(Unreadable):
    """A value that cannot be made sense of."""

    def __init__(self, text: str, object: str = "ADX Error") -> None:
        super().__init__(text)
        self.object = object
        """What the conflict is about."""


def adx_schemes(options: ImportOptions) -> dict[str, IdScheme]:
    """By what ADX names objects: by code, where the options do not say."""
    return {"idScheme": options.schemes.get("idScheme") or CODE}


def read_adx(body: bytes, rules: EntryRules, options: ImportOptions) -> RawGroup:
    """The groups of an `adx` element, one after the other; an element of another name has none."""
    return _AdxReader(rules, options.with_schemes(adx_schemes(options))).read(body)


class _AdxReader:
    def __init__(self, rules: EntryRules, options: ImportOptions) -> None:
        self.rules = rules
        self.options = options
        self.identifiers = Identifiers(rules.store)
        self.behaviour = rules.server.behaviour
        self.values: list[RawValue] = []
        self.refused: list[tuple[str, str]] = []

    def read(self, body: bytes) -> RawGroup:
        for count, group in enumerate(self._root(body).iter(f"{{{adx.NAMESPACE}}}group")):
            try:
                head = self._group(dict(group.attrib))
            except Unreadable as error:
                raise UnreadableGroup(str(error), count) from error
            for element in group.iter(f"{{{adx.NAMESPACE}}}dataValue"):
                self._add(head, element)
        return RawGroup(self.values, schemes=adx_schemes(self.options), refused=self.refused)

    def _root(self, body: bytes) -> ElementTree.Element:
        try:
            return read_root(body)
        except Unreadable as error:
            if self.behaviour.reports_adx_groups:
                raise UnreadableGroup("", body.count(b"</group>")) from error
            raise

    def _group(self, head: dict[str, str | None]) -> dict[str, str | None]:
        """The attributes of a group, its options as one combo."""
        for needed in ("period", "orgUnit"):
            if needed not in head:
                raise Unreadable(f"{needed} attribute is required on 'group'")
        head["period"] = adx.read_period(head["period"] or "", self.behaviour).iso
        if _ATTRIBUTE_COMBO not in head and "dataSet" in head:
            document = self._named("dataSet", "dataSetIdScheme", "data set", head["dataSet"])
            head["dataSet"] = document["id"]
            self._combine(head, _ATTRIBUTE_COMBO, linked(document, "categoryCombo") or "")
        return head

    def _add(self, head: dict[str, str | None], element: ElementTree.Element) -> None:
        try:
            row = self._value(element)
            if self.behaviour.reports_adx_groups:
                self._write(head, row)
        except UnreadableValue as error:
            if not self.behaviour.reports_adx_groups:
                raise
            self.refused.append((error.object, str(error)))
            return
        self.values.append(
            RawValue(
                row.get("dataElement"),
                head["period"],
                head["orgUnit"],
                row.get(_COMBO),
                head.get(_ATTRIBUTE_COMBO),
                row.get("value"),
                row.get("comment"),
                row.get("storedBy"),
                _flag(row.get("followUp" if self.behaviour.reports_adx_groups else "followup")),
                _flag(row.get("deleted")),
            )
        )

    @staticmethod
    def _write(head: dict[str, str | None], row: dict[str, str | None]) -> None:
        """41 writes the attributes of both into one element of another XML document, and reads that."""
        nameless = next((key for key, value in (head | row).items() if value is None), None)
        if nameless:
            raise UnreadableValue(f"Value for {nameless} is null")
        if head.keys() & row.keys():
            raise Unreadable("Failed to move to start element")

    def _value(self, element: ElementTree.Element) -> dict[str, str | None]:
        row: dict[str, str | None] = dict(element.attrib)
        for needed in ("dataElement", "value"):
            if needed not in row:
                raise UnreadableValue(f"{needed} attribute is required on 'dataValue'")
        document = self._named("dataElement", "dataElementIdScheme", "data element", row["dataElement"])
        if _COMBO not in row:
            self._combine(row, _COMBO, linked(document, "categoryCombo") or "")
        if document["valueType"] not in NUMERIC:
            annotation = element.find(f"{{{adx.NAMESPACE}}}annotation")
            if annotation is None:
                raise UnreadableValue("DataElement expects text annotation", row["dataElement"] or "")
            row["value"] = annotation.text or ""
        return row

    def _named(self, type: str, parameter: str, noun: str, name: str | None) -> Json:
        scheme = self.options.scheme(parameter)
        document = self.rules.document(type, self.identifiers.uid(type, scheme, (name or "").strip()))
        if document is None:
            raise UnreadableValue(f"No {noun} matching {_scheme_name(scheme).lower()} '{name}'")
        return document

    def _combine(self, row: dict[str, str | None], key: str, category_combo: str) -> None:
        """Put a combo in the place of the options that are named by category."""
        document = self.rules.document("categoryCombo", category_combo) or {}
        if self.rules.default_combo in self.rules.combos_of(category_combo):
            return
        categories = [self.rules.document("category", part["id"]) or {} for part in document.get("categories") or ()]
        names = [self._category(category) for category in categories]
        options = self._taken(row, document, dict(zip(names, categories, strict=True)))
        combo = self._combo(category_combo, categories, options)
        if combo is None:
            shown = ", ".join(f"{name}={option}" for name, option in zip(names, options, strict=True))
            raise UnreadableValue(f"Invalid attributes: {{{shown}}}")
        row[key] = self.identifiers.name(
            "categoryOptionCombo", self.options.scheme("categoryOptionComboIdScheme"), combo
        )

    def _category(self, category: Json) -> str:
        scheme = self.options.scheme("categoryIdScheme")
        name = name_in(scheme, category)
        if name is None or not re.fullmatch(r"[^\W\d][\w.-]*", name):
            shown = "null" if name is None else name
            raise UnreadableValue(
                f"Category {_scheme_name(scheme)} for {category['name']} is missing or invalid: {shown}"
            )
        return name

    @staticmethod
    def _taken(row: dict[str, str | None], combo: Json, named: dict[str, Json]) -> list[str | None]:
        for name, category in named.items():
            if name not in row:
                raise UnreadableValue(f"Category combo {combo['name']} must have {category['name']}")
        return [row.pop(name) for name in named]

    def _combo(self, category_combo: str, categories: list[Json], wanted: list[str | None]) -> str | None:
        scheme = self.options.scheme("categoryOptionIdScheme")
        found: str | None = None
        for combo in sorted(self.rules.combos_of(category_combo)):
            options = [self._option_of(combo, category) for category in categories]
            names = [name_in(scheme, option) for option in options]
            for option, name in zip(options, names, strict=True):
                if name is None:
                    kind = _scheme_name(scheme)
                    raise UnreadableValue(f"No {kind} identifier for CategoryOption: {option['name']}")
            if [(name or "").strip() for name in names] == wanted:
                found = combo
        return found

    def _option_of(self, combo: str, category: Json) -> Json:
        own = {row["id"] for row in category["categoryOptions"]}
        return next(option for option in self.rules.category_options(combo) if option["id"] in own)


def _scheme_name(scheme: IdScheme) -> str:
    return f"ATTRIBUTE:{scheme.attribute}" if scheme.attribute else scheme.kind


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.lower() == "true"

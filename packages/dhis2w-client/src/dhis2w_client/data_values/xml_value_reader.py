"""Reading data values in XML piece by piece: DHIS2's own `dataValueSet`, and ADX; bytes in, rows out, no I/O.

Source: `XmlDataValueSetReader` and `AdxPeriod` of dhis2-core (2.42), `DataEntryInput` (2.43).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal
from xml.parsers import expat

from dhis2w_client.data_values.value_reader import FLAGS, HEAD_KEYS, InvalidDataValuesError, Row
from dhis2w_client.periods import PERIOD_TYPES, period_of

Root = Literal["dataValueSet", "adx"]
_ADX_PERIOD = re.compile(r"(\d{4}-\d\d-\d\d)/P(\d+)([DMY])")
_DEFAULT_GROUP = re.compile(rb'(<group\b[^>]*?) (?:default="default"|GLevLNI9wkl="xYerKDKCefk")')
"""The default category by its code, and by the UID that it has everywhere."""
_OF_GROUP = ("dataSet", "period", "orgUnit", "attributeOptionCombo", "completeDate", "dataSetComplete", "comment")
_OF_VALUE = (
    "dataElement",
    "categoryOptionCombo",
    "value",
    "comment",
    "followup",
    "deleted",
    "storedBy",
    "created",
    "lastUpdated",
)
"""Attributes of ADX that name no category."""


class XmlValueReader:
    """Reads `<dataValueSet>` or `<adx>`; what stands in the head, or in a group, is put into each value.

    A row of ADX has its `dataSet` too, its period as DHIS2 writes it, and what its attributes say of categories:
    `categories` of the value, `attributeCategories` of the group. The text of an annotation is the value, as DHIS2 has
    it. A document type is refused, and with it every entity that could grow or lead elsewhere.
    """

    def __init__(self, root: Root = "dataValueSet") -> None:
        self.head: dict[str, str] = {}
        """The attributes of the root: `dataSet`, `completeDate`, `idScheme` …"""
        self._root = root
        self._begun = False
        self._common: Row = {}
        self._value: Row = {}
        self._text = ""
        self._rows: list[Row] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.CharacterDataHandler = self._add_text
        self._parser.EndElementHandler = self._end

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete with this piece.

        Raises:
            InvalidDataValuesError: It is broken XML, or its root is another.
        """
        return self._parsed(piece, final=False)

    def end(self) -> list[Row]:
        """The rows that are left.

        Raises:
            InvalidDataValuesError: The content ends too early.
        """
        return self._parsed(b"", final=True)

    def _parsed(self, piece: bytes, *, final: bool) -> list[Row]:
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise InvalidDataValuesError(f"The data values are broken XML, or end too early: {error}.") from error
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if not self._begun:
            self._begin(tag, attributes)
        elif tag == "group":
            self._common = _group(attributes)
        elif tag == "dataValue":
            self._value = self._common | (_adx_value(attributes) if self._root == "adx" else _typed(attributes))
        self._text = ""

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != self._root:
            raise InvalidDataValuesError(f"The root of the XML is <{tag}>, not <{self._root}>.")
        self._begun, self.head = True, attributes
        self._common = {key: attributes[key] for key in HEAD_KEYS if key in attributes}
        if "/" in self._common.get("period", ""):  # in the head 2.43 writes a period as ADX does, and cannot read it
            self._common["period"] = adx_period(self._common["period"])

    def _add_text(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "annotation":
            self._value["value"] = self._text
        elif tag == "dataValue":
            self._rows.append(self._value)


def without_default_group(content: bytes) -> bytes:
    """ADX whose groups do not name the default category: 2.43 writes it there, and does not read it (E8110)."""
    return _DEFAULT_GROUP.sub(rb"\1", content)


def adx_period(text: str) -> str:
    """A period of ADX, its first day and its length (`2024-01-01/P1M`), as DHIS2 writes it (`202401`).

    Raises:
        InvalidDataValuesError: No period begins on that day and is so long.
    """
    found = _ADX_PERIOD.fullmatch(text)
    day = _day(found[1]) if found else None
    if found and day:
        length = _length(int(found[2]), found[3])
        for type in PERIOD_TYPES.values():
            if (type.family, type.length) == length and (period := period_of(type, day)).start == day:
                return str(period)
    raise InvalidDataValuesError(f"{text[:40]!r} is no period of ADX, as `2024-01-01/P1M` is.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _length(count: int, unit: str) -> tuple[str, int]:
    """Family and length of a type of period: a year is twelve months, and seven days are a week."""
    if unit == "D":
        return ("days", count) if count % 7 else ("weeks", count // 7)
    return "months", count * (12 if unit == "Y" else 1)


def _group(attributes: Mapping[str, str]) -> Row:
    return {
        **{name: attributes[name] for name in ("dataSet", "orgUnit", "attributeOptionCombo") if name in attributes},
        "period": adx_period(attributes.get("period", "")),
        **_categories("attributeCategories", attributes, _OF_GROUP),
    }


def _adx_value(attributes: Mapping[str, str]) -> Row:
    known = {name: attributes[name] for name in _OF_VALUE if name in attributes}
    return _typed(known) | _categories("categories", attributes, _OF_VALUE)


def _categories(key: str, attributes: Mapping[str, str], known: tuple[str, ...]) -> Row:
    others = {name: text for name, text in attributes.items() if name not in known and " " not in name}
    return {key: others} if others else {}


def _typed(attributes: Mapping[str, str]) -> Row:
    """The attributes of a value, flags as what they are; DHIS2 writes `followup`, and reads `followUp`."""
    row: Row = {("followup" if name == "followUp" else name): text for name, text in attributes.items()}
    return row | {flag: row[flag].lower() == "true" for flag in FLAGS if flag in row}


def _refuse_document_type(*_: object) -> None:
    raise InvalidDataValuesError("The XML has a document type; DHIS2's and ADX have none.")

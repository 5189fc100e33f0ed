"""Checking a bundle before it is sent: what DHIS2 would refuse, in the words and the row shape of its import report.

A check for each of DHIS2's: the schema (E4000 to E4008), identifiers (E4014, E5004), unique values (E5003), references
(E5002, E5007, E6012), translations (E1106, E1107, E4000), whole sets of option combos (E1130). What needs the server's
data or a type's own rules is left to the server: expressions, access rights, values that stored objects hold.
Source: `dxf2/metadata/objectbundle/validation` of dhis2-core, `DefaultSchemaValidator`; recordings
`meta/import-strategy` and `objects/minimal-*`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.metadata.errors import InvalidBundleError
from dhis2w_client.metadata.option_combo_sets import incomplete_sets
from dhis2w_client.metadata.references import AUTHORS, references_of
from dhis2w_client.metadata.schema_facts import PropertyFacts, SchemaFacts, TypeFacts, facts_of
from dhis2w_client.metadata.uids import is_uid
from dhis2w_client.reports import ReportRow
from dhis2w_client.versions import DIALECTS

if TYPE_CHECKING:
    from dhis2w_client.metadata.bundle import Bundle, Entry
    from dhis2w_client.pages import Row
    from dhis2w_client.versions import Dhis2

IsThere = Callable[[str, str], bool]
"""Whether the server has an object: by class (`DataElement`) and UID."""

DEFAULT_OBJECTS = {
    "Category": "GLevLNI9wkl",
    "CategoryCombo": "bjDvmb4bfuf",
    "CategoryOption": "xYerKDKCefk",
    "CategoryOptionCombo": "HllvX50cXC0",
}
"""UIDs of the objects that every server has from its first start; a link to their types is never required."""

GIVEN_BY_DHIS2 = frozenset({"id", "created", "lastUpdated"})
"""Required properties that DHIS2 sets where they are missing."""
FILLED_IN: Mapping[str, frozenset[str]] = {
    "EventReport": frozenset({"type"}),
    "JobConfiguration": frozenset({"jobStatus", "lastExecutedStatus", "schedulingType"}),
    "ProgramIndicator": frozenset({"analyticsType"}),
    "ProgramRuleAction": frozenset({"evaluationTime"}),
    "SqlView": frozenset({"type", "cacheStrategy"}),
}
"""Required properties with a value of their own: field initializers of the Java classes; `objects/minimal-*`."""
ALWAYS_A_VALUE = frozenset({"boolean", "integer", "number"})
"""Kinds that are Java primitives, which are false or 0 where nothing was sent."""
NO_PRIMITIVES: Mapping[str, frozenset[str]] = {"Legend": frozenset({"startValue", "endValue"})}
"""Required numbers that are none (`Legend`)."""

UNBOUNDED = 2**31 - 1
_COLOR = re.compile(r"#?([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_TRANSLATION = "org.hisp.dhis.translation.Translation"
_PARTS = ("locale", "property", "value")


def check_bundle(
    bundle: Bundle, version: Dhis2, *, is_there: IsThere | None = None, skip_sharing: bool = False
) -> tuple[ReportRow, ...]:
    """What DHIS2 would refuse of a bundle; nothing is sent.

    Args:
        bundle: What is to be imported, by UID.
        version: The version of the server.
        is_there: Whether the server has an object that the bundle refers to, by class and UID. Default: it has the
            `default` category objects alone.
        skip_sharing: Do not look at sharing settings, as the import option of that name.

    Returns:
        One row for each complaint, as an import report has them, by type and position. A constant that an enum does
        not have and JSON of a wrong shape have no code: DHIS2 cannot read such a bundle at all.
    """
    facts = facts_of(version)
    check = _Check(facts, bundle, is_there or _nothing_is_there, skip_sharing)
    whole = DIALECTS[version].wants_whole_option_combo_sets
    return (*check.rows(), *(incomplete_sets(bundle) if whole else ()))


def refuse_invalid(rows: tuple[ReportRow, ...]) -> None:
    """Raise what a check found.

    Raises:
        InvalidBundleError: There is something.
    """
    if rows:
        shown = "; ".join(str(row) for row in rows[:3])
        more = f" (and {len(rows) - 3} more)" if len(rows) > 3 else ""
        raise InvalidBundleError(
            f"DHIS2 would refuse the bundle: {shown}{more}", rows, next_step="Nothing was sent. Mend what `rows` name."
        )


def missing_references(bundle: Bundle, version: Dhis2) -> dict[str, set[str]]:
    """UIDs that a bundle refers to and does not hold, by class."""
    facts = facts_of(version)
    there = _ids_by_type(facts, bundle)
    missing: dict[str, set[str]] = {}
    for entry in bundle:
        type = facts.of_plural(entry.plural)
        for reference in references_of(facts, type, entry.object) if type else ():
            if reference.id not in there.get(reference.type, ()):
                missing.setdefault(reference.type, set()).add(reference.id)
    return missing


def _nothing_is_there(type: str, id: str) -> bool:
    del type, id
    return False


def _ids_by_type(facts: SchemaFacts, bundle: Bundle) -> dict[str, set[str]]:
    """The UIDs of a bundle, and of what every server has, by class."""
    found = {name: {uid} for name, uid in DEFAULT_OBJECTS.items()}
    for entry in bundle:
        type = facts.of_plural(entry.plural)
        if type and isinstance(entry.object.get("id"), str):
            found.setdefault(type.name, set()).add(entry.object["id"])
    return found


@dataclass(frozen=True)
class _Subject:
    """The object that rows are about."""

    type: TypeFacts
    entry: Entry

    @property
    def row(self) -> Row:
        return self.entry.object

    def complaint(self, message: str, code: str | None, property: str | None) -> ReportRow:
        """A row about it."""
        uid = self.row.get("id")
        return ReportRow(
            message=message,
            code=code,
            uid=uid if isinstance(uid, str) else None,
            klass=self.type.klass,
            property=property,
            index=self.entry.position,
        )

    @property
    def title(self) -> str:
        return title(self.type, self.row)


def title(type: TypeFacts, row: Mapping[str, Any]) -> str:
    """An object as DHIS2's messages name it: `Name [uid] (DataElement)`."""
    name = f"{row.get('firstName', '')} {row.get('surname', '')}".strip() or row.get("name")
    return f"{f'{name} ' if name else ''}[{row.get('id') or 'null'}] ({type.klass.rpartition('.')[2]})"


class _Check:
    """One run over a bundle."""

    def __init__(self, facts: SchemaFacts, bundle: Bundle, is_there: IsThere, skip_sharing: bool) -> None:
        self._facts = facts
        self._bundle = bundle
        self._ids = _ids_by_type(facts, bundle)
        self._is_there = is_there
        self._skip_sharing = skip_sharing
        self._holders: dict[tuple[str, str, object], str | None] = {}

    def rows(self) -> Iterator[ReportRow]:
        """What is wrong, object by object."""
        seen: set[tuple[str, object]] = set()
        for entry in self._bundle:
            type = self._facts.of_plural(entry.plural)
            if type is None or not type.is_metadata or entry.object.get("id") == DEFAULT_OBJECTS.get(type.name, ""):
                continue
            subject = _Subject(type, entry)
            uid = entry.object.get("id")
            if uid is not None and (type.name, uid) in seen:
                yield _twice(subject)
                continue
            seen.add((type.name, uid))
            yield from self._object(subject)

    def _object(self, subject: _Subject) -> Iterator[ReportRow]:
        shapes = list(_shapes(self._facts, subject, subject.type, subject.row, ""))
        yield from shapes
        if any(row.code is None and row.value is None for row in shapes):
            return  # what comes next would stumble over it
        yield from _schema(self._facts, subject)
        yield from self._uniqueness(subject)
        yield from self._links(subject, subject.type, subject.row)
        yield from self._attributes(subject)
        yield from self._sharing(subject)
        yield from _translations(subject)
        yield from _uid(subject)

    def _uniqueness(self, subject: _Subject) -> Iterator[ReportRow]:
        """E5003 for values that an earlier object of the bundle has; DHIS2 does not look at users."""
        mine = subject.row.get("id")
        for prop in subject.type.owned if subject.type.name != "User" else ():
            value = subject.row.get(prop.key)
            if not prop.unique or value is None or isinstance(value, (dict, list)):
                continue
            holder = self._holders.setdefault((subject.type.name, prop.key, value), mine)
            if holder != mine:
                message = (
                    f"Property `{prop.name}` with value `{value}` on object {subject.title} "
                    f"already exists on object {holder}"
                )
                yield replace(subject.complaint(message, "E5003", prop.name), uid=holder)

    def _links(self, subject: _Subject, type: TypeFacts, row: Mapping[str, Any]) -> Iterator[ReportRow]:
        """E5002 and E5007, also inside of embedded parts."""
        for prop in type.owned:
            value = row.get(prop.key)
            if not value or prop.target == "Period" or (prop.target == "User" and prop.key in AUTHORS):
                continue
            if prop.kind == "link":
                yield from self._references(subject, prop, _objects(value))
            elif prop.kind == "model" and (inner := self._facts.type(prop.target)) and inner.embedded:
                for part in _objects(value):
                    yield from self._links(subject, inner, part)

    def _references(self, subject: _Subject, prop: PropertyFacts, values: list[Row]) -> Iterator[ReportRow]:
        target = self._facts.type(prop.target)
        if target is None:
            return
        seen: set[str] = set()
        for value in values:
            if not self._found(target.name, value.get("id")):
                yield _bad_reference(subject, "E5002", "Invalid", title(target, value), prop.name)
        for value in values if prop.many else ():
            text = json.dumps(value, sort_keys=True)
            if text in seen:
                yield _bad_reference(subject, "E5007", "Duplicate", title(target, value), prop.name)
            seen.add(text)

    def _found(self, type: str, id: object) -> bool:
        return isinstance(id, str) and (id in self._ids.get(type, ()) or self._is_there(type, id))

    def _attributes(self, subject: _Subject) -> Iterator[ReportRow]:
        """E5002 and E6012: attributes that are not there, or not for the type."""
        for value in _objects(subject.row.get("attributeValues") or []):
            uid = cast("Row", value.get("attribute") or {}).get("id")
            attribute = self._bundle.by_id.get(("attributes", str(uid)))
            found = self._found("Attribute", uid)
            if not found:
                message = f"Invalid reference {uid} on object {subject.title} for association `attributeValues`"
                yield subject.complaint(message, "E5002", None)
            if not found or (attribute and not attribute.get(_flag(subject.type))):
                message = f"Attribute `{uid}` is not assigned to `{subject.type.klass.rpartition('.')[2]}`"
                yield replace(subject.complaint(message, "E6012", None), klass="org.hisp.dhis.attribute.Attribute")

    def _sharing(self, subject: _Subject) -> Iterator[ReportRow]:
        sharing = subject.row.get("sharing")
        if self._skip_sharing or not isinstance(sharing, dict) or "sharing" not in subject.type.properties:
            return
        for key, name, association in (
            ("userGroups", "UserGroup", "userGroupAccesses"),
            ("users", "User", "userAccesses"),
        ):
            for uid in cast("Row", cast("Row", sharing).get(key) or {}):
                if not self._found(name, uid):
                    message = (
                        f"Invalid reference [{uid}] ({name}) on object {subject.title} for association `{association}`"
                    )
                    yield subject.complaint(message, "E5002", None)


def _flag(type: TypeFacts) -> str:
    """The property of an attribute that says that it is for a type: `dataElementAttribute`."""
    return f"{type.name[0].lower()}{type.name[1:]}Attribute"


def _twice(subject: _Subject) -> ReportRow:
    message = (
        f"Id `{subject.row['id']}` for type `class {subject.type.klass}` exists on more than 1 object in the payload, "
        "removing all but the first found"
    )
    return subject.complaint(message, "E5004", "id")


def _bad_reference(subject: _Subject, code: str, word: str, reference: str, association: str) -> ReportRow:
    message = f"{word} reference {reference} on object {subject.title} for association `{association}`"
    return subject.complaint(message, code, association)


def _uid(subject: _Subject) -> Iterator[ReportRow]:
    uid = subject.row.get("id")
    if uid is not None and not (isinstance(uid, str) and is_uid(uid)):
        short = subject.type.klass.rpartition(".")[2]
        yield subject.complaint(f"Invalid UID `{uid}` for property `{short}`", "E4014", None)


def _shapes(facts: SchemaFacts, subject: _Subject, type: TypeFacts, row: Row, path: str) -> Iterator[ReportRow]:
    """What DHIS2 could not even read: a constant that its enum does not have, or something where a link is due."""
    for prop in type.owned:
        values = _items(row.get(prop.key))
        place = f"{path}{prop.name}"
        if prop.kind == "enum":
            yield from _constants(facts, subject, prop, values, place)
        elif prop.kind == "link" and (len(_objects(values)) != len(values) or _is_single(prop, row)):
            wanted = "list of references" if prop.many else "reference"
            yield subject.complaint(f'`{place}` is no {wanted} such as {{"id": …}}.', None, place)
        elif prop.kind == "model" and (inner := facts.type(prop.target)) and inner.embedded:
            for part in _objects(values):
                yield from _shapes(facts, subject, inner, part, f"{place}.")


def _is_single(prop: PropertyFacts, row: Row) -> bool:
    """Whether one thing stands where a list is due, or a list where one thing is."""
    value = row.get(prop.key)
    return value is not None and isinstance(value, list) is not prop.many


def _constants(
    facts: SchemaFacts, subject: _Subject, prop: PropertyFacts, values: list[object], place: str
) -> Iterator[ReportRow]:
    constants = facts.constants(prop.target)
    for value in values:
        if constants and value not in constants:
            message = f"`{value}` of property `{place}` is no {prop.target} of 2.{facts.version.number}."
            yield replace(subject.complaint(message, None, place), value=str(value))


def _schema(facts: SchemaFacts, subject: _Subject) -> Iterator[ReportRow]:
    """E4000 to E4008, of the object and of its embedded parts."""
    for prop in subject.type.owned:
        inner = facts.type(prop.target) if prop.kind == "model" else None
        if inner is not None and inner.embedded:
            for part in _objects(subject.row.get(prop.key) or []):
                for code, message, name in _problems(inner, part):
                    yield subject.complaint(message, code, f"{prop.key}.{name}")
    for code, message, name in _problems(subject.type, subject.row):
        yield subject.complaint(message, code, name)


def _problems(type: TypeFacts, row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What of an object its schema does not allow: code, message and property."""
    for prop in type.properties.values():
        if not prop.persisted:
            continue
        value = row.get(prop.key)
        if value is None:
            if prop.required and not _gets_a_value(type, prop):
                yield "E4000", f"Missing required property `{prop.name}`", prop.name
        elif (problem := _value_problem(prop, value)) is not None:
            yield (*problem, prop.name)


def _gets_a_value(type: TypeFacts, prop: PropertyFacts) -> bool:
    if prop.key in NO_PRIMITIVES.get(type.name, ()):
        return False
    return (
        prop.kind in ALWAYS_A_VALUE
        or prop.many
        or prop.target in DEFAULT_OBJECTS
        or prop.key in GIVEN_BY_DHIS2
        or prop.key in FILLED_IN.get(type.name, ())
    )


def _value_problem(prop: PropertyFacts, value: object) -> tuple[str, str] | None:
    """The code and the message that DHIS2 has for a value; None where it is good."""
    if prop.many:
        size = len(cast("list[object]", value)) if isinstance(value, (list, dict)) else None
        return None if size is None else _out_of_range(prop, size, "E4007", "size range for collection", "size")
    if isinstance(value, str) and value and prop.kind == "text":
        return _text_problem(prop, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and prop.kind in ALWAYS_A_VALUE:
        return _out_of_range(prop, value, "E4008", "range for numeric", "number")
    return None


def _text_problem(prop: PropertyFacts, value: str) -> tuple[str, str] | None:
    if prop.format == "password":
        return None
    return _length_problem(prop, value) or _format_problem(prop, value)


def _format_problem(prop: PropertyFacts, value: str) -> tuple[str, str] | None:
    if prop.format == "email" and not _EMAIL.fullmatch(value):
        return "E4003", f"Property `{prop.name}` requires a valid email address, was given `{value}`"
    if prop.format == "url" and not value.startswith(("http://", "https://")):
        return "E4004", f"Property `{prop.name}` requires a valid URL, was given `{value}`"
    if prop.format == "color" and not _COLOR.fullmatch(value):
        return "E4006", f"Property `{prop.name}` requires a valid HEX color, was given `{value}`"
    return None


def _length_problem(prop: PropertyFacts, value: str) -> tuple[str, str] | None:
    if prop.length is not None and len(value) > prop.length:
        most = _number(prop.length)
        return "E4001", f"Maximum length of property `{prop.name}`is {most}, but given length was {_number(len(value))}"
    return _out_of_range(prop, len(value), "E4002", "length range for", "length")


def _out_of_range(prop: PropertyFacts, size: float, code: str, what: str, noun: str) -> tuple[str, str] | None:
    low, high = prop.min or 0, prop.max if prop.max is not None else prop.length
    if prop.many or code == "E4008":
        high = prop.max
        low = prop.min if prop.min is not None else -UNBOUNDED
    if low <= size and (high is None or size <= high):
        return None
    given = "size given" if noun == "size" else f"given {noun}" if noun == "length" else "number given"
    bounds = f"[{_number(low)} to {_number(UNBOUNDED if high is None else high)}]"
    return code, f"Allowed {what} property `{prop.name}` is {bounds}, but {given} was {_number(size)}"


def _number(value: float) -> str:
    """A number as Java's `MessageFormat` writes it."""
    return f"{round(value, 3):,}".removesuffix(".0")


def _translations(subject: _Subject) -> Iterator[ReportRow]:
    rows = _objects(subject.row.get("translations") or [])
    short = subject.type.klass.rpartition(".")[2]

    def complaint(code: str, message: str) -> ReportRow:
        return ReportRow(message=message, code=code, klass=_TRANSLATION, index=subject.entry.position)

    if rows and not subject.type.translatable:
        yield complaint("E1107", f"Object type `{short}` is not translatable")
        return
    seen: set[tuple[object, object]] = set()
    for row in rows:
        key = (row.get("property"), row.get("locale"))
        if key in seen:
            where = f"property `{key[0]}` and locale `{key[1]}` on {short} `{subject.row.get('id')}`"
            yield complaint("E1106", f"There are duplicate translation records for {where}")
        seen.add(key)
        for part in _PARTS:
            if row.get(part) is None:
                yield complaint("E4000", f"Missing required property `{part}`")


def _items(value: object) -> list[object]:
    """What is in a list; a value that is none alone; nothing of None."""
    if value is None:
        return []
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _objects(value: object) -> list[Row]:
    """The objects in a value that is one, or a list of them."""
    return [cast("Row", item) for item in _items(value) if isinstance(item, dict)]

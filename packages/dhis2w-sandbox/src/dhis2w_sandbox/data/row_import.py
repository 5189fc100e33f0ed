"""The import of data values of 41 and 42: row by row, each refused on its own, most checks off unless asked for.

Source: `DefaultDataValueSetService` and `DataValueSetImportValidator` of dhis2-core; recordings `data/import-*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dhis2w_sandbox.data.approval_store import ApprovalKey, Approvals
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import Identifiers
from dhis2w_sandbox.data.import_options import ImportOptions
from dhis2w_sandbox.data.import_summary import ABORTED, COMPLETED, Conflict, Summary
from dhis2w_sandbox.data.payload import RawGroup, RawValue, Unreadable, UnreadableGroup, UnreadableHead
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import FILES, MESSAGES, MOST_CHARACTERS, NUMERIC, is_zero, problem, spelled_boolean
from dhis2w_sandbox.data.values import Audit, DataValue, Key, Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import message
from dhis2w_sandbox.multi_text import options_in
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

NOTHING_READ = "Post-condition was null"

# The property that a code is about, and the types of its arguments as its conflict names them.
_CODES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "E7600": ("dataSet", ("dataSet",)),
    "E7601": ("dataSet", ("dataSet",)),
    "E7603": ("orgUnit", ("organisationUnit", "dataSet")),
    "E7604": ("attributeOptionCombo", ("categoryOptionCombo", "dataSet")),
    "E7610": ("dataElement", ("dataElement",)),
    "E7611": ("period", ("period",)),
    "E7612": ("orgUnit", ("organisationUnit",)),
    "E7613": ("categoryOptionCombo", ("categoryOptionCombo",)),
    "E7615": ("attributeOptionCombo", ("categoryOptionCombo",)),
    "E7617": ("orgUnit", ("organisationUnit", "user")),
    "E7618": ("value", ("dataElement",)),
    "E7619": ("value", ("dataElement", "value")),
    "E7620": ("comment", ("comment",)),
    "E7621": ("value", ("dataElement",)),
    "E7630": ("categoryOptionCombo", ()),
    "E7631": ("attributeOptionCombo", ()),
    "E7632": (None, ("period", "dataElement")),
    "E7633": ("dataElement", ("dataElement", "dataSet")),
    "E7634": ("categoryOptionCombo", ("categoryOptionCombo", "dataElement")),
    "E7635": ("attributeOptionCombo", ("categoryOptionCombo", "dataElement")),
    "E7636": ("orgUnit", ("organisationUnit", "dataElement")),
    "E7637": ("storedBy", ("storedBy",)),
    "E7638": ("period", ("period", "categoryOptionCombo")),
    "E7639": ("orgUnit", ("organisationUnit", "categoryOptionCombo")),
    "E7640": ("period", ("period", "dataSet")),
    "E7641": ("period", ("period", "dataElement", "dataSet")),
    "E7642": (None, ("organisationUnit", "period", "categoryOptionCombo", "dataSet")),
    "E7643": ("period", ("period", "dataSet")),
    "E7644": ("period", ("period",)),
    "E7645": ("dataElement", ("dataElement",)),
}

_NEEDED = "Complete date is provided but no object of this type, which is needed to complete the data set"


@dataclass(frozen=True)
class _Head:
    """What the identifiers in the head of a set stand for."""

    period: Period | None
    unit: str | None
    attribute: str | None


@dataclass(frozen=True)
class _Row:
    """One value with what its identifiers stand for; combos may be left out."""

    raw: RawValue
    index: int
    element: Json
    period: Period
    unit: str
    combo: str | None
    attribute: str | None


class RowImport:
    """One import by one user."""

    def __init__(self, server: Server, user: User, options: ImportOptions) -> None:
        self.server = server
        self.user = user
        self.options = options
        self.rules = EntryRules(server, user)
        self.values = Values(server)
        self.approvals = Approvals(server)
        self.identifiers = Identifiers(server.store)
        self.now = server.now()
        self.summary = Summary({})
        self.data_set: Json | None = None
        self.force = options.flag("force") and user.is_super
        self._pending: dict[Key, tuple[DataValue, Period]] = {}
        self._audits: list[Audit] = []
        self._elements: dict[str | None, Json | None] = {}

    def run(self, read: Callable[[], RawGroup]) -> Summary:
        """Import what the reader gives; an ERROR, nothing stored, where it cannot read or the writing fails."""
        try:
            group = read()
            return self._run(group)
        except Unreadable as error:
            self.summary = self._unreadable(error)
            return self.summary

    def _unreadable(self, error: Unreadable) -> Summary:
        behaviour = self.server.behaviour
        if isinstance(error, UnreadableGroup) and behaviour.reports_adx_groups:
            text = f"Data set import failed within group number: {error.number}"
            conflicts = [Conflict(str(error), {}, object="ADX Error")] if str(error) else []
            return Summary(self._options(), "ERROR", text, conflicts=conflicts)
        if not isinstance(error, UnreadableHead):
            return Summary(self._options(), "ERROR", f"The import process failed: {error}")
        text = f"The import process failed: {NOTHING_READ if behaviour.fails_unreadable_data else error}"
        return Summary(self._options(), "ERROR", text, unreadable=str(error))

    def _options(self) -> Json:
        return self.options.as_json(has_atomic=False)

    def _run(self, group: RawGroup) -> Summary:
        shown = self._options()
        self.options = self.options.with_schemes(group.schemes)
        self.dry_run = self.options.dry_run if group.dry_run is None else group.dry_run
        self.summary = Summary(shown, description=COMPLETED)
        head = self._head(group)
        if self.summary.conflicts:
            self.summary.status, self.summary.description = "ERROR", ABORTED
            return self.summary
        self.summary.complete = self._completed(group, head)
        for index, raw in enumerate(group.values):
            self._import(index, raw, head)
        self._flush()
        self.summary.status = "WARNING" if self.summary.conflicts else "SUCCESS"
        for about, text in group.refused:
            self.summary.add(Conflict(text, {}, object=about))
            self.summary.ignored += 1
        return self.summary

    # The head of a set: what all its values have in common.

    def _head(self, group: RawGroup) -> _Head:
        uid = self.identifiers.uid("dataSet", self.options.scheme("dataSetIdScheme"), group.data_set)
        document = self.rules.document("dataSet", uid)
        self.data_set = document if document and self.rules.can_read("dataSet", document) else None
        unit = self._unit(group.unit)
        attribute = self._combo(group.attribute)
        if group.data_set and self.data_set is None:
            self._abort("E7600", group.data_set)
        if self.data_set is not None and not self.rules.can_data_write("dataSet", self.data_set):
            self._abort("E7601", group.data_set)
        if group.unit and unit is None:
            self._abort("E7603", group.unit, group.data_set)
        if group.attribute and attribute is None:
            self._abort("E7604", group.attribute, group.data_set)
        return _Head(self.rules.period(_trimmed(group.period)), unit, attribute)

    def _abort(self, code: str, *args: str | None) -> None:
        self.summary.add(self._conflict(code, args))

    def _completed(self, group: RawGroup, head: _Head) -> str | None:
        """What the report says of completion; registers it, even in a dry run."""
        day = self._completion_day(group.complete_date)
        if self.data_set is None or day is None:
            return "false"
        if head.unit is None or head.period is None:
            self.summary.add(Conflict(_NEEDED, {}, object="OrganisationUnit" if head.unit is None else "Period"))
            return None
        key = RegistrationKey(self.data_set["id"], head.period.iso, head.unit, self.rules.default_combo)
        name = self.user.username
        row = Registration(key, f"{day.isoformat()}T00:00:00.000", name, self.now, name, completed=True)
        Registrations(self.server).put(row, head.period)
        return day.isoformat()

    def _completion_day(self, text: str | None) -> date | None:
        today = self.rules.now.date()
        if not text or text.lower() == "false":
            return None
        if text.lower() == "true":
            return today
        try:
            return min(date.fromisoformat(text), today)
        except ValueError as error:
            raise Unreadable(f"Text '{text}' could not be parsed at index 0") from error

    # One value.

    def _resolved(self, index: int, raw: RawValue, head: _Head) -> _Row | Conflict:
        """A value with its objects, or the first that is not there for the user."""
        element = self._element(_trimmed(raw.element))
        period = head.period or self.rules.period(_trimmed(raw.period))
        unit = head.unit or self._unit(raw.unit)
        combo = self._combo(raw.combo)
        attribute = head.attribute or self._combo(raw.attribute)
        if element is None:
            return self._conflict("E7610", (raw.element,), index)
        if period is None:
            return self._conflict("E7611", (raw.period,), index)
        if unit is None:
            return self._conflict("E7612", (raw.unit,), index)
        if combo is None and _trimmed(raw.combo):
            return self._conflict("E7613", (raw.combo,), index)
        if attribute is None and _trimmed(raw.attribute):
            return self._conflict("E7615", (raw.attribute,), index)
        return _Row(raw, index, element, period, unit, combo, attribute)

    def _element(self, name: str | None) -> Json | None:
        if name not in self._elements:
            uid = self.identifiers.uid("dataElement", self.options.scheme("dataElementIdScheme"), name)
            document = self.rules.document("dataElement", uid)
            readable = document is not None and self.rules.can_read("dataElement", document)
            self._elements[name] = document if readable else None
        return self._elements[name]

    def _unit(self, name: str | None) -> str | None:
        return self.identifiers.uid("organisationUnit", self.options.scheme("orgUnitIdScheme"), _trimmed(name))

    def _combo(self, name: str | None) -> str | None:
        """A combo whose options the user may enter data for."""
        scheme = self.options.scheme("categoryOptionComboIdScheme")
        uid = self.identifiers.uid("categoryOptionCombo", scheme, _trimmed(name))
        return uid if uid and self.rules.can_write_combo(uid) else None

    def _import(self, index: int, raw: RawValue, head: _Head) -> None:
        row = self._resolved(index, raw, head)
        if isinstance(row, Conflict):
            self._reject(index, [row])
            return
        found = next((found for check in _CHECKS if (found := list(check(self, row)))), None)
        if found:
            self._reject(index, found)
        else:
            self._save(row)

    def _reject(self, index: int, conflicts: Iterable[Conflict] = ()) -> None:
        for conflict in conflicts:
            self.summary.add(conflict)
        self.summary.ignored += 1
        self.summary.rejected.add(index)

    def _save(self, row: _Row) -> None:
        new = self.new_value(row)
        old = None if self.options.flag("skipExistingCheck") else self.values.get(new.key)
        if old is not None:
            new = replace(new, created=old.created)
        kind = self.options.kind
        if self._insignificant(row) and (old is None or kind == "CREATE"):
            return
        if old is not None and not old.deleted:
            if kind in {"CREATE_AND_UPDATE", "UPDATE"}:
                self._update(row, new, old)
            elif kind == "DELETE":
                self.summary.deleted += 1
                self._store(row, replace(new, deleted=True), old, "DELETE")
            else:
                self._reject(row.index)
        elif kind in {"CREATE_AND_UPDATE", "CREATE"}:
            self._create(row, new, old)
        else:
            self._reject(row.index)

    def new_value(self, row: _Row) -> DataValue:
        """The value as it would be stored."""
        key = Key(
            row.element["id"],
            row.period.iso,
            row.unit,
            row.combo or self.rules.default_combo,
            row.attribute or self.rules.default_combo,
        )
        return DataValue(
            key,
            _trimmed(spelled_boolean(row.raw.value, row.element["valueType"])),
            _trimmed(row.raw.comment),
            bool(row.raw.follow_up),
            bool(row.raw.deleted),
            _trimmed(row.raw.stored_by) or self.user.username,
            self.now,
            self.now,
        )

    def _insignificant(self, row: _Row) -> bool:
        element = row.element
        return (
            element["valueType"] in NUMERIC
            and is_zero(row.raw.value)
            and not element.get("zeroIsSignificant")
            and element.get("aggregationType") not in {"AVERAGE", "AVERAGE_SUM_ORG_UNIT"}
        )

    def _create(self, row: _Row, new: DataValue, old: DataValue | None) -> None:
        if new.value is None and new.comment is None:
            self.summary.ignored += 1
            return
        if old is not None:
            self.summary.imported += 1
            self._store(row, new, None, "CREATE")
        elif self.dry_run:
            self.summary.imported += 1
        elif new.key not in self._pending:
            self._pending[new.key] = (new, row.period)
            self.summary.imported += 1

    def _update(self, row: _Row, new: DataValue, old: DataValue) -> None:
        if (new.value is None and new.comment is None) or new.deleted or self._insignificant(row):
            self.summary.deleted += 1
            self._store(row, replace(new, deleted=True), old, "DELETE")
        elif (old.value, old.comment, old.follow_up) == (new.value, new.comment, new.follow_up):
            self.summary.ignored += 1
        else:
            self.summary.updated += 1
            self._store(row, new, old, "UPDATE")

    def _store(self, row: _Row, new: DataValue, old: DataValue | None, audit: str) -> None:
        if self.dry_run:
            return
        self.values.put([(new, row.period)])
        if old is not None and (audit == "DELETE" or old.value != new.value):
            self._audits.append(Audit(new.key, old.value, new.stored_by, self.now, audit))

    def _flush(self) -> None:
        if self.options.flag("skipExistingCheck") and any(self.values.get(key) for key in self._pending):
            raise Unreadable("Failed to flush BatchHandler")
        self.values.put(self._pending.values())
        self.values.audit(self._audits)

    # Conflicts, and the checks in their order; a value is refused by the first that finds something.

    def conflict(self, row: _Row, code: str, *args: str | None) -> Conflict:
        """A conflict of one value."""
        return self._conflict(code, args, row.index)

    def _conflict(self, code: str, args: tuple[str | None, ...], index: int | None = None) -> Conflict:
        property, types = _CODES[code]
        translated = "value" in types or "comment" in types or "storedBy" in types
        shown = [MESSAGES.get(arg, arg) if translated and arg else arg for arg in args]
        return Conflict(
            message(self.server.version, code, *shown),
            {type: arg for type, arg in zip(types, args, strict=False) if arg is not None},
            code,
            property,
            args[0] if args else None,
            [] if index is None else [index],
        )

    def targets(self, row: _Row) -> list[Json]:
        """The sets that a value is entered for: the one of the head, or those that fit unit and attribute combo."""
        if self.data_set is not None:
            return [self.data_set]
        combo = self.rules.document("categoryOptionCombo", row.attribute or self.rules.default_combo) or {}
        return [
            data_set
            for data_set in self.rules.data_sets_of(row.element["id"])
            if row.unit in self.rules.units_of(data_set)
            and linked(data_set, "categoryCombo") == linked(combo, "categoryCombo")
        ]

    def in_targets(self, row: _Row, check: Callable[[Json], Conflict | None], *, strict: bool) -> list[Conflict]:
        """What a check finds in the sets of a value: nothing, unless strict, as soon as one set is fine."""
        if self.force:
            return []
        found: list[Conflict] = []
        for data_set in self.targets(row):
            conflict = check(data_set)
            if conflict is not None:
                found.append(conflict)
            elif not strict:
                return []
        return found


_Check = Callable[[RowImport, _Row], Iterator[Conflict]]


def _unit_in_reach(run: RowImport, row: _Row) -> Iterator[Conflict]:
    if not run.rules.in_hierarchy(row.unit):
        yield run.conflict(row, "E7617", row.raw.unit or row.unit, run.user.uid)


def _value_valid(run: RowImport, row: _Row) -> Iterator[Conflict]:
    raw, element = row.raw, row.element
    type: str = element["valueType"]
    if not _trimmed(raw.value) and not _trimmed(raw.comment) and not raw.deleted and run.options.kind != "DELETE":
        yield run.conflict(row, "E7618", raw.element)
    elif word := problem(spelled_boolean(raw.value, type), type):
        yield run.conflict(row, "E7619", raw.element, word)
    elif raw.comment and len(raw.comment) > MOST_CHARACTERS:
        yield run.conflict(row, "E7620", "comment_length_greater_than_max_length")
    elif (options := linked(element, "optionSet")) and not _is_option(run, options, raw.value, type):
        yield run.conflict(row, "E7621", raw.element)


def _is_option(run: RowImport, option_set: str, value: str | None, type: str) -> bool:
    known = run.rules.options_of(option_set)
    return bool(value) and known.issuperset(options_in(value, type))


def _combos_given(run: RowImport, row: _Row) -> Iterator[Conflict]:
    if row.combo is None and run.options.flag("requireCategoryOptionCombo"):
        yield run.conflict(row, "E7630")
    elif row.attribute is None and run.options.flag("requireAttributeOptionCombo"):
        yield run.conflict(row, "E7631")


def _strict(run: RowImport, row: _Row) -> Iterator[Conflict]:
    """The checks that are off unless an option asks for them."""
    raw, rules, element = row.raw, run.rules, row.element
    data_sets = rules.data_sets_of(element["id"])
    targets = [run.data_set] if run.data_set is not None else data_sets
    combo, attribute = row.combo or rules.default_combo, row.attribute or rules.default_combo
    if run.options.flag("strictPeriods") and row.period.type.name not in {row["periodType"] for row in data_sets}:
        yield run.conflict(row, "E7632", raw.period, raw.element)
    elif run.options.flag("strictDataElements") and not any(element["id"] in rules.elements_of(row) for row in targets):
        yield run.conflict(row, "E7633", raw.element, ",".join(row["id"] for row in targets))
    elif run.options.flag("strictCategoryOptionCombos") and not any(
        combo in rules.combos_of(name) for name in rules.category_combos(element)
    ):
        yield run.conflict(row, "E7634", raw.combo, raw.element)
    elif run.options.flag("strictAttributeOptionCombos") and not any(
        attribute in rules.combos_of(linked(row, "categoryCombo") or "") for row in data_sets
    ):
        yield run.conflict(row, "E7635", raw.attribute, raw.element)
    elif run.options.flag("strictOrganisationUnits") and not any(
        row_unit in rules.units_of(data_set) for data_set in data_sets for row_unit in [row.unit]
    ):
        yield run.conflict(row, "E7636", raw.unit, raw.element)
    elif raw.stored_by and len(raw.stored_by) > 255:
        yield run.conflict(row, "E7637", "stored_by_length_greater_than_max_length")


def _attribute_fits(run: RowImport, row: _Row) -> Iterator[Conflict]:
    attribute = row.attribute or run.rules.default_combo
    start, end = run.rules.attribute_span(attribute)
    if (start and start > row.period.end) or (end and end < row.period.start):
        yield run.conflict(row, "E7638", row.raw.period or row.period.iso, row.raw.attribute or attribute)
    elif (units := run.rules.attribute_units(attribute)) and not all(
        run.rules.is_below(row.unit, tops) for tops in units
    ):
        yield run.conflict(row, "E7639", row.raw.unit or row.unit, row.raw.attribute or attribute)


def _not_locked(run: RowImport, row: _Row) -> Iterator[Conflict]:
    period, unit = row.period, row.unit

    def check(data_set: Json) -> Conflict | None:
        if run.rules.expired(data_set, period) and not run.rules.has_exception(data_set, period, unit):
            return run.conflict(row, "E7640", row.raw.period, data_set["id"])
        return None

    yield from run.in_targets(row, check, strict=run.options.flag("strictDataSetLocking"))


def _not_in_future(run: RowImport, row: _Row) -> Iterator[Conflict]:
    period = row.period

    def check(data_set: Json) -> Conflict | None:
        last = run.rules.last_open(data_set["periodType"], int(data_set.get("openFuturePeriods") or 0))
        if period.end > last.end:
            return run.conflict(row, "E7641", row.raw.period, row.raw.element, data_set["id"], last.iso)
        return None

    yield from run.in_targets(row, check, strict=True)


def _not_approved(run: RowImport, row: _Row) -> Iterator[Conflict]:
    period, attribute = row.period, row.attribute or run.rules.default_combo

    def check(data_set: Json) -> Conflict | None:
        workflow = linked(data_set, "workflow")
        keys = (ApprovalKey(workflow or "", period.iso, unit, attribute) for unit in run.rules.path(row.unit))
        if workflow and any(run.approvals.get(key) for key in keys):
            return run.conflict(row, "E7642", row.raw.unit, row.raw.period, row.raw.attribute, data_set["id"])
        return None

    yield from run.in_targets(row, check, strict=run.options.flag("strictDataSetApproval"))


def _input_period_open(run: RowImport, row: _Row) -> Iterator[Conflict]:
    period = row.period

    def check(data_set: Json) -> Conflict | None:
        if run.rules.input_period_open(data_set, period):
            return None
        return run.conflict(row, "E7643", row.raw.period, data_set["id"])

    found = run.in_targets(row, check, strict=run.options.flag("strictDataSetInputPeriods"))
    yield from found
    data_sets = run.rules.data_sets_of(row.element["id"])
    if (
        not found
        and not run.force
        and data_sets
        and not any(run.rules.input_period_open(data_set, period) for data_set in data_sets)
    ):
        yield run.conflict(row, "E7644", row.raw.period)


def _file_exists(run: RowImport, row: _Row) -> Iterator[Conflict]:
    element = row.element
    if run.options.kind == "DELETE" and element["valueType"] in FILES:
        stored = run.values.get(run.new_value(row).key)
        if stored is None or stored.deleted:
            yield run.conflict(row, "E7645", row.raw.element)


_CHECKS: tuple[_Check, ...] = (
    _unit_in_reach,
    _value_valid,
    _combos_given,
    _strict,
    _attribute_fits,
    _not_locked,
    _not_in_future,
    _not_approved,
    _input_period_open,
    _file_exists,
)


def _trimmed(text: str | None) -> str | None:
    return (text.strip() or None) if text is not None else None

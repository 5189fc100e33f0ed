"""The import of data values of 43 and newer: by groups of one data set, all checks on, one upsert for each group.

Source: `DataEntryPipeline`, `DefaultDataEntryService` and `HibernateDataEntryStore` of dhis2-core; recordings
`data/import-*`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from dhis2w_sandbox.data.approval_store import ApprovalKey, Approvals
from dhis2w_sandbox.data.combos import combo_by_names
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, Identifiers, IdScheme
from dhis2w_sandbox.data.import_options import ImportOptions
from dhis2w_sandbox.data.import_summary import Summary, pipeline_conflict
from dhis2w_sandbox.data.payload import RawGroup, RawValue
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import problem, spelled
from dhis2w_sandbox.data.values import Audit, DataValue, Key, Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text, message
from dhis2w_sandbox.multi_text import options_in
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]
T = TypeVar("T")
K = TypeVar("K")

MOST_COMMENT = 5000
NO_GROUP = 'Cannot invoke "org.hisp.dhis.datavalue.DataEntryGroup.deletion()" because "group" is null'


class Refused(Exception):
    """What refuses a whole group, or, while it is decoded, the whole payload."""

    def __init__(self, code: str, *args: Any) -> None:
        super().__init__(code, *args)
        self.code = code
        self.values = args


@dataclass(frozen=True)
class EntryValue:
    """One value with the uids of what it belongs to; None is the default combo."""

    index: int
    element: str
    unit: str
    combo: str | None
    attribute: str | None
    period: Period
    value: str | None
    comment: str | None
    follow_up: bool | None
    deleted: bool | None

    @property
    def key_text(self) -> str:
        """The key as Java prints it."""
        return (
            f"DataValueKey[dataElement={self.element}, orgUnit={self.unit}, categoryOptionCombo={self.combo or 'null'},"
            f" attributeOptionCombo={self.attribute or 'null'}, period={self.period.iso}]"
        )

    def key(self, default_combo: str) -> Key:
        """The key under which it is stored."""
        return Key(
            self.element, self.period.iso, self.unit, self.combo or default_combo, self.attribute or default_combo
        )


@dataclass(frozen=True)
class Scope:
    """What is deleted before the values are stored."""

    units: list[str]
    periods: list[Period]
    elements: list[tuple[str, str | None, str | None]]
    """Data element, category and attribute option combo."""


@dataclass(frozen=True)
class EntryGroup:
    """Values of one data set."""

    data_set: str | None
    values: list[EntryValue]
    completion: tuple[RegistrationKey, Period, date] | None = None
    deletion: Scope | None = None


@dataclass(frozen=True)
class _Common:
    """What the values of a group have in common, the unit and attribute combo still in the sender's scheme."""

    data_set: str | None
    period: Period | None
    unit: str | None
    attribute: str | None
    options: ImportOptions


def silent(text: str) -> None:
    """Hear a step of an import, and tell nobody."""
    del text


class GroupImport:
    """One import by one user; `tell` hears of each step."""

    def __init__(
        self, server: Server, user: User, options: ImportOptions, tell: Callable[[str], None] = silent
    ) -> None:
        self.server = server
        self.user = user
        self.options = options
        self.rules = EntryRules(server, user)
        self.values = Values(server)
        self.identifiers = Identifiers(server.store)
        self.now = server.now()
        self._tell = tell

    def run(self, groups: list[RawGroup]) -> Summary:
        """Import groups, each on its own; what cannot be decoded is an ERROR for all."""
        shown = self.options.as_json(has_atomic=True)
        for group in groups:
            if group.dry_run is not None:
                self.options = replace(self.options, dry_run=group.dry_run)
                shown["dryRun"] = group.dry_run
        try:
            decoded = self._all_decoded(groups)
            if self.server.setting("dataEntryAutoGroup", default=False) in {True, "true"}:
                decoded = [part for group in decoded for part in self._split(group)]
        except Refused as refused:
            summary = Summary(shown, "ERROR")
            summary.add(pipeline_conflict(self.server, refused.code, refused.values, [-1]))
            return summary
        return self._import(decoded, Summary(shown))

    def _all_decoded(self, groups: list[RawGroup]) -> list[EntryGroup]:
        found: list[EntryGroup] = []
        for group in groups:
            common = f"[de= ou={group.unit or ''} pe={group.period or ''} aoc={group.attribute or ''}]"
            self._tell(f"Decoding group ds={group.data_set or '?'} {common}({len(group.values)} values)")
            found.append(self.decoded(group))
        if len(found) > 1:
            self._tell("Merging same dataset groups")
        return _merged(found)

    def _import(self, groups: list[EntryGroup], summary: Summary) -> Summary:
        completed: list[tuple[RegistrationKey, Period, date]] = []
        refused_any = False
        for group in groups:
            try:
                ignored = self._import_group(group, summary)
            except Refused as refused:
                refused_any = True
                indexes = [value.index for value in group.values]
                summary.add(pipeline_conflict(self.server, refused.code, refused.values, indexes))
                summary.rejected.update(indexes)
                if self.options.atomic:
                    summary.status = "ERROR"
                    return summary
                continue
            if group.completion is not None and not ignored:
                completed.append(group.completion)
        if not self.options.dry_run:
            self._complete(completed)
        days = {day for _, _, day in completed}
        summary.complete = days.pop().isoformat() if len(days) == 1 and len(completed) == len(groups) else "false"
        if refused_any:
            summary.status = "ERROR"
        elif summary.conflicts:
            summary.status = "WARNING" if summary.updated or summary.deleted else "ERROR"
        return summary

    def _import_group(self, group: EntryGroup, summary: Summary) -> int:
        """Store what is valid of a group, and return how many values are not."""
        is_deletion = self.options.kind == "DELETE"
        values = [replace(value, deleted=True) for value in group.values] if is_deletion else group.values
        if group.deletion is not None:
            self.check(group.data_set, _scope_values(group.deletion))
        errors: list[tuple[EntryValue, str, tuple[Any, ...]]] = []
        valid: list[EntryValue] = []
        if values:
            self._tell(f"Validating group {_described(group, values)}")
            data_set = self.check(group.data_set, values)
            valid = self.checked_values(data_set, values, errors)
            if self.options.atomic and errors:
                self._refuse_atomic(len(valid), len(values), errors)
        if group.deletion is not None:
            summary.deleted += self._delete_scope(group.deletion)
        if values:
            verb = "Deleting" if all(value.deleted for value in values) else "Upserting"
            self._tell(f"{verb} group {_described(group, valid)}")
        if not self.options.dry_run:
            self.store(valid)
        if is_deletion:
            summary.deleted += len(valid)
        else:
            summary.updated += len(valid)
        summary.ignored += len(errors)
        for value, code, args in errors:
            summary.conflicts.append(pipeline_conflict(self.server, code, args, [value.index]))
            summary.rejected.add(value.index)
        return len(errors)

    def _refuse_atomic(self, valid: int, entered: int, errors: list[tuple[EntryValue, str, tuple[Any, ...]]]) -> None:
        _, code, args = errors[0]
        if entered == 1:
            raise Refused(code, *args)
        raise Refused("E8000", valid, entered, message(self.server.version, code, *args))

    def _complete(self, rows: list[tuple[RegistrationKey, Period, date]]) -> None:
        name = self.user.username
        for key, period, day in rows:
            row = Registration(key, f"{day.isoformat()}T00:00:00.000", name, self.now, name, completed=True)
            Registrations(self.server).put(row, period)

    def _delete_scope(self, scope: Scope) -> int:
        default = self.rules.default_combo
        keys = [
            Key(element, period.iso, unit, combo or default, attribute or default)
            for element, combo, attribute in scope.elements
            for unit in scope.units
            for period in scope.periods
        ]
        rows = [(row, self.rules.period(key.period)) for key in keys if (row := self.values.get(key))]
        if not self.options.dry_run:
            gone = (
                (replace(row, value=None, deleted=True, last_updated=self.now, stored_by=self.user.username), period)
                for row, period in rows
                if period
            )
            self.values.put(gone)
        return len(rows)

    def store(self, values: Iterable[EntryValue]) -> None:
        """Write values over those with the same keys, deleted ones as deleted rows that keep their comment."""
        rows = list(values)
        default = self.rules.default_combo
        name = self.user.username
        audits: list[Audit] = []
        new: list[tuple[DataValue, Period]] = []
        for row in rows:
            key = row.key(default)
            old = self.values.get(key)
            deleted = bool(row.deleted)
            comment = old.comment if old and deleted and not old.deleted else row.comment
            created = old.created if old else self.now
            value = DataValue(key, row.value, comment, row.follow_up, deleted, name, created, self.now)
            new.append((value, row.period))
            kind = "DELETE" if deleted else "CREATE" if old is None else "UPDATE"
            audits.append(Audit(key, row.value, name, self.now, kind))
        self.values.put(new)
        self.values.audit(audits)

    # From identifiers of any scheme to uids.

    def decoded(self, group: RawGroup) -> EntryGroup:
        """A group with uids; Refused where one cannot be found, 500 where a period cannot be read."""
        options = self.options.with_schemes(group.schemes)
        own_period = self._period(group.period)
        data_set = self._found("dataSet", options.scheme("dataSetIdScheme"), group.data_set, "E8005", "E8004")
        day = _day(group.complete_date)
        if group.complete_date and day is None:
            raise Refused("E8008", group.complete_date)
        attribute = self._group_attribute(group, data_set, options)
        if day is not None and (group.data_set is None or group.unit is None or own_period is None):
            raise Refused("E8009")
        values = [
            self._value(index, raw, _Common(data_set, own_period, group.unit, attribute, options))
            for index, raw in enumerate(group.values)
        ]
        completion = None
        if day is not None and data_set and own_period:
            unit = self._named("organisationUnit", options.scheme("orgUnitIdScheme"), group.unit) or ""
            combo = self._named("categoryOptionCombo", options.scheme("attributeOptionComboIdScheme"), attribute)
            key = RegistrationKey(data_set, own_period.iso, unit, combo or self.rules.default_combo)
            completion = (key, own_period, day)
        return EntryGroup(data_set, values, completion, self._scope(group.deletion, options))

    def _group_attribute(self, group: RawGroup, data_set: str | None, options: ImportOptions) -> str | None:
        if group.attribute is not None or not group.attribute_options:
            return group.attribute
        if data_set is None:
            raise Refused("E8101", "*", java_map(group.attribute_options))
        document = self.rules.document("dataSet", data_set) or {}
        return combo_by_names(
            self.rules,
            linked(document, "categoryCombo") or "",
            group.attribute_options,
            options.scheme("categoryIdScheme"),
            options.scheme("categoryOptionIdScheme"),
        )

    def _value(self, index: int, raw: RawValue, common: _Common) -> EntryValue:
        options = common.options
        period = self._period(raw.period) or common.period
        if period is None:
            raise Refused("E8100", index, java_input(raw))
        element_name = raw.element
        if element_name is None:
            raise Refused("E8102", index, java_input(raw))
        element = self._found(
            "dataElement", options.scheme("dataElementIdScheme"), element_name, "E8103", "E8104", index
        )
        unit_name = raw.unit if raw.unit is not None else common.unit
        if unit_name is None:
            raise Refused("E8105", index, java_input(raw))
        unit = self._found("organisationUnit", options.scheme("orgUnitIdScheme"), unit_name, "E8107", "E8106", index)
        combo = self._value_combo(index, raw, common.data_set, element or "", options)
        scheme = options.scheme("attributeOptionComboIdScheme")
        own = self._found("categoryOptionCombo", scheme, raw.attribute or common.attribute, "E8110", "E8111", index)
        return EntryValue(
            index, element or "", unit or "", combo, own, period, raw.value, raw.comment, raw.follow_up, raw.deleted
        )

    def _value_combo(
        self, index: int, raw: RawValue, data_set: str | None, element: str, options: ImportOptions
    ) -> str | None:
        if raw.combo or raw.options is None:
            scheme = options.scheme("categoryOptionComboIdScheme")
            return self._found("categoryOptionCombo", scheme, raw.combo or None, "E8108", "E8109", index)
        if data_set is None:
            raise Refused("E8101", index, java_map(raw.options))
        document = self.rules.document("dataSet", data_set) or {}
        combo = combo_by_names(
            self.rules,
            self.rules.combo_category(document, element) or "",
            raw.options,
            options.scheme("categoryIdScheme"),
            options.scheme("categoryOptionIdScheme"),
        )
        if combo is None:
            raise Refused("E8108", index, java_map(raw.options))
        return combo

    def _scope(self, deletion: Json | None, options: ImportOptions) -> Scope | None:
        if deletion is None:
            return None

        def uid(type: str, scheme: str, name: str | None) -> str | None:
            return self._found(type, options.scheme(scheme), name, "E8034", "E8035")

        units = [uid("organisationUnit", "orgUnitIdScheme", name) or "" for name in deletion.get("orgUnits") or ()]
        periods = [period for text in deletion.get("periods") or () if (period := self._period(text))]
        elements = [
            (
                uid("dataElement", "dataElementIdScheme", row.get("dataElement")) or "",
                uid("categoryOptionCombo", "categoryOptionComboIdScheme", row.get("categoryOptionCombo")),
                uid("categoryOptionCombo", "attributeOptionComboIdScheme", row.get("attributeOptionCombo")),
            )
            for row in deletion.get("elements") or ()
        ]
        return Scope(units, periods, elements)

    def _named(self, type: str, scheme: IdScheme, name: str | None) -> str | None:
        """The uid that a name stands for; a uid stands for itself, whether there is such an object or not."""
        return name if name is None or scheme == UID else self.identifiers.uid(type, scheme, name)

    def _found(
        self, type: str, scheme: IdScheme, name: str | None, unknown: str, malformed: str, *index: int
    ) -> str | None:
        if name is None:
            return None
        uid = self._named(type, scheme, name)
        if uid is None:
            raise Refused(unknown, *index, name)
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]{10}", uid):
            raise Refused(malformed, *index, uid)
        return uid

    def _period(self, text: str | None) -> Period | None:
        if not text:
            return None
        period = self.rules.period(text)
        if period is None:
            raise Dhis2Refusal(500, NO_GROUP)
        return period

    def _split(self, group: EntryGroup) -> list[EntryGroup]:
        """A group without a data set by the first set of each element."""
        if group.data_set is not None:
            return [group]
        sets = {value.element: self.rules.data_sets_of(value.element) for value in group.values}
        homeless = [element for element, found in sets.items() if not found]
        if homeless:
            raise Refused("E8003", homeless)
        by_set: dict[str, list[EntryValue]] = {}
        for value in group.values:
            by_set.setdefault(sets[value.element][0]["id"], []).append(value)
        return [replace(group, data_set=uid, values=values) for uid, values in by_set.items()]

    # The checks of a group: the first that finds something refuses it.

    def check(self, data_set: str | None, values: list[EntryValue]) -> Json:
        """The data set of a group that may be entered; raises Refused."""
        uid = data_set or self._only_set(values)
        document = self.rules.document("dataSet", uid) or {"id": uid}
        if not self.user.is_super:
            self._check_access(document, values)
        self._check_keys(document, values)
        if not (self.options.flag("force") and self.user.is_super):
            self.check_timeliness(document, values)
        return document

    def _only_set(self, values: list[EntryValue]) -> str:
        elements = _distinct(value.element for value in values)
        found = sorted({row["id"] for element in elements for row in self.rules.data_sets_of(element)})
        if not found:
            raise Refused("E8003", elements)
        if len(found) > 1:
            raise Refused("E8002", found)
        return found[0]

    def _check_access(self, data_set: Json, values: list[EntryValue]) -> None:
        if "name" not in data_set or not self.rules.can_data_write("dataSet", data_set):
            raise Refused("E8010", data_set["id"])
        known = (value.unit for value in values if self.rules.path(value.unit))
        if closed := [unit for unit in _distinct(known) if not self.rules.in_hierarchy(unit)]:
            raise Refused("E8011", closed)
        combos = _distinct(combo for value in values for combo in (value.attribute, value.combo) if combo)
        options = {option["id"]: option for combo in combos for option in self.rules.category_options(combo)}
        if hidden := [uid for uid, row in options.items() if not self.rules.can_data_write("categoryOption", row)]:
            raise Refused("E8012", hidden)

    def _check_keys(self, data_set: Json, values: list[EntryValue]) -> None:
        rules, uid = self.rules, data_set["id"]
        elements = set(rules.elements_of(data_set))
        if strange := [element for element in _distinct(value.element for value in values) if element not in elements]:
            raise Refused("E8020", uid, strange)
        units = rules.units_of(data_set)
        if strange := [unit for unit in _distinct(value.unit for value in values) if unit not in units]:
            raise Refused("E8022", uid, strange)
        type = data_set["periodType"]
        if strange := _distinct(value.period.iso for value in values if value.period.type.name != type):
            raise Refused("E8021", uid, strange)
        attributes = rules.combos_of(linked(data_set, "categoryCombo") or "")
        used = _distinct(value.attribute or rules.default_combo for value in values)
        if strange := [combo for combo in used if combo not in attributes]:
            raise Refused("E8023", uid, strange)
        self._check_combos(data_set, values)
        self._check_units(values)

    def _check_combos(self, data_set: Json, values: list[EntryValue]) -> None:
        for element, used in _by((value.element, value.combo) for value in values).items():
            allowed = self.rules.combos_of(self.rules.combo_category(data_set, element) or "")
            if strange := [combo for combo in used if combo and combo not in allowed]:
                raise Refused("E8024", data_set["id"], element, strange)

    def _check_units(self, values: list[EntryValue]) -> None:
        for attribute, units in _by((value.attribute, value.unit) for value in values).items():
            tops = self.rules.attribute_units(attribute) if attribute else []
            if strange := [unit for unit in units if not all(self.rules.is_below(unit, top) for top in tops)]:
                raise Refused("E8025", attribute, strange)
        for unit, periods in _by((value.unit, value.period) for value in values).items():
            opens, closes = self.rules.open_span(self.rules.document("organisationUnit", unit) or {})
            outside = [
                period.iso
                for period in periods
                if (opens and period.start < opens) or (closes and period.start > closes)
            ]
            if outside:
                raise Refused("E8031", unit, outside)

    def check_timeliness(self, data_set: Json, values: list[EntryValue]) -> None:
        """Refused where the set cannot be entered now: expired, too early, outside its input periods, approved."""
        if data_set.get("dataInputPeriods"):
            # DHIS2 2.43 refuses the periods that are open, and takes those that are closed.
            refused = [
                period.iso
                for period in _distinct(value.period for value in values)
                if (windows := self.rules.windows(data_set, period)) is None or any(windows)
            ]
            if refused:
                raise Refused("E8030", data_set["id"], refused)
        elif not self.user.has_any(["F_EDIT_EXPIRED"]):
            self._check_expiry(data_set, values)
        self._check_approval(data_set, values)
        self._check_spans(values)

    def _check_expiry(self, data_set: Json, values: list[EntryValue]) -> None:
        pairs = _distinct((value.unit, value.period) for value in values)
        if data_set.get("expiryDays") and self.rules.has_exceptions(data_set):
            raise Dhis2Refusal(500, _VALID_IS_NULL)  # DHIS2 2.43 fails where there is any lock exception
        if late := _distinct(period.iso for _, period in pairs if self.rules.expired(data_set, period)):
            raise Refused("E8030", data_set["id"], late)
        last = self.rules.last_open(values[0].period.type.name, int(data_set.get("openFuturePeriods") or 0))
        if early := _distinct(period.iso for _, period in pairs if period.end > last.end):
            raise Refused("E8030", data_set["id"], early)

    def _check_approval(self, data_set: Json, values: list[EntryValue]) -> None:
        workflow = linked(data_set, "workflow")
        if not workflow:
            return
        approvals = Approvals(self.server)
        for attribute in _distinct(value.attribute for value in values if value.attribute):
            rows = [value for value in values if value.attribute == attribute]
            for unit in _distinct(value.unit for value in rows):
                periods = [
                    value.period.iso
                    for value in rows
                    if value.unit == unit and approvals.get(ApprovalKey(workflow, value.period.iso, unit, attribute))
                ]
                if periods:
                    raise Refused("E8033", attribute, unit, _distinct(periods))

    def _check_spans(self, values: list[EntryValue]) -> None:
        for attribute in _distinct(value.attribute for value in values if value.attribute):
            start, end = self.rules.attribute_span(attribute)
            periods = _distinct(value.period for value in values if value.attribute == attribute)
            outside = [
                period.iso for period in periods if (start and period.start < start) or (end and period.end > end)
            ]
            if outside:
                raise Refused("E8032", attribute, outside)

    def checked_values(
        self, data_set: Json, values: list[EntryValue], errors: list[tuple[EntryValue, str, tuple[Any, ...]]]
    ) -> list[EntryValue]:
        """The valid values in their stored spelling; adds the others to `errors`. Raises Refused for a double key."""
        by_key: dict[Key, list[EntryValue]] = {}
        for value in values:
            by_key.setdefault(value.key(self.rules.default_combo), []).append(value)
        double = next((rows for rows in by_key.values() if len(rows) > 1), None)
        if double:
            raise Refused("E8128", [value.index for value in double], double[0].key_text)
        if all(value.deleted for value in values):
            return values
        comment_is_enough = bool(data_set.get("commentAllowsEmptyValue") or data_set.get("noValueRequiresComment"))
        valid: list[EntryValue] = []
        for value in values:
            element = self.rules.document("dataElement", value.element) or {}
            row = replace(value, value=spelled(value.value, element["valueType"]))
            error = self._value_error(row, element, comment_is_enough=comment_is_enough)
            if error is None:
                valid.append(row)
            else:
                errors.append((row, *error))
        return valid

    def _value_error(
        self, row: EntryValue, element: Json, *, comment_is_enough: bool
    ) -> tuple[str, tuple[Any, ...]] | None:
        type: str = element["valueType"]
        if not row.value and not (row.deleted or (comment_is_enough and row.comment)):
            return ("E8121" if comment_is_enough else "E8120"), (row.index,)
        if row.value and (word := problem(row.value, type)):
            return "E8122", (row.index, row.value, type, word)
        if row.value and (options := linked(element, "optionSet")):
            known = self.rules.options_of(options)
            strange = next((part for part in options_in(row.value, type) if part not in known), None)
            if strange is not None:
                return "E8123", (row.index, strange, element["id"])
        if (comments := linked(element, "commentOptionSet")) and row.comment not in self.rules.options_of(comments):
            return "E8124", (row.index, row.comment)
        if row.comment and len(row.comment) > MOST_COMMENT:
            return "E8125", (row.index, MOST_COMMENT)
        return None


_VALID_IS_NULL = 'Cannot invoke "org.hisp.dhis.datavalue.DataEntryGroup.values()" because "valid" is null'


def java_map(values: dict[str, str | None]) -> str:
    """A map as Java prints it, its keys sorted."""
    return "{" + ", ".join(f"{key}={argument_text(value)}" for key, value in sorted(values.items())) + "}"


def java_input(raw: RawValue) -> str:
    """A value as Java prints it before it is decoded."""
    options = java_map(raw.options) if raw.options is not None else None
    row = {
        "dataElement": raw.element,
        "orgUnit": raw.unit,
        "categoryOptionCombo": raw.combo,
        "categoryOptions": options,
        "attributeOptionCombo": raw.attribute,
        "attributeCombo": None,
        "attributeOptions": None,
        "period": raw.period,
        "value": raw.value,
        "comment": raw.comment,
        "followUp": raw.follow_up,
        "deleted": raw.deleted,
    }
    return f"Input[{', '.join(f'{key}={argument_text(value)}' for key, value in row.items())}]"


def _merged(groups: list[EntryGroup]) -> list[EntryGroup]:
    """Groups of the same data set, one after the other, as one; indexes run through."""
    found: list[EntryGroup] = []
    for group in groups:
        last = found[-1] if found else None
        if last and last.data_set == group.data_set and not (last.completion or group.completion or group.deletion):
            start = len(last.values)
            more = [replace(value, index=start + place) for place, value in enumerate(group.values)]
            found[-1] = replace(last, values=last.values + more)
        else:
            found.append(group)
    return found


def _described(group: EntryGroup, values: list[EntryValue]) -> str:
    """A group as the story of a job tells it."""
    return f"ds={group.data_set or '?'} ({len(values)} values)"


def _scope_values(scope: Scope) -> list[EntryValue]:
    """The keys of a scope, as if they were values."""
    return [
        EntryValue(0, element, unit, combo, attribute, period, None, None, None, deleted=True)
        for element, combo, attribute in scope.elements
        for unit in scope.units
        for period in scope.periods
    ]


def _by(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """The distinct second parts for each first part, in order."""
    found: dict[K, dict[T, None]] = {}
    for key, value in pairs:
        found.setdefault(key, {})[value] = None
    return {key: list(values) for key, values in found.items()}


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None

"""`POST /api/completeDataSetRegistrations`: data sets are registered as complete, each for a period and a unit.

Source: `CompleteDataSetRegistrationController`, `DefaultCompleteDataSetRegistrationExchangeService` and
`ImportCompleteDataSetRegistrationsJob` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast
from xml.etree import ElementTree

from dhis2w_sandbox.bodies import unpacked, unsupported_media
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data import jackson_rows
from dhis2w_sandbox.data.combos import combo_asked
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.compulsory import missing_operands
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import Identifiers
from dhis2w_sandbox.data.import_options import ImportOptions, read_options
from dhis2w_sandbox.data.import_summary import Conflict, Summary
from dhis2w_sandbox.data.payload import Unreadable
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.row_readers import read_root, schemes_in
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.data.xml_messages import xml_message
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()

_JSON, _XML = "application/json", "application/xml"
_JAVA_CLASS = "org.hisp.dhis.dxf2.dataset.CompleteDataSetRegistrations"


@endpoints.add("POST", "/api/completeDataSetRegistrations", RECORDED, requires=["F_DATAVALUE_ADD"], suffixes=["xml"])
def register(call: Call) -> Reply:
    """Register data sets as complete, from JSON or XML, at once or as a job."""
    media = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if media not in {_JSON, _XML}:
        raise unsupported_media(call, call.headers.get("content-type", ""))
    options = read_options(call)
    shown = options.as_json(has_atomic=call.server.behaviour.enters_data_in_groups)
    if options.is_async:
        job = Job(call.server, "COMPLETE_DATA_SET_REGISTRATION_IMPORT", shown)
        job.start(lambda: _run_job(call, job, media, options))
        return job.reply(call)
    summary = _imported(call, media, options)
    summary.options = shown
    envelope = summary.envelope(call.server)
    if media == _XML:
        text = xml_message(envelope, type_is_attribute=call.server.behaviour.writes_type_as_attribute)
        return Reply.text(text, _XML, envelope["httpStatusCode"])
    return Reply.json(envelope, envelope["httpStatusCode"])


def _run_job(call: Call, job: Job, media: str, options: ImportOptions) -> None:
    job.tell("Complete data set registration import", dataType="PARAMETERS", data=job.parameters)
    for step in ("Loading file resource", "Loading file content", "Importing data"):
        job.tell(step)
    summary = _imported(call, media, options)
    counts = (
        f"{summary.imported} created, {summary.updated} updated, {summary.deleted} deleted, {summary.ignored} ignored"
    )
    job.tell(f"Import complete with status {summary.status}, {counts}", completed=True)
    job.summarize(summary.as_json())
    job.finish()


def _imported(call: Call, media: str, options: ImportOptions) -> Summary:
    """What comes of the body of a call; an ERROR where it cannot be read, or a row breaks the import."""
    body = unpacked(call.path, call.body)
    try:
        head, rows = _read_json(body) if media == _JSON else _read_xml(body)
        return _RegistrationImport(call, options, head).run(rows)
    except Unreadable as error:
        return Summary({}, "ERROR", f"The import process failed: {error}")
    except Dhis2Refusal as refusal:
        return Summary({}, "ERROR", f"The import process failed: {refusal.message}")


def _read_json(body: bytes) -> tuple[Json, list[Json]]:
    try:
        head = jackson_rows.read_object(body.decode("utf-8", "replace"), _JAVA_CLASS)
    except Unreadable as error:
        raise Unreadable(str(error).partition(": ")[2]) from error
    return head, cast("list[Json]", head.get("completeDataSetRegistrations") or [])


def _read_xml(body: bytes) -> tuple[Json, list[Json]]:
    root = read_root(body)
    rows = [_row(element) for element in root if element.tag.rpartition("}")[2] == "completeDataSetRegistration"]
    head: Json = dict(root.attrib)
    if "dryRun" in head:
        head["dryRun"] = head["dryRun"] == "true"
    return head, rows


def _row(element: ElementTree.Element) -> Json:
    row: Json = dict(element.attrib)
    if "completed" in row:
        row["completed"] = row["completed"].lower() == "true"
    return row


class _Refused(Exception):
    """A row that is not registered; what its conflict is about, and why."""

    def __init__(self, about: str | None, text: str) -> None:
        super().__init__(text)
        self.conflict = Conflict(text, {}, object=about)


class _RegistrationImport:
    def __init__(self, call: Call, options: ImportOptions, head: Json) -> None:
        self.call = call
        self.options = options.with_schemes(schemes_in(head))
        self.kind = head.get("importStrategy") or head.get("strategy") or options.kind
        self.dry_run = options.dry_run if head.get("dryRun") is None else bool(head["dryRun"])
        self.rules = EntryRules(call.server, call.user)
        self.identifiers = Identifiers(call.server.store)
        self.table = Registrations(call.server)
        self.summary = Summary({}, description="Import process complete.")

    def run(self, rows: list[Json]) -> Summary:
        for row in rows:
            try:
                self._register(row)
            except _Refused as refused:
                self.summary.conflicts.append(refused.conflict)
        done = self.summary.imported + self.summary.updated + self.summary.deleted
        self.summary.ignored = len(rows) - done
        if not done:
            self.summary.status = "ERROR"
        return self.summary

    def _register(self, row: Json) -> None:
        data_set, period, key = self._found(row)
        self._check(data_set, period, key)
        if not self._has_compulsory(data_set, key):
            return
        refusals = self._denials(data_set, key)
        if refusals:
            self.summary.conflicts += refusals
            return
        self._save(row, period, key)

    def _found(self, row: Json) -> tuple[Json, Period, RegistrationKey]:
        names = {name: _trimmed(row.get(name)) for name in ("dataSet", "period", "organisationUnit")}
        attribute = _trimmed(row.get("attributeOptionCombo")) or combo_asked(
            self.call, self.rules, _trimmed(row.get("cc")), _trimmed(row.get("cp"))
        )
        data_set = self._object("dataSet", "dataSetIdScheme", names["dataSet"])
        period = self._period(names["period"])
        unit = self._object("organisationUnit", "orgUnitIdScheme", names["organisationUnit"])
        combo = self._object("categoryOptionCombo", "attributeOptionComboIdScheme", attribute)
        if data_set is None:
            raise _Refused(row.get("dataSet"), "Data set not found or not accessible")
        if period is None:
            raise _Refused(row.get("period"), "Period not valid")
        if unit is None:
            raise _Refused(row.get("organisationUnit"), "Organisation unit not found or not accessible")
        if combo is None and self.options.flag("requireAttributeOptionCombo"):
            raise _Refused("Attribute option combo", "Attribute option combo is required but is not specified")
        key = RegistrationKey(
            data_set["id"], period.iso, unit["id"], combo["id"] if combo else self.rules.default_combo
        )
        return data_set, period, key

    def _object(self, type: str, parameter: str, name: str | None) -> Json | None:
        document = self.rules.document(type, self.identifiers.uid(type, self.options.scheme(parameter), name))
        return document if document is not None and self.rules.can_read(type, document) else None

    def _period(self, text: str | None) -> Period | None:
        if text is None or not self.call.server.behaviour.enters_data_in_groups:
            return self.rules.period(text)
        try:
            return strict_period(self.rules, text)
        except Dhis2Refusal as refusal:
            raise Unreadable(f"java.lang.IllegalArgumentException: {refusal.message}") from refusal

    def _check(self, data_set: Json, period: Period, key: RegistrationKey) -> None:
        if not self.rules.in_hierarchy(key.unit):
            raise _Refused(key.unit, f"Organisation unit is not in hierarchy of user: {self.call.user.username}")
        if self.options.flag("strictAttributeOptionCombos"):
            self._check_category_combo(data_set, key)
        start, end = self.rules.attribute_span(key.attribute)
        if (start and start > period.start) or (end and end < period.end):
            text = f"Period: {period.iso} is not within range of attribute option combo: {key.attribute}"
            raise _Refused(key.unit, text)
        if not all(self.rules.is_below(key.unit, units) for units in self.rules.attribute_units(key.attribute)):
            text = f"Organisation unit: {key.unit} is not valid for attribute option combo {key.attribute}"
            raise _Refused(key.unit, text)
        if self.options.flag("strictPeriods") and data_set["periodType"] != period.type.name:
            text = f"Period type of period: {period.iso} is not equal to the period type of data set: "
            raise _Refused(period.iso, f"{text}[{data_set['periodType']}]")
        if self.options.flag("strictOrganisationUnits") and key.unit not in self.rules.units_of(data_set):
            raise _Refused(key.data_set, f"Data set {key.data_set} is not assigned to organisation unit {key.unit}")

    def _check_category_combo(self, data_set: Json, key: RegistrationKey) -> None:
        own = linked(self.rules.document("categoryOptionCombo", key.attribute) or {}, "categoryCombo")
        wanted = linked(data_set, "categoryCombo")
        if own != wanted:
            raise _Refused(own, f"Attribute option combo: {own} must have category combo: {wanted}")

    def _has_compulsory(self, data_set: Json, key: RegistrationKey) -> bool:
        """Whether nothing that is compulsory is missing, or the set does without; each missing one is a conflict."""
        missing = missing_operands(self.rules, data_set, key)
        for name in missing:
            text = f"{name} needs to be filled. It is compulsory."
            self.summary.conflicts.append(Conflict(text, {}, object="dataElementOperand"))
        return not missing or not data_set.get("compulsoryFieldsCompleteOnly")

    def _denials(self, data_set: Json, key: RegistrationKey) -> list[Conflict]:
        if self.call.user.is_super:
            return []
        texts: list[str] = []
        if not self.rules.can_data_write("dataSet", data_set):
            texts.append(f"User does not have write access for DataSet: {key.data_set}")
        texts += [
            f"User has no data write access for CategoryOption: {option['id']}"
            for option in self.rules.category_options(key.attribute)
            if not self.rules.can_data_write("categoryOption", option)
        ]
        return [Conflict(text, {}, object="dataSet") for text in texts]

    def _save(self, row: Json, period: Period, key: RegistrationKey) -> None:
        exists = self.table.get(key) is not None and not self.options.flag("skipExistingCheck")
        if exists and self.kind == "DELETE":
            self.summary.deleted += 1
            if not self.dry_run:
                self.table.delete(key)
            return
        wanted = {"CREATE_AND_UPDATE", "SYNC", "UPDATE" if exists else "CREATE"}
        if self.kind not in wanted:
            return
        if exists:
            self.summary.updated += 1
        else:
            self.summary.imported += 1
        if not self.dry_run:
            self.table.put(self._registration(row, key), period)

    def _registration(self, row: Json, key: RegistrationKey) -> Registration:
        name = self.call.user.username
        date = _trimmed(row.get("date"))
        day = f"{date[:10]}T00:00:00.000" if date else self.call.server.now()
        stored_by, updated_by = (_trimmed(row.get(key)) or name for key in ("storedBy", "lastUpdatedBy"))
        completed = row.get("completed")
        return Registration(key, day, stored_by, day, updated_by, completed is None or bool(completed))


def _trimmed(value: Any) -> str | None:
    return (str(value).strip() or None) if value is not None else None

"""One tracker import from its first check to its report.

Source: `DefaultTrackerImportService`, `DefaultValidationService` and `PersistablesFilter` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.bundle import Bundle, prepare
from dhis2w_sandbox.tracker.deleting import delete
from dhis2w_sandbox.tracker.enrollment_checks import EnrollmentChecks
from dhis2w_sandbox.tracker.entity_checks import EntityChecks
from dhis2w_sandbox.tracker.event_checks import EventChecks
from dhis2w_sandbox.tracker.import_options import ImportOptions
from dhis2w_sandbox.tracker.import_report import completed, refused, sizes_after
from dhis2w_sandbox.tracker.payload import Payload, Sent
from dhis2w_sandbox.tracker.persisting import Persister
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, RELATIONSHIP, TRACKED_ENTITY
from dhis2w_sandbox.tracker.relationship_checks import NAMES, RelationshipChecks
from dhis2w_sandbox.tracker.reporter import FailFast, Reporter
from dhis2w_sandbox.tracker.rules.effects import RuleEffects
from dhis2w_sandbox.tracker.value_checks import ValueChecks
from dhis2w_sandbox.user import User

Json = dict[str, Any]

Tell = Callable[[str], None]


class Import:
    """An import.

    Args:
        server: where it goes.
        user: who sends it.
        options: how it is to go.
        tell: told of each stage as it begins: the story of a job.
    """

    def __init__(self, server: Server, user: User, options: ImportOptions, tell: Tell = lambda _: None) -> None:
        self._server = server
        self._user = user
        self._options = options
        self._tell = tell

    def run(self, payload: Payload) -> Json:
        """Check and store the payload; the report has every warning in it."""
        options = self._options
        self._tell("Running PreHeat")
        bundle = Bundle(self._server, self._user, options, payload)
        counts_first = not self._server.behaviour.splits_events
        sizes = payload.sizes()
        if counts_first:
            self._tell("Calculating Payload Size")
        self._tell("Running PreProcess")
        prepare(bundle)
        self._tell("Running Validation")
        reporter = Reporter(self._server.version, fail_fast=options.validation_mode == "FAIL_FAST")
        if not self._skips_checks:
            self._validate(bundle, reporter)
        if not options.skips_rules and not options.deletes:
            self._apply_rules(bundle, reporter)
        if not counts_first:
            self._tell("Calculating Payload Size")
            sizes = sizes_after(reporter.errors, payload.sizes())
        if reporter.errors and options.atomic_mode == "ALL":
            return refused(reporter.errors, reporter.warnings, sizes)
        self._tell("Commit Transaction")
        types = []
        if not options.is_dry_run:
            with self._server.store.transaction():
                types = delete(bundle) if options.deletes else Persister(bundle).persist()
        self._tell("PostCommit")
        return completed(reporter.errors, reporter.warnings, sizes, types)

    @property
    def _skips_checks(self) -> bool:
        return self._options.validation_mode == "SKIP" and self._user.is_super

    def _validate(self, bundle: Bundle, reporter: Reporter) -> None:
        values = ValueChecks(bundle, reporter)
        entities, enrollments = EntityChecks(bundle, reporter, values), EnrollmentChecks(bundle, reporter, values)
        relationships = RelationshipChecks(bundle, reporter)
        try:
            for entity in bundle.payload.entities:
                entities.check(entity)
            for enrollment in bundle.payload.enrollments:
                enrollments.check(enrollment)
            EventChecks(bundle, reporter, values).check_all()
            for relationship in bundle.payload.relationships:
                relationships.check(relationship)
        except FailFast:
            pass
        keep_writable(bundle, reporter)

    def _apply_rules(self, bundle: Bundle, reporter: Reporter) -> None:
        """Let program rules refuse, warn and assign, and check again what they assigned."""
        self._tell("Running Rule Engine")
        effects = RuleEffects(bundle)
        self._tell("Running Rule Engine Validation")
        if self._skips_checks:
            return
        found = Reporter(self._server.version, fail_fast=self._options.validation_mode == "FAIL_FAST")
        values = ValueChecks(bundle, found)
        entities, enrollments = EntityChecks(bundle, found, values), EnrollmentChecks(bundle, found, values)
        try:
            for entity in bundle.payload.entities:
                entities.attributes(entity)
            for enrollment in bundle.payload.enrollments:
                effects.apply_to_enrollment(enrollment, found)
                enrollments.attributes(enrollment)
            for event in list(bundle.payload.events):
                effects.apply_to_event(event, found)
                values.data_values(event)
        except FailFast:
            pass
        keep_writable(bundle, found)
        reporter.errors |= found.errors
        reporter.warnings |= found.warnings


def keep_writable(bundle: Bundle, reporter: Reporter) -> None:
    """Leave in the bundle what can be written: what is right, and hangs on nothing that is not.

    A child of a refused object gets E5000; what hangs on that child only disappears.
    """
    payload = bundle.payload
    if bundle.options.deletes:
        payload.relationships = [row for row in payload.relationships if not reporter.is_invalid(row)]
        payload.events = [row for row in payload.events if not reporter.is_invalid(row)]
        payload.enrollments = [row for row in payload.enrollments if not reporter.is_invalid(row)]
        payload.entities = [row for row in payload.entities if not reporter.is_invalid(row)]
        return
    chosen: set[tuple[str, str]] = set()
    refused_before = set(reporter.invalid)

    def writable(item: Sent, parents: Iterable[tuple[str, str]]) -> bool:
        if (item.kind, item.uid) in refused_before:
            return False
        rows = list(parents)
        if all(parent in chosen or _is_stored(bundle, parent) for parent in rows):
            chosen.add((item.kind, item.uid))
            return True
        for kind, uid in rows:
            if (kind, uid) in refused_before:
                reporter.refuse_child(item, NAMES[item.kind], NAMES[kind], uid)
        return False

    payload.entities = [row for row in payload.entities if writable(row, ())]
    payload.enrollments = [
        row for row in payload.enrollments if writable(row, [(TRACKED_ENTITY, row.tracked_entity or "")])
    ]
    payload.events = [
        row for row in payload.events if writable(row, [] if row.single else [(ENROLLMENT, row.enrollment or "")])
    ]
    payload.relationships = [
        row
        for row in payload.relationships
        if writable(row, [end for side in (row.source, row.target) if side for end in side.named])
    ]


def _is_stored(bundle: Bundle, item: tuple[str, str]) -> bool:
    kind, uid = item
    tables = {
        TRACKED_ENTITY: bundle.records.tracked_entities,
        ENROLLMENT: bundle.records.enrollments,
        EVENT: bundle.records.events,
        RELATIONSHIP: bundle.records.relationships,
    }
    return tables[kind].get(uid) is not None

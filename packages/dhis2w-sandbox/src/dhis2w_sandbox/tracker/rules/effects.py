"""What program rules do to an import: they refuse, warn, assign values, make values mandatory and schedule events.

Source: `DefaultProgramRuleService` and the rule action executors of dhis2-core; recordings `tracker/program-rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dhis2w_sandbox.data.identifiers import IdScheme
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.tracker.bundle import Bundle, is_registration
from dhis2w_sandbox.tracker.payload import Identifier, SentEnrollment, SentEvent, SentValue
from dhis2w_sandbox.tracker.records import Event
from dhis2w_sandbox.tracker.reporter import Reporter
from dhis2w_sandbox.tracker.rules.expression import ExpressionError, evaluate, number, parse, text, truth
from dhis2w_sandbox.tracker.rules.program_rules import ProgramRules, rules_of
from dhis2w_sandbox.tracker.rules.rule_data import RuleData, RuleEnrollment, RuleEvent
from dhis2w_sandbox.tracker.value_checks import attributes_of, checks_values, emptied_values, missing_values

Json = dict[str, Any]

ATTRIBUTE, ELEMENT = "trackedEntityAttribute", "dataElement"


@dataclass(frozen=True)
class Effect:
    """One action of a rule whose condition holds."""

    type: str
    """DHIS2's `ProgramRuleActionType`, or ERROR where the rule could not be worked out."""
    rule: str
    data: str | None
    """What the action's expression comes to; None where it has none."""
    field: str | None
    """The data element, attribute or program stage that the action is about."""
    content: str | None

    def message(self, *, names_missing_field: bool) -> str:
        """What a refusal or a warning says; an action about no field may say so."""
        field = f"({self.field or ''})" if self.field or names_missing_field else None
        return " ".join(part for part in (self.content, self.data or "", field) if part is not None)


class RuleEffects:
    """The effects of all rules on the objects of an import, worked out before any of them is carried out."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._store = bundle.store
        self._on_enrollments: dict[str, list[Effect]] = {}
        self._on_events: dict[tuple[str, bool], list[Effect]] = {}
        self._scheduled: set[str] = set()
        self._rules: dict[str, ProgramRules] = {}
        self._seen: dict[tuple[str, bool], RuleEvent] = {}
        self._around: dict[str, list[RuleEvent]] = {}
        self._sent = _by_place(bundle)
        for enrollment in bundle.payload.enrollments:
            rules = self._rules_of(bundle.program(enrollment) or {})
            if rules.rules:
                data = self._data(rules, self._sent_enrollment(enrollment), None)
                self._on_enrollments[enrollment.uid] = self._effects(rules, data, None)
        for event in bundle.payload.events:
            rules = self._rules_of(bundle.program(event) or {})
            if rules.rules:
                data = self._data(rules, self._enrollment_of(event), event)
                self._on_events[event.uid, event.single] = self._effects(rules, data, event)

    def apply_to_enrollment(self, enrollment: SentEnrollment, reporter: Reporter) -> None:
        """Carry out the effects on an enrollment."""
        for effect in self._on_enrollments.get(enrollment.uid, []):
            if effect.type == "ASSIGN":
                self._assign_attribute(enrollment, effect, reporter)
            elif effect.type == "SETMANDATORYFIELD":
                self._require_attribute(enrollment, effect, reporter)
            elif effect.type == "SCHEDULEEVENT":
                self._schedule(enrollment, enrollment.uid, Identifier(IdScheme(), None), effect, reporter)
            else:
                self._speak(enrollment, effect, reporter)

    def apply_to_event(self, event: SentEvent, reporter: Reporter) -> None:
        """Carry out the effects on an event, where its values count."""
        stage = self._bundle.stage(event) or {}
        if not checks_values(event, stage):
            return
        elements = {row["dataElement"]["id"] for row in stage.get("programStageDataElements") or ()}
        for effect in self._on_events.get((event.uid, event.single), []):
            if effect.type == "SCHEDULEEVENT":
                if event.enrollment and not event.single:
                    self._schedule(event, event.enrollment, event.attribute_option_combo, effect, reporter)
            elif effect.field is not None and effect.field not in elements:
                continue
            elif effect.type == "ASSIGN":
                self._assign_value(event, effect, reporter)
            elif effect.type == "SETMANDATORYFIELD":
                self._require_value(event, stage, effect, reporter)
            else:
                self._speak(event, effect, reporter)

    def _effects(self, rules: ProgramRules, data: RuleData, event: SentEvent | None) -> list[Effect]:
        """The actions of the program's rules whose condition holds, by priority."""
        stage = (self._bundle.stage(event) or {}).get("id") if event else None
        effects: list[Effect] = []
        for rule in rules.rules:
            at = linked(rule, "programStage")
            if at is not None and at != stage:
                continue
            try:
                if truth(evaluate(parse(rule.get("condition") or "true"), data)):
                    actions = self._actions(rule, event)
                    effects += [effect for action in actions for effect in self._effect(rule, action, data)]
            except ExpressionError as error:
                effects.append(_failure(rule, error))
        return effects

    def _rules_of(self, program: Json) -> ProgramRules:
        uid = program.get("id", "")
        if uid not in self._rules:
            self._rules[uid] = rules_of(self._store, program)
        return self._rules[uid]

    def _actions(self, rule: Json, event: SentEvent | None) -> list[Json]:
        """A rule's actions on events or on enrollments: those about the other's fields are left out."""
        foreign = "trackedEntityAttribute" if event else "dataElement"
        rows = [self._store.get("programRuleAction", row["id"]) or {} for row in rule.get("programRuleActions") or ()]
        return [
            row for row in rows if linked(row, foreign) is None or linked(row, "dataElement" if event else ATTRIBUTE)
        ]

    def _effect(self, rule: Json, action: Json, data: RuleData) -> list[Effect]:
        type = action.get("programRuleActionType") or ""
        if type not in _ACTIONS:
            return []
        content = action.get("content")
        field = linked(action, "dataElement") or linked(action, "trackedEntityAttribute")
        if type == "SCHEDULEEVENT":
            field = linked(action, "programStage")
        source = action.get("data")
        value = evaluate(parse(source), data) if source and type != "SETMANDATORYFIELD" else None
        if type == "ASSIGN":
            if content and content.startswith("#{"):
                data.assign(content[2:-1], value)
            if field is None:
                return []
        return [Effect(type, rule["id"], text(value) if source else None, field, content)]

    def _data(self, rules: ProgramRules, enrollment: RuleEnrollment | None, event: SentEvent | None) -> RuleData:
        events = self._events_around(enrollment, rules.program)
        seen = self._sent_event(event) if event else None
        today = self._bundle.server.now()[:10]
        user = self._bundle.user
        return RuleData(self._store, user, rules, today, enrollment=enrollment, event=seen, events=events)

    def _events_around(self, enrollment: RuleEnrollment | None, program: Json) -> list[RuleEvent]:
        """All events that a rule can look at, latest first: those sent, and of an enrollment those that are stored."""
        place = enrollment.uid if enrollment else program["id"]
        if place not in self._around:
            sent = self._sent.get(place, [])
            uids = {event.uid for event in sent}
            stored = self._bundle.records.events_of(enrollment.uid) if enrollment else []
            events = [self._sent_event(event) for event in sent]
            events += [_stored_event(event) for event in stored if event.uid not in uids]
            self._around[place] = sorted(events, key=lambda row: (row.date, row.created), reverse=True)
        return self._around[place]

    def _enrollment_of(self, event: SentEvent) -> RuleEnrollment | None:
        if event.single or not is_registration(self._bundle.program(event) or {}):
            return None
        sent = self._bundle.payload.enrollment(event.enrollment)
        if sent is not None:
            return self._sent_enrollment(sent)
        stored = self._bundle.stored_enrollment(event.enrollment)
        if stored is None:
            return None
        attributes = self._attributes(stored.tracked_entity, [])
        enrolled, occurred = stored.enrolled_at[:10], (stored.occurred_at or stored.enrolled_at)[:10]
        return RuleEnrollment(stored.uid, stored.status, enrolled, occurred, stored.unit, attributes)

    def _sent_enrollment(self, enrollment: SentEnrollment) -> RuleEnrollment:
        enrolled = (enrollment.enrolled_at or "")[:10]
        occurred = (enrollment.occurred_at or enrollment.enrolled_at or "")[:10]
        unit = (self._bundle.unit(enrollment) or {}).get("id", "")
        attributes = self._attributes(enrollment.tracked_entity, enrollment.attributes)
        return RuleEnrollment(enrollment.uid, enrollment.status, enrolled, occurred, unit, attributes)

    def _attributes(self, tracked_entity: str | None, own: list[SentValue]) -> dict[str, str]:
        """The attribute values of an entity: stored ones, over them what was sent with it and its enrollment."""
        stored = self._bundle.stored_entity(tracked_entity)
        rows = stored.attributes if stored else ()
        values = {row.attribute: row.value for row in rows if row.value is not None}
        sent = self._bundle.payload.entity(tracked_entity)
        for row in [*(sent.attributes if sent else ()), *own]:
            attribute = self._bundle.find(ATTRIBUTE, row.field)
            if attribute and row.value is not None:
                values[attribute["id"]] = row.value
        return values

    def _sent_event(self, event: SentEvent) -> RuleEvent:
        key = event.uid, event.single
        if key not in self._seen:
            self._seen[key] = self._read_event(event)
        return self._seen[key]

    def _read_event(self, event: SentEvent) -> RuleEvent:
        stored = self._bundle.stored_event(event)
        values: dict[str, str] = {}
        if stored is not None and self._bundle.behaviour.rules_see_stored_values:
            values = {row.element: row.value for row in stored.values}
        for row in event.values:
            element = self._bundle.find(ELEMENT, row.field)
            if element and row.value is not None:
                values[element["id"]] = row.value
            elif element:
                values.pop(element["id"], None)
        return RuleEvent(
            event.uid,
            (self._bundle.stage(event) or {}).get("id", ""),
            event.status,
            (event.occurred_at or event.scheduled_at or "")[:10],
            stored.created_at if stored else self._bundle.server.now(),
            (self._bundle.unit(event) or {}).get("id", ""),
            (event.scheduled_at or "")[:10] or None,
            (event.completed_at or "")[:10] or None,
            values,
        )

    @property
    def _overwrites(self) -> bool:
        return bool(self._bundle.server.setting("ruleEngineAssignOverwrite", False))

    def _assign_value(self, event: SentEvent, effect: Effect, reporter: Reporter) -> None:
        field = effect.field or ""
        element = self._bundle.get(ELEMENT, field)
        sent = next((row for row in event.values if self._bundle.names(row.field, ELEMENT, field)), None)
        if sent is None or self._overwrites or _same(effect.data, sent.value, element):
            if sent is None:
                scheme = self._bundle.options.schemes.data_element
                event.values.append(SentValue(self._bundle.identifier(ELEMENT, field, scheme), effect.data))
            else:
                sent.value = effect.data
            reporter.warn(event, "E1308", effect.rule, field, event.uid)
        else:
            reporter.error(event, "E1307", effect.rule, field, effect.data)

    def _assign_attribute(self, enrollment: SentEnrollment, effect: Effect, reporter: Reporter) -> None:
        field = effect.field or ""
        attribute = self._bundle.get(ATTRIBUTE, field)
        entity = self._bundle.payload.entity(enrollment.tracked_entity)
        rows = [*(entity.attributes if entity else ()), *enrollment.attributes]
        named = [row for row in rows if self._bundle.names(row.field, ATTRIBUTE, field)]
        if not named or self._overwrites or _same(effect.data, named[0].value, attribute):
            if named:
                named[0].value = effect.data
            else:
                scheme = self._bundle.options.schemes.general
                name = self._bundle.identifier(ATTRIBUTE, field, scheme)
                enrollment.attributes.append(SentValue(name, effect.data))
            reporter.warn(enrollment, "E1310", effect.rule, field, enrollment.tracked_entity)
        else:
            reporter.error(enrollment, "E1309", effect.rule, field, effect.data)

    def _require_value(self, event: SentEvent, stage: Json, effect: Effect, reporter: Reporter) -> None:
        field = effect.field or ""
        scheme = self._bundle.options.schemes.data_element
        name = self._bundle.identifier(ELEMENT, field, scheme).text
        if emptied_values(self._bundle, event, stage, [field]):
            reporter.error(event, "E1314", effect.rule, name)
        elif missing_values(self._bundle, event, stage, [field]):
            reporter.error(event, "E1301", effect.rule, name)

    def _require_attribute(self, enrollment: SentEnrollment, effect: Effect, reporter: Reporter) -> None:
        field = effect.field or ""
        name = self._bundle.identifier(ATTRIBUTE, field, self._bundle.options.schemes.general).text
        sent = [row for row in enrollment.attributes if self._bundle.names(row.field, ATTRIBUTE, field)]
        if not sent and field not in attributes_of(self._bundle, enrollment.tracked_entity):
            reporter.error(enrollment, "E1306", effect.rule, name)
        elif sent and not sent[0].value:
            reporter.error(enrollment, "E1317", effect.rule, name)

    def _speak(self, item: SentEnrollment | SentEvent, effect: Effect, reporter: Reporter) -> None:
        """Refuse or warn, those on completion only then."""
        if effect.type in {"ERRORONCOMPLETE", "WARNINGONCOMPLETE"} and item.status != "COMPLETED":
            return
        say = reporter.error if effect.type in {"SHOWERROR", "ERRORONCOMPLETE"} else reporter.warn
        names_missing = not self._bundle.behaviour.prints_constants
        say(item, "E1300", effect.rule, effect.message(names_missing_field=names_missing))

    def _schedule(
        self,
        item: SentEnrollment | SentEvent,
        enrollment: str,
        combo: Identifier,
        effect: Effect,
        reporter: Reporter,
    ) -> None:
        """Schedule an event at a stage that has none yet (43 and newer).

        The stored events are looked at only where the import has an event of the enrollment. What counts is whether
        the user may edit the stage, not whether they enter its data.
        """
        stage, day, bundle = effect.field or "", effect.data or "", self._bundle
        if stage in self._scheduled:
            return
        stored = bundle.records.events_of(enrollment) if enrollment in self._sent else []
        schema, document = bundle.server.schemas.by_singular["programStage"], self._store.get("programStage", stage)
        if any(row.stage == stage and row.status != "SKIPPED" for row in stored):
            reporter.warn(item, "E1322", effect.rule, stage, enrollment)
        elif document is not None and not access.can_write(bundle.user, schema, document):
            reporter.warn(item, "E1321", effect.rule, bundle.user.username, stage)
        elif not _is_date(day):
            reporter.warn(item, "E1319", effect.rule, day)
        else:
            event = SentEvent(
                uid=bundle.server.new_uid(),
                enrollment=enrollment,
                program=item.program,
                stage=Identifier(IdScheme(), stage),
                unit=item.unit,
                attribute_option_combo=combo,
                category_options=[],
                status="SCHEDULE",
                scheduled_at=f"{day}T00:00:00.000",
            )
            self._scheduled.add(stage)
            bundle.payload.events.append(event)
            bundle.decide(event, None)
            reporter.warn(item, "E1320", effect.rule, event.uid, day)


_ACTIONS = frozenset(
    {
        "ASSIGN",
        "SHOWWARNING",
        "WARNINGONCOMPLETE",
        "SHOWERROR",
        "ERRORONCOMPLETE",
        "SETMANDATORYFIELD",
        "SCHEDULEEVENT",
    }
)


def _by_place(bundle: Bundle) -> dict[str, list[SentEvent]]:
    """The events that were sent, by their enrollment, single ones by their program."""
    found: dict[str, list[SentEvent]] = {}
    for event in bundle.payload.events:
        place = (bundle.program(event) or {}).get("id") if event.single else event.enrollment
        found.setdefault(place or "", []).append(event)
    return found


def _failure(rule: Json, error: ExpressionError) -> Effect:
    named = f"Rule {rule.get('name')} with id {rule['id']} with condition ({rule.get('condition')})"
    said = f"{named} raised an error: {error}"
    return Effect("ERROR", rule["id"], None, None, said)


def _stored_event(event: Event) -> RuleEvent:
    return RuleEvent(
        event.uid,
        event.stage,
        event.status,
        (event.occurred_at or event.scheduled_at or "")[:10],
        event.created_at,
        event.unit,
        (event.scheduled_at or "")[:10] or None,
        (event.completed_at or "")[:10] or None,
        {row.element: row.value for row in event.values},
    )


def _same(assigned: str | None, sent: str | None, field: Json) -> bool:
    if assigned == sent:
        return True
    if field.get("valueType") not in NUMERIC or not assigned or not sent:
        return False
    try:
        return number(assigned) == number(sent)
    except ExpressionError:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10

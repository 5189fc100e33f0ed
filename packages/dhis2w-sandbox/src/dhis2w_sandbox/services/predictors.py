"""`/api/predictors/…/run` and `/api/predictorGroups/…/run`: values that are worked out of others, and entered.

A predictor whose expression needs samples of earlier periods (`avg(…)`, `sum(…)`) is not here.
Source: `PredictorController`, `PredictorGroupController`, `DefaultPredictionService`, `PredictionWriter` of
dhis2-core; recordings `services/predictor-run`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.item_expressions import NEVER_SKIP, SKIP_IF_ALL, ItemExpression, cells_of, read, values_where
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.data.periods import TYPES, Period, between
from dhis2w_sandbox.data.values import DataValue, Key, Values, among
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, java_date, message
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.validation import description_reply
from dhis2w_sandbox.tasks import Job
from dhis2w_sandbox.tracker.rules.expression import ExpressionError

Json = dict[str, Any]

endpoints = Endpoints()

_MAY_RUN = ["F_PREDICTOR_RUN"]
_INTEGERS = {"INTEGER", "INTEGER_POSITIVE", "INTEGER_NEGATIVE", "INTEGER_ZERO_OR_POSITIVE"}


@endpoints.add("POST", "/api/predictors/{uid:uid}/run", RECORDED, requires=_MAY_RUN)
@endpoints.add("PUT", "/api/predictors/{uid:uid}/run", RECORDED, requires=_MAY_RUN)
def run(call: Call) -> Reply:
    """Run a predictor; one that there is not is a 500."""
    return _run(call, [call.server.store.get("predictor", call.parts["uid"])])


@endpoints.add("POST", "/api/predictors/run", RECORDED, requires=_MAY_RUN)
@endpoints.add("PUT", "/api/predictors/run", RECORDED, requires=_MAY_RUN)
def run_all(call: Call) -> Reply:
    """Run every predictor."""
    return _run(call, list(call.server.store.all("predictor")))


@endpoints.add("POST", "/api/predictorGroups/{uid:uid}/run", RECORDED, requires=_MAY_RUN)
@endpoints.add("PUT", "/api/predictorGroups/{uid:uid}/run", SOURCE, requires=_MAY_RUN)
def run_group(call: Call) -> Reply:
    """Run the predictors of a group."""
    group: Json = call.server.store.get("predictorGroup", call.parts["uid"]) or {}
    return _run(call, [call.server.store.get("predictor", row["id"]) for row in group.get("predictors") or ()])


@endpoints.add("POST", "/api/predictors/expression/description", RECORDED)
@endpoints.add("POST", "/api/predictors/skipTest/description", RECORDED)
def describe(call: Call) -> Reply:
    """Put names in the place of the identifiers of an expression; one that cannot be read is ERROR with 200."""
    return description_reply(call)


@dataclass
class Counts:
    """What became of predicted values, over some predictors."""

    predictors: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


@endpoints.add("POST", "/api/predictions", SOURCE, requires=_MAY_RUN)
@endpoints.add("PUT", "/api/predictions", SOURCE, requires=_MAY_RUN)
def predict(call: Call) -> Reply:
    """Run predictors and those of groups, or all, at once or as a job, and count what became of the values."""
    start, end = _span(call)
    names = {name: listed(call, name) for name in ("predictor", "predictorGroup")}
    entry = EntryRules(call.server, call.user)
    if call.flag("async"):
        parameters: Json = {"relativeStart": 0, "relativeEnd": 0}
        parameters |= {f"{name}s": uids for name, uids in names.items() if uids}
        job = Job(call.server, "PREDICTOR", parameters)
        job.start(lambda: _run_job(job, entry, names, (start, end)))
        return job.reply(call)
    counts = _predict_all(entry, _chosen(entry, names), start, end)
    response: Json = {"status": "SUCCESS", **asdict(counts), "responseType": "PredictionSummary"}
    return Reply.message(200, response=response)


def _chosen(entry: EntryRules, names: dict[str, list[str]]) -> list[Json]:
    """The predictors that are named, then those of the groups; all where nothing is named."""
    if not any(names.values()):
        return entry.store.all("predictor")
    groups = (entry.document("predictorGroup", uid) or {} for uid in names["predictorGroup"])
    members = [row["id"] for group in groups for row in group.get("predictors") or ()]
    return [row for uid in [*names["predictor"], *members] if (row := entry.document("predictor", uid))]


def _run_job(job: Job, entry: EntryRules, names: dict[str, list[str]], span: tuple[date, date]) -> None:
    counts = _predict_all(entry, _chosen(entry, names), *span)
    made = counts.inserted + counts.updated + counts.unchanged
    job.tell(f"Generated {made} predictions", completed=True)
    job.finish()


def _predict_all(entry: EntryRules, predictors: list[Json], start: date, end: date) -> Counts:
    counts = Counts()
    for predictor in predictors:
        counts.predictors += 1
        _predicted(entry, predictor, (start, end), counts)
    return counts


def _span(call: Call) -> tuple[date, date]:
    call.required("startDate", "Date")
    call.required("endDate", "Date")
    start, end = day(call, "startDate"), day(call, "endDate")
    if start is None or end is None:
        raise Dhis2Refusal(400, "Dates are missing")
    return start.date(), end.date()


def _run(call: Call, predictors: list[Json | None]) -> Reply:
    start, end = _span(call)
    if None in predictors:
        text = 'Cannot invoke "org.hisp.dhis.predictor.Predictor.getName()" because "predictor" is null'
        raise Dhis2Refusal(500, text)
    if differences(call.server).refuses_reversed_dates and start > end:
        dates = (java_date(f"{start.isoformat()}T00:00:00"), java_date(f"{end.isoformat()}T00:00:00"))
        raise Dhis2Refusal(409, message(call.server.version, "E7206", *dates), "E7206")
    entry = EntryRules(call.server, call.user)
    counts = Counts()
    count = sum(_predicted(entry, predictor, (start, end), counts) for predictor in predictors if predictor)
    return Reply.message(200, f"Generated {count} predictions")


def _predicted(entry: EntryRules, predictor: Json, span: tuple[date, date], counts: Counts) -> int:
    """How many values a predictor enters; a broken expression predicts nothing."""
    try:
        generator: Json = predictor.get("generator") or {}
        expression = read(generator.get("expression") or "")
    except ExpressionError:
        return 0
    count = 0
    for period in between(TYPES[predictor["periodType"]], *span):
        for unit in _units(entry, predictor):
            found = dict(_predictions(entry, predictor, expression, unit, period))
            _enter(entry, predictor, (unit, period), found, counts)
            count += len(found)
    return count


def _units(entry: EntryRules, predictor: Json) -> list[str]:
    """The units of the predictor's levels within those of the user; without any, everywhere."""
    rows = [entry.document("organisationUnitLevel", row["id"]) for row in predictor.get("organisationUnitLevels") or ()]
    levels = {row["level"] for row in rows if row}
    units = [unit for unit in entry.store.all("organisationUnit") if len(lineage(entry.store, unit)) in levels]
    own = entry.user.document.get("organisationUnits")
    return [unit["id"] for unit in units if not own or entry.in_hierarchy(unit["id"])]


def _predictions(
    entry: EntryRules, predictor: Json, expression: ItemExpression, unit: str, period: Period
) -> Iterator[tuple[str, str]]:
    """Attribute option combo and value."""
    below = predictor.get("organisationUnitDescendants") == "DESCENDANTS"
    places = sorted(entry.below(unit)) if below else [unit]
    where, args = values_where(expression.elements, places, period.iso)
    strategy = predictor["generator"].get("missingValueStrategy") or SKIP_IF_ALL
    by_attribute = cells_of(Values(entry.server).select(where, args))
    if strategy == NEVER_SKIP or not expression.elements:
        by_attribute.setdefault(entry.default_combo, {})
    for attribute, cells in by_attribute.items():
        value = expression.value(entry.server, cells, strategy)
        if value is not None and (text := _text(entry, predictor, value)) is not None:
            yield attribute, text


def _text(entry: EntryRules, predictor: Json, value: float) -> str | None:
    """A number as it is entered; None for a zero that the output does not keep."""
    output: Json = entry.document("dataElement", predictor["output"]["id"]) or {}
    if value == 0 and not output.get("zeroIsSignificant"):
        return None
    return str(round(value)) if output.get("valueType") in _INTEGERS else repr(round(value, 4))


def _enter(
    entry: EntryRules, predictor: Json, place: tuple[str, Period], found: dict[str, str], counts: Counts
) -> None:
    """Enter what was predicted, and take away what was predicted before and is no more."""
    unit, period = place
    values, now, output = Values(entry.server), _now(entry), predictor["output"]["id"]
    combo = linked(predictor, "outputCombo") or entry.default_combo
    in_units, args = among("unit", [unit])
    where = f"element = ? AND combo = ? AND period = ? AND deleted = 0 AND {in_units}"
    old = {row.key.attribute: row for row in values.select(where, [output, combo, period.iso, *args])}
    gone = [replace(row, deleted=True, last_updated=now) for name, row in old.items() if name not in found]
    new = [
        DataValue(
            Key(output, period.iso, unit, combo, attribute),
            text,
            None,
            None,
            False,
            entry.user.username,
            *_times(old.get(attribute), now),
        )
        for attribute, text in found.items()
        if attribute not in old or old[attribute].value != text
    ]
    counts.inserted += sum(attribute not in old for attribute in found)
    counts.updated += sum(row.key.attribute in old for row in new)
    counts.unchanged += len(found) - len(new)
    counts.deleted += len(gone)
    values.put((row, period) for row in [*gone, *new])


def _times(old: DataValue | None, now: str) -> tuple[str, str]:
    """When a value was created and last changed."""
    return (old.created if old else now), now


def _now(entry: EntryRules) -> str:
    """The time as predictions are stamped: 41 and 42 leave out the milliseconds."""
    now = entry.server.now()
    return now if entry.server.behaviour.enters_data_in_groups else f"{now[:19]}.000"

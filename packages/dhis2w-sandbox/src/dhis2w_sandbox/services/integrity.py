"""`/api/dataIntegrity`: checks of the metadata, run as jobs, and what they found.

What there is to say of each check is in `tables/integrity.jsonl`, by version: read from the files
`data-integrity-checks/**/*.yaml` and `i18n_global.properties` of dhis2-core, with `percentage` for how its SQL divides
(`whole` numbers or `exact`). What they look for is in the modules `integrity_*`; a check that is in none of them (some
slow ones: they read expressions) is 501 when it is to run.
Source: `DataIntegrityController`, `DefaultDataIntegrityService` of dhis2-core and its files of checks; recordings
`services/integrity`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import (
    integrity_categories,
    integrity_elements,
    integrity_groups,
    integrity_programs,
    integrity_units,
    integrity_usage,
)
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.integrity_findings import RULES, Findings, Rule
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()

_MAY = ["F_PERFORM_MAINTENANCE"]
KINDS = ("summary", "details")
AREAS = (
    integrity_categories,
    integrity_elements,
    integrity_groups,
    integrity_programs,
    integrity_units,
    integrity_usage,
)
"""The modules that fill the table of rules."""
_TABLE_SIZE = 256
"""How large the map of checks is: DHIS2 has more than 95."""


@dataclass(frozen=True)
class Check:
    """One check."""

    about: Json
    """What answers say of it."""
    percentage: str | None
    """How its share is worked out: `whole` numbers or `exact`; None where there is none."""

    @property
    def name(self) -> str:
        """`indicator_groups_scarce`."""
        return self.about["name"]

    @property
    def code(self) -> str:
        """The first letters of the words of the name: `IGS`."""
        return self.about["code"]

    @property
    def is_slow(self) -> bool:
        """Whether it runs only when it is named."""
        return self.about["isSlow"]

    @property
    def rule(self) -> Rule | None:
        """What looks for its issues; None where nothing here does."""
        return RULES.get(self.name)

    def share(self, found: Findings) -> float | None:
        """Of a hundred objects, how many have the issue; None of none."""
        count = found.count if found.matched is None else found.matched
        if self.percentage is None or not found.total:
            return None
        return float(100 * count // found.total) if self.percentage == "whole" else 100 * count / found.total


@cache
def checks_of(version: str) -> dict[str, Check]:
    """The checks of a version by name, in the order of the map that DHIS2 keeps them in."""
    text = files("dhis2w_sandbox.tables").joinpath("integrity.jsonl").read_text("utf-8")
    rows = (json.loads(line) for line in text.splitlines())
    found = {row["name"]: _check(row) for row in rows if version in row["versions"]}
    return {name: found[name] for name in hash_order(list(found), text_hash, smallest=_TABLE_SIZE)}


def _check(row: Json) -> Check:
    code = "".join(word[0].upper() for word in row["name"].split("_"))
    about = {key: value for key, value in row.items() if key not in {"versions", "percentage"}}
    return Check({**about, "code": code}, row.get("percentage"))


class Results:
    """What the checks of a server found when they last ran."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS finding (kind TEXT, name TEXT, content TEXT, PRIMARY KEY (kind, name))"
        )

    def all(self, kind: str) -> dict[str, Json]:
        """What checks found, by name."""
        rows = self._sql.execute("SELECT name, content FROM finding WHERE kind = ? ORDER BY rowid", (kind,))
        return {name: json.loads(content) for name, content in rows}

    def run(self, kind: str, check: Check) -> None:
        """Run a check and keep what it finds; one that nothing here looks for finds nothing out."""
        if check.rule is None:
            return
        begin = self._server.now()
        found = check.rule(self._server)
        row: Json = {**check.about, "averageExecutionTime": 0, "startTime": begin, "finishedTime": self._server.now()}
        if kind == "summary":
            row |= {"count": found.count, "percentage": check.share(found)}
        else:
            row["issues"] = found.issues
        kept = {key: value for key, value in row.items() if value is not None}
        self._sql.execute("INSERT OR REPLACE INTO finding VALUES (?, ?, ?)", (kind, check.name, json.dumps(kept)))


@endpoints.add("GET", "/api/dataIntegrity", RECORDED)
def available(call: Call) -> Reply:
    """List the checks: all, or those that are named and fit `section`, `slow`, `programmatic`."""
    asked = _asked(call)
    chosen = _expanded(call.server, asked) if asked else list(checks_of(call.server.version).values())
    section = call.param("section")
    wanted = {
        key: call.flag(name)
        for name, key in (("slow", "isSlow"), ("programmatic", "isProgrammatic"))
        if call.param(name)
    }
    return Reply.json(
        [
            check.about
            for check in chosen
            if section in (None, "", check.about["section"])
            and all(check.about[key] == value for key, value in wanted.items())
        ]
    )


@endpoints.add("POST", "/api/dataIntegrity", SOURCE, requires=_MAY)
def run(call: Call) -> Reply:
    """Run checks for their summaries."""
    return _run(call, "summary", "details")


@endpoints.add("POST", "/api/dataIntegrity/summary", RECORDED, requires=_MAY)
@endpoints.add("POST", "/api/dataIntegrity/details", RECORDED, requires=_MAY)
def run_kind(call: Call) -> Reply:
    """Run checks for their summaries or for what is wrong in detail."""
    kind = call.path.rpartition("/")[2]
    return _run(call, kind, kind)


@endpoints.add("GET", "/api/dataIntegrity/summary", RECORDED, requires=_MAY)
@endpoints.add("GET", "/api/dataIntegrity/details", RECORDED, requires=_MAY)
def results(call: Call) -> Reply:
    """Show what checks found that have run."""
    found = Results(call.server).all(call.path.rpartition("/")[2])
    asked = _asked(call)
    names = {check.name for check in _expanded(call.server, asked)} if asked else set(found)
    return Reply.json({name: row for name, row in found.items() if name in names})


@endpoints.add("GET", "/api/dataIntegrity/summary/completed", RECORDED)
@endpoints.add("GET", "/api/dataIntegrity/details/completed", SOURCE)
def completed(call: Call) -> Reply:
    """List the checks that have run."""
    return Reply.json(list(Results(call.server).all(call.path.split("/")[3])))


@endpoints.add("GET", "/api/dataIntegrity/summary/running", RECORDED)
@endpoints.add("GET", "/api/dataIntegrity/details/running", SOURCE)
def running(call: Call) -> Reply:
    """List the checks that run now: none, a check has run before its request is answered."""
    del call
    return Reply.json([])


@endpoints.add("GET", "/api/dataIntegrity/{check}/summary", RECORDED, requires=_MAY)
@endpoints.add("GET", "/api/dataIntegrity/{check}/details", RECORDED, requires=_MAY)
def result(call: Call) -> Reply:
    """Show what one check found; nothing where it has not run."""
    found = Results(call.server).all(call.path.rpartition("/")[2]).get(call.parts["check"])
    return Reply.json(found) if found else Reply()


@endpoints.add(
    "GET",
    "/api/dataIntegrity/metrics",
    RECORDED,
    versions=ALL_VERSIONS - {"v41"},
    requires=_MAY,
    suffixes="*",
)
def metrics(call: Call) -> Reply:
    """Show the summaries as a monitoring system reads them."""
    if not call.headers.get("accept", "").startswith("text/plain"):
        raise Dhis2Refusal(406, differences(call.server).no_representation)
    found = Results(call.server).all("summary").values()
    blocks = (
        ("issues_count_total", "counts", "count"),
        ("issues_percentage", "percentages", "percentage"),
        ("check_duration_milliseconds", "durations", "averageExecutionTime"),
    )
    lines: list[str] = []
    for name, words, key in blocks:
        metric = f"dhis_data_integrity_{name}"
        lines += [f"# HELP {metric} Data integrity check {words}", f"# TYPE {metric} gauge"]
        lines += [f"{metric}{{{_labels(row)}}} {row[key]}" for row in found if key in row]
    return Reply.text("\n".join(lines) + "\n", "text/plain")


def _labels(row: Json) -> str:
    return f'check="{row["name"]}",severity="{row["severity"]}",object_type="{row["issuesIdType"]}"'


def _run(call: Call, kind: str, location: str) -> Reply:
    server = call.server
    asked = _body_names(call) or _asked(call)
    if missing := [check.name for check in _expanded(server, asked) if check.rule is None]:
        raise NotInSandbox(f"the checks {', '.join(missing)}")
    parameters: Json = {"checks": asked} if kind == "details" else {"type": "SUMMARY", "checks": asked}
    job = Job(server, "DATA_INTEGRITY_DETAILS" if kind == "details" else "DATA_INTEGRITY", parameters)
    reply = job.reply(call)
    reply.headers["Location"] = f"{call.base_url}/api/dataIntegrity/{location}?checks={','.join(asked)}"
    job.start(lambda: run_job(job, kind, asked))
    return reply


def run_job(job: Job, kind: str, names: list[str]) -> None:
    """Run checks, all but slow ones where none are named, as a job that tells its story."""
    for check in _chosen(job.server, names):
        Results(job.server).run(kind, check)
    job.tell("", dataType="PARAMETERS", data=job.parameters)
    job.tell("", completed=True)


def _chosen(server: Server, names: list[str]) -> list[Check]:
    if names:
        return _expanded(server, names)
    return [check for check in checks_of(server.version).values() if not check.is_slow]


def stage_of(server: Server, kind: str, names: list[str], step: Json) -> Json:
    """The stage of a job that ran checks, each of them an item; `step` is what a job says of its course."""
    checks = _chosen(server, names)
    item = {**step, "onFailure": "SKIP_ITEM", "duration": 0}
    return {
        **item,
        "summary": f"{len(checks)} successful and 0 failed items",
        "description": f"Data Integrity {kind} checks",
        "totalItems": len(checks),
        "items": [{**item, "description": check.about["description"]} for check in checks],
    }


REPORTED = (
    "organisation_units_without_groups",
    "data_elements_aggregate_no_groups",
    "data_elements_aggregate_with_different_period_types",
    "data_elements_without_datasets",
    "datasets_not_assigned_to_org_units",
    "data_elements_violating_exclusive_group_sets",
    "invalid_category_combos",
    "indicators_not_grouped",
    "periods_same_start_date_period_type",
    "orgunits_orphaned",
    "validation_rules_without_groups",
    "program_rules_without_condition",
    "program_rules_no_action",
    "program_rules_no_priority",
    "program_indicators_without_expression",
    "organisation_units_violating_exclusive_group_sets",
    "indicators_violating_exclusive_group_sets",
    "tracker_geometry_invalid_srid",
)
"""The checks of the report of 2.41, beside those that are no SQL."""


def reported(version: str) -> list[str]:
    """The names of the checks of a report, where none are named."""
    return [name for name, check in checks_of(version).items() if name in REPORTED or check.about["isProgrammatic"]]


def _asked(call: Call) -> list[str]:
    return [name for text in call.params("checks") for name in text.split(",") if name]


def _body_names(call: Call) -> list[str]:
    value: Any = json.loads(call.body) if call.body else None
    return [str(name) for name in cast("list[Any]", value)] if isinstance(value, list) else []


def _expanded(server: Server, names: list[str]) -> list[Check]:
    """The checks that names mean: codes in capitals, patterns with `*`, or names; unknown ones are left out."""
    known = checks_of(server.version)
    found: dict[str, Check] = {}
    for name in names:
        spelled = name.lower().replace("-", "_")
        pattern = re.sub(r"[^*_a-z0-9]+", "", spelled).replace("*", ".*")
        for check in known.values():
            by_code = name.isupper() and "_" not in name and check.code == name
            if by_code or check.name == spelled or ("*" in name and re.fullmatch(pattern, check.name)):
                found[check.name] = check
    return list(found.values())

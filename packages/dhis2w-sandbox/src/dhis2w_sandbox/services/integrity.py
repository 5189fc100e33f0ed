"""`/api/dataIntegrity`: checks of the metadata, run as jobs, and what they found.

Of DHIS2's checks this server has those for groups with too few members. They are in
`tables/<version>.integrity.jsonl`: read by hand from the files `data-integrity-checks/groups/*.yaml` of dhis2-core,
with their words as the recordings show them.
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
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.sides import members
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()

_MAY = ["F_PERFORM_MAINTENANCE"]
KINDS = ("summary", "details")


@dataclass(frozen=True)
class Check:
    """One check: groups of a type that have fewer members than they should."""

    about: Json
    """What answers say of it."""
    type: str
    """The plural of the type of the groups."""
    members: str
    """The key that holds their members."""
    fewest: int
    """How many members a group should have."""

    @property
    def name(self) -> str:
        """`indicator_groups_scarce`."""
        return self.about["name"]

    @property
    def code(self) -> str:
        """The first letters of the words of the name: `IGS`."""
        return self.about["code"]


@cache
def checks_of(version: str) -> dict[str, Check]:
    """The checks of a version by name."""
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.integrity.jsonl").read_text("utf-8")
    found = [_check(json.loads(line)) for line in text.splitlines()]
    return {check.name: check for check in found}


def _check(row: Json) -> Check:
    key, fewest = row.pop("members"), row.pop("fewest")
    code = "".join(word[0].upper() for word in row["name"].split("_"))
    about = {**row, "displayName": row["description"], "isSlow": False, "isProgrammatic": False, "code": code}
    return Check(about, row["issuesIdType"], key, fewest)


class Findings:
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
        """Run a check and keep what it finds."""
        begin = self._server.now()
        groups, short = _short_groups(self._server, check)
        found: Json = {**check.about, "averageExecutionTime": 0, "startTime": begin, "finishedTime": self._server.now()}
        if kind == "summary":
            found |= {"count": len(short), "percentage": float(100 * len(short) // groups) if groups else None}
        else:
            rows = sorted(short, key=lambda row: row["name"])
            found["issues"] = rows
        kept = {key: value for key, value in found.items() if value is not None}
        self._sql.execute("INSERT OR REPLACE INTO finding VALUES (?, ?, ?)", (kind, check.name, json.dumps(kept)))


def _short_groups(server: Server, check: Check) -> tuple[int, list[Json]]:
    """How many groups there are, and those with too few members, as issues."""
    schema = server.schemas.by_plural[check.type]
    prop = schema.properties[check.members]
    documents = server.store.all(schema.singular)
    counted = [
        (document, len(document.get(prop.key) or () if prop.owner else members(server, schema, prop, document)))
        for document in documents
    ]
    short = [
        {"id": document["id"], "name": document["name"], "comment": str(count)}
        for document, count in counted
        if count < check.fewest
    ]
    return len(documents), short


@endpoints.add("GET", "/api/dataIntegrity", RECORDED)
def available(call: Call) -> Reply:
    """List the checks: all, or those that are named and fit `section`, `slow`, `programmatic`."""
    asked = _asked(call)
    chosen = _expanded(call.server, asked) if asked else list(checks_of(call.server.version).values())
    if call.flag("slow") or call.flag("programmatic"):
        chosen = []
    section = call.param("section")
    return Reply.json([check.about for check in chosen if section in (None, "", check.about["section"])])


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
    found = Findings(call.server).all(call.path.rpartition("/")[2])
    asked = _asked(call)
    names = {check.name for check in _expanded(call.server, asked)} if asked else set(found)
    return Reply.json({name: row for name, row in found.items() if name in names})


@endpoints.add("GET", "/api/dataIntegrity/summary/completed", RECORDED)
@endpoints.add("GET", "/api/dataIntegrity/details/completed", SOURCE)
def completed(call: Call) -> Reply:
    """List the checks that have run."""
    return Reply.json(list(Findings(call.server).all(call.path.split("/")[3])))


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
    found = Findings(call.server).all(call.path.rpartition("/")[2]).get(call.parts["check"])
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
    found = Findings(call.server).all("summary").values()
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
    parameters: Json = {"checks": asked} if kind == "details" else {"type": "SUMMARY", "checks": asked}
    job = Job(server, "DATA_INTEGRITY_DETAILS" if kind == "details" else "DATA_INTEGRITY", parameters)
    reply = job.reply(call)
    reply.headers["Location"] = f"{call.base_url}/api/dataIntegrity/{location}?checks={','.join(asked)}"
    job.start(lambda: run_job(job, kind, asked))
    return reply


def run_job(job: Job, kind: str, names: list[str]) -> None:
    """Run checks, all of them where none are named, as a job that tells its story."""
    server = job.server
    for check in _expanded(server, names) if names else checks_of(server.version).values():
        Findings(server).run(kind, check)
    job.tell("", dataType="PARAMETERS", data=job.parameters)
    job.tell("", completed=True)


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

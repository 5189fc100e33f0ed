"""`/api/jobConfigurations/jobTypes` and `/jobTypesExtended`: what can be scheduled, and with which parameters.

The parameters are in `tables/job_parameters.tsv`: versions, type of job, name, Java type (of a collection: with that of
its items), default as JSON, `required`, and where what they name is listed.
Source: `DefaultJobConfigurationService`, `JobType` and the classes of parameters of dhis2-core.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import table_story
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.jobs import TYPE

Json = dict[str, Any]

endpoints = Endpoints()

_NOT_FOR_USERS = "MOCK"
"""The first type of the list that nobody can schedule; none after it can be."""

_CONSTANTS = {
    "AnalyticsTableType": table_story.TYPES,
    "DataIntegrityReportType": ("REPORT", "SUMMARY", "DETAILS"),
    "FailurePolicy": ("PARENT", "FAIL", "SKIP_STAGE", "SKIP_ITEM", "SKIP_ITEM_OUTLIER"),
    "ViewMode": ("EXECUTOR", "RECEIVER"),
}
_COLLECTIONS = {"Set", "List"}


@endpoints.add("GET", "/api/jobConfigurations/jobTypes", SOURCE)
def job_types(call: Call) -> Reply:
    """List the types of jobs that can be scheduled, with their parameters."""
    return Reply.json({"jobTypes": [_job_type(call.server, name) for name in _names(call.server)]})


@endpoints.add("GET", "/api/jobConfigurations/jobTypesExtended", SOURCE)
def job_types_extended(call: Call) -> Reply:
    """Show the parameters of the types of jobs that can be scheduled, by type and name."""
    names = hash_order(_names(call.server), text_hash)
    parameters = _parameters(call.server.version)
    return Reply.json({name: {row["name"]: row for row in parameters.get(name, ())} for name in names})


def _names(server: Server) -> list[str]:
    names = server.schemas.by_singular[TYPE].properties["jobType"].constants or []
    return names[: names.index(_NOT_FOR_USERS)]


def _job_type(server: Server, name: str) -> Json:
    return {
        "name": name.replace("_", " ").capitalize(),
        "jobType": name,
        "schedulingType": "FIXED_DELAY" if name == "CONTINUOUS_ANALYTICS_TABLE" else "CRON",
        "jobParameters": list(_parameters(server.version).get(name, ())),
    }


@cache
def _parameters(version: str) -> dict[str, tuple[Json, ...]]:
    """The parameters of each type of job, as schemas describe properties."""
    text = files("dhis2w_sandbox.tables").joinpath("job_parameters.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    found: dict[str, tuple[Json, ...]] = {}
    for versions, job, *about in rows:
        if version in versions.split(","):
            found[job] = (*found.get(job, ()), _parameter(version, about))
    return found


def _parameter(version: str, about: list[str]) -> Json:
    name, type, default, required, endpoint = about
    kind, _, item = type.partition(" ")
    is_list = kind in _COLLECTIONS
    constants = _CONSTANTS.get(re.split(r"[.$]", item or kind)[-1])
    row: Json = {
        "klass": _java_class(kind),
        "itemKlass": _java_class(item) if item else None,
        "name": name,
        "fieldName": re.sub(r"(?=[A-Z])", " ", name).capitalize(),
        "persisted": False,
        "collectionName": name if is_list else None,
        "attribute": False,
        "simple": False,
        "collection": is_list,
        "ordered": False,
        "owner": False,
        "identifiableObject": False,
        "nameableObject": False,
        "embeddedObject": is_list,
        "analyticalObject": False,
        "readable": False,
        "writable": False,
        "unique": False,
        "required": required == "required",
        "manyToMany": False,
        "oneToOne": False,
        "manyToOne": False,
        "oneToMany": False,
        "constants": list(constants) if constants else None,
        "relativeApiEndpoint": endpoint or None,
        "defaultValue": json.loads(default) if default else None,
        "translatable": False,
        "gistPreferences": {"included": "AUTO", "transformation": "AUTO"},
        "sortable": None if version == "v41" else False,
        "propertyTransformer": False,
    }
    return {key: value for key, value in row.items() if value is not None}


def _java_class(name: str) -> str:
    if "." in name:
        return name
    return f"java.util.{name}" if name in _COLLECTIONS else f"java.lang.{name}"

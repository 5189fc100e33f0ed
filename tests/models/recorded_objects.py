"""The objects in the recordings and metadata packages, each with the model of its type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from dhis2w_client.models import model_for
from dhis2w_client.models.index import PLURALS
from dhis2w_client.models.server_model import ServerModel

Json = dict[str, Any]

ENDPOINTS = {
    "filledOrganisationUnitLevels": ("", "OrganisationUnitLevel"),
    "dimensions/constraints": ("dimensions", "DimensionalObject"),
    "scheduler": ("", "SchedulerEntry"),
    "scheduler/queueable": ("", "SchedulerEntry"),
    "jobConfigurations/jobTypes": ("", "JobTypes"),
    "dataIntegrity": ("", "DataIntegrityCheck"),
    "authorities": ("systemAuthorities", "Reference"),
    "loginConfig": ("", "LoginConfigResponse"),
    "userGroups/*/users/gist": ("users", "User"),
}
"""Key of the list (empty: the body itself) and class, for paths that are not a collection's own."""

FILES = {
    "*/data/aggregate/*.visualization.json": ("", "Visualization"),
    "*/data/event/*.visualization.json": ("", "EventVisualization"),
    "*.legendSet.json": ("", "LegendSet"),
    "*/chartAllFields.json": ("", "Visualization"),
    "*/lock-exceptions.json": ("lockExceptions", "LockException"),
    "*/attribute/attribute.json": ("", "Attribute"),
    "*/category/category_combo.json": ("", "CategoryCombo"),
    "*/category/category_option_combo.json": ("", "CategoryOptionCombo"),
    "*/common/access.json": ("", "Access"),
    "*/common/data_access.json": ("", "AccessData"),
    "*/common/object_style.json": ("", "DataElement"),
    "*/common/value_type_device_rendering.json": ("", "ValueTypeRenderingObject"),
    "*/constant/constant.json": ("", "Constant"),
    "*/dataelement/data_element.json": ("", "DataElement"),
    "*/dataset/data_input_period.json": ("", "DataInputPeriod"),
    "*/dataset/data_set.json": ("", "DataSet"),
    "*/dataset/section.json": ("", "Section"),
    "*/fileresource/file_resource.json": ("", "FileResource"),
    "*/indicators/indicator.json": ("", "Indicator"),
    "*/indicators/indicator_type.json": ("", "IndicatorType"),
    "*/legendset/legend.json": ("", "Legend"),
    "*/legendset/legend_set.json": ("", "LegendSet"),
    "*/option/option.json": ("", "Option"),
    "*/option/option_group.json": ("", "OptionGroup"),
    "*/organisationunit/organisation_unit_group.json": ("", "OrganisationUnitGroup"),
    "*/program/program.json": ("", "Program"),
    "*/program/program_indicator.json": ("", "ProgramIndicator"),
    "*/program/program_rule_action.json": ("", "ProgramRuleAction"),
    "*/program/program_stage.json": ("", "ProgramStage"),
    "*/program/program_tracked_entity_attribute.json": ("", "ProgramTrackedEntityAttribute"),
    "*/program_stage_working_list.json": ("", "ProgramStageWorkingList"),
    "*/validation/validation_rule.json": ("", "ValidationRule"),
    "*/validation/validation_rule_broken.json": ("", "ValidationRule"),
    "*/visualization/tracker_visualization*.json": ("", "EventVisualization"),
    "*/visualization/visualizations_*.json": ("", "Visualization"),
    "*/orgUnitsFirstLevel.json": ("", "OrganisationUnit"),
    "*/gists/*DataElementsMock.json": ("result", "DataElement"),
    "*/gists/dataElementsMock.json": ("result", "DataElement"),
    "*/pages/dataElements/__mocks__/attributes.json": ("", "Attribute"),
}
"""The same for files whose source does not say which request they answer."""

NO_OBJECTS = {
    "*-analytics-tableTypes.json": "constants, not objects",
    "*/common/empty_object.json": "no keys",
    "*/data_set_complete_registration*.json": "data, not metadata: belongs to the data value service",
    "*/namespace_scorecard.json": "entries of the data store: any JSON",
    "*/bing_server_response.json": "not an answer of DHIS2",
    "*/usecase.stock/*.json": "an app's own entry of the data store",
}
"""Recordings of kind `metadata-get` without an object of a DHIS2 type, and why."""


@dataclass(frozen=True)
class RecordedObject:
    """One object, as it was sent, and the model of its type."""

    file: str
    model: type[ServerModel]
    json: Json


@cache
def index(recordings: Path) -> list[Json]:
    """The rows of the recordings' index."""
    return [json.loads(line) for line in (recordings / "index.jsonl").read_text(encoding="utf-8").splitlines()]


def package_objects(recordings: Path) -> Iterator[RecordedObject]:
    """Every object of every metadata package."""
    for row in index(recordings):
        if row["kind"] == "metadata-package":
            yield from _lists(row["file"], _content(recordings / row["file"]))


def answer_objects(recordings: Path, row: Json) -> list[RecordedObject]:
    """The objects of one recording of kind `metadata-get`; raises LookupError where nobody said what they are."""
    body: Any = _content(recordings / row["file"])
    if row["format"] == "recording":
        body = body["responseBody"]
    place = _place(row, body)
    if place is None:
        found = list(_lists(row["file"], body))
        if not found:
            raise LookupError(f"nobody said what {row['file']} holds")
        return found
    key, name = place
    content = body[key] if key else body
    objects = cast("list[Json]", content) if isinstance(content, list) else [cast("Json", content)]
    return [RecordedObject(row["file"], model_for(name), item) for item in objects]


def reason_for_none(row: Json) -> str | None:
    """Why a recording holds no object; None where it should."""
    return next((why for pattern, why in NO_OBJECTS.items() if fnmatch("/" + row["file"], pattern)), None)


def _place(row: Json, body: Any) -> tuple[str, str] | None:
    if row["path"] is None:
        return next((place for pattern, place in FILES.items() if fnmatch("/" + row["file"], pattern)), None)
    parts = str(urlsplit(str(row["path"])).path).split("/")
    path = "/".join(part for part in parts if part not in ("", "api") and not part.isdigit())
    for pattern, place in ENDPOINTS.items():
        if fnmatch(path, pattern):
            return place
    plural = path.partition("/")[0]
    return ("" if "/" in path else plural, plural) if plural in PLURALS and isinstance(body, dict) else None


def _lists(file: str, bundle: Json) -> Iterator[RecordedObject]:
    for key, objects in bundle.items():
        if key in PLURALS and isinstance(objects, list):
            for item in cast("list[Json]", objects):
                yield RecordedObject(file, model_for(key), item)


def _content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

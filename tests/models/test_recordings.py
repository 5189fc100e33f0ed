"""Every recorded object parses in its type's model, trusted and checked, and goes back as it came."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError

from dhis2w_client.models.server_model import ServerModel
from tests.models.recorded_objects import (
    Json,
    RecordedObject,
    answer_objects,
    index,
    package_objects,
    reason_for_none,
)

pytestmark = pytest.mark.shared


def trusted(model: type[ServerModel], values: Json) -> ServerModel:
    return model.trust(values)


def checked(model: type[ServerModel], values: Json) -> ServerModel:
    return model.check(values)


def constructed(model: type[ServerModel], values: Json) -> ServerModel:
    return model.model_validate(values)


REFUSED = {
    ("dhis2+analytics/__fixtures__/json/chartAllFields.json", "series"): "a chart, a type that 2.34 replaced",
    ("dhis2+data-administration-app/data-sets.json", "periodType"): "a stub from before 2.36, when it was an object",
    ("dhis2+dhis2-android-sdk/program/program_stage.json", "enableUserAssignment"): "written by hand: the text `true`",
    ("dhis2+dhis2-android-sdk/visualization/visualizations_2.json", "rows"): "written by hand: null among the items",
}
"""Files and properties that `check` refuses, and why DHIS2 does not send them like that. `trust` takes them."""


@pytest.fixture(scope="module")
def recordings(shared: Path) -> Path:
    return shared / "dhis2" / "recordings"


def metadata_answers(recordings: Path) -> list[Json]:
    return [row for row in index(recordings) if row["kind"] == "metadata-get"]


def look_at_everything(model: ServerModel) -> None:
    """Read each attribute, and those of each part: what is made on first access is made here."""
    for name in type(model).model_fields:
        for part in parts_of(getattr(model, name)):
            if isinstance(part, ServerModel):
                look_at_everything(part)


def parts_of(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else [value]


def differences(
    objects: Iterable[RecordedObject], read: Callable[[type[ServerModel], Json], ServerModel]
) -> dict[str, list[str]]:
    """What does not come back as it was sent, before or after it was looked at, by class."""
    found: dict[str, list[str]] = {}
    for item in objects:
        model = read(item.model, deepcopy(item.json))
        before = model.to_dict()
        look_at_everything(model)
        for written in (before, model.to_dict(), model.model_dump(), json.loads(model.model_dump_json())):
            if canonical(written) != canonical(item.json):
                found.setdefault(item.model.__name__, []).append(item.file)
    return found


def canonical(values: Json) -> str:
    """JSON text, in which 1, 1.0 and true differ."""
    return json.dumps(values, sort_keys=True)


@pytest.mark.slow
@pytest.mark.parametrize("read", [trusted, checked, constructed])
def test_every_object_of_every_metadata_package(
    recordings: Path, read: Callable[[type[ServerModel], Json], ServerModel]
) -> None:
    objects = list(package_objects(recordings))
    assert len(objects) == 9436
    assert differences(objects, read) == {}


def objects_of_answers(recordings: Path) -> list[RecordedObject]:
    rows = metadata_answers(recordings)
    assert len(rows) == 407
    return [item for row in rows if not reason_for_none(row) for item in answer_objects(recordings, row)]


def test_every_metadata_answer_trusted(recordings: Path) -> None:
    assert differences(objects_of_answers(recordings), trusted) == {}


def test_every_metadata_answer_checked(recordings: Path) -> None:
    accepted: list[RecordedObject] = []
    refused: set[tuple[str, str]] = set()
    for item in objects_of_answers(recordings):
        try:
            item.model.check(deepcopy(item.json))
        except ValidationError as error:
            refused |= {(item.file, str(problem["loc"][0])) for problem in error.errors()}
        else:
            accepted.append(item)
    assert refused == REFUSED.keys()
    assert len(accepted) > 1900
    assert differences(accepted, checked) == {}


def test_only_answers_without_objects_are_left_out(recordings: Path) -> None:
    left_out = [row["file"] for row in metadata_answers(recordings) if reason_for_none(row)]
    assert len(left_out) == 10


@pytest.mark.slow
def test_unknown_properties_survive(recordings: Path) -> None:
    for item in package_objects(recordings):
        values = {**deepcopy(item.json), "notInAnySpec": {"deep": [1, {"er": None}]}}
        model = item.model.trust(deepcopy(values))
        assert model.model_extra is not None
        assert model.model_extra["notInAnySpec"] == {"deep": [1, {"er": None}]}
        assert model.to_dict() == values
        assert model.validated().to_dict() == values


def test_dates_and_constants_become_what_they_are(recordings: Path) -> None:
    """The schema's date properties hold no other text, and an unknown constant is the exception."""
    unread: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for item in package_objects(recordings):
        model = item.model.trust(deepcopy(item.json))
        for name in ("created", "lastUpdated"):
            if isinstance(getattr(model, name, None), str):
                unread[item.model.__name__] += 1
        for name in type(model).model_fields:
            value = getattr(model, name)
            if getattr(value, "known", True) is False:
                unknown[f"{item.model.__name__}.{name}={value}"] += 1
    assert unread == {}
    assert unknown == {}

"""The published metadata packages, imported through the client and read back whole.

2.41 packages go into 41, and those of 2.40 too, as the nearest. What a server refuses or changes is in `changed.toml`.
"""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from dhis2w_client import Profile
from dhis2w_client.errors import ApiError
from dhis2w_client.sync import Dhis2Client, open_client
from dhis2w_sandbox import Sandbox

Json = dict[str, Any]

PACKAGES = [
    "GEN_LIB/D2.40_2.0.0/COMPLETE",
    "GEN_LIB/D2.41_2.0.0/COMPLETE",
    "HIV_AGG/D2.40_2.0.0/COMPLETE",
    "HIV_AGG/D2.40_2.0.2/COMPLETE",
    "HIV_AGG/D2.41_2.1.0/COMPLETE",
    "HIV_CS/D2.40_2.0.1/COMPLETE",
    "HIV_CS/D2.41_2.0.2/COMPLETE",
    "IMM_AGG/D2.40_1.1.0/COMPLETE",
    "IMM_BCU/D2.40_1.0.0/COMPLETE",
    "IMM_BCU/D2.40_1.0.0/COMPLETE_DASHBOARD",
]
NEEDS = {"IMM_BCU/D2.40_1.0.0/COMPLETE_DASHBOARD": "IMM_BCU/D2.40_1.0.0/COMPLETE"}
"""A dashboard package is installed on top of another."""

SECONDS = 30.0
"""What the largest package may take: far above the half second of a quiet machine, so that quadratic work shows."""

RULES = tomllib.loads(Path(__file__).with_name("changed.toml").read_text(encoding="utf-8"))
UNITS: dict[str, Json] = {
    "organisationUnits": {"id": "rootOrgUnit", "name": "Root", "shortName": "Root", "openingDate": "2000-01-01"},
    "organisationUnitLevels": {"id": "facilLevel1", "name": "Facility", "level": 1},
}
"""What stands for the placeholders."""


class Difference(NamedTuple):
    """A field that reads back otherwise than it was sent."""

    path: str
    uid: str
    sent: Any
    read: Any


@cache
def package(recordings: Path, name: str) -> Json:
    """A package with its placeholders replaced."""
    text = next(recordings.glob(f"dhis2-metadata+{name}/metadata.json")).read_text(encoding="utf-8")
    for row in RULES["placeholder"]:
        text = text.replace(row["text"], UNITS[row["type"]]["id"])
    return json.loads(text)


def repaired(bundle: Json) -> Json:
    """A package with what an installer has to add to the objects that are refused."""
    repairs = {(row["type"], row["uid"]): row["repair"] for row in RULES["refused"]}
    return {
        type: [{**repairs.get((type, row["id"]), {}), **row} for row in rows] if is_list_of_objects(rows) else rows
        for type, rows in bundle.items()
    }


def is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and "id" in row for row in value)  # pyright: ignore[reportUnknownVariableType] - JSON


class Installation(NamedTuple):
    """What came of installing one package."""

    refused: set[tuple[str, str]]
    """Identifier and code of what was refused of the package as it was published."""
    status: str
    took: float
    """Seconds of the import."""
    differences: list[Difference]


def installed(recordings: Path, name: str) -> Installation:
    """Install a package on an empty server of 2.41 that has what the placeholders stand for."""
    with Sandbox(41, empty=True) as sandbox, sandbox.serve() as url:
        profile = Profile(base_url=url, auth="basic", username="admin", password="district")
        with open_client(profile) as client:
            client.post("/api/metadata", {type: [row] for type, row in UNITS.items()})
            if name in NEEDS:
                client.post("/api/metadata", repaired(package(recordings, NEEDS[name])))
            refused = refusals(client, package(recordings, name))
            bundle = repaired(package(recordings, name))
            started = time.monotonic()
            report: Any = client.post("/api/metadata", bundle)
            took = time.monotonic() - started
            return Installation(refused, report["status"], took, list(differences(client, bundle)))


def refusals(client: Dhis2Client, bundle: Json) -> set[tuple[str, str]]:
    """What a dry run refuses of a bundle."""
    try:
        client.post("/api/metadata", bundle, params={"importMode": "VALIDATE"})
    except ApiError as error:
        return {(str(row.uid), str(row.code)) for row in error.rows}
    return set()


@pytest.fixture(scope="module")
def installations(shared: Path) -> dict[str, Installation]:
    """Every package, installed once."""
    return {name: installed(shared / "dhis2/recordings", name) for name in PACKAGES}


def without_nothing(value: Any) -> Any:
    """A value without nulls and empty texts, which both mean no value."""
    if isinstance(value, dict):
        return {key: without_nothing(item) for key, item in cast(Json, value).items() if item not in (None, "")}
    if isinstance(value, list):
        return [without_nothing(item) for item in cast("list[Any]", value)]
    return value


def compared(sent: Any, read: Any, path: str, uid: str) -> Iterator[Difference]:
    """Where a value that was read differs from the one that was sent; what was not sent does not matter."""
    if isinstance(sent, dict) and isinstance(read, dict):
        stored = cast(Json, read)
        for key, item in cast(Json, sent).items():
            yield from compared(item, stored.get(key), f"{path}.{key}", uid)
    elif isinstance(sent, list) and isinstance(read, list):
        ones, others = cast("list[Any]", sent), cast("list[Any]", read)
        if len(ones) != len(others):
            yield Difference(path, uid, sent, read)
            return
        for one, other in zip(sorted(ones, key=place), sorted(others, key=place), strict=True):
            yield from compared(one, other, f"{path}[]", uid)
    elif sent != read:
        yield Difference(path, uid, sent, read)


def place(item: Any) -> str:
    """What orders the items of a list, so that sets compare: the identifiers in it."""
    if not isinstance(item, dict):
        return str(item)
    row = cast(Json, item)
    links = [str(cast(Json, value)["id"]) for value in row.values() if isinstance(value, dict) and "id" in value]
    own = [str(row[key]) for key in ("id", "locale", "property", "startValue") if key in row]
    return " ".join([*own, *sorted(links)])


def pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\*", r"[^.]*"))


def allowed(difference: Difference) -> list[int]:
    """The entries of `changed.toml` that a difference falls under."""
    return [
        index
        for index, row in enumerate(RULES["changed"])
        if pattern(row["path"]).fullmatch(difference.path) and difference.uid in row.get("only", [difference.uid])
    ]


def read_back(client: Dhis2Client, type: str, sent: list[Json]) -> dict[str, Json]:
    """Every object of a type, with what the type owns and what was sent."""
    keys = sorted({key for row in sent for key in row})
    answer: Any = client.get(f"/api/{type}", params={"paging": "false", "fields": ",".join([":owner", *keys])})
    return {row["id"]: row for row in answer[type]}


def differences(client: Dhis2Client, bundle: Json) -> Iterator[Difference]:
    for type, sent in bundle.items():
        if not is_list_of_objects(sent) or not sent:
            continue
        stored = read_back(client, type, sent)
        for row in sent:
            yield from compared(without_nothing(row), without_nothing(stored.get(row["id"])), type, row["id"])


@pytest.mark.shared
@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_reads_back_as_it_was_sent(name: str, installations: dict[str, Installation]) -> None:
    installation = installations[name]
    assert installation.status == "OK"
    assert [found for found in installation.differences if not allowed(found)] == []


@pytest.mark.shared
def test_the_largest_package_takes_seconds(installations: dict[str, Installation]) -> None:
    assert max(installation.took for installation in installations.values()) < SECONDS


@pytest.mark.shared
def test_the_list_of_refusals_is_what_is_refused(installations: dict[str, Installation]) -> None:
    refused = {found for installation in installations.values() for found in installation.refused}
    assert refused == {(row["uid"], row["code"]) for row in RULES["refused"]}


@pytest.mark.shared
def test_every_entry_of_the_list_is_needed(installations: dict[str, Installation]) -> None:
    found = [difference for installation in installations.values() for difference in installation.differences]
    used = {index for difference in found for index in allowed(difference)}
    assert [row["path"] for index, row in enumerate(RULES["changed"]) if index not in used] == []

"""The distilled table: small, complete, and the source of every generated file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from dhis2w_codegen.client_models import client_models, distil
from dhis2w_codegen.distilled import Table, merged, parsed, written
from dhis2w_codegen.overrides import correct, read_overrides
from dhis2w_codegen.spans import span_text
from dhis2w_codegen.version_facts import TypeFacts, VersionFacts, json_key

DISTILLED = (files("dhis2w_codegen") / "distilled.jsonl").read_text(encoding="utf-8")
MODELS = Path(__file__).parents[2] / "packages/dhis2w-client/src/dhis2w_client/models"


@pytest.fixture(scope="module")
def table() -> Table:
    corrected = parsed(DISTILLED)
    correct(corrected, read_overrides())
    return corrected


def test_the_committed_files_follow_from_the_table() -> None:
    for name, text in client_models(DISTILLED).items():
        assert (MODELS / name).read_text(encoding="utf-8") == text, f"{name}: run `make generate`"


def test_nothing_else_is_among_the_generated_modules() -> None:
    produced = {name for name in client_models(DISTILLED) if name.startswith("generated/")}
    assert {f"generated/{file.name}" for file in (MODELS / "generated").glob("*.py")} == produced


@pytest.mark.shared
def test_the_table_follows_from_the_published_documents(shared: Path) -> None:
    assert distil(shared / "dhis2") == DISTILLED


def test_the_table_is_read_as_it_was_written() -> None:
    assert written(parsed(DISTILLED)) == DISTILLED


def test_budgets() -> None:
    assert len(DISTILLED.encode()) <= 1_500_000
    assert sum(text.count("\n") for text in client_models(DISTILLED).values()) <= 15_000


def versions(table: Table, name: str, key: str) -> str:
    return span_text(table.types[name].properties[key].versions)


def shapes(table: Table, name: str, key: str) -> list[str]:
    return [str(shape) for shape in table.types[name].properties[key].shapes]


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("User", "twoFactorEnabled", "41"),
        ("User", "emailVerified", "42-44"),
        ("Dashboard", "embedded", "42-44"),
        ("Dashboard", "shortName", "41-42"),
        ("CategoryOption", "totalAggregationType", "43-44"),
        ("TrackedEntityAttribute", "confidential", "41-43"),
        ("ExternalMapLayer", "descriptionUrl", "44"),
        ("DataElement", "favorites", "41-43"),
        ("Visualization", "favorites", "41-44"),
        ("UserGroup", "description", "43-44"),
        ("ProgramTrackedEntityAttribute", "skipIndividualAnalytics", "42"),
    ],
)
def test_which_versions_have_a_property(table: Table, name: str, key: str, expected: str) -> None:
    """Section 8.2 of the facts on the wire."""
    assert versions(table, name, key) == expected


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("DataElement", "dataElementGroups", ["list link DataElementGroup"]),
        ("DataElement", "attributeValues", ["items model AttributeValue"]),
        ("DataElement", "valueTypeOptions", ["model FileTypeValueOptions"]),
        ("LegendSet", "legends", ["list model Legend"]),
        ("OrganisationUnit", "geometry", ["object"]),
        ("OAuth2Client", "redirectUris", ["text", "list text"]),
        ("Sharing", "users", ["map model UserAccess"]),
        ("EventHook", "targets", ["list model EventHookTarget"]),
        ("Route", "auth", ["model AuthScheme"]),
        ("JobConfiguration", "jobParameters", ["model JobParameters"]),
        ("FileResource", "contentLength", ["integer"]),
        ("Visualization", "icons", ["list model VisualizationIcon"]),
        ("EventRepetition", "parent", ["enum DimensionAttribute"]),
        ("ProgramStageSection", "renderType", ["map model SectionRenderingObject"]),
    ],
)
def test_the_shape_of_a_property(table: Table, name: str, key: str, expected: list[str]) -> None:
    assert shapes(table, name, key) == expected


def test_enums_drift(table: Table) -> None:
    assert span_text(table.enums["ValueType"]["TRACKER_ASSOCIATE"]) == "41-42"
    assert span_text(table.enums["DimensionItemType"]["PROGRAM_DATA_ELEMENT_OPTION"]) == "42-44"
    assert span_text(table.enums["ProgramRuleActionType"]["SCHEDULEEVENT"]) == "43-44"
    assert span_text(table.enums["JobType"]["PUSH_ANALYSIS"]) == "41-42"
    assert "ProgramStatus" not in table.enums


def test_each_kind_of_one_of_several_is_in_the_union(table: Table) -> None:
    assert table.types["AuthScheme"].properties.keys() >= {"type", "username", "password", "token", "headers"}
    assert table.types["EventHookTarget"].properties.keys() >= {"type", "url", "brokerUrl", "topic"}


def test_every_name_in_a_shape_is_in_the_table(table: Table) -> None:
    for entry in table.types.values():
        for prop in entry.properties.values():
            for shape in prop.shapes:
                if shape.kind in ("model", "enum"):
                    assert shape.name in (table.types if shape.kind == "model" else table.enums)


def test_the_json_key_of_a_collection_is_its_collection_name() -> None:
    prop = {
        "name": "dataElementGroup",
        "fieldName": "groups",
        "collectionName": "dataElementGroups",
        "collection": True,
    }
    assert json_key(prop) == "dataElementGroups"
    assert json_key({**prop, "collection": False}) == "dataElementGroup"


def of_version(version: int, shape: str, *, enums: dict[str, list[str]] | None = None) -> VersionFacts:
    return VersionFacts(version, {"T": TypeFacts({"plural": "ts"}, {"p": {"is": shape}})}, enums or {})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("any", "list text", ["list text"]),
        ("object", "model X", ["model X", "object"]),
        ("list link", "list link Category", ["list link Category"]),
        ("link", "model Operand", ["model Operand"]),
        ("enum |A|B", "enum E", ["enum E"]),
        ("enum |A|B", "text", ["text"]),
        ("integer", "number", ["number", "integer"]),
    ],
)
def test_what_one_version_leaves_open_another_tells(first: str, second: str, expected: list[str]) -> None:
    table = merged([of_version(41, first), of_version(42, second, enums={"E": ["B", "C"]})])
    assert shapes(table, "T", "p") == expected
    if expected == ["enum E"]:
        assert {constant: span_text(found) for constant, found in table.enums["E"].items()} == {
            "B": "41-42",
            "C": "42",
            "A": "41",
        }

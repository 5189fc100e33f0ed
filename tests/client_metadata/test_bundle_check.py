"""Checking a bundle offline: the rows are those that the server's import report has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import ConflictError, Dhis2Client, Dhis2Error, ReportRow
from dhis2w_client.metadata import Bundle, InvalidBundleError
from dhis2w_client.metadata.bundle_check import check_bundle, missing_references, refuse_invalid
from dhis2w_client.versions import Dhis2
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_metadata.packages import installable, package

ELEMENT = {
    "id": "abcdefghij1",
    "name": "A",
    "shortName": "A",
    "valueType": "NUMBER",
    "aggregationType": "SUM",
    "domainType": "AGGREGATE",
}
OTHER = {**ELEMENT, "id": "abcdefghij2", "name": "B", "shortName": "B"}
NOBODY = {"public": "rw------", "users": {"zzzzzzzzzzz": {"id": "zzzzzzzzzzz", "access": "rw------"}}}

REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the same id twice": ({"dataElements": [ELEMENT, ELEMENT]}, ["E5004"]),
    "values of another one": ({"dataElements": [ELEMENT, {**ELEMENT, "id": "abcdefghij2"}]}, ["E5003", "E5003"]),
    "no uid": ({"dataElements": [{**ELEMENT, "id": "abc"}]}, ["E4002", "E4014"]),
    "too long": ({"dataElements": [{**ELEMENT, "name": "x" * 231, "shortName": "y" * 51}]}, ["E4001", "E4001"]),
    "too short": ({"dataElements": [{**ELEMENT, "formName": "x"}]}, ["E4002"]),
    "required properties": ({"indicators": [{"id": "abcdefghij1"}]}, ["E4000"] * 5),
    "required properties of parts": (
        {"legendSets": [{"id": "abcdefghij1", "name": "L", "legends": [{"name": "x" * 300}]}]},
        ["E4000", "E4000", "E4001"],
    ),
    "a number too large": ({"organisationUnitLevels": [{"id": "abcdefghij1", "name": "L", "level": 1000}]}, ["E4008"]),
    "texts of a form": (
        {
            "organisationUnits": [
                {
                    "id": "abcdefghij1",
                    "name": "U",
                    "shortName": "U",
                    "openingDate": "2000-01-01",
                    "email": "nobody",
                    "url": "nowhere",
                }
            ]
        },
        ["E4003", "E4004"],
    ),
    "links to nothing": (
        {
            "dataElements": [
                {
                    **ELEMENT,
                    "categoryCombo": {"id": "zzzzzzzzzzz"},
                    "legendSets": [{"id": "yyyyyyyyyyy"}, {"id": "yyyyyyyyyyy"}],
                    "commentOptionSet": {},
                }
            ]
        },
        ["E5002", "E5002", "E5002", "E5007"],
    ),
    "shared with nobody": ({"dataElements": [{**ELEMENT, "sharing": NOBODY}]}, ["E5002"]),
    "attributes": (
        {
            "attributes": [{"id": "attribute01", "name": "X", "valueType": "TEXT", "indicatorAttribute": True}],
            "dataElements": [
                {
                    **ELEMENT,
                    "attributeValues": [
                        {"attribute": {"id": "attribute01"}, "value": "x"},
                        {"attribute": {"id": "zzzzzzzzzzz"}, "value": "x"},
                    ],
                }
            ],
        },
        ["E5002", "E6012", "E6012"],
    ),
    "translations": (
        {
            "dataElements": [
                {
                    **ELEMENT,
                    "translations": [
                        {"locale": "fr", "property": "NAME", "value": "x"},
                        {"locale": "fr", "property": "NAME", "value": "y"},
                        {"locale": "en"},
                    ],
                }
            ]
        },
        ["E1106", "E4000", "E4000"],
    ),
}


def admin_is_there(type: str, id: str) -> bool:
    return (type, id) == ("User", "M5zQapPyTZI")


def element_is_there(type: str, id: str) -> bool:
    return (type, id) == ("DataElement", "abcdefghij1")


async def refused_by(client: Dhis2Client, bundle: Bundle) -> tuple[ReportRow, ...]:
    """The rows with which the server refuses a bundle; none where it does not."""
    try:
        await client.post("metadata", bundle.to_dict(), params={"importMode": "VALIDATE"})
    except ConflictError as error:
        return error.rows
    return ()


@pytest.mark.parametrize("case", REFUSED)
def test_the_server_refuses_with_the_same_rows(empty_sandbox: Sandbox, case: str) -> None:
    content, codes = REFUSED[case]
    bundle = Bundle(content)

    async def use(client: Dhis2Client) -> tuple[Dhis2, tuple[ReportRow, ...]]:
        return client.version, await refused_by(client, bundle)

    version, server = run(empty_sandbox, use)
    rows = check_bundle(bundle, version, is_there=admin_is_there)
    if version >= Dhis2.V43 and case == "required properties of parts":
        codes = codes[2:]  # the numbers of a legend are required no more
    assert sorted(str(row.code) for row in rows) == codes
    assert Counter(rows) == Counter(server)


def test_links_of_parts_are_checked_where_the_server_leaves_them_to_its_database(empty_sandbox: Sandbox) -> None:
    """It would validate the data set, and then answer an import with an error that names no object."""
    data_set = {"id": "abcdefghij3", "name": "D", "shortName": "D", "periodType": "Monthly"}
    bundle = Bundle({"dataSets": [{**data_set, "dataSetElements": [{"dataElement": {"id": "zzzzzzzzzzz"}}]}]})

    async def use(client: Dhis2Client) -> tuple[Dhis2, tuple[ReportRow, ...], ConflictError]:
        validated = await refused_by(client, bundle)
        with pytest.raises(ConflictError) as caught:
            await client.post("metadata", bundle.to_dict())
        return client.version, validated, caught.value

    version, validated, error = run(empty_sandbox, use)
    assert validated == ()
    assert "not-null property" in (error.dhis2_message or "")
    assert error.rows == ()
    (row,) = check_bundle(bundle, version, is_there=admin_is_there)
    assert (row.code, row.uid, row.property) == ("E5002", "abcdefghij3", "dataElement")


@pytest.mark.parametrize(
    ("changed", "property"),
    [
        ({"valueType": "NUMBRE"}, "valueType"),
        ({"legendSets": {"id": "zzzzzzzzzzz"}}, "legendSets"),
        ({"legendSets": ["zzzzzzzzzzz"]}, "legendSets"),
        ({"categoryCombo": "zzzzzzzzzzz"}, "categoryCombo"),
    ],
)
def test_what_the_server_cannot_read(empty_sandbox: Sandbox, changed: dict[str, Any], property: str) -> None:
    bundle = Bundle({"dataElements": [{**ELEMENT, **changed}]})

    async def use(client: Dhis2Client) -> Dhis2:
        with pytest.raises(Dhis2Error):
            await client.post("metadata", bundle.to_dict(), params={"importMode": "VALIDATE"})
        return client.version

    (row,) = check_bundle(bundle, run(empty_sandbox, use))
    assert (row.code, row.uid) == (None, "abcdefghij1")
    assert row.property in (property, property.removesuffix("s"))


def test_constants_are_those_of_the_version() -> None:
    bundle = Bundle({"dataElements": [{**ELEMENT, "valueType": "TRACKER_ASSOCIATE"}]})
    assert check_bundle(bundle, Dhis2.V42) == ()
    assert [row.value for row in check_bundle(bundle, Dhis2.V43)] == ["TRACKER_ASSOCIATE"]


def test_links_inside_of_the_bundle_and_on_the_server() -> None:
    grouped = {"id": "abcdefghij3", "name": "G", "shortName": "G", "dataElements": [{"id": "abcdefghij1"}]}
    assert check_bundle(Bundle({"dataElementGroups": [grouped], "dataElements": [ELEMENT]}), Dhis2.V42) == ()
    alone = Bundle({"dataElementGroups": [grouped]})
    assert [row.code for row in check_bundle(alone, Dhis2.V42)] == ["E5002"]
    assert check_bundle(alone, Dhis2.V42, is_there=element_is_there) == ()
    assert missing_references(alone, Dhis2.V42) == {"DataElement": {"abcdefghij1"}}


def test_sharing_may_be_skipped() -> None:
    bundle = Bundle({"dataElements": [{**ELEMENT, "sharing": NOBODY}]})
    assert len(check_bundle(bundle, Dhis2.V42)) == 1
    assert check_bundle(bundle, Dhis2.V42, skip_sharing=True) == ()


def test_default_objects_and_unknown_keys_are_left_alone() -> None:
    content: dict[str, Any] = {
        "categories": [{"id": "GLevLNI9wkl", "name": "default"}],
        "nonsense": [{}],
        "system": {"id": "x"},
    }
    assert check_bundle(Bundle(content), Dhis2.V42) == ()


def test_a_refusal_names_what_is_wrong() -> None:
    bundle = Bundle({"dataElements": [{**ELEMENT, "optionSet": {"id": "zzzzzzzzzzz"}}, OTHER]})
    refuse_invalid(check_bundle(Bundle({"dataElements": [OTHER]}), Dhis2.V42))
    with pytest.raises(InvalidBundleError, match=r"A \[abcdefghij1\] \(DataElement\) .*`optionSet`") as refusal:
        refuse_invalid(check_bundle(bundle, Dhis2.V42))
    assert refusal.value.rows[0].code == "E5002"


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "GEN_LIB/D2.40_2.0.0",
        "HIV_AGG/D2.40_2.0.0",
        "HIV_AGG/D2.40_2.0.2",
        "HIV_AGG/D2.41_2.1.0",
        "HIV_CS/D2.41_2.0.2",
        "IMM_AGG/D2.40_1.1.0",
        "IMM_BCU/D2.40_1.0.0",
    ],
)
def test_published_packages(shared: Path, name: str) -> None:
    bundle = package(shared, name)

    async def use(client: Dhis2Client) -> tuple[ReportRow, ...]:
        return await refused_by(client, bundle)

    with Sandbox(41, empty=True) as sandbox:
        assert Counter(check_bundle(bundle, Dhis2.V41, is_there=admin_is_there)) == Counter(run(sandbox, use))


@pytest.mark.shared
def test_one_broken_reference_in_the_largest_package(shared: Path) -> None:
    bundle = installable(shared, "HIV_AGG/D2.40_2.0.2")
    assert check_bundle(bundle, Dhis2.V41, is_there=admin_is_there) == ()
    bundle.objects["dataSets"][0]["dataSetElements"][3]["dataElement"] = {"id": "brokenLink1"}
    rows = check_bundle(bundle, Dhis2.V41, is_there=admin_is_there)
    with pytest.raises(InvalidBundleError, match=r"brokenLink1.*HIV - Health Facility Profile \[YAXqHAcouCU\]"):
        refuse_invalid(rows)
    assert [(row.uid, row.property, row.code) for row in rows] == [("YAXqHAcouCU", "dataElement", "E5002")]

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidBundleError) as found:
            await client.metadata.import_bundle(bundle, check=True)
        assert found.value.rows == rows
        with pytest.raises(ConflictError, match=r"DataSetElement\.dataElement") as refused:
            await client.metadata.import_bundle(bundle)  # the server does not say which
        assert refused.value.rows == ()

    with Sandbox(41, empty=True) as sandbox:
        run(sandbox, use)


@pytest.mark.parametrize(("version", "codes"), [(Dhis2.V42, []), (Dhis2.V43, ["E1130"]), (Dhis2.V44, ["E1130"])])
def test_a_part_of_the_option_combos_is_told_where_all_are_wanted(version: Dhis2, codes: list[str]) -> None:
    options = [{"id": f"option0000{n}", "name": f"O{n}", "shortName": f"O{n}"} for n in (1, 2)]
    links = [{"id": option["id"]} for option in options]
    category = {"id": "category001", "name": "C", "shortName": "C", "dataDimensionType": "DISAGGREGATION"}
    combo = {"id": "catCombo001", "name": "CC", "dataDimensionType": "DISAGGREGATION"}
    combos = [
        {"id": f"optCombo00{n}", "categoryCombo": {"id": "catCombo001"}, "categoryOptions": [links[n - 1]]}
        for n in (1, 2)
    ]
    whole = {
        "categoryOptions": options,
        "categories": [category | {"categoryOptions": links}],
        "categoryCombos": [combo | {"categories": [{"id": "category001"}]}],
        "categoryOptionCombos": combos,
    }
    told = [row.code for row in check_bundle(Bundle(whole), version) if row.code == "E1130"]
    assert told == []
    partly = Bundle(whole | {"categoryOptionCombos": combos[:1]})
    assert [row.code for row in check_bundle(partly, version) if row.code == "E1130"] == codes

"""The demo country as a payload: the same for the same seed, and what the schemas of each version demand of it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import pytest

from dhis2w_sandbox.authorities import authorities
from dhis2w_sandbox.boot import ADMIN, DEFAULT_COMBO
from dhis2w_sandbox.country.bundle import demo_country
from dhis2w_sandbox.country.objects import Bundle, Json, uid
from dhis2w_sandbox.schemas import Property, Schema, Schemas, load_schemas

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
# What a payload need not say, because DHIS2 fills it in (`metadata/defaults.py` of the sandbox does as it does).
FILLED_IN = {"created", "lastUpdated", "path", "level", "sharing"}


@pytest.fixture(scope="module", params=["v41", "v42", "v43", "v44"])
def schemas(request: pytest.FixtureRequest) -> Schemas:
    return load_schemas(request.param)


@pytest.fixture(scope="module")
def bundle(schemas: Schemas) -> Bundle:
    return demo_country(schemas)


def rows(schemas: Schemas, bundle: Bundle) -> Iterator[tuple[Schema, Json]]:
    """Every object, and every object embedded in one, with its schema."""
    for plural, objects in bundle.items():
        for row in objects:
            yield from with_embedded(schemas, schemas.by_plural[plural], row)


def with_embedded(schemas: Schemas, schema: Schema, row: Json) -> Iterator[tuple[Schema, Json]]:
    yield schema, row
    for key, value in row.items():
        inner = schemas.of(schema.properties[key])
        if inner and schema.properties[key].embedded:
            for item in cast("list[Any]", value) if isinstance(value, list) else [value]:
                yield from with_embedded(schemas, inner, item)


def identifiers(value: Any) -> Iterator[str]:
    """Every `id` at any depth."""
    if isinstance(value, dict):
        for key, item in cast("Json", value).items():
            if key == "id":
                yield item
            else:
                yield from identifiers(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from identifiers(item)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in cast("Json", value).values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from texts(item)


def test_the_same_seed_makes_the_same_country(schemas: Schemas, bundle: Bundle) -> None:
    assert demo_country(schemas) == bundle


def test_another_seed_makes_another_country_with_the_same_identifiers(schemas: Schemas, bundle: Bundle) -> None:
    other = demo_country(schemas, seed=7)
    assert {row["name"] for row in other["organisationUnits"]} != {row["name"] for row in bundle["organisationUnits"]}
    same = {
        plural: [row["id"] for row in objects] for plural, objects in bundle.items() if plural != "organisationUnits"
    }
    assert {plural: [row["id"] for row in other[plural]] for plural in same} == same


def test_identifiers_are_valid_and_nowhere_twice(schemas: Schemas, bundle: Bundle) -> None:
    own = Counter(row["id"] for _, row in rows(schemas, bundle) if "id" in row)
    assert all(UID.fullmatch(id) for id in own)
    assert [id for id, count in own.items() if count > 1] == []


def test_an_identifier_follows_from_type_and_key_alone() -> None:
    assert uid("dataElement", "ANC_1ST") == uid("dataElement", "ANC_1ST")
    assert len({uid("dataElement", str(number)) for number in range(20_000)}) == 20_000
    assert uid("dataElement", "ANC_1ST") != uid("indicator", "ANC_1ST")


def test_every_reference_leads_to_something(schemas: Schemas, bundle: Bundle) -> None:
    own = {row["id"] for _, row in rows(schemas, bundle) if "id" in row}
    # MapView has no schema before 43: its own identifiers are known from the maps.
    own |= {view["id"] for map in bundle["maps"] for view in map["mapViews"]}
    assert set(identifiers(bundle)) - own == {DEFAULT_COMBO}
    assert {row["sharing"]["owner"] for _, row in rows(schemas, bundle) if "sharing" in row} == {ADMIN}


def test_every_operand_of_an_expression_leads_to_something(schemas: Schemas, bundle: Bundle) -> None:
    own = {row["id"] for _, row in rows(schemas, bundle) if "id" in row}
    variables = {row["name"] for row in bundle["programRuleVariables"]}
    operands = [operand for text in texts(bundle) for operand in re.findall(r"[#A]\{([\w.]+)\}", text)]
    assert len(operands) > 40
    assert [name for operand in operands for name in operand.split(".") if name not in own | variables] == []


def test_only_properties_of_the_version_are_there(schemas: Schemas, bundle: Bundle) -> None:
    unknown = [
        (schema.singular, key) for schema, row in rows(schemas, bundle) for key in row if key not in schema.properties
    ]
    assert unknown == []


def test_nothing_required_is_missing(schemas: Schemas, bundle: Bundle) -> None:
    missing = {
        (schema.singular, prop.key)
        for schema, row in rows(schemas, bundle)
        for prop in schema.properties.values()
        if prop["required"]
        and prop.owner
        and prop.persisted
        and prop.key not in FILLED_IN
        and row.get(prop.key) is None
    }
    assert missing == set()


def test_values_are_of_the_length_and_words_that_the_schemas_allow(schemas: Schemas, bundle: Bundle) -> None:
    wrong = [
        (schema.singular, key, value)
        for schema, row in rows(schemas, bundle)
        for key, value in row.items()
        if not fits(schema.properties[key], value)
    ]
    assert wrong == []


def fits(prop: Property, value: Any) -> bool:
    if isinstance(value, str):
        if prop.constants:
            return value in prop.constants
        return (prop["min"] or 0) <= len(value) <= (prop["max"] or float("inf")) or prop.type in {"REFERENCE", "DATE"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return prop["min"] is None or prop["min"] <= value <= prop["max"]
    return True


def test_what_must_be_unique_is(schemas: Schemas, bundle: Bundle) -> None:
    seen = Counter(
        (schema.singular, prop.key, row[prop.key])
        for schema, row in rows(schemas, bundle)
        for prop in schema.properties.values()
        if prop["unique"] and isinstance(row.get(prop.key), str)
    )
    assert [key for key, count in seen.items() if count > 1] == []


def test_places_have_names_of_their_own(bundle: Bundle) -> None:
    names = Counter(row["name"] for row in bundle["organisationUnits"])
    assert [name for name, count in names.items() if count > 1] == []


def test_it_is_a_country_of_four_levels_with_something_of_everything(bundle: Bundle) -> None:
    units = {row["id"]: row for row in bundle["organisationUnits"]}

    def level(row: Json) -> int:
        return 1 + level(units[row["parent"]["id"]]) if "parent" in row else 1

    counts = Counter(level(row) for row in units.values())
    assert (counts[1], counts[2], counts[3]) == (1, 5, 20)
    assert 120 <= counts[4] <= 180
    assert any("closedDate" in row for row in units.values())
    assert all(row["openingDate"] < row.get("closedDate", "9") for row in units.values())
    assert len({row["valueType"] for row in bundle["dataElements"]}) >= 22
    assert {row["periodType"] for row in bundle["dataSets"]} == {"Monthly", "Quarterly", "Yearly"}
    assert {row["programType"] for row in bundle["programs"]} == {"WITH_REGISTRATION", "WITHOUT_REGISTRATION"}


def test_option_combinations_are_all_there_and_named_as_dhis2_names_them(bundle: Bundle) -> None:
    options = {row["id"]: row["name"] for row in bundle["categoryOptions"]}
    categories = {row["id"]: len(row["categoryOptions"]) for row in bundle["categories"]}
    for combo in bundle["categoryCombos"]:
        own = [row for row in bundle["categoryOptionCombos"] if row["categoryCombo"]["id"] == combo["id"]]
        expected = 1
        for category in combo["categories"]:
            expected *= categories[category["id"]]
        assert (
            len({frozenset(option["id"] for option in row["categoryOptions"]) for row in own}) == expected == len(own)
        )
        assert all(row["name"] == ", ".join(options[option["id"]] for option in row["categoryOptions"]) for row in own)


def test_authorities_exist(schemas: Schemas, bundle: Bundle) -> None:
    known = {name for schema in schemas.all for kind in schema.raw["authorities"] for name in kind["authorities"]}
    known |= {authority.id for authority in authorities()}
    given = {name for role in bundle["userRoles"] for name in role["authorities"]}
    assert {name for name in given - known if not name.startswith("M_")} == set()  # `M_` are apps, which may be absent


def test_some_names_are_french_too(bundle: Bundle) -> None:
    hospital = next(row for row in bundle["organisationUnits"] if row["name"] == "Kemba District Hospital")
    assert {"locale": "fr", "property": "NAME", "value": "Hôpital de district de Kemba"} in hospital["translations"]
    assert sum("translations" in row for objects in bundle.values() for row in objects) > 250

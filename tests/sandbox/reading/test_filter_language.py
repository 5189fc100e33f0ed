"""Every operator of `filter`, what is refused, and how repeated filters are split."""

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader import Reader

from dhis2w_sandbox.metadata.filters import FilterCrash, FilterError, date_text, matches, parse_filter, split_joined
from dhis2w_sandbox.schemas import Property, Schema, load_schemas
from dhis2w_sandbox.versions import BEHAVIOURS

Json = dict[str, Any]

SCHEMAS = load_schemas("v42")
ELEMENT = SCHEMAS.by_singular["dataElement"]
V42 = BEHAVIOURS["v42"]
FEVER: Json = {
    "id": "dataElemen1",
    "code": "DE_1",
    "name": "Fever 100% cases",
    "shortName": "Fever",
    "valueType": "INTEGER",
    "zeroIsSignificant": True,
    "lastUpdated": "2024-03-01T10:00:00.000",
    "legendSets": [{"id": "legendSet01"}],
    "attributeValues": [{"attribute": {"id": "attribute01"}, "value": "red"}],
}


def stored(schema: Schema, prop: Property, document: Json) -> Any:
    """The value of a property without any computing."""
    del schema
    return document.get(prop.key)


def holds(text: str, document: Json = FEVER) -> bool:
    return matches(SCHEMAS, ELEMENT, stored, parse_filter(SCHEMAS, ELEMENT, text, V42), document)


@pytest.mark.parametrize(
    "text",
    [
        "code:eq:DE_1",
        "code:ieq:de_1",
        "code:!eq:DE_2",
        "code:ne:DE_2",
        "code:neq:DE_2",
        "code:gt:DE_0",
        "code:ge:DE_1",
        "code:gte:DE_1",
        "code:lt:DE_2",
        "code:le:DE_1",
        "code:lte:DE_1",
        "name:like:100%",
        "name:!like:FEVER",
        "name:$like:Fever",
        "name:!$like:cases",
        "name:like$:cases",
        "name:!like$:Fever",
        "name:ilike:FEVER",
        "name:!ilike:cough",
        "name:$ilike:FEVER",
        "name:startsWith:fever",
        "name:!$ilike:cases",
        "name:ilike$:CASES",
        "name:endsWith:cases",
        "name:!ilike$:fever",
        "name:token:cases fev",
        "name:!token:cough",
        "code:in:[DE_0,DE_1]",
        "code:!in:[DE_0,DE_2]",
        "description:null",
        "code:!null",
        "description:empty",
        "legendSets:!empty",
        "legendSets:eq:1",
        "legendSets:gt:0",
        "legendSets.id:eq:legendSet01",
        "zeroIsSignificant:eq:true",
        "valueType:in:[TEXT,INTEGER]",
        "lastUpdated:gt:2024-02",
        "lastUpdated:lt:2024-03-01T10:01",
        "identifiable:eq:DE_1",
        "identifiable:token:fev",
        "attribute01:eq:red",
        "attribute02:null",
        "attributeValues.attribute.id:eq:attribute01",
        "code:like:DE_",
        "code:like:D__1",
    ],
)
def test_an_operator_finds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "code:eq:de_1",
        "name:like:FEVER",
        "code:in:[DE_0]",
        "description:!eq:x",
        "description:!like:x",
        "description:!in:[x]",
        "legendSets:empty",
        "zeroIsSignificant:eq:maybe",
        "valueType:eq:TEXT",
        "lastUpdated:lt:2020",
        "identifiable:token:aaa",
        "attribute01:eq:blue",
    ],
)
def test_an_operator_does_not_find(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name", "Invalid filter => name"),
        ("nosuch:eq:1", "Unknown path property: nosuch"),
        ("categoryCombo.nosuch:eq:1", "Unknown path property: categoryCombo.nosuch"),
        ("name:zz:1", "`zz` is not a valid operator."),
        ("name:LIKE:1", "`LIKE` is not a valid operator."),
        ("legendSets:eq:x", "Collection size must be integer `x`"),
        ("code:in:DE_1", "Collection size must be integer `DE_1`"),
        ("created:ge:yesterday", "Unable to parse `yesterday` as `Date`."),
        ("categoryCombo:eq:x", "Unable to parse `x` to `CategoryCombo`."),
        ("valueType:like:TEXT", "Value `TEXT` of type `ValueType` is not supported by this operator."),
    ],
)
def test_a_wrong_filter_is_refused_in_dhis2s_words(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=re.escape(message)):
        parse_filter(SCHEMAS, ELEMENT, text, V42)


def test_a_wrong_enum_names_all_that_there_are() -> None:
    with pytest.raises(FilterError, match=r"as `class org\.hisp.*ValueType`, available values are: \[TEXT, LONG_TEXT"):
        parse_filter(SCHEMAS, ELEMENT, "valueType:eq:text", V42)


@pytest.mark.parametrize("text", ["name:eq", "identifiable:in:[a]", "attribute01:in:[a]"])
def test_some_filters_break_dhis2(text: str) -> None:
    with pytest.raises(FilterCrash):
        parse_filter(SCHEMAS, ELEMENT, text, V42)


def test_2_41_has_no_not_empty_and_asks_lists_only_whether_they_are_empty() -> None:
    v41 = BEHAVIOURS["v41"]
    with pytest.raises(FilterError, match="`!empty` is not a valid operator"):
        parse_filter(SCHEMAS, ELEMENT, "legendSets:!empty", v41)
    with pytest.raises(FilterError, match="unknown collection expression type") as refused:
        parse_filter(SCHEMAS, ELEMENT, "description:empty", v41)
    assert refused.value.code is None


def test_joined_filters_lose_what_stands_behind_a_comma() -> None:
    assert split_joined(["name:like:a,b"]) == ["name:like:a"]
    assert split_joined(["code:in:[a,b]", "name:like:x"]) == ["code:in:[a,b]", "name:like:x"]
    assert split_joined(["name", "code:eq:1"]) == ["code:eq:1"]
    assert split_joined(["name"]) == ["name"]
    assert split_joined([]) == []


@given(st.text(alphabet=st.characters(exclude_characters=","), min_size=1))
def test_one_filter_without_a_comma_is_taken_whole(text: str) -> None:
    assert split_joined([text]) == [text]


@given(st.text(alphabet="abAB 1", max_size=8), st.text(alphabet="abAB 1", min_size=1, max_size=4))
def test_a_negated_operator_finds_the_rest(name: str, wanted: str) -> None:
    document: Json = {**FEVER, "name": name}
    sent = wanted.strip() or "a"
    for operator in ("like", "$like", "like$", "ilike", "$ilike", "ilike$", "eq"):
        negated = holds(f"name:!{operator}:{sent}", document)
        assert holds(f"name:{operator}:{sent}", document) != negated


@given(st.datetimes())
def test_dates_compare_as_the_server_writes_them(moment: datetime) -> None:
    text = moment.replace(microsecond=0).isoformat()
    assert date_text(text) == f"{text}.000"


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("filter=nosuch:eq:1", 400, "E1003"),
        ("filter=name:eq", 500, None),
    ],
)
def test_lists_answer_wrong_filters(read: Reader, target: str, status: int, code: str | None) -> None:
    answer = read(f"/api/dataElements?{target}")
    assert (answer["httpStatusCode"], answer.get("errorCode")) == (status, code)


def test_filters_are_joined_by_or_on_demand(read: Reader) -> None:
    for number in (1, 2, 3):
        read.put_element(f"dataElemen{number}", code=f"DE_{number}")
    both = "filter=code:eq:DE_1&filter=code:eq:DE_2"
    assert read.ids(f"/api/dataElements?{both}&rootJunction=OR") == ["dataElemen1", "dataElemen2"]
    assert read.ids(f"/api/dataElements?{both}") == []


def test_only_2_41_tries_single_objects_against_filters(read_each: Reader) -> None:
    read_each.put_element("dataElemen1")
    reply = read_each.reply("/api/dataElements/dataElemen1?fields=id&filter=nosuch:eq:1")
    assert reply.status == (409 if read_each.sandbox.server.version == "v41" else 200)

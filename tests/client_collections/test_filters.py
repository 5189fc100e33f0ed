"""Filters: what they look like, and that nothing is sent which DHIS2 would take apart."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import Dhis2Client, InvalidRequestError, where
from dhis2w_client.filters import Filter, filter_texts, split_as_server
from dhis2w_client.versions import DIALECTS, Dhis2
from tests.client_collections.servers import element, on_sandbox

V41, V42 = DIALECTS[Dhis2.V41], DIALECTS[Dhis2.V42]

WRITTEN = [
    (where("name").eq("A b"), "name:eq:A b"),
    (where("name").ieq("a"), "name:ieq:a"),
    (where("name").ne("a"), "name:!eq:a"),
    (where("level").gt(2), "level:gt:2"),
    (where("created").ge(date(2024, 1, 31)), "created:ge:2024-01-31"),
    (where("created").lt(datetime(2024, 1, 31, 12)), "created:lt:2024-01-31T12:00:00.000"),
    (where("value").le(1.5), "value:le:1.5"),
    (where("zeroIsSignificant").eq(True), "zeroIsSignificant:eq:true"),
    (where("name").like("a:b"), "name:like:a:b"),
    (where("name").ilike("a"), "name:ilike:a"),
    (where("name").not_like("a"), "name:!like:a"),
    (where("name").not_ilike("a"), "name:!ilike:a"),
    (where("name").starts_with("a"), "name:$like:a"),
    (where("name").istarts_with("a"), "name:$ilike:a"),
    (where("name").ends_with("a"), "name:like$:a"),
    (where("name").iends_with("a"), "name:ilike$:a"),
    (where("name").token("a b"), "name:token:a b"),
    (where("valueType").is_in(["TEXT", "NUMBER"]), "valueType:in:[TEXT,NUMBER]"),
    (where("level").not_in([1, 2]), "level:!in:[1,2]"),
    (where("code").is_null(), "code:null"),
    (where("code").not_null(), "code:!null"),
    (where("dataElementGroups").is_empty(), "dataElementGroups:empty"),
    (where("dataElementGroups").not_empty(), "dataElementGroups:gt:0"),
]


@pytest.mark.parametrize(("made", "text"), WRITTEN, ids=str)
def test_the_builder(made: Filter, text: str) -> None:
    assert str(made) == text
    for dialect in DIALECTS.values():
        assert filter_texts([made, where("id").gt("a0000000000")], dialect) == (text, "id:gt:a0000000000")


@pytest.mark.parametrize("values", [[], ["a,b"], ["a]"], ["[a"], [""]])
def test_values_that_cannot_be_in_a_list(values: list[str]) -> None:
    with pytest.raises(InvalidRequestError):
        where("name").is_in(values)


def test_values_that_are_not_there() -> None:
    with pytest.raises(InvalidRequestError, match="has no value"):
        where("name").like("")


@pytest.mark.parametrize("text", ["name", "name:", ":eq:1", "name:eq", ""])
def test_filters_that_dhis2_drops_or_fails_on(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        filter_texts(text, V42)


def test_what_42_would_split() -> None:
    for text in ("name:like:a,b", "name:eq:a, with b", "code:eq:1,code:eq:2"):
        assert filter_texts(text, V41) == (text,)
        with pytest.raises(InvalidRequestError, match=r"2\.42 would split the filter .* at its commas"):
            filter_texts(text, V42)


def test_a_property_that_only_splits_beside_others() -> None:
    assert filter_texts("a_b:eq:1", V42) == ("a_b:eq:1",)
    with pytest.raises(InvalidRequestError, match="would split"):
        filter_texts(["a_b:eq:1", "name:like:x"], V42)


def test_not_empty_by_version() -> None:
    assert filter_texts("dataElementGroups:!empty", V42)
    with pytest.raises(InvalidRequestError, match="dataElementGroups:gt:0"):
        filter_texts("dataElementGroups:!empty", V41)


TEXTS = st.text(st.sampled_from("ab,:[]$! é\n"), min_size=1, max_size=8)


@given(st.lists(TEXTS, max_size=3))
def test_what_passes_is_read_as_it_was_written(values: list[str]) -> None:
    texts = [f"name:like:{value}" for value in values]
    try:
        sent = filter_texts(texts, V42)
    except InvalidRequestError:
        assert split_as_server(tuple(texts)) != tuple(texts)
    else:
        assert split_as_server(sent) == tuple(texts)


@given(TEXTS)
def test_text_without_comma_and_bracket_always_passes(value: str) -> None:
    if not set(value) & set(",[]\n"):
        made = [where("name").like(value), where("code").not_null()]
        assert filter_texts(made, V42) == (f"name:like:{value}", "code:!null")


@pytest.mark.parametrize("version", [41, 43])
def test_the_server_agrees(version: int) -> None:
    async def scenario(client: Dhis2Client) -> list[list[str | None]]:
        names = ["Doses, given", "Doses taken", "Other", "doses lost"]
        await client.data_elements.create_many([element(name, code=f"C{i}") for i, name in enumerate(names)])
        conditions = [
            where("name").starts_with("Doses"),
            where("name").istarts_with("doses"),
            where("code").is_in(["C1", "C2"]),
            where("name").not_ilike("DOSES"),
            where("dataElementGroups").not_empty(),
        ]
        found = [await client.data_elements.list(filters=each, fields="code", order="code:asc") for each in conditions]
        return [[each.code for each in page] for page in found]

    assert on_sandbox(scenario, version) == [["C0", "C1"], ["C0", "C1", "C3"], ["C1", "C2"], ["C2"], []]

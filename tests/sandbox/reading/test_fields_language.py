"""What the two parsers of `fields` make of an expression, and what it then means for a type."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader import Reader

from dhis2w_sandbox.metadata.fields import (
    BrokenFieldsError,
    Field,
    FieldsSyntaxError,
    Transformer,
    parse,
    parse_strict,
)
from dhis2w_sandbox.metadata.plans import compile_plan
from dhis2w_sandbox.schemas import load_schemas

PARSERS = pytest.mark.parametrize("parser", [parse, parse_strict])

names = st.from_regex(r"[a-z][A-Za-z0-9]{0,8}", fullmatch=True)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """Well-formed expressions of the grammar that both parsers know."""
    fields: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["name", "exclude", "preset", "transform", "nested"]))
        name = draw(names)
        match kind:
            case "exclude":
                fields.append(f"!{name}")
            case "preset":
                fields.append(draw(st.sampled_from([":all", ":owner", "*"])))
            case "transform":
                fields.append(f"{name}::rename({draw(names)})")
            case "nested" if depth:
                fields.append(f"{name}[{draw(expressions(depth - 1))}]")
            case _:
                fields.append(name)
    return ",".join(fields)


@PARSERS
def test_names_nest_in_brackets_and_parentheses(parser: object) -> None:
    assert callable(parser)
    assert parser("id,groups[name,sets(id)]") == (
        Field(("id",)),
        Field(("groups",)),
        Field(("groups", "name")),
        Field(("groups", "sets")),
        Field(("groups", "sets", "id")),
    )


@PARSERS
def test_presets_and_exclusions_are_marked(parser: object) -> None:
    assert callable(parser)
    assert parser("*,:owner,!name") == (
        Field(("all",), preset=True),
        Field(("owner",), preset=True),
        Field(("name",), exclude=True),
    )


@pytest.mark.parametrize("marker", ["::", "~", "|"])
def test_transformers_have_three_signs(marker: str) -> None:
    text = f"groups{marker}pluck(code){marker}rename(g)[code]"
    chain = (Transformer("pluck", ("code",)), Transformer("rename", ("g",)))
    assert parse(text) == (Field(("groups",), transformers=chain), Field(("groups", "code")))


def test_forgiving_parser_drops_what_it_does_not_know() -> None:
    assert parse("i d,a.b,c_d") == (Field(("id",)), Field(("ab",)), Field(("cd",)))
    assert parse("categoryCombo[id") == (Field(("categoryCombo",)), Field(("categoryCombo", "id")))
    assert parse("") == ()


def test_forgiving_parser_breaks_on_one_bracket_too_many() -> None:
    with pytest.raises(BrokenFieldsError):
        parse("id,categoryCombo]")


@pytest.mark.parametrize("text", ["id,$", "a b", "a::", "a::rename(", "a[b]c", ":"])
def test_strict_parser_refuses_what_is_malformed(text: str) -> None:
    with pytest.raises(FieldsSyntaxError):
        parse_strict(text)


def test_strict_parser_takes_dotted_paths_and_a_dash_for_exclusion() -> None:
    assert parse_strict("categoryCombo.name,-code") == (
        Field(("categoryCombo", "name")),
        Field(("code",), exclude=True),
    )


@given(expressions())
def test_the_parsers_agree_on_what_is_well_formed(text: str) -> None:
    assert parse(text) == parse_strict(text)


@given(st.text(alphabet="ab,:!*[]()~|;. ", max_size=30))
def test_the_parsers_only_fail_in_their_own_way(text: str) -> None:
    with contextlib.suppress(BrokenFieldsError):
        parse(text)
    with contextlib.suppress(FieldsSyntaxError):
        parse_strict(text)


@given(st.sampled_from(sorted(load_schemas("v42").by_singular["dataElement"].properties)))
def test_an_exclusion_takes_a_property_out_of_all(key: str) -> None:
    schemas = load_schemas("v42")
    schema = schemas.by_singular["dataElement"]
    plan = compile_plan(schemas, schema, f":all,!{key}")
    assert set(plan.steps) == set(schema.properties) - {key}


def test_a_bare_reference_means_its_id_and_a_complex_value_all_of_it() -> None:
    schemas = load_schemas("v42")
    steps = compile_plan(schemas, schemas.by_singular["dataElement"], "categoryCombo,access").steps
    combo, access = steps["categoryCombo"].children, steps["access"].children
    assert combo is not None
    assert list(combo.steps) == ["id"]
    assert access is not None
    assert {"read", "write", "manage"} <= set(access.steps)


def test_a_broken_expression_is_an_empty_answer_until_2_44(read_each: Reader) -> None:
    read_each.put_element("dataElemen1")
    strict = read_each.sandbox.server.behaviour.strict_fields
    one_too_many = read_each.reply("/api/dataElements/dataElemen1?fields=id]").body
    assert one_too_many == (b'{"id": "dataElemen1"}' if strict else b"")
    assert read_each.reply("/api/dataElements/dataElemen1?fields=id,$").status == (400 if strict else 200)

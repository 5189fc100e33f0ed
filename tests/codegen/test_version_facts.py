"""Reading the documents of one version, with their defects."""

from __future__ import annotations

from typing import Any

from dhis2w_codegen.published import Published
from dhis2w_codegen.version_facts import Names, VersionFacts, preview_version, read_names, read_version

Json = dict[str, Any]

THING = "org.hisp.dhis.thing.Thing"
PART = "org.hisp.dhis.thing.Part"
OTHER_PART = "org.hisp.dhis.other.Part"


def prop(name: str, kind: str, java_class: str = "java.lang.String", **more: Any) -> Json:
    usual = {"collection": False, "embeddedObject": False, "readable": True, "writable": True, "persisted": True}
    return {"name": name, "propertyType": kind, "klass": java_class, **usual, **more}


def collection(name: str, plural: str, kind: str, item: str, **more: Any) -> Json:
    return prop(
        name,
        "COLLECTION",
        "java.util.List",
        collection=True,
        collectionName=plural,
        itemPropertyType=kind,
        itemKlass=item,
        **more,
    )


def thing(*properties: Json) -> Json:
    flags = {"identifiableObject": True, "nameableObject": False, "embeddedObject": False, "metadata": True}
    named = {"singular": "thing", "plural": "things", "relativeApiEndpoint": "/things"}
    return {"klass": THING, **named, **flags, "properties": list(properties)}


def component(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def names(*documents: Published, roots: tuple[str, ...] = ()) -> Names:
    return read_names(documents, {}, {}, roots)


def read(schema: Json, components: Json) -> VersionFacts:
    document = Published(43, [schema], components)
    return read_version(document, names(document))


def shapes(facts: VersionFacts, name: str = "Thing") -> dict[str, str]:
    return {key: entry["is"] for key, entry in facts.types[name].properties.items()}


def test_scalars_links_and_embedded_objects() -> None:
    facts = read(
        thing(
            prop("text", "TEXT"),
            prop("size", "TEXT", "java.lang.Long"),
            prop("on", "BOOLEAN", "java.lang.Boolean"),
            prop("at", "DATE", "java.util.Date"),
            prop("kind", "CONSTANT", "org.hisp.dhis.thing.Kind", constants=["A", "B"]),
            prop("parent", "REFERENCE", THING),
            collection("child", "children", "REFERENCE", THING),
            collection("inner", "inners", "REFERENCE", THING, embeddedObject=True),
        ),
        {},
    )
    assert shapes(facts) == {
        "text": "text",
        "size": "integer",
        "on": "boolean",
        "at": "date",
        "kind": "enum Kind",
        "parent": "link Thing",
        "children": "list link Thing",
        "inners": "list model Thing",
    }
    assert facts.enums == {"Kind": ["A", "B"]}


def test_classes_of_one_simple_name_are_told_apart_by_the_component() -> None:
    facts = read(
        thing(prop("part", "COMPLEX", PART), collection("other", "others", "COMPLEX", OTHER_PART)),
        {
            "Thing": component(part=ref("Part"), others={"type": "array", "items": ref("OtherPart")}),
            "Part": component(a={"type": "string"}),
            "OtherPart": component(b={"type": "string", "format": "date-time"}),
        },
    )
    assert shapes(facts) == {"part": "model Part", "others": "list model OtherPart"}
    assert shapes(facts, "Part") == {"a": "text"}
    assert shapes(facts, "OtherPart") == {"b": "date"}


def test_the_twin_for_writing_belongs_to_the_type() -> None:
    """Defect 12: `Params` twins."""
    facts = read(
        thing(prop("part", "COMPLEX", PART)),
        {
            "ThingParams": component(part=ref("PartParams")),
            "Part": component(a={"type": "string"}),
            "PartParams": component(b={"type": "integer"}),
        },
    )
    assert shapes(facts) == {"part": "model Part"}
    assert shapes(facts, "Part") == {"b": "integer", "a": "text"}


def test_one_of_several_becomes_one_type() -> None:
    """Defect 7: no discriminators."""
    kinds = [ref("Web"), ref("Queue")]
    facts = read(
        thing(prop("target", "COMPLEX", "org.hisp.dhis.thing.Target")),
        {
            "Thing": component(target={"oneOf": kinds}),
            "Web": component(type={"type": "string"}, port={"type": "integer"}),
            "Queue": component(type={"type": "string"}, port={"type": "string"}, topic={"type": "string"}),
        },
    )
    assert shapes(facts) == {"target": "model Target"}
    assert shapes(facts, "Target") == {"type": "text", "port": "any", "topic": "text"}


def test_invalid_and_missing_types_are_anything() -> None:
    """Defects 4 and 5: `type: any`, and references to nothing."""
    facts = read(
        thing(prop("part", "COMPLEX", PART)),
        {
            "Thing": component(part=ref("Part")),
            "Part": component(
                a={"type": "any"},
                b={},
                c=ref("Missing"),
                d={"type": "object"},
                e={"type": "object", "additionalProperties": {"type": "boolean"}},
                f=ref("UID_Thing"),
                g={"type": "object", "properties": {"id": {}}, "description": "A UID reference to a Thing  \n(Java)"},
                h=ref("BaseIdentifiableObject"),
                i={"type": "string", "enum": ["X", "Y"]},
            ),
            "BaseIdentifiableObject": component(id={"type": "string"}),
        },
    )
    assert shapes(facts, "Part") == {
        "a": "any",
        "b": "any",
        "c": "any",
        "d": "object",
        "e": "map boolean",
        "f": "text",
        "g": "link Thing",
        "h": "link",
        "i": "enum |X|Y",
    }


def test_a_version_without_schemas_follows_from_the_one_before() -> None:
    before = Published(
        43,
        [thing(prop("name", "TEXT"), prop("old", "TEXT"), prop("user", "TEXT"), prop("part", "COMPLEX", PART))],
        {
            "Thing": component(name={}, old={}, part=ref("Part")),
            "Part": component(a={"type": "string"}, b={"type": "string"}),
        },
    )
    after = Published(
        44,
        None,
        {
            "Thing": component(name={}, part=ref("Part"), new={"type": "integer"}),
            "Part": component(a={"type": "string"}),
        },
    )
    named = names(before, after)
    facts = preview_version(after, before, read_version(before, named), named)
    assert shapes(facts) == {"name": "text", "user": "text", "part": "model Part", "new": "integer"}
    assert shapes(facts, "Part") == {"a": "text"}


def test_facts_of_a_property_are_those_that_say_something() -> None:
    unbounded: Json = {"length": 2147483647, "min": 0.0, "max": 1.7976931348623157e308}
    facts = read(
        thing(
            prop("name", "TEXT", required=True, unique=True, length=230, min=1.0, max=230.0),
            prop("any", "TEXT", **unbounded),
            prop("shown", "TEXT", writable=False, persisted=False),
        ),
        {},
    )
    assert facts.types["Thing"].properties == {
        "name": {"is": "text", "required": True, "unique": True, "length": 230, "min": 1},
        "any": {"is": "text"},
        "shown": {"is": "text", "persisted": False, "writable": False},
    }
    assert facts.types["Thing"].facts == {
        "klass": THING,
        "singular": "thing",
        "plural": "things",
        "endpoint": "things",
        "metadata": True,
        "identifiableObject": True,
    }


def test_a_root_is_read_though_nothing_refers_to_it() -> None:
    document = Published(43, [thing()], {"Root": component(a={"type": "string"})})
    facts = read_version(document, names(document, roots=("Root",)))
    assert shapes(facts, "Root") == {"a": "text"}

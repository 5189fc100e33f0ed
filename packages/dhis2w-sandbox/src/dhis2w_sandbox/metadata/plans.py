"""What a `fields` expression means for a type: which keys an answer has, nested as the answer is.

The rules of expansion are those of DHIS2: presets by the flags of the schema, a bare reference becomes its `id`, a
bare complex value becomes everything in it, exclusions come last, an unknown key is nothing.
Source: `FieldPathHelper` of dhis2-core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from dhis2w_sandbox.metadata.fields import ALL, Field, Transformer, parse, parse_strict
from dhis2w_sandbox.schemas import Property, Schema, Schemas

Path = tuple[str, ...]

IDENTIFIABLE = frozenset({"id", "name", "code", "created", "lastUpdated", "lastUpdatedBy"})
NAMEABLE = frozenset({"id", "name", "shortName", "description", "code", "created", "lastUpdated"})
SIMPLE_TYPES = frozenset(
    {
        "IDENTIFIER",
        "TEXT",
        "NUMBER",
        "INTEGER",
        "EMAIL",
        "PASSWORD",
        "USERNAME",
        "URL",
        "DATE",
        "PHONENUMBER",
        "GEOLOCATION",
        "COLOR",
        "CONSTANT",
        "BOOLEAN",
    }
)

PRESETS: dict[str, Callable[[Property], bool]] = {
    ALL: lambda _: True,
    "owner": lambda prop: prop.owner,
    "persisted": lambda prop: prop.persisted,
    "simple": lambda prop: prop.type in SIMPLE_TYPES,
    "identifiable": lambda prop: prop.name in IDENTIFIABLE,
    "nameable": lambda prop: prop.name in NAMEABLE,
}
"""Which properties a preset stands for; any other preset is nothing."""


class DuplicateFieldError(ValueError):
    """The same key asked for twice in different ways, which DHIS2 refuses."""


@dataclass
class Plan:
    """The keys of one object of an answer."""

    schema: Schema | None
    """The type of the object; None where the schemas say nothing of it."""
    steps: dict[str, Step] = field(default_factory=dict[str, "Step"])
    transformed: bool = False
    """Whether anything in the whole expression has a transformer (known at the root only)."""


@dataclass
class Step:
    """One key of an object of an answer."""

    prop: Property | None
    """None where the type has no such property: an attribute's uid, or a key inside a value without a schema."""
    children: Plan | None
    """What of the value is wanted; None for the value as it is."""
    transformers: tuple[Transformer, ...] = ()


@dataclass
class _Wanted:
    prop: Property | None
    transformers: tuple[Transformer, ...] = ()
    opaque: bool = False
    """Whether the schemas say nothing of the object that the key is in."""


@lru_cache(maxsize=512)
def compile_plan(schemas: Schemas, schema: Schema, expression: str, *, strict: bool = False) -> Plan:
    """The plan of an expression for a type.

    Raises:
        BrokenFieldsError, FieldsSyntaxError, DuplicateFieldError: it cannot be read.
    """
    fields = parse_strict(expression) if strict else parse(expression)
    return _tree(_expand(schemas, schema, fields), schemas, schema)


def _expand(schemas: Schemas, root: Schema, fields: tuple[Field, ...]) -> dict[Path, _Wanted]:
    wanted: dict[Path, _Wanted] = {}
    for item in fields:
        if item.preset or item.exclude:
            continue
        if item.path in wanted:
            raise DuplicateFieldError(f"Duplicate key {'.'.join(item.path)}")
        schema = _schema_at(schemas, root, item.path[:-1])
        prop = schema.properties.get(item.path[-1]) if schema else None
        wanted[item.path] = _Wanted(prop, item.transformers, schema is None)
    for item in fields:
        if item.preset:
            for prop in _preset(schemas, root, item):
                wanted.setdefault((*item.path[:-1], prop.key), _Wanted(prop))
    for path, count in _mentions(wanted).items():
        if count == 1 and path in wanted:
            _expand_default(schemas, wanted, path, wanted[path].prop)
    excluded = {item.path for item in fields if item.exclude}
    return {path: want for path, want in wanted.items() if not _is_below(path, excluded)}


def _preset(schemas: Schemas, root: Schema, item: Field) -> list[Property]:
    schema = _schema_at(schemas, root, item.path[:-1])
    chosen = PRESETS.get(item.path[-1])
    return [prop for prop in schema.properties.values() if chosen(prop)] if schema and chosen else []


def _mentions(wanted: dict[Path, _Wanted]) -> Counter[Path]:
    """How often a path stands for itself or leads to another: what is mentioned once is expanded by default."""
    count: Counter[Path] = Counter()
    for path, want in wanted.items():
        if want.prop is None and not want.opaque:
            continue
        count.update(path[:depth] for depth in range(1, len(path)))
        if want.prop is not None and (_is_reference(want.prop) or is_complex(want.prop)):
            count[path] += 1
    return count


def _expand_default(schemas: Schemas, wanted: dict[Path, _Wanted], path: Path, prop: Property | None) -> None:
    schema = schemas.of(prop) if prop else None
    if prop is None:
        return
    if is_complex(prop):
        for child in schema.properties.values() if schema else ():
            wanted[(*path, child.key)] = _Wanted(child)
            _expand_default(schemas, wanted, (*path, child.key), child)
    elif _is_reference(prop):
        wanted[(*path, "id")] = _Wanted(schema.properties.get("id") if schema else None)


def _is_reference(prop: Property) -> bool:
    return prop.value_type == "REFERENCE"


def is_complex(prop: Property) -> bool:
    """Whether a bare mention of the property means everything in it."""
    return prop.value_type == "COMPLEX" or prop.embedded


def _is_below(path: Path, excluded: set[Path]) -> bool:
    return any(path[:depth] in excluded for depth in range(1, len(path) + 1))


def _schema_at(schemas: Schemas, root: Schema, path: Path) -> Schema | None:
    schema: Schema | None = root
    for key in path:
        prop = schema.properties.get(key) if schema else None
        schema = schemas.of(prop) if prop else None
    return schema


def _tree(wanted: dict[Path, _Wanted], schemas: Schemas, root: Schema) -> Plan:
    """The wanted paths as a tree; a path whose parent is not wanted is unreachable and left out."""
    plans: dict[Path, Plan] = {(): Plan(root)}
    for path in sorted(wanted, key=len):
        parent = plans.get(path[:-1])
        if parent is None:
            continue
        want = wanted[path]
        plan = Plan(schemas.of(want.prop) if want.prop else None)
        plans[path] = plan
        parent.steps[path[-1]] = Step(want.prop, plan, want.transformers)
    for plan in plans.values():
        for step in plan.steps.values():
            if step.children is not None and not step.children.steps and step.children.schema is None:
                step.children = None
        if plan.schema is not None:
            plan.steps = _in_order_of(plan.schema, plan.steps)
    plans[()].transformed = any(want.transformers for want in wanted.values())
    return plans[()]


def _in_order_of(schema: Schema, steps: dict[str, Step]) -> dict[str, Step]:
    known = {key: steps[key] for key in schema.properties if key in steps}
    return known | steps

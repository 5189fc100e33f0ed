"""Objects as answers show them: a stored document, the `fields` asked for, and what the server computes on top.

Source: `FieldFilterService`, `FieldFilterSimpleBeanPropertyFilter` and the transformers of dhis2-core.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.metadata import access, computed, sides
from dhis2w_sandbox.metadata.java_order import hash_order, object_hash, text_hash
from dhis2w_sandbox.metadata.plans import Plan, Step, compile_plan
from dhis2w_sandbox.metadata.transforming import transform
from dhis2w_sandbox.schemas import Property, Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

SHARING_KEYS = frozenset({"user", "publicAccess", "externalAccess", "userGroupAccesses", "userAccesses", "sharing"})

AUTHOR_KEYS = frozenset({"user", "createdBy", "lastUpdatedBy"})
USER_KLASS = "org.hisp.dhis.user.User"
PERIOD_KLASS = "org.hisp.dhis.period.Period"

# What DHIS2 calls system default objects: with `defaults=EXCLUDE` nothing of them is shown.
DEFAULT_TYPES = frozenset({"category", "categoryCombo", "categoryOption", "categoryOptionCombo"})


def render(call: Call, schema: Schema, document: Json, fields: str | list[str]) -> Json:
    """One object as the sender may see it.

    Args:
        call: the request: its server, sender, base URL and locale.
        schema: the type.
        document: as stored.
        fields: the expression, or its parts.

    Raises:
        BrokenFieldsError, FieldsSyntaxError, DuplicateFieldError: the expression cannot be read.
    """
    return renderer(call, schema, fields, single=True)(document)


def renderer(
    call: Call,
    schema: Schema,
    fields: str | list[str],
    *,
    skip_sharing: bool = False,
    exclude_defaults: bool = False,
    single: bool = False,
) -> Callable[[Json], Json]:
    """A function that renders documents of a type, for lists.

    Args:
        call: the request.
        schema: the type.
        fields: the expression, or its parts.
        skip_sharing: leave out everything about sharing and owner.
        exclude_defaults: show nothing of default categories, options and combos.
        single: the answer is one object: `href` also on the objects that it refers to, and a favorite's axes.
    """
    server = call.server
    expression = fields if isinstance(fields, str) else ",".join(fields)
    plan = compile_plan(server.schemas, schema, expression, strict=server.behaviour.strict_fields)
    rendering = Rendering(
        server,
        call.user,
        call.base_url,
        locale_of(call),
        skip_sharing,
        exclude_defaults,
        links_in(expression, split=server.behaviour.splits_fields_for_links),
        single,
    )
    return lambda document: rendering.root(plan, document)


def raw_values(call: Call) -> Callable[[Schema, Property, Json], Any]:
    """A function that gives a property's value of a document, for filters and sorting; references are followed."""
    rendering = Rendering(call.server, call.user, call.base_url, locale_of(call), links=True)

    def value(schema: Schema, prop: Property, document: Json) -> Any:
        return rendering.value(schema, prop, rendering.referred(schema, document))

    return value


def locale_of(call: Call) -> str | None:
    """The language that the sender wants names in; None for the names as they are."""
    locale = call.param("locale")
    if call.server.behaviour.locale_needs_translate:
        return locale if locale and call.param("translate") == "true" else None
    return locale if locale and call.flag("translate", True) else None


def links_in(expression: str, *, split: bool) -> bool:
    """Whether `href` is worked out: asked for by name or, as the first thing of a part, by `*` or a preset.

    Args:
        expression: the `fields`.
        split: whether every part between commas (outside brackets) is looked at; otherwise only the whole.
    """
    parts = [""]
    depth = 0
    for char in expression:
        depth += (char in "[(") - (char in "])")
        if split and char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return any("href" in part or part == "*" or part.startswith(":") for part in parts)


@dataclass
class Rendering:
    """What all objects of one answer have in common."""

    server: Server
    user: User
    base_url: str
    locale: str | None = None
    skip_sharing: bool = False
    exclude_defaults: bool = False
    links: bool = False
    single: bool = False
    depth: int = 0
    """How many objects deep the one at hand is; 0 for the objects of the answer themselves."""
    _users: dict[str, Json] = field(default_factory=dict[str, Json])

    def root(self, plan: Plan, document: Json) -> Json:
        """One whole object of the answer."""
        shown = self.object(plan, document)
        _add_attributes(self, plan, document, shown)
        if plan.transformed:
            transform(plan, shown)
        if self.exclude_defaults:
            return {key: value for key, value in shown.items() if value != {}}
        return shown

    def object(self, plan: Plan, document: Json, parent: Json | None = None) -> Json:
        """The wanted keys of an object, without those that have no value."""
        schema = plan.schema
        if schema is None:
            return _picked(plan, document)
        if self.exclude_defaults and schema.singular in DEFAULT_TYPES and document.get("name") == "default":
            return {}
        shown: Json = {}
        for key, step in plan.steps.items():
            value = self._value(schema, key, step, document, parent)
            if value is not None:
                shown[key] = value
        return shown

    def _value(self, schema: Schema, key: str, step: Step, document: Json, parent: Json | None) -> Any:
        prop = step.prop
        if prop is None or (self.skip_sharing and self.depth == 0 and key in SHARING_KEYS):
            return None
        value = self.value(schema, prop, document)
        if value is None and parent is not None and prop.reference and prop.value_klass == parent["klass"]:
            value = {"id": parent["id"]}
        return self._shown(prop, step.children, value, document, schema)

    def value(self, schema: Schema, prop: Property, document: Json) -> Any:
        """A property's value before it is shown: references are still only references."""
        compute = computed.of(schema, prop.key)
        if compute is not None:
            return compute(self, schema, document)
        return document[prop.key] if prop.key in document else self._other_side(schema, prop, document)

    def referred(self, schema: Schema, document: Json) -> Json:
        """The document that a reference points to; the reference itself where there is none, or it is a value."""
        uid = document.get("id")
        stored = self.server.store.get(schema.singular, uid) if uid is not None and len(document) == 1 else None
        return document if stored is None else stored

    def _other_side(self, schema: Schema, prop: Property, document: Json) -> Any:
        """What others say of the object: the groups that it is in; `[]` where a list is empty, None for no value."""
        if not prop.collection:
            return None
        found = sides.members(self.server, schema, prop, document)
        return found if found or not computed.is_null_when_empty(schema, prop.key) else None

    def _shown(self, prop: Property, children: Plan | None, value: Any, owner: Json, schema: Schema) -> Any:
        if value is None or children is None:
            return value
        if prop.key == "attributeValues" and not prop.collection:
            return self._attribute_values(children, cast("list[Json]", value))
        if prop.collection and isinstance(value, list):
            rows = self._in_order(prop, cast("list[Any]", value))
            items = (self._item(prop, children, item, owner, schema) for item in rows)
            return [item for item in items if item is not None]
        return self._item(prop, children, value, owner, schema)

    def _item(self, prop: Property, children: Plan, value: Any, owner: Json, schema: Schema) -> Any:
        if not isinstance(value, dict):
            return value
        item = cast("Json", value)
        if prop["propertyTransformer"] or (prop.key in AUTHOR_KEYS and prop.value_klass == USER_KLASS):
            return self.user_summary(item["id"])
        if prop.value_klass == PERIOD_KLASS:
            return item
        self.depth += 1
        try:
            if prop.reference:
                return self._referred(children, item)
            return self.object(children, item, {"id": owner.get("id"), "klass": schema.klass})
        finally:
            self.depth -= 1

    def _in_order(self, prop: Property, rows: list[Any]) -> list[Any]:
        """A list, or a set in the order in which the version gives it."""
        is_set = prop.raw["klass"] == "java.util.Set" and prop.reference
        target = self.server.schemas.of(prop)
        if not is_set or target is None or not self.server.behaviour.sets_come_by_hash:
            return rows
        if self.depth == 0:
            return hash_order(rows, lambda row: text_hash(row["id"]))
        return hash_order(rows, lambda row: object_hash(self.referred(target, row)))

    def _attribute_values(self, children: Plan, rows: list[Json]) -> list[Json]:
        """Attribute values are always whole; of the attributes more than the identifier may be wanted."""
        attribute = self.server.schemas.by_singular["attribute"]
        step = children.steps.get("attribute")
        keys = [key for key in step.children.steps if key != "id"] if step and step.children and self.depth == 0 else []
        plan = compile_plan(self.server.schemas, attribute, ",".join(["id", *keys]))
        return [{"value": row.get("value"), "attribute": self._referred(plan, row["attribute"])} for row in rows]

    def _referred(self, plan: Plan, reference: Json) -> Json:
        if plan.schema is None:
            return _picked(plan, reference)
        if len(plan.steps) == 1 and "id" in plan.steps:
            return {"id": reference["id"]} if "id" in reference else reference
        return self.object(plan, self.referred(plan.schema, reference))

    def user_summary(self, uid: str) -> Json:
        """How a user is shown where an object only says who created or changed it."""
        if uid not in self._users:
            user = self.server.store.get("user", uid) or {"id": uid}
            name = computed.user_name(self, self.server.schemas.by_singular["user"], user) or None
            self._users[uid] = {
                "id": uid,
                "code": user.get("code"),
                "name": name,
                "displayName": name,
                "username": user.get("username"),
            }
        return self._users[uid]

    def access(self, schema: Schema, document: Json) -> Json | None:
        """What the sender may do with an object; not worked out where sharing is skipped."""
        if self.skip_sharing:
            return None
        return access.access(self.user, schema, document)

    def translated(self, document: Json, prop: str, value: str | None) -> str | None:
        """A text in the sender's language; `prop` is the property's name in translations (`NAME`)."""
        if self.locale is None:
            return value
        rows: Iterable[Json] = document.get("translations") or ()
        return next(
            (row["value"] for row in rows if row.get("locale") == self.locale and row.get("property") == prop), value
        )


def _picked(plan: Plan, document: Json) -> Json:
    """The wanted keys of a value of which the schemas say nothing; what has an identifier is a reference."""
    return {key: _inside(step.children, document[key]) for key, step in plan.steps.items() if key in document}


def _inside(plan: Plan | None, value: Any) -> Any:
    if isinstance(value, list):
        return [_inside(plan, item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    item = cast("Json", value)
    if plan is not None and plan.steps:
        return _picked(plan, item)
    return {"id": item["id"]} if "id" in item else item


def _add_attributes(rendering: Rendering, plan: Plan, document: Json, shown: Json) -> None:
    """Attribute values as if they were properties, for the fields that are an attribute's uid."""
    wanted = [key for key, step in plan.steps.items() if step.prop is None]
    if not wanted:
        return
    values = {row["attribute"]["id"]: row.get("value") for row in document.get("attributeValues") or ()}
    for uid in wanted:
        if values.get(uid) is not None:
            shown[uid] = _attribute_value(rendering, uid, values[uid])


def _attribute_value(rendering: Rendering, uid: str, value: str) -> Any:
    attribute = rendering.server.store.get("attribute", uid) or {}
    if attribute.get("valueType") not in ("JSON", "GEOJSON"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value

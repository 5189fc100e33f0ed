"""What DHIS2 checks before it writes objects: one function for each of its checks, in its order.

Source: `dxf2/metadata/objectbundle/validation` of dhis2-core (`ServiceConfig` names the checks of each strategy), and
`DefaultSchemaValidator`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, cast

from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport, java_class, java_user
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.attribute_values import (
    check_geometries,
    check_mandatory,
    check_unique,
    check_values,
    has_values,
)
from dhis2w_sandbox.metadata.bundle import Batch, Bundle, Item, report_of
from dhis2w_sandbox.metadata.defaults import DEFAULT_OBJECTS, NOT_REQUIRED
from dhis2w_sandbox.metadata.hooks import HOOKS
from dhis2w_sandbox.metadata.payload_checks import PAYLOAD_CHECKS
from dhis2w_sandbox.metadata.reports import ObjectReport, TypeReport
from dhis2w_sandbox.schemas import Property, Schema

Json = dict[str, Any]

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
ACCESS = re.compile(r"(r[w-]|--)(r[w-]|--)----")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
COLOR = re.compile(r"#?([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")

DEFAULT_CLASSES = frozenset(f"org.hisp.dhis.category.{type[0].upper()}{type[1:]}" for type in DEFAULT_OBJECTS)


class Findings:
    """What the checks of one type find: its report, and the objects that must not be written."""

    def __init__(self, klass: str) -> None:
        self.report = TypeReport(klass)
        self.marked: list[Item] = []

    def refuse(self, item: Item, errors: list[ErrorReport], *, index: int | None = None) -> None:
        """Report an object as wrong; it counts as ignored once for each check that refuses it."""
        if errors:
            self.report.add(report_of(item, errors, index=index))
            self.report.stats.ignored += 1
            self.marked.append(item)


Check = Callable[[Bundle, Batch, Findings], None]


def validate(bundle: Bundle) -> dict[str, TypeReport]:
    """Check every type of a bundle and take out what is wrong; the reports by class name, in import order."""
    if bundle.options.skip_validation and bundle.user.is_super:
        return {}
    checks = CHECKS.get(bundle.options.strategy)
    if checks is None:
        if not bundle.batches:
            return {}
        raise Dhis2Refusal(500, bundle.server.behaviour.unsupported_strategy)
    reports: dict[str, TypeReport] = {}
    for batch in bundle.batches:
        findings = Findings(batch.schema.klass)
        for check in checks:
            check(bundle, batch, findings)
        batch.remove(findings.marked)
        bundle.refused += findings.marked
        _count(findings.report, batch, bundle.options.strategy)
        reports[batch.schema.klass] = findings.report
    return reports


def _count(report: TypeReport, batch: Batch, strategy: str) -> None:
    if strategy in ("CREATE_AND_UPDATE", "CREATE"):
        report.stats.created += len(batch.fresh)
    if strategy in ("CREATE_AND_UPDATE", "UPDATE"):
        report.stats.updated += len(batch.persisted)
    if strategy == "DELETE":
        report.stats.deleted += len(batch.persisted)


def check_duplicate_ids(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5004: the same identifier twice in a row."""
    del bundle
    former: str | None = None
    for item in batch.persisted + batch.fresh:
        if item.uid == former:
            error = ErrorReport(
                "E5004", (item.uid, java_class(batch.schema.klass)), batch.schema.klass, item.uid, property="id"
            )
            findings.refuse(item, [error])
        else:
            former = item.uid


def check_hooks(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """What the rules of the type find, and the schema of its embedded values."""
    for item in batch.of_strategy(bundle.options.strategy):
        errors = _embedded_errors(bundle, item)
        for hook in HOOKS.get(batch.schema.singular, ()):
            errors += hook.check(bundle.server, bundle.user, item.new, item.old)
        for check in PAYLOAD_CHECKS.get(batch.schema.singular, ()):
            errors += check(bundle, item)
        findings.refuse(item, errors)


# What an embedded object gets when it is made (`DashboardItem()` calls `setAutoFields`), so that it is never missing.
_AUTO_FIELDS: Json = {"id": "aaaaaaaaaaa", "created": "2000-01-01", "lastUpdated": "2000-01-01"}


def _embedded_errors(bundle: Bundle, item: Item) -> list[ErrorReport]:
    errors: list[ErrorReport] = []
    for key, prop in item.schema.properties.items():
        schema = bundle.server.schemas.of(prop) if prop.embedded and prop.owner else None
        if schema is None or not item.new.get(key):
            continue
        value = item.new[key]
        for row in cast("list[Json]", value if prop.collection else [value]):
            for error in schema_errors(schema, {**_AUTO_FIELDS, **row}, item.schema.klass):
                error.property = f"{key}.{error.property}"
                errors.append(error)
    return errors


def check_security(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E3000 to E3002: authorities and sharing; E3006 to E3011: whether the new sharing is allowed."""
    strategy, user, schema = bundle.options.strategy, bundle.user, batch.schema
    if user.is_super:
        return
    for item in batch.persisted if strategy != "CREATE" else []:
        stored = item.old or {}
        may = access.can_delete if strategy == "DELETE" else access.can_update
        if may(user, schema, stored):
            findings.refuse(item, _sharing_errors(bundle, item))
        else:
            _refuse_access(bundle, findings, item, "E3002" if strategy == "DELETE" else "E3001")
    for item in batch.fresh if strategy in ("CREATE", "CREATE_AND_UPDATE") else []:
        if access.can_create(user, schema):
            findings.refuse(item, _sharing_errors(bundle, item))
        else:
            _refuse_access(bundle, findings, item, "E3000")


def _refuse_access(bundle: Bundle, findings: Findings, item: Item, code: str) -> None:
    error = ErrorReport(code, (bundle.sender, bundle.titled(item.schema, item.new)), item.schema.klass)
    findings.refuse(item, [error])


def _sharing_errors(bundle: Bundle, item: Item) -> list[ErrorReport]:
    schema, user = item.schema, bundle.user
    if not schema.shareable or bundle.options.skip_sharing:
        return []
    sharing: Json = item.new.get("sharing") or {}
    public: str | None = sharing.get("public")
    if not ACCESS.fullmatch(public or ""):
        return [ErrorReport("E3010", (public,), schema.klass)]
    errors: list[ErrorReport] = []
    names = bundle.server.behaviour.names_users_in_reports
    klass, who = java_class(schema.klass), java_user(user.uid if names else None, user.username)
    rows = [*sharing.get("users", {}).values(), *sharing.get("userGroups", {}).values()]
    if not schema["dataShareable"] and any("r" in (text or "")[2:4] for text in [public, *(r["access"] for r in rows)]):
        errors.append(ErrorReport("E3011", (klass,), schema.klass))
    may_public = access.can_create(user, schema, public=True)
    may_private = access.can_create(user, schema, public=False)
    if public == access.NO_ACCESS and not (may_public or may_private):
        errors.append(ErrorReport("E3009", (who, klass), schema.klass))
    if public != access.NO_ACCESS and not may_public:
        errors.append(ErrorReport("E3008", (who, klass), schema.klass))
    return errors


def check_creation(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5000: it exists, and the strategy is CREATE."""
    identifier = bundle.options.identifier
    for item in batch.persisted:
        args = (identifier, bundle.titled(item.schema, item.new))
        error = ErrorReport("E5000", args, batch.schema.klass, item.uid)
        # DHIS2 reports the stored object, which is none of the payload: it gets an index of its own.
        findings.refuse(item, [error], index=batch.next_index)
        batch.next_index += 1


def check_update(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5001: it does not exist, and the strategy is UPDATE."""
    for item in batch.fresh:
        args = (bundle.options.identifier, bundle.titled(item.schema, item.new))
        findings.refuse(item, [ErrorReport("E5001", args, batch.schema.klass, item.uid, property="id")])


def check_deletion(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5001: it does not exist, and the strategy is DELETE."""
    for item in batch.fresh:
        args = (bundle.options.identifier, bundle.titled(item.schema, item.new))
        findings.refuse(item, [ErrorReport("E5001", args, batch.schema.klass, item.uid)])


def check_schema(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E4000 to E4008: required properties, lengths, ranges, formats."""
    for item in batch.of_strategy(bundle.options.strategy):
        findings.refuse(item, schema_errors(batch.schema, item.new, batch.schema.klass))


def schema_errors(schema: Schema, document: Json, main_klass: str) -> list[ErrorReport]:
    """What of a document its schema does not allow."""
    errors: list[ErrorReport] = []
    for prop in _persisted_properties(schema):
        errors += property_errors(prop, document.get(prop.key), main_klass)
    return errors


@cache
def _persisted_properties(schema: Schema) -> list[Property]:
    never_checked = NOT_REQUIRED.get(schema.singular, ())
    return [prop for prop in schema.properties.values() if prop.persisted and prop.key not in never_checked]


def property_errors(prop: Property, value: Any, main_klass: str) -> list[ErrorReport]:
    """What of a value its property does not allow."""
    if value is None:
        if prop["required"] and prop.raw["klass"] not in DEFAULT_CLASSES:
            return [_property_error("E4000", prop, main_klass)]
        return []
    if prop.collection:
        return _range_errors("E4007", prop, len(value), len(value), main_klass)
    if isinstance(value, str) and prop.type != "DATE" and value:
        return _text_errors(prop, value, main_klass)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _range_errors("E4008", prop, value, value, main_klass)
    return []


def _text_errors(prop: Property, value: str, main_klass: str) -> list[ErrorReport]:
    kind, size = prop.type, len(value)
    if kind == "CONSTANT":
        return []
    if kind != "PASSWORD" and prop["length"] is not None and size > prop["length"]:
        return [_property_error("E4001", prop, main_klass, prop["length"], size)]
    errors = [] if kind == "PASSWORD" else _range_errors("E4002", prop, size, size, main_klass)
    if kind == "EMAIL" and not EMAIL.fullmatch(value):
        errors.append(_property_error("E4003", prop, main_klass, value))
    elif kind == "URL" and not value.startswith(("http://", "https://")):
        errors.append(_property_error("E4004", prop, main_klass, value))
    elif kind == "COLOR" and not COLOR.fullmatch(value):
        errors.append(_property_error("E4006", prop, main_klass, value))
    return errors


def _range_errors(code: str, prop: Property, size: float, shown: Any, main_klass: str) -> list[ErrorReport]:
    low, high = prop["min"], prop["max"]
    if (low is not None and size < low) or (high is not None and size > high):
        return [_property_error(code, prop, main_klass, low, high, shown)]
    return []


def _property_error(code: str, prop: Property, main_klass: str, *args: Any) -> ErrorReport:
    return ErrorReport(code, (prop.name, *args), main_klass, error_klass=prop.raw["klass"], property=prop.name)


def check_uniqueness(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5003: a unique value that another object has, stored or in the payload; recorded servers spare users."""
    if batch.schema.singular == "user":
        return
    unique = [prop for prop in _persisted_properties(batch.schema) if prop.owner and prop["unique"] and prop["simple"]]
    for item in batch.of_strategy(bundle.options.strategy):
        errors: list[ErrorReport] = []
        mine = bundle.identifier(item.new)
        for prop in unique:
            value = item.new.get(prop.key)
            if value is None:
                continue
            holder = bundle.taken(batch.schema, prop).setdefault(value, mine)
            if holder != mine:
                args = (prop.name, value, bundle.titled(batch.schema, item.new), holder)
                errors.append(ErrorReport("E5003", args, batch.schema.klass, holder, property=prop.name))
        findings.refuse(item, errors)


def check_references(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5002, E5007, E5008: references to what is not there, twice the same, or not to be read."""
    _note_once(
        bundle,
        batch,
        findings,
        lambda item: [
            *_reference_errors(bundle, _Holder(item.schema, item.new)),
            *_attribute_errors(bundle, item),
            *_shared_with_errors(bundle, item),
        ],
    )


def _note_once(
    bundle: Bundle, batch: Batch, findings: Findings, errors_of: Callable[[Item], list[ErrorReport]]
) -> None:
    """Report the errors of each object; however many have some, the type counts one more as ignored."""
    found = False
    for item in batch.persisted + batch.fresh:
        errors = errors_of(item)
        if errors:
            findings.report.add(report_of(item, errors))
            found = True
    if found and bundle.options.atomic_mode == "ALL":
        findings.report.stats.ignored += 1


@cache
def _owned_links(schema: Schema) -> list[Property]:
    """What is checked; of an embedded value only where it is an object: what `dataSetElements` hold is not."""
    return [
        prop
        for prop in schema.properties.values()
        if prop.persisted
        and prop.owner
        and "REFERENCE" in (prop.type, prop.value_type)
        and prop.value_klass != "org.hisp.dhis.period.Period"
    ]


class _Holder(NamedTuple):
    """What holds references: an object of the payload, or one that is embedded in it."""

    schema: Schema
    document: Json


def _reference_errors(bundle: Bundle, holder: _Holder) -> list[ErrorReport]:
    """The errors of an object, or of an embedded one, which is named as itself."""
    errors: list[ErrorReport] = []
    for prop in _owned_links(holder.schema):
        value = holder.document.get(prop.key)
        if not value:
            continue
        if prop.embedded:
            inner = bundle.server.schemas.of(prop)
            for row in cast("list[Json]", value if prop.collection else [value]) if inner else []:
                errors += _reference_errors(bundle, _Holder(cast(Schema, inner), row))
        elif prop.collection:
            errors += _collection_errors(bundle, holder, prop, value)
        elif error := _link_error(bundle, holder, prop, value):
            errors.append(error)
    return errors


def _collection_errors(bundle: Bundle, holder: _Holder, prop: Property, references: list[Json]) -> list[ErrorReport]:
    errors = [error for row in references if (error := _link_error(bundle, holder, prop, row))]
    seen: set[str] = set()
    for row in references:
        text = repr(sorted(row.items()))
        if text in seen:
            errors.append(_reference_error("E5007", bundle, holder, prop, row))
        seen.add(text)
    return errors


def _link_error(bundle: Bundle, holder: _Holder, prop: Property, reference: Json) -> ErrorReport | None:
    target = bundle.target(prop, reference)
    if target is None:
        who = prop.value_klass == "org.hisp.dhis.user.User" and prop.name in ("user", "lastUpdatedBy", "createdBy")
        return None if who else _reference_error("E5002", bundle, holder, prop, reference)
    if bundle.user.is_super:
        return None
    schema = bundle.server.schemas.of(prop)
    if schema and schema.shareable and "sharing" in target and not access.can_read(bundle.user, schema, target):
        return _reference_error("E5008", bundle, holder, prop, reference)
    return None


def _reference_error(code: str, bundle: Bundle, holder: _Holder, prop: Property, reference: Json) -> ErrorReport:
    target = bundle.server.schemas.of(prop)
    shown = bundle.titled(target, reference) if target else str(reference)
    return ErrorReport(
        code,
        (shown, bundle.titled(*holder), prop.name),
        holder.schema.klass,
        holder.document.get("id"),
        error_klass=prop.raw.get("itemKlass"),
        property=prop.name,
    )


def _attribute_errors(bundle: Bundle, item: Item) -> list[ErrorReport]:
    if not has_values(item):
        return []
    errors: list[ErrorReport] = []
    for row in item.new.get("attributeValues", ()):
        uid = row["attribute"]["id"]
        if bundle.find("attribute", uid) is None:
            args = (uid, bundle.titled(item.schema, item.new), "attributeValues")
            errors.append(ErrorReport("E5002", args, item.schema.klass))
    return errors


def _shared_with_errors(bundle: Bundle, item: Item) -> list[ErrorReport]:
    if bundle.options.skip_sharing or "sharing" not in item.schema.properties:
        return []
    errors: list[ErrorReport] = []
    sharing: Json = item.new.get("sharing") or {}
    for kind, type, name in (("userGroups", "userGroup", "userGroupAccesses"), ("users", "user", "userAccesses")):
        schema = bundle.server.schemas.by_singular[type]
        for uid in sharing.get(kind, {}):
            if bundle.find(type, uid) is None:
                args = (bundle.titled(schema, {"id": uid}), bundle.titled(item.schema, item.new), name)
                errors.append(ErrorReport("E5002", args, item.schema.klass))
    return errors


def check_not_owner_references(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E5006, in the mode ERRORS_NOT_OWNER: references that the other side holds."""
    if bundle.options.report_mode != "ERRORS_NOT_OWNER":
        return
    _note_once(
        bundle,
        batch,
        findings,
        lambda item: [
            error
            for prop in _others_links(batch.schema)
            if item.new.get(prop.key)
            for error in _not_owner_errors(bundle, item, prop)
        ],
    )


@cache
def _others_links(schema: Schema) -> list[Property]:
    return [
        prop
        for prop in _persisted_properties(schema)
        if not prop.owner
        and prop["writable"]
        and prop.value_type == "REFERENCE"
        and prop.value_klass != schema.klass
        and prop.name != "user"
    ]


def _not_owner_errors(bundle: Bundle, item: Item, prop: Property) -> list[ErrorReport]:
    target = bundle.server.schemas.of(prop)
    if target is None:
        return []
    value = item.new[prop.key]
    rows = cast("list[Json]", value if prop.collection else [value])
    me = bundle.titled(item.schema, item.new)
    return [ErrorReport("E5006", (bundle.titled(target, row), me, prop.key), item.schema.klass) for row in rows]


def check_translations(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E1106, E1107, E4000: translations that are incomplete, doubled, or not for the type."""
    for index, item in enumerate(batch.of_strategy(bundle.options.strategy)):
        errors = translation_errors(batch.schema, item.new)
        if errors:
            findings.report.add(ObjectReport(batch.schema.klass, index, None, None, errors))
            findings.report.stats.ignored += 1
            findings.marked.append(item)


def translation_errors(schema: Schema, document: Json) -> list[ErrorReport]:
    """What of an object's translations is wrong."""
    klass = "org.hisp.dhis.translation.Translation"
    rows: list[Json] = document.get("translations") or []
    if rows and not schema["translatable"]:
        return [ErrorReport("E1107", (schema.short_klass,), klass, error_klass=schema.klass)]
    errors: list[ErrorReport] = []
    seen: set[tuple[Any, Any]] = set()
    for row in rows:
        key = (row.get("property"), row.get("locale"))
        if key in seen:
            args = (*key, schema.short_klass, document.get("id"))
            errors.append(ErrorReport("E1106", args, klass, error_klass=schema.klass))
        seen.add(key)
        lacking = [name for name in ("locale", "property", "value") if row.get(name) is None]
        errors += [ErrorReport("E4000", (name,), klass, error_klass=schema.klass) for name in lacking]
    return errors


def check_uid_format(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E4014: an identifier is a letter, then ten letters or digits."""
    del bundle
    for item in batch.fresh:
        if not UID.fullmatch(item.uid):
            error = ErrorReport("E4014", (item.uid, batch.schema.short_klass), batch.schema.klass)
            findings.refuse(item, [error])


def check_mandatory_attributes(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E4011: an attribute that every object of the type must have."""
    for item in batch.of_strategy(bundle.options.strategy):
        findings.refuse(item, check_mandatory(bundle, item))


def check_unique_attributes(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E4009: a value of a unique attribute that another object has."""
    for item in batch.of_strategy(bundle.options.strategy):
        findings.refuse(item, check_unique(bundle, item))


def check_geometry_attributes(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E6004, E6005: attribute values that must be GeoJSON."""
    for item in batch.of_strategy(bundle.options.strategy):
        findings.refuse(item, check_geometries(bundle, item))


def check_attribute_values(bundle: Bundle, batch: Batch, findings: Findings) -> None:
    """E6006 to E6021: attribute values that are not of the attribute's type, or not for this type of object."""
    for item in batch.of_strategy(bundle.options.strategy):
        findings.refuse(item, check_values(bundle, item))


_FIRST: list[Check] = [check_duplicate_ids, check_hooks, check_security]
_COMMON: list[Check] = [
    check_schema,
    check_uniqueness,
    check_mandatory_attributes,
    check_unique_attributes,
    check_references,
    check_not_owner_references,
    check_translations,
    check_geometry_attributes,
    check_attribute_values,
]
CHECKS: dict[str, list[Check]] = {
    "CREATE_AND_UPDATE": [*_FIRST, *_COMMON, check_uid_format],
    "CREATE": [*_FIRST, check_creation, *_COMMON, check_uid_format],
    "UPDATE": [*_FIRST, check_update, *_COMMON],
    "DELETE": [check_security, check_deletion],
}
"""The checks by import strategy. DHIS2 has none for the others, and fails."""

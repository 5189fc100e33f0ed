"""The import of metadata: read, check, write, report. Every write of an object goes through `import_bundle`.

Source: `DefaultMetadataImportService`, `DefaultObjectBundleService`, `IdentifiableObjectBundleHook`,
`EmbeddedObjectObjectBundleHook` and `DefaultPreheatService` of dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport
from dhis2w_sandbox.metadata import access, two_sided, type_rules
from dhis2w_sandbox.metadata.bundle import Batch, Bundle, ImportOptions, Item
from dhis2w_sandbox.metadata.defaults import default_references
from dhis2w_sandbox.metadata.deleting import delete, veto
from dhis2w_sandbox.metadata.hooks import HOOKS
from dhis2w_sandbox.metadata.ordering import parents_first
from dhis2w_sandbox.metadata.reports import ImportReport, ObjectReport, TypeReport
from dhis2w_sandbox.metadata.validation import validate
from dhis2w_sandbox.schemas import Property, Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

__all__ = ["ImportOptions", "Progress", "import_bundle", "silent"]

# Imported for what they register.
_REGISTERED = (two_sided, type_rules)


Progress = Callable[[str], None]


def silent(stage: str) -> None:
    """Tell nobody of a stage."""
    del stage


def import_bundle(
    server: Server, user: User, payload: Json, options: ImportOptions, progress: Progress = silent
) -> ImportReport:
    """Import objects as DHIS2's object bundle does.

    Args:
        server: where they go.
        user: who sends them.
        payload: lists of objects by the plural of their type, as `/api/metadata` takes them; unknown keys are dropped.
        options: strategy, modes and what to skip.
        progress: is told of each stage, in the words of DHIS2's job notifications.

    Returns:
        Counts and refusals by type. In atomic mode (the default) nothing is written as soon as one object is refused.

    Raises:
        MappingError: an object is not of the shape of its type.
        Dhis2Refusal: where DHIS2 fails altogether: an unsupported strategy, a value that its database refuses.
    """
    progress("Running preCreateBundle")
    progress("Creating bundle")
    bundle = Bundle(server, user, options, payload)
    for batch in bundle.batches:
        for item in batch.persisted + batch.fresh:
            _give_sharing(bundle, item)
    parents_first(bundle)
    progress("Running postCreateBundle")
    progress("Validating bundle")
    found = validate(bundle)
    report = ImportReport(types=found)
    if not report.has_errors or options.atomic_mode == "NONE":
        if options.import_mode != "VALIDATE":
            bundle.forget_refused()
            with server.store.transaction():
                _commit(bundle, report, progress)
        if report.has_errors:
            report.status = "WARNING"
    else:
        for type_report in report.types.values():
            type_report.stats.ignore_all()
        report.status = "ERROR"
    if options.import_mode != "VALIDATE":
        _clean(report, options.report_mode)
    return report


def _give_sharing(bundle: Bundle, item: Item) -> None:
    """The sharing of an object that was sent without: private, or public where the type and the user allow it."""
    sharing: Json = item.new.get("sharing") or {}
    if not item.schema.shareable or "sharing" not in item.schema.properties or sharing.get("public"):
        return
    public = access.can_create(bundle.user, item.schema, public=True) and not item.schema["defaultPrivate"]
    item.new["sharing"] = {
        "owner": sharing.get("owner") or bundle.user.uid,
        "public": "rw------" if public else access.NO_ACCESS,
        "users": {},
        "userGroups": {},
    }


def _clean(report: ImportReport, mode: str) -> None:
    report.types = {klass: row for klass, row in report.types.items() if row.stats.total}
    for row in report.types.values():
        if mode == "ERRORS":
            row.objects = {index: found for index, found in row.objects.items() if found.errors}
        if mode != "DEBUG":
            for found in row.objects.values():
                found.display_name = None


def _commit(bundle: Bundle, report: ImportReport, progress: Progress) -> None:
    for batch in bundle.batches:
        type_report = report.of(batch.schema.klass)
        if bundle.options.strategy == "DELETE":
            _delete_all(bundle, batch, type_report, progress)
            continue
        if bundle.options.strategy != "UPDATE":
            _write_all(bundle, batch, batch.fresh, type_report, progress)
        if bundle.options.strategy != "CREATE":
            _write_all(bundle, batch, batch.persisted, type_report, progress)
            for hook in HOOKS.get(batch.schema.singular, ()):
                hook.after_updates(bundle.server, bundle.user, [item.new for item in batch.persisted])


def _write_all(bundle: Bundle, batch: Batch, items: list[Item], report: TypeReport, progress: Progress) -> None:
    if not items:
        return
    hooks = HOOKS.get(batch.schema.singular, ())
    now, klass = bundle.server.now(), batch.schema.short_klass
    word, doing = ("Create", "Creating") if items[0].old is None else ("Update", "Updating")
    done = f"{len(items)} successful and 0 failed items"
    progress(f"Running pre{word} {klass} bundle hooks")
    for item in items:
        _stamp(bundle, item, now)
        for hook in hooks:
            hook.prepare(bundle.server, bundle.user, item.new, item.old)
    progress(done)
    progress(f"{doing} {len(items)} {klass} object(s) as {bundle.user.username}")
    for item in items:
        report.add(ObjectReport(batch.schema.klass, item.index, item.uid, item.display_name))
        item.new = _owned(bundle, item)
        bundle.server.store.put(batch.schema.singular, item.uid, item.new)
    progress(done)
    progress(f"Running post{word} {klass} bundle hooks")
    for item in items:
        for hook in hooks:
            hook.after(bundle.server, bundle.user, item.new, item.old)
    progress(done)


def _stamp(bundle: Bundle, item: Item, now: str) -> None:
    """Who made and changed the object, and when; what the options say to skip."""
    new, old, me = item.new, item.old, {"id": bundle.user.uid}
    new["created"] = old.get("created", now) if old else new.get("created", now)
    new["lastUpdated"] = now
    new["lastUpdatedBy"] = me
    new["createdBy"] = (old.get("createdBy") or new.get("createdBy") or me) if old else me
    for row in new.get("attributeValues", ()):
        row["value"] = re.sub(r"\s{2,}", " ", row["value"])
    if bundle.options.skip_sharing and "sharing" in item.schema.properties:
        private: Json = {"owner": bundle.user.uid, "public": access.NO_ACCESS, "users": {}, "userGroups": {}}
        new["sharing"] = old.get("sharing", private) if old else private
    elif old is None and item.schema.shareable:
        new["sharing"] = {"owner": bundle.user.uid, **new["sharing"]}
    if bundle.options.skip_translation:
        new["translations"] = old.get("translations", []) if old else []


def _owned(bundle: Bundle, item: Item) -> Json:
    """The document to store: what the type owns, references reduced to identifiers, embedded values completed."""
    document = _reduced(bundle, item.schema, item.new, item.old or {})
    hidden = {key: value for key, value in item.new.items() if key.startswith("_")}
    return {**document, **hidden}


def _reduced(bundle: Bundle, schema: Schema, value: Json, old: Json) -> Json:
    document: Json = {}
    for key, prop in _owned_properties(schema).items():
        if key not in value:
            continue
        content = value[key]
        if prop.reference:
            content = _resolved(bundle, schema, prop, content)
        elif prop.embedded or prop.value_type in ("COMPLEX", "REFERENCE"):
            content = _embedded(bundle, prop, content, old.get(key))
        if content is not None:
            document[key] = content
    return {**document, **default_references(schema, document)}


@cache
def _owned_properties(schema: Schema) -> dict[str, Property]:
    """What a value of a type holds: of a type without table in the database (a style) everything."""
    owned = {key: prop for key, prop in schema.properties.items() if prop.owner}
    return owned or schema.properties


def _resolved(bundle: Bundle, schema: Schema, prop: Property, content: Any) -> Any:
    target = bundle.server.schemas.of(prop)
    if target is None:
        return content
    rows = cast("list[Json]", content if prop.collection else [content])
    uids = [uid for row in rows if (uid := bundle.uid_of(target.singular, row))]
    present = [{"id": uid} for uid in dict.fromkeys(uids) if bundle.find(target.singular, uid)]
    if prop.collection:
        return present
    if not present and prop["required"] and bundle.find(target.singular, uids[0] if uids else "") is None:
        raise Dhis2Refusal(
            409,
            "org.hibernate.PropertyValueException: not-null property references a null or transient value :"
            f" {schema.klass}.{prop.name}",
        )
    return present[0] if present else None


def _embedded(bundle: Bundle, prop: Property, content: Any, old: Any) -> Any:
    schema = bundle.server.schemas.of(prop)
    if schema is None or prop.key in ("attributeValues", "sharing", "translations"):
        return content
    if not prop.collection:
        return _reduced(bundle, schema, cast(Json, content), old or {}) if isinstance(content, dict) else content
    former = {row["id"]: row for row in cast("list[Json]", old or ()) if "id" in row}
    rows = cast("list[Json]", content)
    return [_embedded_row(bundle, prop, schema, row, former.get(row.get("id", ""), {})) for row in rows]


def _embedded_row(bundle: Bundle, prop: Property, schema: Schema, row: Json, old: Json) -> Json:
    document = _reduced(bundle, schema, row, old)
    if prop["identifiableObject"] and prop.embedded:
        now = bundle.server.now()
        document["id"] = row.get("id") or bundle.server.new_uid()
        document["created"] = old.get("created") or row.get("created") or now
        document["lastUpdated"] = now
    return document


def _delete_all(bundle: Bundle, batch: Batch, report: TypeReport, progress: Progress) -> None:
    count, klass = len(batch.persisted), batch.schema.short_klass
    progress(f"Deleting {count} {klass} object(s) as {bundle.user.username}")
    for item in batch.persisted:
        _delete(bundle, batch, item, report)
    progress(f"{count} successful and 0 failed items")
    progress(f"Publish deletion event for {count} objects")


def _delete(bundle: Bundle, batch: Batch, item: Item, report: TypeReport) -> None:
    # What DHIS2 reports is the stored object, which is none of the payload: it gets an index of its own.
    found = ObjectReport(item.schema.klass, batch.next_index, item.uid, item.display_name)
    batch.next_index += 1
    reason = veto(bundle.server, item.schema.singular, item.uid)
    if reason is None:
        delete(bundle.server, item.schema.singular, item.uid)
    else:
        text = f"Object could not be deleted because it is associated with another object: {reason}"
        found.errors.append(ErrorReport("E4030", (), item.schema.klass, text=text))
        report.stats.ignored += 1
        report.stats.deleted -= 1
    report.add(found)

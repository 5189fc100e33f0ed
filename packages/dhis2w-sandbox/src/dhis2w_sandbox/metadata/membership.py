"""Endpoints that add to, take from and replace a collection of an object: `/api/dataElementGroups/{uid}/dataElements`.

Source: `AbstractCrudController` and `DefaultCollectionService` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import ErrorReport, conflict, forbidden, not_found
from dhis2w_sandbox.metadata import access, jackson
from dhis2w_sandbox.metadata.reports import PROBLEMS, ObjectReport, TypeReport
from dhis2w_sandbox.metadata.sides import owning_side
from dhis2w_sandbox.metadata.validation import property_errors
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Property, Schema

Json = dict[str, Any]

endpoints = Endpoints()


def is_type(call: Call) -> bool:
    """Whether the path names a type of this version."""
    return f"/{call.parts['type']}" in call.server.schemas.by_endpoint


class Collection:
    """One collection of one object, and what was done with it."""

    def __init__(self, call: Call, message: str) -> None:
        self.call = call
        self.store = call.server.store
        self.schema = call.server.schemas.by_endpoint[f"/{call.parts['type']}"]
        document = self.store.get(self.schema.singular, call.parts["uid"])
        if document is None or not access.can_read(call.user, self.schema, document):
            raise not_found(self.schema.short_klass, call.parts["uid"])
        self.document: Json = document
        if not access.can_update(call.user, self.schema, document):
            raise forbidden("You don't have the proper permissions to update this object.")
        self.uid: str = document["id"]
        self.prop = self._property(call.parts["property"], message)
        self.item_schema = cast(Schema, call.server.schemas.of(self.prop))
        self.report = TypeReport(self.prop.value_klass)

    def _property(self, name: str, message: str) -> Property:
        found = self.schema.properties.get(name)
        if found is None:
            raise not_found_property(name, self.schema)
        if not found.collection or not found["identifiableObject"] or self.call.server.schemas.of(found) is None:
            raise conflict(message)
        return found

    def members(self) -> list[str]:
        """Identifiers of what is in it."""
        if self.prop.owner:
            return [row["id"] for row in self.document.get(self.prop.key, ())]
        side = owning_side(self.call.server.schemas, self.schema, self.prop)
        links = self.store.referrers(self.schema.singular, self.uid)
        return [row.uid for row in links if side and (row.type, row.path) == side[:2]]

    def add(self, uids: list[str]) -> None:
        """Put objects in; those that are in already count as ignored, unknown ones do not count."""
        self._change(uids, present=False)

    def remove(self, uids: list[str]) -> None:
        """Take objects out; those that are not in count as ignored, unknown ones do not count."""
        self._change(uids, present=True)

    def _change(self, uids: list[str], *, present: bool) -> None:
        inside = set(self.members())
        for uid in dict.fromkeys(uids):
            item = self.store.get(self.item_schema.singular, uid)
            if item is None:
                continue
            if (uid in inside) != present:
                self.report.stats.ignored += 1
            else:
                self._move(item, present=present)

    def _move(self, item: Json, *, present: bool) -> None:
        if self.prop.owner:
            rows = [row for row in self.document.get(self.prop.key, ()) if row["id"] != item["id"]]
            rows += [] if present else [{"id": item["id"]}]
            self.document = {**self.document, self.prop.key: rows}
            self.store.put(self.schema.singular, self.uid, self.document)
        elif not self._move_on_other_side(item, present=present):
            self._refuse(item, present=present)
            return
        if present:
            self.report.stats.deleted += 1
        else:
            self.report.stats.updated += 1

    def _move_on_other_side(self, item: Json, *, present: bool) -> bool:
        side = owning_side(self.call.server.schemas, self.schema, self.prop)
        prop = self.item_schema.properties.get(side.path) if side else None
        if prop is None:
            return False
        if not access.can_update(self.call.user, self.item_schema, item):
            return False
        me = {"id": self.uid}
        if prop.collection:
            rows = [row for row in item.get(prop.key, ()) if row != me]
            changed = {**item, prop.key: rows if present else [*rows, me]}
        else:
            changed = {key: value for key, value in item.items() if key != prop.key}
            changed |= {} if present else {prop.key: me}
        now, user = self.call.server.now(), {"id": self.call.user.uid}
        self.store.put(self.item_schema.singular, item["id"], {**changed, "lastUpdated": now, "lastUpdatedBy": user})
        return True

    def _refuse(self, item: Json, *, present: bool) -> None:
        klass = self.prop.value_klass
        reason = f"You do not have write access to object {item['id']}"
        error = ErrorReport("E1109" if present else "E1108", (reason,), klass)
        self.report.add(ObjectReport(klass, len(self.report.objects), item["id"], None, [error]))
        self.report.stats.ignored += 1

    def reply(self) -> Reply:
        """The answer: a type report."""
        for error in property_errors(self.prop, self.members(), self.schema.klass):
            self.report.add(ObjectReport(self.schema.klass, 0, self.uid, None, [error]))
        body = self.report.as_json(self.call.server.version)
        del body["klass"]
        status = "ERROR" if self.report.has_errors else "OK"
        body = {"status": status, **body, "responseType": "TypeReport"}
        if self.report.has_errors:
            return Reply.message(409, PROBLEMS, word="ERROR", response=body)
        return Reply.message(200, response=body)


def not_found_property(name: str, schema: Schema) -> Exception:
    """404 of a property that a type does not have."""
    error = not_found(schema.short_klass, name)
    error.message = f"Property {name} does not exist on {schema.klass}"
    return error


def _ids(rows: Any) -> list[str]:
    return [row["id"] for row in cast("list[Json]", rows or ()) if row.get("id")]


@endpoints.add("POST", "/api/{type}/{uid}/{property}", RECORDED, accepts=is_type, consumes=("application/json",))
def merge_items(call: Call) -> Reply:
    """Add and take out what the body lists as `additions` and `deletions`."""
    body: Json = jackson.read(call) or {}
    collection = Collection(call, "Only identifiable object collections can be removed from.")
    collection.remove(_ids(body.get("deletions")))
    collection.add(_ids(body.get("additions") or body.get("identifiableObjects")))
    return collection.reply()


@endpoints.add("PUT", "/api/{type}/{uid}/{property}", RECORDED, accepts=is_type, consumes=("application/json",))
def replace_items(call: Call) -> Reply:
    """Make the collection what the body lists as `identifiableObjects`."""
    body: Json = jackson.read(call) or {}
    collection = Collection(call, "Only identifiable object collections can be replaced.")
    collection.remove(collection.members())
    collection.add(_ids(body.get("identifiableObjects") or body.get("additions")))
    return collection.reply()


@endpoints.add("DELETE", "/api/{type}/{uid}/{property}", RECORDED, accepts=is_type, consumes=("application/json",))
def remove_items(call: Call) -> Reply:
    """Take out what the body lists as `identifiableObjects`."""
    body: Json = jackson.read(call) or {}
    collection = Collection(call, "Only identifiable object collections can be removed from.")
    collection.remove(_ids(body.get("identifiableObjects") or body.get("additions")))
    return collection.reply()


@endpoints.add("POST", "/api/{type}/{uid}/{property}/{item}", RECORDED, accepts=is_type)
def add_item(call: Call) -> Reply:
    """Add one object."""
    collection = Collection(call, "Only identifiable object collections can be added to.")
    collection.add([call.parts["item"]])
    return collection.reply()


@endpoints.add("DELETE", "/api/{type}/{uid}/{property}/{item}", RECORDED, accepts=is_type)
def remove_item(call: Call) -> Reply:
    """Take one object out."""
    collection = Collection(call, "Only identifiable object collections can be removed from.")
    collection.remove([call.parts["item"]])
    return collection.reply()

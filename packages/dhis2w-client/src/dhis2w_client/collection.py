"""`Collection`: everything that can be done with the objects of one type, the same for every type."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from difflib import get_close_matches
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, Unpack, cast

from dhis2w_client.access import access_operations, with_access
from dhis2w_client.call import build_call
from dhis2w_client.errors import InvalidRequestError, UnknownCollectionError
from dhis2w_client.filters import where
from dhis2w_client.hidden_rows import warn_of_hidden_rows
from dhis2w_client.items import Items
from dhis2w_client.known_properties import check_properties
from dhis2w_client.list_query import PAGE_SIZE, ListOptions, Selection, fields_text, list_query, told_to_translate
from dhis2w_client.members import Members
from dhis2w_client.pages import Page, made, object_of, pager_of, rows_of
from dhis2w_client.patches import diff, without_nulls
from dhis2w_client.refusals import error_of
from dhis2w_client.translations import with_texts
from dhis2w_client.walk import plan_walk
from dhis2w_client.write_report import write_report
from dhis2w_client.written_object import changed_values, check_not_stale, json_of, key_of

if TYPE_CHECKING:
    from dhis2w_client.access import Accesses
    from dhis2w_client.call import Body, Params
    from dhis2w_client.connection import Connection
    from dhis2w_client.list_query import Fields, ListQuery
    from dhis2w_client.models.collection_row import CollectionRow
    from dhis2w_client.models.server_model import ServerModel
    from dhis2w_client.pages import Row
    from dhis2w_client.patches import Operation
    from dhis2w_client.reply import Reply
    from dhis2w_client.versions import Dialect
    from dhis2w_client.write_report import WriteReport
    from dhis2w_client.written_object import AnObject

M = TypeVar("M", bound="ServerModel")
T = TypeVar("T")
Reader: TypeAlias = "Callable[[list[Row]], list[T]]"

IDS_AT_ONCE = 200
"""UIDs that fit into one URL."""
OWNED = ":owner"
"""The properties that a full replacement writes; what it leaves out of them, DHIS2 empties."""
OWNED_BY_OTHERS = {"users": ",userGroups[id]"}
"""What it empties beside them: `UserController` takes a user without groups out of all groups."""


class Collection(Generic[M]):
    """The objects of one type: `client.data_elements`, or `client.collection("dataElements")`.

    ```python
    element = await client.data_elements.get("fbfJHSPpUQD", fields="id,name,valueType")
    async for element in client.data_elements.iterate(filters="valueType:eq:NUMBER", fields="id,name"):
        print(element.name)
    async with client.data_elements.edit("fbfJHSPpUQD") as element:
        element.description = "Doses given"
    ```

    Reads of lists take the keyword arguments of `ListOptions`: `fields`, `filters`, `root_junction`, `order`, `query`,
    `translate`, `locale`, `params`, in DHIS2's own language ("Metadata" in its developer guide).
    Every method raises `ApiError` where the server refuses (`rows` say what is wrong with what), `NoAnswerError` where
    no answer comes, and `AnswerError` where the answer is not what DHIS2 gives; what else it raises is with it.
    """

    def __init__(self, row: CollectionRow, connection: Connection, dialect: Dialect) -> None:
        self._row = row
        self._connection = connection
        self._dialect = dialect

    def __repr__(self) -> str:
        return f"Collection({self._row.plural!r})"

    @property
    def name(self) -> str:
        """DHIS2's plural of the type, such as `dataElements`."""
        return self._row.plural

    @cached_property
    def model(self) -> type[M]:
        """The class of the objects; its module is loaded when it is first needed."""
        from dhis2w_client.models import model_for

        return cast("type[M]", model_for(self._row.model))

    # Reads

    async def get(
        self,
        id: str,
        *,
        fields: Fields = None,
        translate: bool | None = None,
        locale: str | None = None,
        validate: bool = False,
    ) -> M:
        """Read one object.

        Args:
            id: Its UID.
            fields: Which properties; default: all but those of what it refers to.
            translate: Whether `display…` properties are in the user's language; DHIS2 does so by default.
            locale: Another language for them, such as `fr`.
            validate: Check the answer against the model. Default: trust it.

        Raises:
            ObjectNotFoundError: There is no such object, or the user cannot see it.
            UnexpectedShapeError: The answer does not fit the model.
        """
        reply = await self._ask(
            "GET",
            self._path(id),
            params={
                "fields": fields_text(fields),
                "translate": told_to_translate(self._dialect, translate, locale),
                "locale": locale,
            },
        )
        return made([object_of(reply)], self._reader(validate), reply)[0]

    async def list(
        self,
        *,
        page: int | None = None,
        page_size: int | None = None,
        paging: bool | None = None,
        validate: bool = False,
        **asked: Unpack[ListOptions],
    ) -> Page[M]:
        """Read a whole list, or one page of it, with one request. For lists of thousands use `iterate`.

        Args:
            page: Number of the page, from 1.
            page_size: Objects in a page; DHIS2's default is 50.
            paging: True asks for one page, False for everything. Default: everything, unless a page is asked for.
            validate: Check the answer against the model. Default: trust it.
            asked: What to read; see `ListOptions`. Default: `id,displayName`, by name, then by id.

        Returns:
            The objects; `pager` says where the page is in its list.

        Raises:
            InvalidRequestError: A filter that this version would misread.
            UnexpectedShapeError: The answer does not fit the model.

        Warns:
            HiddenRowsWarning: Nothing was found, and the user may not see everything.
        """
        wanted = list_query(self._dialect, **asked)
        one_page = paging if paging is not None else page is not None or page_size is not None
        reply = await self._ask(
            "GET",
            self._row.endpoint,
            params=[*wanted.params(), ("paging", None if one_page else False), ("page", page), ("pageSize", page_size)],
        )
        answer = object_of(reply)
        rows = rows_of(answer, self._row.key, reply)
        await self._warn_if_none(not rows and page in (None, 1))
        return Page(made(rows, self._reader(validate), reply), pager_of(answer))

    async def count(self, **which: Unpack[Selection]) -> int:
        """How many objects there are that the user may see.

        Args:
            which: Which objects; see `Selection`.

        Raises:
            InvalidRequestError: A filter that this version would misread.

        Warns:
            HiddenRowsWarning: See `list`.
        """
        wanted = list_query(self._dialect, fields="id", **which)
        reply = await self._ask("GET", self._row.endpoint, params=[*wanted.params(), ("pageSize", 1)])
        answer = object_of(reply)
        pager = pager_of(answer)
        rows = rows_of(answer, self._row.key, reply)
        await self._warn_if_none(not rows)
        return len(rows) if pager is None or pager.total is None else pager.total

    def iterate(
        self,
        *,
        page_size: int = PAGE_SIZE,
        validate: bool = False,
        **asked: Unpack[ListOptions],
    ) -> Items[M]:
        """All objects of a list as models, page by page, the next page under way; memory holds two pages at most.

        Without `order` they come by id, and what others insert or delete meanwhile cannot make one come twice or be
        missed. In another order repeats are dropped, and a `ListChangedWarning` says when one may be missing.

        Args:
            page_size: Objects in a page.
            validate: Check each object against the model. Default: trust the answer; `object.validated()` checks one.
            asked: What to read; see `ListOptions`. `id` is always among the fields.

        Raises:
            InvalidRequestError: A filter that this version would misread; at the call.
            UnexpectedShapeError: An object does not fit the model; while reading.
        """
        wanted = list_query(self._dialect, **asked)
        return self._items(wanted, page_size, self._reader(validate))

    def rows(
        self,
        *,
        page_size: int = PAGE_SIZE,
        **asked: Unpack[ListOptions],
    ) -> Items[Row]:
        """The same as `iterate`, each object as a plain dictionary of its JSON: nearly as fast as the JSON parser.

        Args:
            page_size: Objects in a page.
            asked: What to read; see `ListOptions`. `id` is always among the fields.

        Raises:
            InvalidRequestError: A filter that this version would misread; at the call.
        """
        wanted = list_query(self._dialect, **asked)
        return self._items(wanted, page_size, _as_they_are)

    @asynccontextmanager
    async def stream(
        self,
        *,
        format: Literal["json", "csv"] = "json",
        **asked: Unpack[ListOptions],
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The bytes of a whole list as DHIS2 sends them, piece by piece: one request, nothing is parsed.

        ```python
        async with client.data_elements.stream(fields="id,name,code", format="csv") as pieces:
            async for piece in pieces:
                file.write(piece)
        ```

        Args:
            format: `json` (an object with the list under the collection's name) or `csv` (simple properties only).
            asked: What to read; see `ListOptions`.

        Yields:
            The pieces, as they arrive.

        Raises:
            InvalidRequestError: A filter that this version would misread.
        """
        wanted = list_query(self._dialect, **asked)
        call = build_call(
            "GET",
            self._row.endpoint if format == "json" else f"{self._row.endpoint}.{format}",
            base_url=self._connection.base_url,
            params=[*wanted.params(), ("paging", False)],
            accept="application/json" if format == "json" else "*/*",
        )
        async with self._connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            yield pieces

    # Writes

    async def create(self, object: AnObject, *, strict: bool = False) -> WriteReport:
        """Create an object.

        Args:
            object: What to create; without `id` the server makes one.
            strict: Refuse a property that the connected version does not have, instead of warning.

        Returns:
            The report; `id` is the new object's.

        Raises:
            ConflictError: DHIS2 refused it; `rows` name the properties.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        body = json_of(object)
        self._check(body, strict)
        return write_report(await self._ask("POST", self._row.endpoint, body=body))

    async def update(
        self, object: AnObject, *, keep_unnamed: bool = True, refuse_stale: bool = False, strict: bool = False
    ) -> WriteReport:
        """Replace an object as a whole (`PUT`).

        DHIS2 empties what a replacement leaves out. So the object is read first, and what `object` does not name, known
        to this client or not, is sent back as it is. To empty a property set it to None.

        Args:
            object: The object, with its `id`.
            keep_unnamed: False sends `object` alone, and what it does not name is emptied.
            refuse_stale: Refuse when the object on the server is newer than `object` (by `lastUpdated`, which it must
                have). It is checked, then written: DHIS2 has no conditional writes, so somebody may come in between.
            strict: Refuse a changed property that the connected version does not have, instead of warning.

        Raises:
            ObjectNotFoundError: There is no such object; `upsert` would create it.
            ConflictError: DHIS2 refused it; `rows` name the properties.
            StaleObjectError: See `refuse_stale`; nothing was sent.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        named = json_of(object)
        uid = _id_of(named)
        current = await self._owned(uid) if keep_unnamed or refuse_stale else {}
        if refuse_stale:
            check_not_stale(named, current)
        return await self._replace(uid, named, current if keep_unnamed else {}, strict)

    async def patch(self, id: str, operations: Sequence[Operation]) -> WriteReport:
        """Change parts of an object by a JSON Patch.

        Args:
            id: UID of the object.
            operations: `[{"op": "replace", "path": "/name", "value": "New"}]`; also `add`, `remove` and DHIS2's own
                `remove-by-id`. A collection that the object does not own cannot be patched; see `members`.

        Raises:
            ObjectNotFoundError: There is no such object.
            BadRequestError: A path or value that makes no sense.
            ConflictError: DHIS2 refused the object as it would be; `rows` name the properties.
        """
        return write_report(await self._ask("PATCH", self._path(id), body=list(operations)), id)

    @asynccontextmanager
    async def edit(self, id: str, *, refuse_stale: bool = False, strict: bool = False) -> AsyncGenerator[M]:
        """Change an object: set attributes inside of the block, and at its end what changed is sent, nothing else.

        ```python
        async with client.data_elements.edit("fbfJHSPpUQD") as element:
            element.name = "Malaria doses"
            element.code = None
        ```

        Nothing is sent when nothing changed, or when the block raises.

        Args:
            id: UID of the object.
            refuse_stale: Look again before sending, and refuse when somebody else changed the object meanwhile. It is
                checked, then written: DHIS2 has no conditional writes, so somebody may still come in between.
            strict: Refuse a changed property that the connected version does not have, instead of warning.

        Yields:
            The object with all properties it owns, to be changed.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: DHIS2 refused the object as it would be; `rows` name the properties.
            StaleObjectError: See `refuse_stale`; nothing was sent.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        before = await self._owned(id)
        draft = self.model.trust(deepcopy(before))
        yield draft
        after = draft.to_dict()
        operations = diff(without_nulls(before), without_nulls(after))
        if not operations:
            return
        self._check(changed_values(before, after), strict)
        if refuse_stale:
            check_not_stale(before, await self._row_of(id, "lastUpdated"))
        await self.patch(id, operations)

    async def delete(self, id: str) -> WriteReport:
        """Delete an object.

        Args:
            id: UID of the object.

        Returns:
            The report; `counts.deleted` is 0 for the `default` objects of the category model, which DHIS2 keeps.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: Other objects refer to it; `rows` name one.
            ForbiddenError: The user may not delete it.
        """
        return write_report(await self._ask("DELETE", self._path(id)), id)

    async def upsert(self, object: AnObject, *, by: Literal["id", "code"] = "id", strict: bool = False) -> WriteReport:
        """Update the object with this id or code, or create it. It is looked up, then written: two requests.

        Args:
            object: The object; what it does not name stays as it is on the server.
            by: What tells whether it is there.
            strict: Refuse a property that the connected version does not have, instead of warning.

        Returns:
            The report; `counts` say whether it was created or updated.

        Raises:
            InvalidRequestError: The object has no such id or code.
            ConflictError: DHIS2 refused it; `rows` name the properties.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        named = json_of(object)
        found = await self._find(by, key_of(named, by))
        if found is None:
            return await self.create(named, strict=strict)
        return await self._replace(_id_of(found), named, found, strict)

    async def share(
        self, id: str, *, public: str | None = None, users: Accesses = None, user_groups: Accesses = None
    ) -> WriteReport:
        """Change who may see and change an object; who is not named keeps the access there is.

        Args:
            id: UID of the object.
            public: Access of everybody, such as `rw------`; `--------` for none.
            users: Access by UID of a user; None takes it away.
            user_groups: Access by UID of a user group; None takes it away.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: An access that this type cannot have; `rows` name it.
            ForbiddenError: The user may not share it.
        """
        answer = object_of(await self._ask("GET", self._path(id, "sharing")))
        return await self.set_sharing(id, with_access(answer.get("sharing"), public, users, user_groups))

    async def set_sharing(self, id: str, sharing: AnObject) -> WriteReport:
        """Replace an object's sharing settings. Without `owner` it belongs to nobody, and everybody can see it.

        Args:
            id: UID of the object.
            sharing: A `Sharing`.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: An access that this type cannot have; `rows` name it.
            ForbiddenError: The user may not share it.
        """
        return write_report(await self._ask("PUT", self._path(id, "sharing"), body=json_of(sharing)), id)

    async def share_many(
        self,
        ids: Iterable[str],
        *,
        public: str | None = None,
        users: Accesses = None,
        user_groups: Accesses = None,
    ) -> WriteReport:
        """Make the same change of access to many objects, with one request. All are changed, or none.

        Args:
            ids: UIDs of the objects.
            public: Access of everybody, such as `rw------`. DHIS2 does not check it here.
            users: Access by UID of a user; None takes it away.
            user_groups: Access by UID of a user group; None takes it away.

        Raises:
            ConflictError: An object is missing, or may not be shared; `rows` name it.
        """
        body = {self._row.key: list(ids), "patch": access_operations(public, users, user_groups)}
        return write_report(await self._ask("PATCH", f"{self._row.endpoint}/sharing", body=body))

    async def translate(self, id: str, locale: str, texts: Mapping[str, str | None]) -> WriteReport:
        """Set an object's texts in a language; other texts and languages stay.

        Args:
            id: UID of the object.
            locale: The language, such as `fr` or `pt_BR`.
            texts: Text by DHIS2's name of the property: `{"NAME": "Doses", "SHORT_NAME": None}`; None removes one.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: DHIS2 refused a translation; `rows` name it.
        """
        current = await self._row_of(id, "translations")
        return await self.set_translations(id, with_texts(current.get("translations"), locale, texts))

    async def set_translations(self, id: str, translations: Sequence[AnObject]) -> WriteReport:
        """Replace all translations of an object.

        Args:
            id: UID of the object.
            translations: Each a `Translation`; none clears them.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: DHIS2 refused a translation; `rows` name it.
        """
        body = {"translations": [json_of(translation) for translation in translations]}
        return write_report(await self._ask("PUT", self._path(id, "translations"), body=body), id)

    def members(self, id: str, property: str) -> Members:
        """The members of one object's collection, to add, remove or replace.

        ```python
        await client.data_element_groups.members("oDkJh5Ddh7d", "dataElements").add(["fbfJHSPpUQD"])
        ```

        Args:
            id: UID of the object.
            property: Name of its collection of objects.
        """
        return Members(self._path(id, property), self._ask)

    # Many at once

    async def create_many(
        self, objects: Iterable[AnObject], *, atomic: bool = True, dry_run: bool = False, strict: bool = False
    ) -> WriteReport:
        """Create objects with one request (`POST /api/metadata`).

        Args:
            objects: What to create.
            atomic: Whether one refusal keeps all from being created. False creates the others, and raises all the same:
                `error.report.counts` say what was done.
            dry_run: Validate, and create nothing.
            strict: Refuse a property that the connected version does not have, instead of warning.

        Raises:
            ConflictError: DHIS2 refused some; each of the `rows` has the object's `index` and the property.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        bodies = [json_of(object) for object in objects]
        for body in bodies:
            self._check(body, strict)
        return await self._import("CREATE", bodies, atomic=atomic, dry_run=dry_run)

    async def update_many(
        self,
        objects: Iterable[AnObject],
        *,
        keep_unnamed: bool = True,
        atomic: bool = True,
        dry_run: bool = False,
        strict: bool = False,
    ) -> WriteReport:
        """Replace objects with one request (`POST /api/metadata`), after reading them, 200 at a time.

        Args:
            objects: The objects, each with its `id`.
            keep_unnamed: False does not read them first, and what they do not name is emptied.
            atomic: Whether one refusal keeps all from being changed. False changes the others, and raises all the same:
                `error.report.counts` say what was done.
            dry_run: Validate, and change nothing.
            strict: Refuse a property that the connected version does not have, instead of warning.

        Raises:
            ConflictError: DHIS2 refused some; each of the `rows` has the object's `index` and the property.
            UnknownPropertyError: See `strict`; nothing was sent.

        Warns:
            UnknownPropertyWarning: The connected version does not have a property, and drops it.
        """
        named = [json_of(object) for object in objects]
        current = await self._owned_by_id([_id_of(body) for body in named]) if keep_unnamed else {}
        bodies: list[Row] = []
        for body in named:
            before = current.get(_id_of(body), {})
            self._check(changed_values(before, body), strict)
            bodies.append(before | body)
        return await self._import("UPDATE", bodies, atomic=atomic, dry_run=dry_run)

    async def delete_many(self, ids: Iterable[str], *, dry_run: bool = False) -> WriteReport:
        """Delete objects with one request. Where some cannot go, DHIS2 deletes the others and refuses the whole.

        Args:
            ids: UIDs of the objects.
            dry_run: Validate, and delete nothing.

        Raises:
            ConflictError: Some are missing, or others refer to them; `rows` name them, `report.counts` what was done.
        """
        return await self._import("DELETE", [{"id": uid} for uid in ids], atomic=True, dry_run=dry_run)

    # Inside

    def _path(self, id: str, *more: str) -> str:
        for part in (id, *more):
            if not part.isidentifier() and not part.isalnum():
                raise InvalidRequestError(f"{part!r} can be no part of a path of {self._row.plural}.")
        return "/".join((self._row.endpoint, id, *more))

    async def _ask(self, method: str, path: str, *, params: Params | None = None, body: Body = None) -> Reply:
        call = build_call(method, path, base_url=self._connection.base_url, params=params, body=body)
        return await self._connection.ask(call)

    def _reader(self, validate: bool) -> Reader[M]:
        return self.model.check_all if validate else self.model.trust_all

    def _items(self, wanted: ListQuery, page_size: int, make: Reader[T]) -> Items[T]:
        if page_size < 1:
            raise InvalidRequestError("page_size is at least 1.")
        walk = plan_walk(wanted, page_size, identifiable=bool(self._row.identifiable), dialect=self._dialect)

        async def ask(params: Params) -> Reply:
            return await self._ask("GET", self._row.endpoint, params=params)

        return Items(walk, self._row.key, ask, make)

    def _check(self, values: Row, strict: bool) -> None:
        check_properties(self.model, values, self._dialect.version, strict=strict)

    async def _warn_if_none(self, none: bool) -> None:
        if none and self._row.shareable:
            await warn_of_hidden_rows(self._connection, self._row.key)

    async def _row_of(self, id: str, fields: str) -> Row:
        return object_of(await self._ask("GET", self._path(id), params={"fields": fields}))

    @property
    def _owned_fields(self) -> str:
        return OWNED + OWNED_BY_OTHERS.get(self._row.plural, "")

    async def _owned(self, id: str) -> Row:
        return await self._row_of(id, self._owned_fields)

    async def _find(self, property: str, value: str) -> Row | None:
        """The one object that has a value; None when there is none."""
        asked = list_query(self._dialect, fields=self._owned_fields, filters=f"{property}:eq:{value}")
        reply = await self._ask("GET", self._row.endpoint, params=asked.params())
        found = rows_of(object_of(reply), self._row.key, reply)
        return found[0] if found else None

    async def _owned_by_id(self, ids: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(ids), IDS_AT_ONCE):
            chosen = where("id").is_in(ids[start : start + IDS_AT_ONCE])
            async for row in self.rows(fields=self._owned_fields, filters=chosen):
                found[row["id"]] = row
        return found

    async def _replace(self, id: str, named: Row, current: Row, strict: bool) -> WriteReport:
        self._check(changed_values(current, named), strict)
        return write_report(await self._ask("PUT", self._path(id), body=current | named), id)

    async def _import(
        self, strategy: Literal["CREATE", "UPDATE", "DELETE"], bodies: Sequence[Row], *, atomic: bool, dry_run: bool
    ) -> WriteReport:
        if self._dialect.version.number not in numbers_in(self._row.metadata):
            raise InvalidRequestError(
                f"{self._row.plural} are no part of /api/metadata, so they cannot be written many at a time.",
                next_step="Write them one by one.",
            )
        params = {
            "importStrategy": strategy,
            "atomicMode": None if atomic else "NONE",
            "importMode": "VALIDATE" if dry_run else None,
        }
        return write_report(await self._ask("POST", "metadata", params=params, body={self._row.key: bodies}))


def collection_named(name: str, connection: Connection, dialect: Dialect) -> Collection[Any]:
    """The collection of a name, in the version that is connected.

    Args:
        name: DHIS2's plural (`dataElements`), the attribute of the client (`data_elements`) or the class
            (`DataElement`).
        connection: The connection to the server.
        dialect: The version's ways.

    Raises:
        UnknownCollectionError: There is no such collection, or the version does not have it.
    """
    row = rows_by_name().get(name)
    if row is None:
        near = get_close_matches(name, rows_by_name(), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else None
        raise UnknownCollectionError(f"DHIS2 has no collection {name!r}.", next_step=hint)
    if dialect.version.number not in numbers_in(row.versions):
        there = ", ".join(f"2.{number}" for number in sorted(numbers_in(row.versions)))
        raise UnknownCollectionError(
            f"DHIS2 2.{dialect.version.number}, which is connected, has no {row.plural}: they are in {there}."
        )
    return Collection(row, connection, dialect)


@cache
def rows_by_name() -> Mapping[str, CollectionRow]:
    """Every collection by its class, attribute and plural."""
    from dhis2w_client.models.collection_table import COLLECTIONS

    return {name: row for row in COLLECTIONS for name in (row.model, row.attribute, row.plural)}


def numbers_in(span: str) -> frozenset[int]:
    """The versions in a span such as `41-43`."""
    runs = [part.partition("-") for part in span.split(",") if part]
    return frozenset(number for first, _, last in runs for number in range(int(first), int(last or first) + 1))


def _id_of(body: Row) -> str:
    return key_of(body, "id")


def _as_they_are(rows: list[Row]) -> list[Row]:
    return rows

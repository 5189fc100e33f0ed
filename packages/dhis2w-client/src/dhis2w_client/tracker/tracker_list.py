"""`TrackerList`: the objects of one kind of tracker, the same for every kind.

Source: "Tracker" in DHIS2's developer guide; `TrackedEntitiesExportController` and its like; recordings
`tracker/export-*`.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Unpack, cast

from dhis2w_client.call import build_call
from dhis2w_client.errors import InvalidRequestError, ListChangedWarning
from dhis2w_client.filters import where
from dhis2w_client.hidden_rows import warn_of_hidden_rows
from dhis2w_client.json_value import as_count, as_object
from dhis2w_client.metadata.uids import is_uid
from dhis2w_client.pages import Page, made, object_of, pager_of, rows_of
from dhis2w_client.refusals import error_of
from dhis2w_client.tracker.errors import TruncatedWarning
from dhis2w_client.tracker.kind import DATA_VALUES, ENTITIES, EVENTS, RELATIONSHIPS
from dhis2w_client.tracker.payload import without_missing
from dhis2w_client.tracker.push_options import PushOptions
from dhis2w_client.tracker.selection import TrackerSelection, selection_params

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.models.server_model import ServerModel
    from dhis2w_client.pages import Row
    from dhis2w_client.reply import Reply
    from dhis2w_client.tracker.kind import TrackerKind
    from dhis2w_client.tracker.push import Push
    from dhis2w_client.tracker.report import TrackerReport

M = TypeVar("M", bound="ServerModel")

ROWS_AT_ONCE = 500
"""Objects in a page, where the caller does not say."""
LIMIT_SETTING = "KeyTrackedEntityMaxLimit"
"""The system setting that says how many entities DHIS2 gives in one answer: 50,000 if nobody set it, 0 for all."""
OLDEST_FIRST = "createdAt:asc"
"""The order in which what is added meanwhile comes last. DHIS2's own is the other way round."""


class TrackerList(Generic[M]):
    """The objects of one kind: `client.tracker.events`.

    ```python
    async for event in client.tracker.events.iterate(program="VBqh0ynB2wv", org_units="DiszpKrYNg8"):
        print(event.occurredAt, event.status)
    ```

    Reads of lists take the keyword arguments of `TrackerSelection`. What the user may not see is left out, and DHIS2
    does not say so; `org_unit_mode="ALL"` is refused to those who may not see all units. Every method raises `ApiError`
    where the server refuses.
    """

    def __init__(self, api: MetadataApi, kind: TrackerKind, push: Push) -> None:
        self._api = api
        self._kind = kind
        self._push = push

    def __repr__(self) -> str:
        return f"TrackerList({self._kind.key!r})"

    async def get(self, uid: str, *, program: str | None = None, fields: str | None = None) -> M:
        """Read one object.

        Args:
            uid: Its UID.
            program: UID of the program, for what an entity has in it.
            fields: Which properties; `*` is all. Default: DHIS2's, without what is nested.

        Raises:
            InvalidRequestError: The UID is none.
            ObjectNotFoundError: There is no such object, or the user may not see it.
        """
        path = self._path(uid)
        reply = await self._api.ask("GET", path, params={"program": program, "fields": fields})
        return self._made([object_of(reply)], reply)[0]

    async def page(
        self, number: int = 1, *, page_size: int = 50, total: bool = False, **selection: Unpack[TrackerSelection]
    ) -> Page[M]:
        """Read one page of a list.

        Args:
            number: Number of the page, from 1.
            page_size: Objects in a page; of entities at most 50,000.
            total: Count all objects too, which costs DHIS2 a query of its own.
            selection: Which objects; see `TrackerSelection`.

        Returns:
            The objects; `pager` says where the page is in its list.

        Raises:
            InvalidRequestError: The version would refuse the selection, ignore a part of it, or fail on it.

        Warns:
            HiddenRowsWarning: Nothing was found, and the user may not see everything.
        """
        params = self._params(selection)
        params |= {"page": number, "pageSize": page_size, "totalPages": total or None}
        reply = await self._ask(params)
        answer = object_of(reply)
        rows = rows_of(answer, self._kind.key, reply)
        await self._warn_if_none(number == 1 and not rows)
        return Page(self._made(rows, reply), pager_of(answer))

    async def count(self, **selection: Unpack[TrackerSelection]) -> int:
        """How many objects there are that the user may see.

        Args:
            selection: Which objects; see `TrackerSelection`.

        Raises:
            InvalidRequestError: See `page`.

        Warns:
            HiddenRowsWarning: See `page`.
        """
        params = self._params({**selection, "fields": self._kind.uid})
        reply = await self._ask(params | {"page": 1, "pageSize": 1, "totalPages": True})
        answer = object_of(reply)
        pager = pager_of(answer)
        rows = rows_of(answer, self._kind.key, reply)
        await self._warn_if_none(not rows)
        return pager.total if pager and pager.total is not None else len(rows)

    async def iterate(
        self, *, page_size: int = ROWS_AT_ONCE, **selection: Unpack[TrackerSelection]
    ) -> AsyncIterator[M]:
        """All objects of a list as models, page by page; memory holds one page.

        They come oldest first, so that what is added meanwhile comes at the end; repeats are dropped.

        Args:
            page_size: Objects in a page.
            selection: Which objects; see `TrackerSelection`.

        Raises:
            InvalidRequestError: See `page`.

        Warns:
            ListChangedWarning: Something was deleted meanwhile, so that objects may be missing.
            HiddenRowsWarning: See `page`.
        """
        async for rows, reply in self._pages(page_size, selection):
            for model in self._made(rows, reply):
                yield model

    async def rows(self, *, page_size: int = ROWS_AT_ONCE, **selection: Unpack[TrackerSelection]) -> AsyncIterator[Row]:
        """The same as `iterate`, each object as a plain dictionary of its JSON.

        Args:
            page_size: Objects in a page.
            selection: Which objects; see `TrackerSelection`.

        Raises:
            InvalidRequestError: See `page`.

        Warns:
            ListChangedWarning: See `iterate`.
            HiddenRowsWarning: See `page`.
        """
        async for rows, _ in self._pages(page_size, selection):
            for row in rows:
                yield row

    @asynccontextmanager
    async def stream(
        self, *, format: Literal["json", "csv"] = "json", **selection: Unpack[TrackerSelection]
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The bytes of a whole list as DHIS2 sends them, in one request.

        CSV has one row for each attribute of an entity, or for each data value of an event.

        Args:
            format: `json`, or `csv` (entities and events).
            selection: Which objects; see `TrackerSelection`.

        Yields:
            The pieces, as they arrive.

        Raises:
            InvalidRequestError: See `page`.

        Warns:
            TruncatedWarning: There are more entities than DHIS2 gives in one answer.
        """
        params = self._params(selection)
        if self._kind is ENTITIES:
            await self._warn_of_most(selection)
        call = build_call(
            "GET",
            f"tracker/{self._kind.key}{'.csv' if format == 'csv' else ''}",
            base_url=self._api.connection.base_url,
            params=params | {"paging": False},
            accept="application/json" if format == "json" else "*/*",
        )
        async with self._api.connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            yield pieces

    async def patch(self, uid: str, values: Mapping[str, Any], options: PushOptions | None = None) -> TrackerReport:
        """Change properties of an object; the others stay.

        DHIS2 sets back what an update leaves out (geometry, dates, follow-up), and its rules see no value that is not
        sent. So the object is read first, and what it has is sent back with the change. It is read, then written:
        somebody may come in between.

        Args:
            uid: UID of the object.
            values: The new values under the API's names. Of lists such as `dataValues` what is given is merged; a
                `value` of None deletes one.
            options: How to import. The strategy is always `UPDATE`.

        Raises:
            ObjectNotFoundError: There is no such object.
            InvalidRequestError: The UID is none, there is no such property, or it is a relationship, which cannot be
                changed: DHIS2 says 200, and does nothing.
            ConflictError: DHIS2 refused; `rows` say why.
        """
        if self._kind is RELATIONSHIPS:
            raise InvalidRequestError("DHIS2 never changes a relationship; delete it, and create another.")
        fields = ",".join(["*", *(f"!{name}" for name in self._kind.nested)])
        path = self._path(uid)
        self._check_names(values)
        current = object_of(await self._api.ask("GET", path, params={"fields": fields}))
        row = patched(self._kind, current, values, await self._assigned(current.get("program")))
        return await self._push({self._key: [row]}, replace(options or PushOptions(), strategy="UPDATE"))

    async def delete(self, *uids: str, partial: bool = False) -> TrackerReport:
        """Mark objects as deleted, and what hangs on them. Their UIDs can never be used again.

        Args:
            uids: UIDs of the objects.
            partial: Delete those that can be, where some cannot.

        Raises:
            ConflictError: DHIS2 refused; `rows` say why. E1082, E1113 and E1114: it is deleted already.
        """
        rows = [{self._kind.uid: uid} for uid in uids]
        return await self._push({self._key: rows}, PushOptions(strategy="DELETE", partial=partial))

    async def _assigned(self, program: str | None) -> frozenset[str]:
        """The UIDs of what rules of a program assign: sent back as it is, it may be refused as out of date (E1307)."""
        if program is None or self._kind.values is None:
            return frozenset()
        of = [where("programRule.program.id").eq(program), where("programRuleActionType").eq("ASSIGN")]
        name = "dataElement" if self._kind.values == DATA_VALUES else "trackedEntityAttribute"
        actions = await self._api.rows("programRuleActions", f"id,{name}[id]", of)
        return frozenset(str(action[name]["id"]) for action in actions if action.get(name))

    def _path(self, uid: str) -> str:
        if not is_uid(str(uid)):
            raise InvalidRequestError(f"{self._kind.uid} {uid!r} is no UID: a letter, then ten letters or digits.")
        return f"tracker/{self._kind.key}/{uid}"

    def _check_names(self, values: Mapping[str, Any]) -> None:
        known = self._kind.model_class().model_fields
        unknown = sorted(values.keys() - known)
        if unknown:
            raise InvalidRequestError(
                f"{self._kind.key} have no {unknown[0]!r}; DHIS2 would pass it over.",
                next_step=f"They have: {', '.join(known)}.",
            )

    @property
    def _key(self) -> str:
        """What a payload calls the list."""
        return EVENTS.key if self._kind.uid == EVENTS.uid else self._kind.key

    def _params(self, selection: TrackerSelection) -> dict[str, ParamValue]:
        return {"order": OLDEST_FIRST, **selection_params(self._kind, selection, self._api.dialect)}

    async def _ask(self, params: Mapping[str, ParamValue]) -> Reply:
        return await self._api.ask("GET", f"tracker/{self._kind.key}", params=params)

    def _made(self, rows: list[Row], reply: Reply) -> list[M]:
        return made(rows, cast("type[M]", self._kind.model_class()).trust_all, reply)

    async def _pages(self, page_size: int, selection: TrackerSelection) -> AsyncIterator[tuple[list[Row], Reply]]:
        params = self._params(selection)
        if "fields" in params:
            params["fields"] = f"{self._kind.uid},{params['fields']}"
        number, place, last, seen, moved = 1, 0, None, frozenset[str](), False
        while True:
            reply = await self._ask(params | {"page": number, "pageSize": page_size})
            answer = object_of(reply)
            rows = rows_of(answer, self._kind.key, reply)
            await self._warn_if_none(number == 1 and not rows)
            moved = moved or (place > 0 and await self._at(params, place) != last)
            yield [row for row in rows if row.get(self._kind.uid) not in seen], reply
            if not self._has_next(answer, rows):
                break
            place = (number - 1) * page_size + len(rows)
            number, last, seen = number + 1, rows[-1].get(self._kind.uid), self._uids(rows)
        if moved:
            warnings.warn(
                f"The list of {self._kind.key} changed while it was read; objects may be missing from what was read.",
                ListChangedWarning,
                stacklevel=2,
            )

    def _uids(self, rows: list[Row]) -> frozenset[str]:
        return frozenset(str(row.get(self._kind.uid)) for row in rows)

    async def _at(self, params: Mapping[str, ParamValue], place: int) -> str | None:
        """The UID that is at a place of the list now, counted from 1."""
        one = {**params, "fields": self._kind.uid, "page": place, "pageSize": 1}
        reply = await self._ask(one)
        rows = rows_of(object_of(reply), self._kind.key, reply)
        return rows[0].get(self._kind.uid) if rows else None

    def _has_next(self, answer: Row, rows: list[Row]) -> bool:
        """Whether a page follows; where DHIS2 does not say so, the list ends with an empty page."""
        if self._api.dialect.links_tracker_pages:
            return "nextPage" in as_object(answer.get("pager")) and bool(rows)
        return bool(rows)

    async def _warn_if_none(self, none: bool) -> None:
        if none:
            await warn_of_hidden_rows(self._api.connection, self._kind.key)

    async def _warn_of_most(self, selection: TrackerSelection) -> None:
        most = as_count((await self._api.read(f"systemSettings/{LIMIT_SETTING}")).get(LIMIT_SETTING))
        there = await self.count(**selection)
        if 0 < most < there:
            warnings.warn(
                f"There are {there} entities, and DHIS2 gives {most} in one answer as it is set up; "
                "read them page by page (iterate).",
                TruncatedWarning,
                stacklevel=4,
            )


_SET_BY_SERVER = frozenset(
    {
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "storedBy",
        "deleted",
        "potentialDuplicate",
        "completedBy",
        "trackedEntityName",
        "enrollmentStatus",
    }
)
"""Properties that the server sets by itself."""


def patched(kind: TrackerKind, current: Row, values: Mapping[str, Any], assigned: Container[str] = ()) -> Row:
    """An object with new values, as it is sent back; of its values those that are given are replaced.

    Args:
        kind: What it is.
        current: As it is on the server.
        values: The new values.
        assigned: Data elements or attributes that rules assign, which are left to them.
    """
    own = {key: value for key, value in current.items() if key not in _SET_BY_SERVER}
    row = without_missing(own) | dict(values) | {kind.uid: current[kind.uid]}
    if kind.values:
        name, key = kind.values
        there = {
            each[key]: {key: each[key], "value": each.get("value")}
            for each in own.get(name) or ()
            if each[key] not in assigned
        }
        given = {each[key]: dict(each) for each in values.get(name) or ()}
        row[name] = list((there | given).values())
    return row

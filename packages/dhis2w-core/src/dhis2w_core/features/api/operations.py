"""Any call of the API, as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from dhis2w_client.call import build_call
from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Effect, operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.call import Body
    from dhis2w_client.client import Dhis2Client

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
SHOWN_BODY = 2000
"""Characters of a body that a preview shows."""


def effect_of_method(arguments: Mapping[str, object]) -> Effect:
    """The effect of a call: `GET` reads, `DELETE` destroys, everything else writes."""
    effects: dict[object, Effect] = {"GET": "read", "DELETE": "destroy"}
    return effects.get(str(arguments.get("method")).upper(), "write")


@operation("api", effect="destroy", effect_of=effect_of_method)
async def api(
    client: Dhis2Client,
    method: Method,
    path: str,
    *,
    param: Sequence[str] = (),
    body: object = None,
    content_type: str | None = None,
    paginate: bool = False,
) -> object:
    """Make any call of the API, and show its answer.

    The method decides what the call is: `GET` reads; everything else is a write, which is shown before it is sent and
    cannot be taken back by `d2w undo`.

    Args:
        method: The HTTP method.
        path: Path of the API, with or without `/api/`, with or without a query: `dataElements?fields=id,name`.
        param: A query parameter as NAME=VALUE.
        body: What to send.
        content_type: Media type of the body; JSON (JSON Patch for PATCH) when it is not given.
        paginate: Read all pages of a list, and give its objects one after the other.
    """
    params = [pair(text) for text in param]
    build_call(method, path, base_url=client.base_url, params=params, body=cast("Body", body))  # refuses what is wrong
    if method == "GET":
        if paginate:
            return all_pages(client, path, params)
        return await client.get(path, params=params)
    if paginate:
        raise OperationError("Only a GET has pages.")
    return planned_call(method, path, params, cast("Body", body), content_type)


def planned_call(
    method: str, path: str, params: Sequence[tuple[str, str]], body: Body, content_type: str | None
) -> Action:
    """The plan for a call that writes."""
    facts: dict[str, object] = {f"?{name}": value for name, value in params}
    if body is not None:
        facts["body"] = shown_body(body)
    shown_path = path.partition("?")[0]

    async def perform(client: Dhis2Client) -> object:
        match method:
            case "POST":
                return await client.post(path, body, params=params, content_type=content_type)
            case "PUT":
                return await client.put(path, body, params=params, content_type=content_type)
            case "PATCH":
                return await client.patch(path, body, params=params, content_type=content_type)
            case _:
                return await client.delete(path, params=params, body=body)

    return Action(f"{method} {shown_path}", perform, facts, effect="destroy" if method == "DELETE" else "write")


def shown_body(body: Body) -> str:
    """A body as a preview shows it."""
    import json

    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN_BODY else f"{text[:SHOWN_BODY]}… ({len(text):,} characters)"


async def all_pages(client: Dhis2Client, path: str, params: Sequence[tuple[str, str]]) -> AsyncIterator[Any]:
    """The objects of a list, page by page.

    Raises:
        OperationError: The answer is no list with pages.
    """
    page = 1
    while True:
        asked = [*((name, value) for name, value in params if name not in ("page", "paging")), ("page", str(page))]
        answer = as_object(await client.get(path, params=asked))
        pager = as_object(answer.get("pager"))
        lists = [key for key, value in answer.items() if isinstance(value, list)]
        if len(lists) != 1:
            raise OperationError(f"{path} has no pages: its answer is not one list with a pager.")
        rows = as_array(answer[lists[0]])
        for row in rows:
            yield row
        count = pager.get("pageCount")
        if not rows or (isinstance(count, int) and page >= count) or ("nextPage" not in pager and count is None):
            return
        page += 1


def pair(text: str) -> tuple[str, str]:
    """Name and value of NAME=VALUE.

    Raises:
        OperationError: It is no such text.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise OperationError(f"A parameter is NAME=VALUE, not {text!r}.")
    return name, value

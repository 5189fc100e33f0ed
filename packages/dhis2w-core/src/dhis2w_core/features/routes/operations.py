"""Routes: requests that DHIS2 passes on to other servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from dhis2w_core.features.api.operations import Method, effect_of_method, pair, shown_body
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action, Change, ObjectChange
from dhis2w_core.planned_changes import first_rows

if TYPE_CHECKING:
    from dhis2w_client.call import Body
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row


@operation("routes list", effect="read")
async def list_routes(client: Dhis2Client, *, limit: int = 50) -> list[dict[str, Any]]:
    """List routes; the credentials that they hold are shown by nobody.

    Source: "Route" in DHIS2's developer guide; `RouteController`.

    Args:
        limit: At most so many; 0 lists all.
    """
    return await first_rows(client, "routes", "id,code,name,url,disabled", limit=limit)


@operation("routes create", effect="write", undo="full")
async def create(
    name: str, url: str, *, code: str | None = None, authority: Sequence[str] = (), header: Sequence[str] = ()
) -> Change:
    """Create a route without credentials; DHIS2 allows only addresses that its configuration permits.

    Args:
        name: Its name.
        url: The address; with `/**` at its end for all paths below it.
        code: A code to run it by.
        authority: An authority that is needed to run it.
        header: A header to send, as NAME=VALUE.
    """
    from dhis2w_client.metadata.uids import new_uid

    route: Row = {
        "id": new_uid(),
        "name": name,
        "url": url,
        **({"code": code} if code else {}),
        **({"authorities": list(authority)} if authority else {}),
        **({"headers": dict(map(pair, header))} if header else {}),
    }
    return Change(f"Create route {name}", (ObjectChange("routes", route["id"], None, route),))


@operation("routes run", effect="destroy", effect_of=effect_of_method)
async def run(
    client: Dhis2Client,
    method: Method,
    route: str,
    below: str = "",
    *,
    param: Sequence[str] = (),
    body: object = None,
) -> object:
    """Send a request by a route, and show the other server's answer.

    The method decides what the call is: `GET` reads; everything else is a write, which is shown before it is sent and
    cannot be taken back.

    Args:
        method: The HTTP method.
        route: UID or code of the route.
        below: Path below the route's address, where that ends with `/**`.
        param: A query parameter as NAME=VALUE.
        body: What to send.
    """
    params = list(map(pair, param))

    async def perform(client: Dhis2Client) -> object:
        return await client.metadata.routes.run(route, below, method=method, params=params, body=cast("Body", body))

    if method == "GET":
        return await perform(client)
    facts: dict[str, object] = {f"?{name}": value for name, value in params}
    facts |= {"body": shown_body(cast("Body", body))} if body is not None else {}
    title = f"{method} {below or '/'} by route {route}"
    return Action(title, perform, facts, effect="destroy" if method == "DELETE" else "write")

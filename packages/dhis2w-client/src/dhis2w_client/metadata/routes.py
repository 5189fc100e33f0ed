"""`client.metadata.routes`: sending requests by the routes of an instance to other servers.

Source: "Route" in DHIS2's developer guide, `RouteController`; recording `services/routes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.call import Body, Params
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.metadata_api import MetadataApi

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class RouteService:
    """Requests by routes: `client.metadata.routes`; as objects they are `client.routes`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def run(
        self,
        route: str,
        below: str = "",
        *,
        method: Method = "GET",
        params: Params | None = None,
        body: Body = None,
        content_type: str | None = None,
    ) -> Json:
        """Have DHIS2 send a request to a route's address, with the credentials that it keeps for it.

        Args:
            route: UID or code of the route.
            below: Path below the route's address, where that ends with `/**`.
            method: HTTP method.
            params: Query parameters.
            body: What to send.
            content_type: Media type of the body. Default: JSON.

        Returns:
            The other server's answer as JSON, or as text when it is text.

        Raises:
            NotFoundError: There is no such route, or it is switched off.
            ForbiddenError: An authority that the route asks for is missing.
            GatewayError: The route allows no path below it, or the other server does not answer.
            ApiError: The other server refused, which looks as if DHIS2 did.
        """
        path = "/".join(["routes", quote(route, safe=""), "run", *([quote(below.lstrip("/"))] if below else [])])
        reply = await self._api.ask(method, path, params=params, body=body, content_type=content_type)
        return value_of(reply)

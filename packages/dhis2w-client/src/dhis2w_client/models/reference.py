"""Links between objects."""

from dhis2w_client.models.server_model import ServerModel


class Reference(ServerModel):
    """A link to another object: its identity, and whatever else of it was asked for in `fields` (in `model_extra`).

    DHIS2 needs only `id` where it takes a link.
    """

    id: str | None = None
    code: str | None = None
    name: str | None = None
    displayName: str | None = None  # noqa: N815 - the API's name

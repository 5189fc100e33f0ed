"""What the models of server answers share."""

from pydantic import BaseModel, ConfigDict


class ServerModel(BaseModel):
    """A part of an answer: the API's own spelling, unknown keys kept, dates as the text that came."""

    model_config = ConfigDict(extra="allow")


class Reference(ServerModel):
    """A link to an object: its UID, and what else came with it."""

    id: str

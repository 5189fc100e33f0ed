"""The floor of `d2w system info`: the same request with the HTTP library and one small model."""

import asyncio
import os

import httpx2
from pydantic import BaseModel, ConfigDict


class Me(BaseModel):
    """Who the server takes us for."""

    model_config = ConfigDict(extra="allow")
    id: str


class Info(BaseModel):
    """What the server says about itself."""

    model_config = ConfigDict(extra="allow")
    version: str
    user: Me | None = None


async def ask() -> None:
    """Ask once."""
    headers = {"Authorization": f"ApiToken {os.environ['DHIS2_PAT']}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        answer = await http.get(f"{os.environ['DHIS2_URL']}/api/system/info")
        print(Info.model_validate_json(answer.content).model_dump())


asyncio.run(ask())

"""Create a data element, read it back, change its code with a JSON Patch, and delete it.

Reads DHIS2_URL and DHIS2_PAT (or DHIS2_USERNAME and DHIS2_PASSWORD) from the environment.
"""

import asyncio
import uuid

from pydantic import BaseModel

from dhis2w_client.v44 import NoProfileError, open_client, profile_from_env_raw


class Created(BaseModel):
    """What DHIS2 says about an object it made."""

    uid: str


class Answer(BaseModel):
    status: str
    response: Created


async def main() -> None:
    profile = profile_from_env_raw()
    if profile is None:
        raise NoProfileError("Set DHIS2_URL and DHIS2_PAT.")
    suffix = uuid.uuid4().hex[:8]  # names are unique in DHIS2
    element = {
        "name": f"Example: bednets handed out {suffix}",
        "shortName": f"Example: bednets {suffix}",
        "valueType": "INTEGER_ZERO_OR_POSITIVE",
        "aggregationType": "SUM",
        "domainType": "AGGREGATE",
    }
    async with open_client(profile) as client:
        answer = await client.post("dataElements", element, as_=Answer)
        path = f"dataElements/{answer.response.uid}"
        print(f"created {path}: {answer.status}")

        await client.patch(path, [{"op": "add", "path": "/code", "value": f"EXAMPLE_{suffix}"}])
        print(await client.get(path, params={"fields": "id,name,code,categoryCombo[name]"}))

        await client.delete(path)
        print("deleted")


asyncio.run(main())

"""List data elements page by page, with a filter, as typed objects.

Reads DHIS2_URL and DHIS2_PAT (or DHIS2_USERNAME and DHIS2_PASSWORD) from the environment.
"""

import asyncio

from pydantic import BaseModel

from dhis2w_client.v41 import NoProfileError, open_client, profile_from_env_raw


class DataElement(BaseModel):
    """The fields that this program asks for."""

    id: str
    name: str
    valueType: str


class Pager(BaseModel):
    page: int
    pageCount: int
    total: int


class Page(BaseModel):
    pager: Pager
    dataElements: list[DataElement]


async def main() -> None:
    profile = profile_from_env_raw()
    if profile is None:
        raise NoProfileError("Set DHIS2_URL and DHIS2_PAT.")
    async with open_client(profile) as client:
        number = 0
        while True:
            number += 1
            page = await client.get(
                "dataElements",
                params={
                    "fields": "id,name,valueType",
                    "filter": ["domainType:eq:AGGREGATE", "valueType:eq:NUMBER"],  # a list repeats the key
                    "order": "name:asc",
                    "page": number,
                    "pageSize": 20,
                },
                as_=Page,
            )
            for element in page.dataElements:
                print(f"{element.id}  {element.name} ({element.valueType})")
            if number >= page.pager.pageCount:
                break
        print(f"{page.pager.total} data elements")


asyncio.run(main())

"""What a refusal looks like: one row for each complaint, with code, object and property.

Reads DHIS2_URL and DHIS2_PAT (or DHIS2_USERNAME and DHIS2_PASSWORD) from the environment.
"""

import asyncio

from dhis2w_client.v43 import (
    ConflictError,
    Dhis2Error,
    NoProfileError,
    ObjectNotFoundError,
    open_client,
    profile_from_env_raw,
)


async def main() -> None:
    profile = profile_from_env_raw()
    if profile is None:
        raise NoProfileError("Set DHIS2_URL and DHIS2_PAT.")
    async with open_client(profile) as client:
        try:
            await client.post("dataElements", {"name": "Example: no value type"})
        except ConflictError as error:
            print(f"{error.method} {error.path} was refused with HTTP {error.status}:")
            for row in error.rows:
                print(f"- {row.code} {row.property}: {row.message}")

        try:
            await client.get("dataElements/abcdefghijk")
        except ObjectNotFoundError as error:
            print(f"{error.code}: {error.dhis2_message}")

        try:
            await client.get("nosuchthing")
        except Dhis2Error as error:  # everything the client raises is one
            print(f"{type(error).__name__}: {error.next_step}")


asyncio.run(main())

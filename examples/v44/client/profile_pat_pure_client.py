"""Connect with a personal access token, and say who we are: needs `dhis2w-client`, nothing else.

Reads DHIS2_URL and DHIS2_PAT (or DHIS2_USERNAME and DHIS2_PASSWORD) from the environment.
"""

import asyncio

from dhis2w_client.v44 import NoProfileError, Profile, open_client, profile_from_env_raw


async def main() -> None:
    profile = profile_from_env_raw()
    if profile is None:
        profile = Profile(base_url="http://127.0.0.1:8080", auth="pat", token="d2p_…")
    try:
        async with open_client(profile) as client:
            me = await client.system.me()
            info = await client.system.info()
            print(f"Connected to DHIS2 {info.version} as {me.username}")
    except NoProfileError as exc:
        print(f"misconfigured: {exc}")


asyncio.run(main())

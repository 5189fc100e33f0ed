"""A process with several tasks that all need an access token: one round for every line on standard input.

Arguments: base URL, client id, number of tasks, seconds of a lease. Answers each line with a JSON list: what each task
got, a token or the name of its error.
"""

import asyncio
import json
import os
import sys

from dhis2w_client import Profile
from dhis2w_client.errors import Dhis2Error
from dhis2w_core.oauth2.login import token_key
from dhis2w_core.oauth2.refresh import TokenRefresher
from dhis2w_core.oauth2.token_store import TokenStore


async def one_token(profile: Profile, store: TokenStore, lease: float) -> str:
    """What a task that begins from nothing gets."""
    try:
        return (await TokenRefresher(profile, token_key(profile), store, lease=lease).tokens()).access_token
    except Dhis2Error as error:
        return type(error).__name__


async def one_round(profile: Profile, store: TokenStore, tasks: int, lease: float) -> list[str]:
    return await asyncio.gather(*(one_token(profile, store, lease) for _ in range(tasks)))


def main() -> None:
    url, client_id, tasks, lease = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    profile = Profile(base_url=url, auth="oauth2", client_id=client_id, client_secret=os.environ["RACE_SECRET"])
    store = TokenStore()
    store.read(token_key(profile))  # the imports that come with it
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(asyncio.run(one_round(profile, store, tasks, lease))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A short tour: start a sandbox, connect with a token, look, create, read back, be refused, stop."""

from __future__ import annotations

import asyncio
import os
import runpy
import time
from pathlib import Path

from dhis2w_client import Dhis2Error, Profile, open_client
from dhis2w_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/v42/client/profile_pat_pure_client.py"


def main() -> None:
    """Run the tour."""
    started = time.monotonic()
    sandbox = Sandbox(42)
    with sandbox.serve() as url:
        token = sandbox.pat("admin")
        say(f"a sandbox that behaves like DHIS2 {sandbox.server.behaviour.release} answers at {url}")

        say(f"running {EXAMPLE.relative_to(ROOT)}")
        os.environ |= {"DHIS2_URL": url, "DHIS2_PAT": token}
        runpy.run_path(str(EXAMPLE), run_name="__main__")

        asyncio.run(tour(Profile(base_url=url, auth="pat", token=token)))
    say(f"the sandbox has stopped; that took {time.monotonic() - started:.1f} seconds")


async def tour(profile: Profile) -> None:
    """List, create, read back, and be refused."""
    async with open_client(profile) as client:
        say("data elements of the demo country, the first three by name")
        page = await client.get("dataElements", params={"fields": "id,name,valueType", "pageSize": 3})
        for element in page["dataElements"]:
            print(f"    {element['id']}  {element['name']}  ({element['valueType']})")

        say("creating a data element")
        element = {
            "name": "Demo: bednets handed out",
            "shortName": "Demo: bednets",
            "valueType": "INTEGER_ZERO_OR_POSITIVE",
            "aggregationType": "SUM",
            "domainType": "AGGREGATE",
        }
        created = await client.post("dataElements", element)
        uid = created["response"]["uid"]
        read_back = await client.get(f"dataElements/{uid}", params={"fields": "id,name,categoryCombo[name]"})
        print(f"    created {uid}; the server says it is {read_back}")

        say("creating it once more is refused, and the error says why")
        try:
            await client.post("dataElements", element)
        except Dhis2Error as refusal:
            print(*(f"    {line}" for line in str(refusal).splitlines()), sep="\n")

        await client.delete(f"dataElements/{uid}")
        say("deleted it again")


def say(text: str) -> None:
    """A step of the tour."""
    print(f"* {text}")


if __name__ == "__main__":
    main()

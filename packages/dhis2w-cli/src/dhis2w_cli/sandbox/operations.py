"""A DHIS2 for this machine: an embedded server that behaves like one, with a demo country."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

from dhis2w_cli.sandbox import background
from dhis2w_cli.sandbox.background import RunningSandbox, SandboxOptions
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, Variables, operation

MEMORY = ":memory:"
Version = Literal["41", "42", "43", "44"]


@operation("sandbox start", effect="local")
async def start(
    face: Face,
    *,
    version: Version = "42",
    port: int = 0,
    empty: bool = False,
    database: str = MEMORY,
    background: bool = False,
) -> Variables:
    """Start a sandbox, and print the lines that point d2w and programs to it.

    It listens on this machine only. Without `--background` it runs until Ctrl-C.

    Args:
        version: Which DHIS2 it behaves like.
        port: Its port; 0 takes a free one.
        empty: Start as DHIS2 is after its first boot, without the demo country.
        database: Keep everything in this SQLite file; without it nothing outlives the sandbox.
        background: Leave it running, and come back to the prompt.
    """
    options = SandboxOptions(version, port, empty, _absolute(database))
    if background:
        running = _start(options)
        face.say(f"A sandbox that behaves like DHIS2 {running.release} answers at {running.url}")
        face.say("  admin / district is its administrator. `d2w sandbox stop` ends it.")
        return variables_of(running)
    return _serve(face, options)


@operation("sandbox stop", effect="local")
async def stop() -> dict[str, Any]:
    """End the sandbox that runs in the background."""
    ended = background.stop()
    if ended is None:
        raise OperationError("No sandbox is running in the background.")
    return {"stopped": ended.url}


@operation("sandbox status", effect="local")
async def status() -> dict[str, Any]:
    """Tell whether a sandbox runs in the background, and where."""
    found = background.find_running()
    if found is None:
        return {"running": False}
    options = found.options
    return {
        "running": True,
        "server": found.url,
        "version": found.release,
        "process": found.pid,
        "database": options.database,
        "country": "none" if options.empty else "demo",
    }


@operation("sandbox env", effect="local")
async def env() -> Variables:
    """Print the lines that point d2w and programs to the running sandbox: `eval "$(d2w sandbox env)"`."""
    return variables_of(_running())


@operation("sandbox reset", effect="local")
async def reset(face: Face) -> Variables:
    """Start the sandbox that runs in the background anew; everything in it is lost."""
    found = _running()
    options = found.options
    if not face.confirm(f"Everything in the sandbox at {found.url} will be lost. Go on?"):
        return variables_of(found)
    background.stop()
    _delete_database(options.database)
    port = int(found.url.rpartition(":")[2])
    return variables_of(_start(SandboxOptions(options.version, port, options.empty, options.database)))


@operation("sandbox import", effect="local")
async def import_bundle(file: Path) -> dict[str, Any]:
    """Import a bundle of metadata into the sandbox that runs in the background.

    Args:
        file: The bundle, as JSON.
    """
    return asyncio.run(_imported(_running(), file))


async def _imported(sandbox: RunningSandbox, file: Path) -> dict[str, Any]:
    from dhis2w_client import Profile, open_client, read_report

    content = await asyncio.to_thread(file.read_bytes)
    async with open_client(Profile(base_url=sandbox.url, auth="pat", token=sandbox.token)) as client:
        report = read_report(await client.post("metadata", content, content_type="application/json"))
    counts = report.counts if report else None
    return {"created": counts.created, "updated": counts.updated, "ignored": counts.ignored} if counts else {}


def variables_of(sandbox: RunningSandbox) -> Variables:
    """What makes a sandbox the server to use."""
    return Variables({"DHIS2_URL": sandbox.url, "DHIS2_PAT": sandbox.token})


def _absolute(database: str) -> str:
    return database if database == MEMORY else str(Path(database).absolute())


def _delete_database(database: str) -> None:
    if database != MEMORY:
        for suffix in ("", "-wal", "-shm"):
            Path(database + suffix).unlink(missing_ok=True)


def _running() -> RunningSandbox:
    found = background.find_running()
    if found is None:
        raise OperationError(
            "No sandbox is running in the background.", next_step="`d2w sandbox start --background` starts one."
        )
    return found


def _start(options: SandboxOptions) -> RunningSandbox:
    return background.start(options)


def _serve(face: Face, options: SandboxOptions) -> Variables:
    """Serve until Ctrl-C."""
    import time

    from dhis2w_sandbox import Sandbox

    try:
        with (
            Sandbox(options.version, empty=options.empty, database=options.database) as sandbox,
            sandbox.serve(options.port) as url,
        ):
            from dhis2w_cli.runner import setting_lines

            face.say(f"A sandbox that behaves like DHIS2 {sandbox.server.behaviour.release} answers at {url}")
            face.say("  admin / district is its administrator. Use it from another terminal:")
            face.say(setting_lines(Variables({"DHIS2_URL": url, "DHIS2_PAT": sandbox.pat()})))
            face.say("Ctrl-C stops it.")
            while True:
                time.sleep(3600)
    except (OSError, ValueError) as error:
        raise OperationError(str(error)) from None
    except KeyboardInterrupt:
        face.say("The sandbox has stopped.")
    return Variables({})

"""`python -m dhis2w_sandbox`: serve a sandbox on this machine until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from dhis2w_sandbox.country.people import USERS
from dhis2w_sandbox.sandbox import Sandbox
from dhis2w_sandbox.versions import BEHAVIOURS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 after an interrupt, 1 where the port or the file cannot be used."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            _sandbox(options) as sandbox,
            sandbox.serve(options.port) as url,
        ):
            print(greeting(sandbox, url), flush=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        print("\nThe sandbox has stopped.")
        return 0
    except OSError as error:
        print(f"{error.strerror or error}. Choose another port with --port, or 0 for a free one.", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1


def _sandbox(options: argparse.Namespace) -> Sandbox:
    return Sandbox(
        options.version,
        empty=options.empty,
        database=options.database,
        oauth2=not options.no_oauth2,
        rotate_refresh_tokens=options.rotate_refresh_tokens,
    )


def greeting(sandbox: Sandbox, url: str) -> str:
    """What a person needs to know of a sandbox that has just started."""
    users = [user for user in USERS if sandbox.server.user_named(user.username)]
    return "\n".join(
        [
            f"A sandbox that behaves like DHIS2 {sandbox.server.behaviour.release} answers at {url}",
            *(f"  {user.username} / {user.password}: {user.what}" for user in users),
            f"  a token of admin, made for this start: {sandbox.pat()}",
            "It listens on this machine only. Ctrl-C stops it.",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dhis2w_sandbox", description=__doc__)
    numbers = [name.removeprefix("v") for name in BEHAVIOURS]
    parser.add_argument("--version", choices=numbers, default="42", help="which DHIS2 to behave like (default 42)")
    parser.add_argument("--port", type=int, default=8080, help="the port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--empty", action="store_true", help="start as after the first boot, without the demo country")
    parser.add_argument("--database", default=":memory:", metavar="FILE", help="keep everything in this SQLite file")
    parser.add_argument("--no-oauth2", action="store_true", help="start without the authorization server")
    parser.add_argument(
        "--rotate-refresh-tokens", action="store_true", help="give a new OAuth2 refresh token at every refresh"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

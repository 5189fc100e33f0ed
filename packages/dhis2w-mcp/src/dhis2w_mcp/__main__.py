"""`dhis2w-mcp`: the program."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

HELP = """DHIS2 (2.41 to 2.44) for agents, by the Model Context Protocol.

Without options it reads with the profile that `d2w` would use, over standard input and output."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server until its client is gone."""
    options = parser().parse_args(arguments)
    if (options.http is None) != (options.token_file is None):
        parser().error("--http and --token-file go together")
    os.environ.setdefault("FASTMCP_CHECK_FOR_UPDATES", "off")  # nothing but the profiles' servers is asked
    os.environ.setdefault("FASTMCP_LOG_LEVEL", "WARNING")
    os.environ.setdefault("FASTMCP_ENABLE_RICH_TRACEBACKS", "false")
    from dhis2w_client.errors import Dhis2Error

    try:
        _run(options)
    except Dhis2Error as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"next: {error.next_step}\n" if error.next_step else ""))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="dhis2w-mcp", description=HELP, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--version", action="version", version=f"dhis2w-mcp {version('dhis2w-mcp')}")
    made.add_argument("--profiles", default="", metavar="A,B", help="the profiles that may be used, the default first")
    made.add_argument("--writes", action="store_true", help="let agents propose and commit what writes")
    made.add_argument("--tools", choices=("few", "full"), default="few", help="full: one tool for each operation")
    made.add_argument("--http", type=int, metavar="PORT", help="serve HTTP on 127.0.0.1 (path /mcp)")
    made.add_argument("--token-file", type=Path, metavar="FILE", help="the token that HTTP requests have to bear")
    return made


def _run(options: argparse.Namespace) -> None:
    from dhis2w_mcp.server import make_server

    profiles = [name.strip() for name in options.profiles.split(",") if name.strip()]
    if options.http is None:
        make_server(profiles, writes=options.writes, tools=options.tools).run("stdio", show_banner=False)
        return
    from dhis2w_mcp.loopback import FileToken, read_token, serve

    auth = FileToken(read_token(options.token_file))
    serve(make_server(profiles, writes=options.writes, tools=options.tools, auth=auth), options.http)


if __name__ == "__main__":
    main()

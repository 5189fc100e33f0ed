"""What the first `tools/list` costs: time and memory as ratios of a bare FastMCP server with one tool; and its size.

`python packages/dhis2w-mcp/bench/tool_list.py` prints one row each: what, figure, limit. A fresh server process is
started for each round, floor and candidate in turn, and talked to over its standard input and output; its memory is
the largest resident set that the system tells when it ends. With writes allowed, which has the most tools.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any, cast

ROUNDS = 11
LIMIT = 1.3
MOST_TOOLS = 12
MOST_BYTES = 24_000

BARE = """
from fastmcp import FastMCP

server = FastMCP("bare")

@server.tool
def hello(name: str) -> str:
    "Say hello."
    return f"Hello {name}"

server.run("stdio", show_banner=False)
"""
OURS = ("-m", "dhis2w_mcp", "--writes")

Message = dict[str, Any]


def rounds_of(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, int, list[Message]]:
    """Seconds until the list is there, peak memory, and the list of a fresh server."""
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    _ask(server, {"id": 1, "method": "initialize", "params": client})
    _send(server, {"method": "notifications/initialized"})
    tools = _ask(server, {"id": 2, "method": "tools/list"})["result"]["tools"]
    taken = time.perf_counter() - begun
    assert server.stdin
    server.stdin.close()
    _, _, usage = os.wait4(server.pid, 0)
    server.returncode = 0  # it was waited for here
    return taken, usage.ru_maxrss, tools


def _send(server: subprocess.Popen[str], message: Message) -> None:
    assert server.stdin
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    server.stdin.flush()


def _ask(server: subprocess.Popen[str], message: Message) -> Message:
    _send(server, message)
    assert server.stdout
    return cast("Message", json.loads(server.stdout.readline()))


def main() -> int:
    """Print the rows; the exit code says whether all are within their limits."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "FASTMCP_CHECK_FOR_UPDATES": "off",
            "FASTMCP_LOG_LEVEL": "WARNING",
        }
        measured = [(rounds_of(("-c", BARE), environment), rounds_of(OURS, environment)) for _ in range(ROUNDS)]
    floors, ours = zip(*measured, strict=True)
    tools = ours[0][2]
    size = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")).encode())
    rows = (
        ("time to the first tools/list", _median(ours, 0) / _median(floors, 0), LIMIT),
        ("peak memory", _median(ours, 1) / _median(floors, 1), LIMIT),
        ("number of tools", len(tools), MOST_TOOLS),
        ("bytes of the list", size, MOST_BYTES),
    )
    for what, found, limit in rows:
        print(f"{what:<50} {found:8.2f}  limit {limit}")
    return 0 if all(found <= limit for _, found, limit in rows) else 1


def _median(measured: tuple[tuple[float, int, list[Message]], ...], place: int) -> float:
    return statistics.median(cast("float", each[place]) for each in measured)


if __name__ == "__main__":
    sys.exit(main())

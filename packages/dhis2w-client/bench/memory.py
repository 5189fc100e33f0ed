"""How much memory connecting and `me()` take, as a ratio of the same two calls with bare httpx2 and two small models.

`python packages/dhis2w-client/bench/memory.py` prints one row. Peak memory is that of a fresh process (its resident
set), against a server in this process; the candidate does more (version, dialect, retries, error tree) with the same
requests.
"""

from __future__ import annotations

import http.server
import json
import statistics
import subprocess
import sys
import threading

ROUNDS = 7
LIMIT = 1.2

FLOOR = """
import asyncio, resource, sys
import httpx2
from pydantic import BaseModel

class Info(BaseModel):
    version: str

class Me(BaseModel):
    id: str
    username: str

async def main():
    headers = {"Authorization": "ApiToken t", "X-Requested-With": "XMLHttpRequest"}
    async with httpx2.AsyncClient(base_url=sys.argv[1], headers=headers) as client:
        info = Info.model_validate_json((await client.get("/api/system/info")).content)
        me = Me.model_validate_json((await client.get("/api/me")).content)
        assert (info.version, me.username) == ("2.42.6", "admin")

asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

CANDIDATE = """
import asyncio, resource, sys
from dhis2w_client import Profile, open_client

async def main():
    async with open_client(Profile(base_url=sys.argv[1], auth="pat", token="t")) as client:
        me = await client.system.me()
        assert (client.raw_version, me.username) == ("2.42.6", "admin")

asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

ANSWERS = {"/api/system/info": {"version": "2.42.6"}, "/api/me": {"id": "M5zQapPyTZI", "username": "admin"}}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers the two requests."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer by path."""
        body = json.dumps(ANSWERS[self.path.partition("?")[0]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def peak(code: str, base_url: str) -> int:
    """Peak resident memory of a fresh interpreter that runs `code`."""
    done = subprocess.run([sys.executable, "-c", code, base_url], check=True, capture_output=True, text=True)
    return int(done.stdout)


def ratio() -> float:
    """Median peak of the client over that of the floor."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_address[1]}"
    peaks = [(peak(FLOOR, base_url), peak(CANDIDATE, base_url)) for _ in range(ROUNDS)]
    server.shutdown()
    server.server_close()
    return statistics.median(candidate for _, candidate in peaks) / statistics.median(floor for floor, _ in peaks)


def main() -> int:
    """Print the row; the exit code says whether it is within its limit."""
    found = ratio()
    print(f"{'peak memory of connect and me()':<50} {found:5.2f}  limit {LIMIT}")
    return 0 if found <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

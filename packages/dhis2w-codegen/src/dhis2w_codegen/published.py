"""What a version of DHIS2 publishes about itself: the answers of `/api/schemas` and `/api/openapi.json`.

Kept in a folder as `schemas/v43.json.gz` and `specs/v43/openapi.json.gz`; `python -m dhis2w_codegen.published URL
FOLDER` fills such a folder from a running server, with the credentials of `DHIS2_PAT` or `DHIS2_USERNAME` and
`DHIS2_PASSWORD`.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import re
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SLOW = 180.0
"""Seconds to wait: a server's first OpenAPI document takes it up to a minute."""


@dataclass(frozen=True)
class Published:
    """The documents of one version; `schemas` is None where the version has published none yet (2.44)."""

    version: int
    schemas: list[Json] | None
    components: Json


def from_folder(folder: Path) -> list[Published]:
    """The documents of every version in the folder, oldest first."""
    return [_of_version(int(path.parent.name[1:]), folder) for path in sorted(folder.glob("specs/v*/openapi.json.gz"))]


def _of_version(version: int, folder: Path) -> Published:
    schemas = folder / "schemas" / f"v{version}.json.gz"
    openapi = folder / "specs" / f"v{version}" / "openapi.json.gz"
    return Published(
        version=version,
        schemas=_unpacked(schemas)["schemas"] if schemas.exists() else None,
        components=_unpacked(openapi)["components"]["schemas"],
    )


def _unpacked(path: Path) -> Json:
    return json.loads(gzip.decompress(path.read_bytes()))


def save_from_server(base_url: str, folder: Path, environ: Mapping[str, str]) -> int:
    """Ask a running server for its documents and keep them in the folder; returns its version, such as 43."""
    headers = {"Authorization": _authorization(environ), "X-Requested-With": "XMLHttpRequest"}

    def ask(path: str) -> bytes:
        request = urllib.request.Request(f"{base_url.rstrip('/')}/api/{path}", headers=headers)  # noqa: S310 - asked for
        with urllib.request.urlopen(request, timeout=SLOW) as answer:  # noqa: S310 - the caller's own server
            return answer.read()

    found = re.match(r"2\.(\d+)", json.loads(ask("system/info"))["version"])
    if found is None:
        raise ValueError(f"{base_url} does not say which version of DHIS2 it is")
    version = int(found[1])
    _keep(folder / "schemas" / f"v{version}.json.gz", ask("schemas"))
    _keep(folder / "specs" / f"v{version}" / "openapi.json.gz", ask("openapi.json"))
    return version


def _authorization(environ: Mapping[str, str]) -> str:
    if token := environ.get("DHIS2_PAT"):
        return f"ApiToken {token}"
    pair = f"{environ['DHIS2_USERNAME']}:{environ['DHIS2_PASSWORD']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _keep(path: Path, answer: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(answer, mtime=0))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m dhis2w_codegen.published", description=__doc__)
    parser.add_argument("base_url", help="the server, without /api")
    parser.add_argument("folder", type=Path, help="where to keep its documents")
    options = parser.parse_args()
    version = save_from_server(options.base_url, options.folder, os.environ)
    sys.stdout.write(f"documents of 2.{version} are in {options.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

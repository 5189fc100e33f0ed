"""Documents of a version from a folder, and into it from a running server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from dhis2w_codegen.published import from_folder, save_from_server


class Server(BaseHTTPRequestHandler):
    """Answers as a 2.43 would, to those who send a credential."""

    version: ClassVar[str] = "2.43.1"
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append((self.path, self.headers["Authorization"]))
        answers: dict[str, object] = {
            "/api/system/info": {"version": self.version},
            "/api/schemas": {"schemas": [{"klass": "a.B"}]},
            "/api/openapi.json": {"components": {"schemas": {"B": {}}}},
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answers[self.path]).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Be silent."""


@pytest.fixture
def base_url() -> Iterator[str]:
    Server.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_a_server_says_is_kept_in_the_folder(base_url: str, tmp_path: Path) -> None:
    assert save_from_server(base_url, tmp_path, {"DHIS2_PAT": "d2p_x"}) == 43
    (found,) = from_folder(tmp_path)
    assert (found.version, found.schemas, found.components) == (43, [{"klass": "a.B"}], {"B": {}})
    assert {credential for _, credential in Server.asked} == {"ApiToken d2p_x"}
    assert len(Server.asked) == 3


def test_a_user_name_and_password_do_as_well(base_url: str, tmp_path: Path) -> None:
    save_from_server(base_url, tmp_path, {"DHIS2_USERNAME": "admin", "DHIS2_PASSWORD": "district"})
    assert Server.asked[0][1] == "Basic YWRtaW46ZGlzdHJpY3Q="


def test_a_server_of_no_version_is_refused(base_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "version", "test")
    with pytest.raises(ValueError, match="which version"):
        save_from_server(base_url, tmp_path, {"DHIS2_PAT": "d2p_x"})


def test_no_credentials_are_an_error_before_anything_is_sent(base_url: str, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="DHIS2_USERNAME"):
        save_from_server(base_url, tmp_path, {})
    assert Server.asked == []


def test_a_version_without_schemas_has_none(tmp_path: Path, base_url: str) -> None:
    save_from_server(base_url, tmp_path, {"DHIS2_PAT": "d2p_x"})
    (tmp_path / "schemas" / "v43.json.gz").unlink()
    assert from_folder(tmp_path)[0].schemas is None

"""Routes: what they pass on, and to whom they are open."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from sender import Sender

ROUTE = {"id": "someRouteU1", "name": "Route", "code": "R", "url": "https://127.0.0.1:1/**"}


class Echo(BaseHTTPRequestHandler):
    """Answers every POST with its path, its user and its body."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(418)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(f"{self.path} {self.headers['Authorization']} ".encode() + body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Generator[int]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_passes_through_unchanged(admin: Sender) -> None:
    admin("POST", "/api/routes", ROUTE)
    with listening() as port:
        auth = {"type": "http-basic", "username": "u", "password": "p"}
        stored = admin.server.store.get("route", "someRouteU1")
        assert stored is not None
        changed = {**stored, "url": f"http://127.0.0.1:{port}/**", "auth": auth}
        admin.server.store.put("route", "someRouteU1", changed)

        reply = admin("POST", "/api/routes/R/run/a/b?c=d", "hello", media="text/plain")

    assert (reply.status, reply.body) == (418, b"/a/b?c=d Basic dTpw hello")


def test_secrets_are_not_shown(admin_of_each: Sender) -> None:
    auth = {"type": "http-basic", "username": "u", "password": "p"}
    admin_of_each("POST", "/api/routes", {**ROUTE, "auth": auth})

    shown = admin_of_each.read("/api/routes/someRouteU1?fields=auth,name")

    assert shown["auth"] == {"type": "http-basic", "username": "u"}


def test_nobody_else_runs_a_private_route(admin: Sender) -> None:
    admin("POST", "/api/routes", ROUTE)
    low = admin.somebody("R_RUN")
    assert low("GET", "/api/routes/R/run").status == 403

    admin("PATCH", "/api/routes/someRouteU1", [{"op": "add", "path": "/authorities", "value": ["R_RUN"]}],
          media="application/json-patch+json")  # fmt: skip

    assert low("GET", "/api/routes/R/run").status == 500

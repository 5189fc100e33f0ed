"""One request as the sandbox's endpoints see it, and their answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.errors import Dhis2Refusal, web_message

if TYPE_CHECKING:
    from dhis2w_sandbox.server import Server
    from dhis2w_sandbox.user import User

JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """A request: decoded, its sender known, its path taken apart."""

    server: Server
    method: str
    path: str
    """Below the context path, without version segment, suffix and trailing slash: `/api/dataElements`."""
    raw_path: str
    """The path as it was sent."""
    query: list[tuple[str, str]]
    """Every parameter, in order."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    base_url: str
    """What the sender calls this server, without `/api`: for `Location`, `href` and pager links."""
    suffix: str | None
    """`csv`, `json.gz`, …: what the path ended in, without the dot."""
    parts: dict[str, str]
    """What the placeholders of the endpoint's pattern matched."""
    sender: User | None
    """Who sent it; None for an anonymous request to an open endpoint."""
    session: str | None = None
    """The session cookie's value, where one was sent and is known."""

    @property
    def user(self) -> User:
        """Who sent it, where the endpoint is not open to everybody."""
        if self.sender is None:
            raise Dhis2Refusal(401, "Unauthorized")
        return self.sender

    def param(self, name: str) -> str | None:
        """The first value of a parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def params(self, name: str) -> list[str]:
        """Every value of a parameter, in order."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean parameter; empty counts as the default."""
        value = self.param(name)
        return default if not value else value.lower() == "true"


@dataclass
class Reply:
    """An answer; `body` is ready to send."""

    status: int = 200
    body: bytes = b""
    media: str | None = None
    """The content type; None sends none."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cookies: list[str] = field(default_factory=list[str])
    """Whole `Set-Cookie` values."""

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        """JSON, in UTF-8."""
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), JSON, headers or {})

    @classmethod
    def text(cls, value: str, media: str = "text/plain", status: int = 200) -> Reply:
        """Text, in UTF-8."""
        return cls(status, value.encode(), media)

    @classmethod
    def message(
        cls, status: int = 200, message: str | None = None, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> Reply:
        """A WebMessage; `rest` as `web_message` takes it."""
        return cls.json(web_message(status, message, **rest), status, headers)


@dataclass(frozen=True)
class Evidence:
    """How an endpoint's behaviour is known."""

    word: str
    what: str


RECORDED = Evidence("recorded", "held equal to recorded answers of real servers")
SOURCE = Evidence("source", "written from DHIS2's source code")
INFERRED = Evidence("inferred", "concluded from documentation or related answers")

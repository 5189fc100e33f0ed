"""One request as the sandbox's endpoints see it, and their answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, web_message

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
    """The session cookie's value, where one was sent and is known, or one was just made."""
    api_version: int | None = None
    """The number in `/api/NN/`, where the path had one."""
    remote: str = "127.0.0.1"
    """The address of the sender's machine."""
    raw_query: str = ""
    """The query as it was sent: for links that repeat it."""

    @property
    def origin(self) -> str:
        """Scheme and host of `base_url`."""
        return "/".join(self.base_url.split("/", 3)[:3])

    @property
    def context_path(self) -> str:
        """Where the server is mounted: `/dhis`, or nothing."""
        return self.base_url.removeprefix(self.origin)

    @property
    def user(self) -> User:
        """Who sent it, where the endpoint is not open to everybody."""
        if self.sender is None:
            raise Dhis2Refusal(401, "Unauthorized")
        return self.sender

    def with_parts(self, **parts: str) -> Call:
        """The call as if its path had these placeholders too: for endpoints that hand on to those of all types."""
        return replace(self, parts={**self.parts, **parts})

    def param(self, name: str) -> str | None:
        """The first value of a parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def required(self, name: str, java_type: str = "String") -> str:
        """A parameter without which DHIS2's web framework refuses the request: the container's HTML page, 400."""
        value = self.param(name)
        if value is None:
            raise HtmlRefusal(400, self.server.behaviour.missing_parameter.format(name, java_type))
        return value

    def params(self, name: str) -> list[str]:
        """Every value of a parameter, in order."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean parameter; empty counts as the default."""
        value = self.param(name)
        return default if not value else value.lower() == "true"

    def cookie(self, name: str) -> str | None:
        """The value of a cookie, or None."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return next((value for key, _, value in pairs if key == name), None)


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

    def parsed(self) -> Any:
        """The body of a JSON reply."""
        return json.loads(self.body)

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


class Refused(Exception):
    """A request that is answered before any endpoint is reached, by a redirect for example."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True)
class Evidence:
    """How an endpoint's behaviour is known."""

    word: str
    what: str


RECORDED = Evidence("recorded", "held equal to recorded answers of real servers")
SOURCE = Evidence("source", "written from DHIS2's source code")
INFERRED = Evidence("inferred", "concluded from documentation or related answers")

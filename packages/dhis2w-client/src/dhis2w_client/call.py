"""One request to the API before it is sent: path, parameters and body brought into their form on the wire."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.retry import IDEMPOTENT_METHODS

if TYPE_CHECKING:
    from pydantic import BaseModel

ParamValue: TypeAlias = "str | int | float | bool | None"
Params: TypeAlias = "Mapping[str, ParamValue | Sequence[ParamValue]] | Sequence[tuple[str, ParamValue]]"
"""Query parameters. A list repeats its key (`{"filter": ["a:eq:1", "b:eq:2"]}`); `None` leaves the key out."""
Body: TypeAlias = "Mapping[str, object] | Sequence[object] | BaseModel | str | bytes | int | float | bool | None"
"""What can be sent: anything JSON can hold, with Pydantic models anywhere in it, or bytes as they are."""

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
GZIP_LEVEL = 1
"""The highest level takes ten times as long for data values, and sends a quarter less."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent as often as need be."""

    method: str
    path: str
    """Path below the base URL, percent-encoded, for example `/api/dataElements`."""
    query: str = field(default="", repr=False)
    """Query, percent-encoded, without the question mark."""
    body: bytes | AsyncIterable[bytes] | None = field(default=None, repr=False)
    """What is sent; what is iterated gives the same pieces each time, and has its length among the headers."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers that describe the body and the wanted answer."""
    repeatable: bool = True
    """Whether sending it twice has the effect of sending it once."""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def build_call(
    method: str,
    path: str,
    *,
    base_url: str,
    params: Params | None = None,
    body: Body = None,
    content_type: str | None = None,
    accept: str = JSON,
    compress: bool = False,
    repeatable: bool = False,
) -> Call:
    """Bring a request into its form on the wire.

    Args:
        method: HTTP method, upper case.
        path: Path of the API, with or without `/api/`, or an absolute URL below `base_url`; a query in it is kept.
        base_url: The connection's base URL.
        params: Query parameters, added to those in the path.
        body: What to send; `None` sends no body.
        content_type: Media type of the body. Default: JSON, and JSON Patch for PATCH.
        accept: Media type wanted.
        compress: Send the body gzipped (`/api/metadata` and `/api/dataValueSets` can read that; tracker cannot).
        repeatable: The caller says that a POST or PATCH may be sent twice.

    Raises:
        InvalidRequestError: The path leaves the API or the server, or the body cannot become JSON.
    """
    if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance] # a clear error for who has no types
        raise InvalidRequestError("The path is text.")
    api_path, inline = _split_path(path, base_url)
    pairs = parse_qsl(inline, keep_blank_values=True) + _pairs(params)
    headers = {"Accept": accept}
    data = None
    if body is not None:
        media = content_type or (JSON_PATCH if method == "PATCH" else JSON)
        headers["Content-Type"] = _checked_header(media)
        data = _encoded(body, media)
        if compress:
            headers["Content-Encoding"] = "gzip"
            data = gzip.compress(data, GZIP_LEVEL, mtime=0)
    return Call(
        method=method,
        path=api_path,
        query=_query(pairs),
        body=data,
        headers=headers,
        repeatable=repeatable or method in IDEMPOTENT_METHODS,
    )


def _split_path(path: str, base_url: str) -> tuple[str, str]:
    """The path below the base URL (it begins with `/api`), and the query that came with it."""
    if "://" in path.partition("?")[0]:
        if not path.startswith(f"{base_url}/api"):
            raise InvalidRequestError(
                "The URL is not below the base URL of this client; credentials go nowhere else.",
                next_step="Give the path alone, for example dataElements or /api/dataElements.",
            )
        path = path[len(base_url) :]
    if "#" in path or any(not character.isprintable() for character in path):
        raise InvalidRequestError(f"The path {path[:80]!r} has a # or a control character in it; percent-encode it.")
    parts = urlsplit("/" + path.lstrip("/"))
    segments = parts.path.split("/")
    if any(segment.replace("%2e", ".").replace("%2E", ".") in (".", "..") for segment in segments):
        raise InvalidRequestError(f"The path {path[:80]!r} has . or .. in it.")
    below = parts.path if segments[1] == "api" else f"/api{parts.path}"
    try:
        return quote(below, safe="/:@!$&'()*+,;=~%"), parts.query
    except UnicodeEncodeError:
        pass
    raise InvalidRequestError("The path has half of a surrogate pair in it, which no URL can carry.")


def _pairs(params: Params | None) -> list[tuple[str, str]]:
    """The parameters as pairs of text, `None` left out, lists spread out."""
    if params is None:
        return []
    pairs: list[tuple[str, str]] = []
    for key, value in _items(params):
        values = cast("list[object]", value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        pairs.extend((key, _param_text(key, single)) for single in values if single is not None)
    return pairs


def _items(params: object) -> Sequence[tuple[str, object]]:
    pairs = list(cast("Mapping[str, object]", params).items()) if isinstance(params, Mapping) else params
    if isinstance(pairs, (list, tuple)) and all(_is_pair(pair) for pair in cast("Sequence[object]", pairs)):
        return cast("Sequence[tuple[str, object]]", pairs)
    raise InvalidRequestError("Parameters are a mapping from names to values, or pairs of them.")


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple) and len(cast("tuple[object, ...]", pair)) == 2 and isinstance(pair[0], str)


def _param_text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise InvalidRequestError(
        f"The parameter {key!r} is a {type(value).__name__}; text, numbers and booleans can be sent."
    )


def _query(pairs: Sequence[tuple[str, str]]) -> str:
    try:
        return urlencode(pairs, quote_via=quote, safe=":,!*")
    except UnicodeEncodeError:
        pass
    raise InvalidRequestError("A parameter has half of a surrogate pair in it, which no URL can carry.")


def _encoded(body: Body, media: str) -> bytes:
    if isinstance(body, bytes):
        return body
    try:
        if isinstance(body, str) and not media.partition(";")[0].strip().endswith("json"):
            return body.encode()
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, TypeError) else type(error).__name__
    raise InvalidRequestError(
        f"The body cannot become {media}: {reason}.",
        next_step="Send what JSON can hold (no NaN, no bytes inside, no cycles), or Pydantic models.",
    )


def _plain(value: object) -> object:
    """A Pydantic model inside of a body as JSON values: what was set, under the API's names."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    raise TypeError(f"a {type(value).__name__} is nothing that JSON can hold")


def _checked_header(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise InvalidRequestError("A content type is printable ASCII.")
    return value

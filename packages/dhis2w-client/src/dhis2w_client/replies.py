"""Turning an HTTP answer into a value, or into the error that it means: no I/O, no clock.

The rule for bodies: parse JSON only when the answer is labelled JSON; survive `pong` (labelled JSON, but none) and
empty bodies; of an HTML page keep the beginning, because proxies and Tomcat speak HTML.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, TypeVar, cast

from dhis2w_client.errors import (
    AnswerError,
    EmptyAnswerError,
    InvalidRequestError,
    MalformedAnswerError,
    NotJsonError,
    UnexpectedShapeError,
)
from dhis2w_client.json_value import Json
from dhis2w_client.refusals import EXCERPT_SHOWN, error_of, moved_base_url
from dhis2w_client.reply import Reply

__all__ = ["Reply", "check_wanted", "error_of", "model_of", "moved_base_url", "value_of"]

T = TypeVar("T")


def value_of(reply: Reply) -> Json:
    """The value an answer carries: parsed JSON, `None` for an empty body, text for any other text.

    Raises:
        ApiError: The server refused the request.
        AnswerError: The answer is a web page, a binary format, or broken JSON.
    """
    _raise_refusal(reply)
    if not reply.body.strip():
        return None
    if reply.is_json:
        return _parsed(reply)
    if reply.is_html or not reply.is_text:
        raise _not_json(reply)
    return reply.text


def model_of(reply: Reply, wanted: type[T]) -> T:
    """The value an answer carries, as the type that was asked for (a Pydantic model, a list of them, …).

    Raises:
        ApiError: The server refused the request.
        AnswerError: The answer is empty, no JSON, or does not fit the type.
    """
    from pydantic import ValidationError

    _raise_refusal(reply)
    if not reply.body.strip():
        raise EmptyAnswerError(
            f"{reply.asked} got an empty answer where JSON is due (HTTP {reply.status}).",
            **_about(reply),
            next_step="A proxy may have dropped the answer; DHIS2 does so for a request with a foreign Origin header.",
        )
    if not reply.is_json:
        raise _not_json(reply)
    try:
        return _adapter(wanted).validate_json(reply.body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise _malformed(reply)
    places = "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'answer'}: {problem['msg']}" for problem in problems[:3]
    )
    raise UnexpectedShapeError(
        f"{reply.asked} got JSON that is not {_name(wanted)}: {places}.",
        **_about(reply),
        next_step="Without `as_` the answer comes as plain JSON.",
    )


def check_wanted(wanted: object) -> None:
    """Make sure that answers can be read as `wanted`, before anything is sent.

    Raises:
        InvalidRequestError: It is no type, or none that Pydantic can validate.
    """
    from pydantic import PydanticUserError

    try:
        adapter = _adapter(cast("type[object]", wanted))
        if not adapter.pydantic_complete:
            adapter.rebuild(raise_errors=True)
        return
    except (PydanticUserError, NameError, TypeError):
        pass
    raise InvalidRequestError(f"as_={str(wanted)[:80]} is no type that answers can be read as.")


@lru_cache(maxsize=256)
def _adapter(wanted: type[T]) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(wanted)


def _raise_refusal(reply: Reply) -> None:
    error = error_of(reply)
    if error is not None:
        raise error


def _parsed(reply: Reply) -> Json:
    """The JSON of an answer that is labelled JSON; bare text (`pong`) comes as text."""
    from pydantic_core import from_json

    try:
        return from_json(reply.body)
    except ValueError:
        if re.fullmatch(rb"[\w .:-]+", reply.body.strip()):
            return reply.text
    raise _malformed(reply)


def _not_json(reply: Reply) -> AnswerError:
    what = "a web page" if reply.is_html else (reply.media or "a body without media type")
    excerpt = reply.excerpt
    return NotJsonError(
        f"{reply.asked} got {what} where JSON is due (HTTP {reply.status})"
        f"{': ' + excerpt[:EXCERPT_SHOWN].rstrip('.') if excerpt else ''}.",
        **_about(reply),
        next_step="Check that the base URL is that of DHIS2 itself; if this format is wanted, read it with stream().",
    )


def _malformed(reply: Reply) -> AnswerError:
    from pydantic_core import from_json

    try:
        from_json(reply.body)
        reason = "broken"
    except ValueError as error:
        reason = str(error)
    ends_early = "EOF" in reason
    return MalformedAnswerError(
        f"{reply.asked} got JSON that {'ends too early' if ends_early else 'is broken'} "
        f"(HTTP {reply.status}, {len(reply.body)} bytes).",
        **_about(reply),
        next_step="The answer was cut on the way, or DHIS2 failed while writing it; try again, or ask for less at once."
        if ends_early
        else None,
    )


def _about(reply: Reply) -> dict[str, Any]:
    """The attributes of an error; JSON of a success is not kept, because it may hold what is secret (a new token)."""
    excerpt = "" if reply.is_json else reply.excerpt
    return {"method": reply.method, "path": reply.path, "status": reply.status, "excerpt": excerpt}


def _name(wanted: object) -> str:
    return wanted.__name__ if isinstance(wanted, type) else str(wanted)

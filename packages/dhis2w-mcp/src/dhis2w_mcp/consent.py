"""A person's agreement to what cannot be taken back: through the client where it can ask, else by a second field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from dhis2w_mcp.errors import NotConsentedError

if TYPE_CHECKING:
    from fastmcp import Context

ASKED = "agreed"
"""The name of the one question."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "title": "Do it", "description": "This may not be taken back."}},
    "required": ["agree"],
}


async def consent_to(
    context: Context, question: str, token: str, given: str | None, wanted: str
) -> InputRequiredResult | None:
    """See to it that a person agrees to what a proposal would destroy.

    Args:
        context: The call.
        question: What the person is asked.
        token: The proposal that it is about.
        given: The second field, as the agent gave it; it counts only where the client cannot ask.
        wanted: What it must say.

    Returns:
        `None` when they agreed; else what the client has to ask before it calls again.

    Raises:
        NotConsentedError: They did not agree.
    """
    if not can_ask(context):
        if given != wanted:
            raise NotConsentedError(
                "This cannot be taken back as a whole, so it needs a second field; nothing was written.",
                next_step=f"Ask the user; when they agree, call commit with confirm_destroy = {wanted!r}.",
            )
        return None
    request = context.request_context
    if request is not None and request.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return _answer_of(context, question, token)
    answer = await context.session.elicit(
        message=question, requested_schema=SCHEMA, related_request_id=context.request_id
    )
    _must_agree(answer)
    return None


def can_ask(context: Context) -> bool:
    """Whether the client can ask its user."""
    capabilities = context.session.client_capabilities
    return bool(capabilities and capabilities.elicitation)


def _answer_of(context: Context, question: str, token: str) -> InputRequiredResult | None:
    """The answer that came with a call that is made again; or the question, which belongs to one token."""
    answer = (context.input_responses or {}).get(ASKED)
    if isinstance(answer, ElicitResult) and context.request_state == token:
        _must_agree(answer)
        return None
    ask = ElicitRequest(params=ElicitRequestFormParams(message=question, requested_schema=SCHEMA))
    return InputRequiredResult(input_requests={ASKED: ask}, request_state=token)


def _must_agree(answer: ElicitResult) -> None:
    if answer.action != "accept" or not (answer.content or {}).get("agree"):
        raise NotConsentedError(
            "The user did not agree; nothing was written.", next_step="Ask the user what they want instead."
        )

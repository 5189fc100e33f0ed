"""What identifiers in a payload may be."""

from __future__ import annotations

from collections.abc import Mapping

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.metadata.uids import is_uid

SCHEMES = ("UID", "CODE", "NAME")
"""What may name metadata, beside `ATTRIBUTE:` and the UID of an attribute."""


def check_schemes(given: Mapping[str, object]) -> None:
    """Refuse schemes that DHIS2 does not have: it would refuse whatever is sent.

    Args:
        given: Schemes by the names of their parameters; None where none is given, which is well.

    Raises:
        InvalidRequestError: One is none.
    """
    for name, scheme in given.items():
        if scheme is not None and not _is_scheme(str(scheme)):
            raise InvalidRequestError(
                f"{name} is not {scheme!r}.", next_step=f"It is one of {', '.join(SCHEMES)}, ATTRIBUTE:UID."
            )


def _is_scheme(text: str) -> bool:
    kind, _, attribute = text.partition(":")
    return text.upper() in SCHEMES or (kind.upper() == "ATTRIBUTE" and is_uid(attribute))

"""What a user may not see is left out of lists without a word: an empty one is no proof that there is nothing.

Source: `CurrentUserUtil`, `AclService`, the org unit modes of tracker; recordings `tracker/export-scope`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from dhis2w_client.call import build_call
from dhis2w_client.errors import HiddenRowsWarning
from dhis2w_client.json_value import as_array
from dhis2w_client.pages import object_of

if TYPE_CHECKING:
    from dhis2w_client.connection import Connection

SUPERUSER = "ALL"
"""The authority of those who see everything."""


async def warn_of_hidden_rows(connection: Connection, what: str) -> None:
    """Warn that an empty answer may only be empty for this user; superusers, who see all, are not warned.

    Who the user is is asked once for each connection.

    Args:
        connection: Where the answer came from.
        what: What was looked for, in the plural.

    Warns:
        HiddenRowsWarning: The user is no superuser.
    """
    if connection.sees_everything is None:
        call = build_call("GET", "me", base_url=connection.base_url, params={"fields": "authorities"})
        authorities = as_array(object_of(await connection.ask(call)).get("authorities"))
        connection.sees_everything = SUPERUSER in authorities
    if not connection.sees_everything:
        warnings.warn(
            f"No {what} were found. That is no proof that there are none: DHIS2 leaves out what the user may not see "
            "(units, sharing, ownership), and does not say so.",
            HiddenRowsWarning,
            stacklevel=3,
        )

"""The texts of an object in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dhis2w_client.json_value import as_array, as_object


def with_texts(translations: object, locale: str, texts: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """Translations after a change of some texts of one language.

    Args:
        translations: Those there are.
        locale: The language, such as `fr` or `pt_BR`.
        texts: Text by DHIS2's name of the property (`NAME`, `SHORT_NAME`, `DESCRIPTION`, `FORM_NAME`); None takes the
            translation away.
    """
    kept = [
        entry
        for entry in map(as_object, as_array(translations))
        if entry.get("locale") != locale or entry.get("property") not in texts
    ]
    new = [{"locale": locale, "property": name, "value": text} for name, text in texts.items() if text is not None]
    return [*kept, *new]

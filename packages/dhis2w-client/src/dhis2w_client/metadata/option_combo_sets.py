"""Option combinations of a bundle: whether it holds all of a category combination, where it holds some.

Source: `CategoryOptionComboObjectBundleHook` of dhis2-core 2.43.1 (`checkFullCatOptComboSetProvided`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.reports import ReportRow

if TYPE_CHECKING:
    from dhis2w_client.metadata.bundle import Bundle

PLURAL = "categoryOptionCombos"
KLASS = "org.hisp.dhis.category.CategoryOptionCombo"


def incomplete_sets(bundle: Bundle) -> Iterator[ReportRow]:
    """E1130 for each option combination of a set that is not whole.

    Args:
        bundle: What is to be imported. Category combinations that it does not hold with all their categories are
            left to the server.

    Yields:
        Rows as an import report has them.
    """
    sent: defaultdict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for position, row in enumerate(bundle.objects.get(PLURAL, ())):
        sent[str(as_object(row.get("categoryCombo")).get("id"))].append((position, row))
    for combo, rows in sent.items():
        wanted = _choices(bundle, combo)
        if wanted is None or wanted == len(rows):
            continue
        message = (
            f"Importing {len(rows)} CategoryOptionCombos does not match the expected amount of {wanted} "
            f"for CategoryCombo {combo}"
        )
        for position, row in rows:
            yield ReportRow(message=message, code="E1130", uid=row.get("id"), klass=KLASS, index=position)


def _choices(bundle: Bundle, combo: str) -> int | None:
    """How many option combinations a category combination has; None where the bundle does not say."""
    row = bundle.by_id.get(("categoryCombos", combo), {})
    links = [str(as_object(link).get("id")) for link in as_array(row.get("categories"))]
    categories = [bundle.by_id.get(("categories", uid)) for uid in links]
    known = [category for category in categories if category is not None]
    if not known or len(known) < len(links):
        return None
    return prod(len(as_array(category.get("categoryOptions"))) for category in known)

"""Option combos by their options: which combo of a category combo has which options.

Source: `InputUtils.getAttributeOptionCombo` and `DataEntryStore.getDataElementCocIdMapping` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, IdScheme, name_in


def combo_with(rules: EntryRules, category_combo: str, options: Collection[str]) -> str | None:
    """The combo that has these category options (uids) and no other."""
    wanted = set(options)
    return next(
        (
            combo
            for combo in sorted(rules.combos_of(category_combo))
            if {option["id"] for option in rules.category_options(combo)} == wanted
        ),
        None,
    )


def combo_by_names(
    rules: EntryRules,
    category_combo: str,
    options: Mapping[str, str | None],
    category_scheme: IdScheme = UID,
    option_scheme: IdScheme = UID,
) -> str | None:
    """The combo by its options, each named beside its category; None where a category is not named."""
    document = rules.store.get("categoryCombo", category_combo) or {}
    categories = [rules.store.get("category", row["id"]) or {} for row in document.get("categories") or ()]
    wanted = {options.get(name_in(category_scheme, category) or "") for category in categories}
    return next(
        (
            combo
            for combo in sorted(rules.combos_of(category_combo))
            if {name_in(option_scheme, option) for option in rules.category_options(combo)} == wanted
        ),
        None,
    )

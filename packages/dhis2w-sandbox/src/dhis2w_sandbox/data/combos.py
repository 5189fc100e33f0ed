"""Option combos by their options: which combo of a category combo has which options.

Source: `InputUtils.getAttributeOptionCombo` and `DataEntryStore.getDataElementCocIdMapping` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, IdScheme, name_in
from dhis2w_sandbox.errors import Dhis2Refusal, message


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


def combo_asked(call: Call, rules: EntryRules, category_combo: str | None, options: str | None) -> str:
    """The attribute combo that `cc` and `cp` name, the default one where they are absent; 409 where there is none."""
    if category_combo is None and options is None:
        return rules.default_combo
    if category_combo is None or options is None:
        raise _refusal(call, "E2040")
    if rules.document("categoryCombo", category_combo) is None:
        raise _refusal(call, "E1110", category_combo)
    names = [part for part in options.split(";") if part]
    for name in names:
        if rules.document("categoryOption", name) is None:
            raise _refusal(call, "E1111", name)
    combo = combo_with(rules, category_combo, names)
    if combo is None:
        raise _refusal(call, "E2041")
    return combo


def _refusal(call: Call, code: str, *args: str) -> Dhis2Refusal:
    return Dhis2Refusal(409, message(call.server.version, code, *args), code)


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

"""The category model of the demo country: sex, age and who pays; their combinations; every option combination.

DHIS2 makes option combinations by itself where a payload has none; these bring theirs, so that they have the same
identifiers on every server.
"""

from __future__ import annotations

from itertools import product

from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid

DEFAULT = {"id": "bjDvmb4bfuf"}
"""The category combination that DHIS2 has by itself."""

# Code, name, French name, DHIS2's dimension type, and the options: code, name, French name.
CATEGORIES = (
    ("SEX", "Sex", "Sexe", "DISAGGREGATION", (("FEMALE", "Female", "Féminin"), ("MALE", "Male", "Masculin"))),
    (
        "AGE",
        "Age group",
        "Groupe d'âge",
        "DISAGGREGATION",
        (
            ("AGE_0", "Under 1 year", "Moins d'un an"),
            ("AGE_1_4", "1-4 years", "1-4 ans"),
            ("AGE_5_14", "5-14 years", "5-14 ans"),
            ("AGE_15", "15 years and over", "15 ans et plus"),
        ),
    ),
    (
        "FUNDER",
        "Funding source",
        "Source de financement",
        "ATTRIBUTE",
        (
            ("GOVERNMENT", "Government", "État"),
            ("DONOR", "Development partner", "Partenaire de développement"),
            ("COMMUNITY", "Community", "Communauté"),
        ),
    ),
)
COMBOS = (
    ("SEX", "Sex", ("SEX",)),
    ("AGE", "Age group", ("AGE",)),
    ("SEX_AGE", "Sex and age group", ("SEX", "AGE")),
    ("FUNDER", "Funding source", ("FUNDER",)),
)
OPTION_GROUPS = (
    ("UNDER_5", "Children under 5 years", ("AGE_0", "AGE_1_4")),
    ("FROM_5", "5 years and over", ("AGE_5_14", "AGE_15")),
)

_BY_CODE = {code: (dimension, options) for code, _, _, dimension, options in CATEGORIES}


def combo(code: str | None) -> Json:
    """A reference to a category combination; None for the default one."""
    return ref("categoryCombo", code) if code else DEFAULT


def option_combo(combo: str, *options: str) -> str:
    """The identifier of the option combination of some options, in the order of the combination's categories."""
    return uid("categoryOptionCombo", _option_combo_code(combo, options))


def category_metadata() -> Bundle:
    """Options, categories, combinations, option combinations, option groups and their set."""
    return {
        "categoryOptions": [
            made("categoryOption", code, name, fr=fr) for *_, options in CATEGORIES for code, name, fr in options
        ],
        "categories": [
            made(
                "category",
                code,
                name,
                fr=fr,
                dataDimensionType=dimension,
                dataDimension=True,
                categoryOptions=refs("categoryOption", *(option for option, _, _ in options)),
            )
            for code, name, fr, dimension, options in CATEGORIES
        ],
        "categoryCombos": [
            made(
                "categoryCombo",
                code,
                name,
                dataDimensionType=_BY_CODE[categories[0]][0],
                skipTotal=False,
                categories=refs("category", *categories),
            )
            for code, name, categories in COMBOS
        ],
        "categoryOptionCombos": [
            option_combo for code, _, categories in COMBOS for option_combo in _option_combos(code, categories)
        ],
        "categoryOptionGroups": [
            made(
                "categoryOptionGroup",
                code,
                name,
                dataDimensionType="DISAGGREGATION",
                categoryOptions=refs("categoryOption", *options),
            )
            for code, name, options in OPTION_GROUPS
        ],
        "categoryOptionGroupSets": [
            made(
                "categoryOptionGroupSet",
                "UNDER_5_OR_NOT",
                "Under 5 years or not",
                dataDimensionType="DISAGGREGATION",
                dataDimension=True,
                categoryOptionGroups=refs("categoryOptionGroup", *(code for code, _, _ in OPTION_GROUPS)),
            )
        ],
    }


def _option_combos(combo: str, categories: tuple[str, ...]) -> list[Json]:
    return [
        made(
            "categoryOptionCombo",
            _option_combo_code(combo, [code for code, _, _ in options]),
            ", ".join(name for _, name, _ in options),
            categoryCombo=ref("categoryCombo", combo),
            categoryOptions=refs("categoryOption", *(code for code, _, _ in options)),
            ignoreApproval=False,
        )
        for options in product(*(_BY_CODE[category][1] for category in categories))
    ]


def _option_combo_code(combo: str, options: tuple[str, ...] | list[str]) -> str:
    return f"{combo}:{'+'.join(options)}"

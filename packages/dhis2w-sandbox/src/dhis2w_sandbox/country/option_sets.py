"""The option sets of the demo country, and a group of options."""

from __future__ import annotations

from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, translation, uid

# Code, name, value type, and the options: code, name, French name.
OPTION_SETS = (
    ("SEX", "Sex", "TEXT", (("F", "Female", "Féminin"), ("M", "Male", "Masculin"))),
    (
        "TEST_RESULT",
        "Test result",
        "TEXT",
        (("POS", "Positive", "Positif"), ("NEG", "Negative", "Négatif"), ("IND", "Indeterminate", "Indéterminé")),
    ),
    (
        "SYMPTOMS",
        "Symptoms",
        "MULTI_TEXT",
        (
            ("FEVER", "Fever", "Fièvre"),
            ("VOMITING", "Vomiting", "Vomissements"),
            ("HEADACHE", "Headache", "Maux de tête"),
            ("CONVULSIONS", "Convulsions", "Convulsions"),
        ),
    ),
    (
        "OUTCOME",
        "Outcome of treatment",
        "TEXT",
        (("CURED", "Cured", "Guéri"), ("REFERRED", "Referred", "Référé"), ("DIED", "Died", "Décédé")),
    ),
    (
        "POWER",
        "Source of electricity",
        "TEXT",
        (("GRID", "Grid", "Réseau"), ("SOLAR", "Solar", "Solaire"), ("NONE", "None", "Aucune")),
    ),
)


def option(option_set: str, code: str) -> Json:
    """A reference to an option."""
    return ref("option", f"{option_set}.{code}")


def option_set_metadata() -> Bundle:
    """Sets, options, and the group of the symptoms that mean danger."""
    return {
        "optionSets": [
            made(
                "optionSet",
                code,
                name,
                valueType=value_type,
                version=0,
                options=[option(code, option_code) for option_code, _, _ in options],
            )
            for code, name, value_type, options in OPTION_SETS
        ],
        "options": [
            {
                "id": uid("option", f"{code}.{option_code}"),
                "code": option_code,
                "name": name,
                "sortOrder": number,
                "optionSet": ref("optionSet", code),
                "translations": [translation("NAME", fr)],
            }
            for code, _, _, options in OPTION_SETS
            for number, (option_code, name, fr) in enumerate(options)
        ],
        "optionGroups": [
            made(
                "optionGroup",
                "DANGER_SIGNS",
                "Danger signs",
                optionSet=ref("optionSet", "SYMPTOMS"),
                options=refs("option", "SYMPTOMS.VOMITING", "SYMPTOMS.CONVULSIONS"),
            )
        ],
    }

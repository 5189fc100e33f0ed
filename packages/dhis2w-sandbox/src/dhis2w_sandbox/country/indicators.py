"""The indicators of the demo country, their types, groups and group set."""

from __future__ import annotations

import re
from typing import NamedTuple

from dhis2w_sandbox.country import health
from dhis2w_sandbox.country.categories import option_combo
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid

# Code, name, French name, factor, and whether it is a plain number.
TYPES = (
    ("PERCENT", "Percentage", "Pourcentage", 100, False),
    ("PER_1000", "Per 1 000", "Pour 1 000", 1000, False),
    ("PER_100000", "Per 100 000", "Pour 100 000", 100_000, False),
    ("NUMBER", "Number", "Nombre", 1, True),
)


class Indicator(NamedTuple):
    """One row of the table below; in expressions a code stands for the operand `#{identifier}`."""

    code: str
    name: str
    fr: str
    type: str
    group: str
    numerator: str
    denominator: str
    legend_set: str | None = None
    annualized: bool = False


INDICATORS = (
    Indicator(
        "ANC_COVERAGE", "Antenatal 1st visit coverage", "Couverture de la première visite prénatale",
        "PERCENT", "MATERNAL", "ANC_1ST", "POP_PREGNANCIES", "COVERAGE", True,
    ),
    Indicator(
        "ANC_DROPOUT", "Antenatal dropout, 1st to 4th visit", "Abandon des soins prénatals",
        "PERCENT", "MATERNAL", "ANC_1ST-ANC_4TH", "ANC_1ST",
    ),
    Indicator(
        "DEL_COVERAGE", "Deliveries in facility coverage", "Couverture des accouchements en établissement",
        "PERCENT", "MATERNAL", "DEL_FACILITY", "POP_BIRTHS", "COVERAGE", True,
    ),
    Indicator(
        "CAESAREAN_RATE", "Caesarean section rate", "Taux de césariennes",
        "PERCENT", "MATERNAL", "DEL_CAESAREAN", "DEL_FACILITY",
    ),
    Indicator(
        "MATERNAL_MORTALITY", "Maternal deaths per 100 000 live births", "Mortalité maternelle",
        "PER_100000", "MATERNAL", "DEATHS_MATERNAL", "BIRTHS_LIVE",
    ),
    Indicator(
        "PENTA3_COVERAGE", "Penta 3 coverage", "Couverture du Penta 3",
        "PERCENT", "CHILD", "IMM_PENTA3", "POP_BIRTHS", "COVERAGE", True,
    ),
    Indicator(
        "PENTA_DROPOUT", "Penta dropout, 1st to 3rd dose", "Abandon du Penta",
        "PERCENT", "CHILD", "IMM_PENTA1-IMM_PENTA3", "IMM_PENTA1",
    ),
    Indicator(
        "MEASLES_COVERAGE", "Measles coverage", "Couverture contre la rougeole",
        "PERCENT", "CHILD", "IMM_MEASLES", "POP_BIRTHS", "COVERAGE", True,
    ),
    Indicator(
        "GIRLS_SHARE", "Share of girls among live births", "Part des filles parmi les naissances",
        "PERCENT", "CHILD", "BIRTHS_LIVE.SEX:FEMALE", "BIRTHS_LIVE",
    ),
    Indicator(
        "MAL_POSITIVITY", "Malaria test positivity", "Positivité des tests de paludisme",
        "PERCENT", "MALARIA", "MAL_CONFIRMED", "MAL_TESTED",
    ),
    Indicator(
        "MAL_INCIDENCE", "Malaria incidence per 1 000 people", "Incidence du paludisme pour 1 000 habitants",
        "PER_1000", "MALARIA", "MAL_CONFIRMED", "POP_TOTAL", "INCIDENCE", True,
    ),
    Indicator(
        "MAL_FATALITY", "Malaria case fatality", "Létalité du paludisme",
        "PERCENT", "MALARIA", "MAL_DEATHS", "MAL_CONFIRMED",
    ),
    Indicator(
        "OPD_PER_DOCTOR", "Outpatient visits per doctor", "Consultations par médecin",
        "NUMBER", "RESOURCES", "OPD_NEW+OPD_REPEAT", "STF_DOCTORS",
    ),
)  # fmt: skip
GROUPS = (
    ("MATERNAL", "Maternal health", "Santé maternelle"),
    ("CHILD", "Child health", "Santé de l'enfant"),
    ("MALARIA", "Malaria", "Paludisme"),
    ("RESOURCES", "Resources", "Ressources"),
)


_OPERAND = re.compile(r"([A-Z]+_\w+)(?:\.(\w+):(\w+))?")
_NAMES = {element.code: element.name for group in health.GROUPS for element in group.elements}


def expression(text: str) -> str:
    """An expression in DHIS2's language: `A_B+C_D.SEX:MALE` becomes `#{uidOfA_B}+#{uidOfC_D.uidOfOptionCombo}`."""
    return _OPERAND.sub(lambda match: _operand(*match.groups()), text)


def in_words(text: str) -> str:
    """An expression for people: codes are replaced by names."""
    return _OPERAND.sub(lambda match: _NAMES[match[1]], text)


def indicator_metadata() -> Bundle:
    """Types, indicators, groups and their set."""
    return {
        "indicatorTypes": [
            made("indicatorType", code, name, fr=fr, factor=factor, number=number)
            for code, name, fr, factor, number in TYPES
        ],
        "indicators": [_indicator(row) for row in INDICATORS],
        "indicatorGroups": [
            made(
                "indicatorGroup",
                code,
                name,
                fr=fr,
                indicators=refs("indicator", *(row.code for row in INDICATORS if row.group == code)),
            )
            for code, name, fr in GROUPS
        ],
        "indicatorGroupSets": [
            made(
                "indicatorGroupSet",
                "AREA",
                "Area of health",
                fr="Domaine de santé",
                compulsory=False,
                indicatorGroups=refs("indicatorGroup", *(code for code, _, _ in GROUPS)),
            )
        ],
    }


def _operand(code: str, combo: str | None, option: str | None) -> str:
    if combo and option:
        return f"#{{{uid('dataElement', code)}.{option_combo(combo, option)}}}"
    return f"#{{{uid('dataElement', code)}}}"


def _indicator(row: Indicator) -> Json:
    return made(
        "indicator",
        row.code,
        row.name,
        fr=row.fr,
        annualized=row.annualized,
        indicatorType=ref("indicatorType", row.type),
        numerator=expression(row.numerator),
        numeratorDescription=in_words(row.numerator),
        denominator=expression(row.denominator),
        denominatorDescription=in_words(row.denominator),
        decimals=1,
        legendSets=refs("legendSet", row.legend_set) if row.legend_set else [],
    )

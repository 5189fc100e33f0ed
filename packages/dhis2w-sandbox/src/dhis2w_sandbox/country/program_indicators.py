"""The program indicators of the demo country, and their group."""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.country.categories import DEFAULT
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid
from dhis2w_sandbox.country.programs import ANTENATAL, NOTIFICATION


class ProgramIndicator(NamedTuple):
    """One row of the table below."""

    code: str
    name: str
    fr: str
    program: str
    type: str
    """What is counted: EVENT or ENROLLMENT."""
    expression: str
    aggregation: str = "COUNT"


def _value(stage: str, element: str) -> str:
    return f"#{{{uid('programStage', stage)}.{uid('dataElement', element)}}}"


PROGRAM_INDICATORS = (
    ProgramIndicator(
        "ANC_WOMEN",
        "Women in antenatal follow-up",
        "Femmes suivies",
        ANTENATAL,
        "ENROLLMENT",
        "V{enrollment_count}",
    ),
    ProgramIndicator(
        "ANC_HB",
        "Average haemoglobin at first visit",
        "Hémoglobine moyenne à la première visite",
        ANTENATAL,
        "EVENT",
        _value("ANC_FIRST", "VIS_HB"),
        "AVERAGE",
    ),
    ProgramIndicator(
        "CASES",
        "Malaria cases notified",
        "Cas de paludisme notifiés",
        NOTIFICATION,
        "EVENT",
        "V{event_count}",
    ),
    ProgramIndicator(
        "CASE_AGE",
        "Average age of malaria cases",
        "Âge moyen des cas de paludisme",
        NOTIFICATION,
        "EVENT",
        _value("CASE", "CASE_AGE"),
        "AVERAGE",
    ),
)


def program_indicator_metadata() -> Bundle:
    """Indicators and their group."""
    return {
        "programIndicators": [
            made(
                "programIndicator",
                row.code,
                row.name,
                fr=row.fr,
                program=ref("program", row.program),
                analyticsType=row.type,
                expression=row.expression,
                aggregationType=row.aggregation,
                displayInForm=False,
                categoryCombo=DEFAULT,
                attributeCombo=DEFAULT,
                analyticsPeriodBoundaries=_reporting_period(row),
            )
            for row in PROGRAM_INDICATORS
        ],
        "programIndicatorGroups": [
            made(
                "programIndicatorGroup",
                "TRACKED",
                "From individual records",
                fr="Des dossiers individuels",
                programIndicators=refs("programIndicator", *(row.code for row in PROGRAM_INDICATORS)),
            )
        ],
    }


def _reporting_period(row: ProgramIndicator) -> list[Json]:
    """Boundaries that count what lies in the reporting period, by the date of the event or of the enrollment."""
    sides = ("AFTER_START_OF_REPORTING_PERIOD", "BEFORE_END_OF_REPORTING_PERIOD")
    return [
        {
            "id": uid("analyticsPeriodBoundary", f"{row.code}.{side}"),
            "analyticsPeriodBoundaryType": side,
            "boundaryTarget": f"{row.type}_DATE",
        }
        for side in sides
    ]

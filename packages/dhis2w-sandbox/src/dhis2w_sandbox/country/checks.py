"""What the demo country does to its data: validation rules, and a predictor that warns of malaria epidemics."""

from __future__ import annotations

from dhis2w_sandbox.country.indicators import expression, in_words
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs

# Code, name, left side, operator, right side, importance, what to do. Sides as in `indicators.expression`.
RULES = (
    (
        "ANC_ORDER",
        "Antenatal 4th visits do not exceed 1st visits",
        "ANC_4TH",
        "less_than_or_equal_to",
        "ANC_1ST",
        "MEDIUM",
        "Count the visits in the antenatal register again.",
    ),
    (
        "MAL_TESTS",
        "Malaria confirmed cases do not exceed tests",
        "MAL_CONFIRMED",
        "less_than_or_equal_to",
        "MAL_TESTED",
        "HIGH",
        "Only tested cases can be confirmed.",
    ),
    (
        "MAL_DEATHS",
        "Malaria deaths do not exceed confirmed cases",
        "MAL_DEATHS",
        "less_than_or_equal_to",
        "MAL_CONFIRMED",
        "HIGH",
        "Look the deaths up in the ward register.",
    ),
    (
        "DELIVERIES_BIRTHS",
        "Deliveries and births are reported together",
        "DEL_FACILITY",
        "compulsory_pair",
        "BIRTHS_LIVE+BIRTHS_STILL",
        "LOW",
        "Fill in both.",
    ),
)


def check_metadata() -> Bundle:
    """Validation rules and their group, the predictor and its group."""
    return {
        "validationRules": [
            made(
                "validationRule",
                code,
                name,
                short=name[:50].rstrip(),
                importance=importance,
                operator=operator,
                periodType="Monthly",
                leftSide=_side(left),
                rightSide=_side(right),
                instruction=instruction,
                skipFormValidation=False,
                organisationUnitLevels=[4],
            )
            for code, name, left, operator, right, importance, instruction in RULES
        ],
        "validationRuleGroups": [
            made(
                "validationRuleGroup",
                "MONTHLY",
                "Monthly checks",
                description="What is checked before a month is sent on",
                validationRules=refs("validationRule", *(code for code, *_ in RULES)),
            )
        ],
        "predictors": [
            made(
                "predictor",
                "MAL_THRESHOLD",
                "Malaria epidemic threshold",
                description="Average and two standard deviations of the same months of five years",
                periodType="Monthly",
                output=ref("dataElement", "MAL_THRESHOLD"),
                generator=_side("avg(MAL_CONFIRMED)+2*stddevPop(MAL_CONFIRMED)"),
                organisationUnitLevels=refs("organisationUnitLevel", "LEVEL_3"),
                organisationUnitDescendants="SELECTED",
                sequentialSampleCount=0,
                annualSampleCount=5,
                sequentialSkipCount=0,
            )
        ],
        "predictorGroups": [
            made(
                "predictorGroup",
                "EPIDEMICS",
                "Epidemics",
                description="Predictors that warn of epidemics",
                predictors=refs("predictor", "MAL_THRESHOLD"),
            )
        ],
    }


def _side(text: str) -> Json:
    return {
        "expression": expression(text),
        "description": in_words(text),
        "missingValueStrategy": "NEVER_SKIP",
        "slidingWindow": False,
    }

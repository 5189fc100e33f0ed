"""What to do about a refused object of tracker: one short instruction, by DHIS2's code.

Source: `ValidationCode` of dhis2-core. A code that is not here says itself what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping

DELETED_ALREADY = ("E1082", "E1113", "E1114")
"""An object was deleted before, and keeps its UID."""
_UNIT = "Correct the organisation unit, or create it."
_PROGRAM = "Correct the program, or create it."
_STAGE = "Correct the program stage: it must be one of the program's."
_ATTRIBUTE = "Correct the attribute, or create it."
_VALUE = "Correct the value: it must be of the type of its data element or attribute."
_MISSING = "Add the value; it may not be missing."
_PROPERTY = "Add it; in a table, --column says which column it is, --constant gives it to every line."
_DATE = "Write the date as 2024-01-31."

ADVICE: Mapping[str, str] = {
    **dict.fromkeys(DELETED_ALREADY, "DHIS2 never takes the UID of a deleted object again: remove it from the row."),
    **dict.fromkeys(("E1002", "E1030", "E1080"), "It is there already: send it with the strategy UPDATE."),
    **dict.fromkeys(("E1063", "E1032", "E1081"), "It is not there: send it with the strategy CREATE."),
    **dict.fromkeys(("E1049", "E1070", "E1011"), _UNIT),
    **dict.fromkeys(("E1069", "E1010", "E1014"), _PROGRAM),
    **dict.fromkeys(("E1013", "E1089"), _STAGE),
    **dict.fromkeys(("E1007", "E1302"), _VALUE),
    **dict.fromkeys(("E1018", "E1076", "E1090", "E1303"), _MISSING),
    **dict.fromkeys(("E1025", "E1031"), f"{_DATE[:-1]}; it may not be missing."),
    "E1005": "Correct the tracked entity type, or create it.",
    "E1006": _ATTRIBUTE,
    "E1019": "Add the attribute to the program, or leave it out.",
    "E1020": "Correct the day of enrollment, or have the program allow days in the future.",
    "E1021": "Correct the day of the incident, or have the program allow days in the future.",
    "E1023": "Add occurredAt: the program asks for the day of the incident.",
    "E1064": "Correct the value: somebody else has it, and it must be unique.",
    "E1077": "Shorten the value.",
    **dict.fromkeys(("E1121", "E1122", "E1123"), _PROPERTY),
    "E1125": "Write the code of one of the options.",
    "E1305": "Add the data element to the program stage, or leave it out.",
    "E4012": "Send the row again when both ends are there.",
}


def advice_on(code: str | None, problem: str = "") -> str | None:
    """The instruction for a refusal, where there is one.

    Args:
        code: DHIS2's code, where it has one.
        problem: The problem in words, as the check tells it.
    """
    return ADVICE.get(code or "") or (_DATE if problem.endswith("is no date.") else None)

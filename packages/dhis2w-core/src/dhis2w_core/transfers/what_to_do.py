"""What to do about a refused data value: one short instruction for each kind of refusal, by DHIS2's code.

Sources: the codes E76xx (2.41, 2.42) and E80xx, E81xx (2.43 and newer) of `ErrorCode` in dhis2-core.
"""

from __future__ import annotations

_ELEMENT = "Correct the data element, or create it."
_UNIT = "Correct the organisation unit, or create it."
_PERIOD = "Correct the period: 202401, 2024W5, 2024Q1, 2024."
_COMBO = "Correct the category option combo: it must be one of the data element's."
_ATTRIBUTE_COMBO = "Correct the attribute option combo: it must be one of the data set's."
_VALUE = "Correct the value: it must be of the data element's type."
_OPTION = "Write the code of one of the options."
_OWN_UNITS = "Have the organisation unit given to you for data capture, or leave the row out."
_ACCESS = "Have somebody who may write these data send the row, or ask for access."
_SET = "Say with --data-set which data set the values are of."
_CLOSED = "Have the period opened (a lock exception, the data set's expiry days), or leave the row out."
_FUTURE = "Wait until the period is over, or have the data set's open future periods raised."
_APPROVED = "Take the approval back first, or leave the row out."
_COMMENT = "Shorten or correct the comment."
_ASSIGN = "Assign the data set to the organisation unit, or correct the unit."
_ADD = "Add the data element to a data set, or correct it."
_TYPE = "Write the period in the data set's period type."
_DATES = "Correct the period or the unit: the unit was not open then."

BY_CODE = {
    **dict.fromkeys(("E7610", "E8102", "E8103", "E8104"), _ELEMENT),
    **dict.fromkeys(("E7612", "E8105", "E8106", "E8107", "E7603"), _UNIT),
    **dict.fromkeys(("E7611", "E8100"), _PERIOD),
    **dict.fromkeys(("E7613", "E7630", "E7634", "E8024", "E8108", "E8109"), _COMBO),
    **dict.fromkeys(("E7604", "E7615", "E7631", "E7635", "E8023", "E8110", "E8111"), _ATTRIBUTE_COMBO),
    **dict.fromkeys(("E7614", "E7616", "E7601", "E8010", "E8012"), _ACCESS),
    **dict.fromkeys(("E7617", "E7622", "E8011"), _OWN_UNITS),
    **dict.fromkeys(("E7618", "E8120", "E8121"), "Write a value, or mark the row as deleted."),
    **dict.fromkeys(("E7619", "E8122"), _VALUE),
    **dict.fromkeys(("E7620", "E8124", "E8125"), _COMMENT),
    **dict.fromkeys(("E7621", "E8123"), _OPTION),
    **dict.fromkeys(("E7632", "E8021"), _TYPE),
    **dict.fromkeys(("E7633", "E8003", "E8020"), _ADD),
    **dict.fromkeys(("E7636", "E8022"), _ASSIGN),
    **dict.fromkeys(("E7638", "E8032"), "Correct the period: the attribute option combo is not in use then."),
    **dict.fromkeys(("E7639", "E8025"), "Correct the attribute option combo: it is not for this organisation unit."),
    **dict.fromkeys(("E7640", "E7643", "E7644", "E8030"), _CLOSED),
    **dict.fromkeys(("E7642", "E8033"), _APPROVED),
    "E7637": "Leave storedBy out.",
    "E7641": _FUTURE,
    "E7645": "Upload the file first, and write its UID as the value.",
    "E8002": _SET,
    "E8005": "Correct the data set.",
    "E8031": _DATES,
    "E8128": "Keep one of the rows with the same key.",
}
BY_WORDS = {
    "the same key as": BY_CODE["E8128"],
    "the value is missing": BY_CODE["E7618"],
    "the value is an object": _VALUE,
    "dataElement is missing": _ELEMENT,
    "orgUnit is missing": _UNIT,
    "period is missing": _PERIOD,
    "is no period": _PERIOD,
}
"""For what the client finds, which has no code, by words of the problem."""
OTHERWISE = "Correct the row, or leave it out."


def what_to_do(code: str | None, problem: str) -> str:
    """The instruction for a refusal.

    Args:
        code: DHIS2's code, where there is one.
        problem: The problem in words.
    """
    if code in BY_CODE:
        return BY_CODE[code]
    return next((advice for words, advice in BY_WORDS.items() if words in problem), OTHERWISE)

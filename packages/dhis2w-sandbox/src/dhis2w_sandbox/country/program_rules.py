"""The rules of the demo country's programs: variables, conditions, and what happens when they hold."""

from __future__ import annotations

from dhis2w_sandbox.country import persons
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid
from dhis2w_sandbox.country.programs import ANTENATAL, ELEMENTS, NOTIFICATION

# Program, name of the variable, where its value comes from, and the code of that.
VARIABLES = (
    (ANTENATAL, "weight", "DATAELEMENT_CURRENT_EVENT", "VIS_WEIGHT"),
    (ANTENATAL, "height", "DATAELEMENT_NEWEST_EVENT_PROGRAM", "VIS_HEIGHT"),
    (ANTENATAL, "haemoglobin", "DATAELEMENT_CURRENT_EVENT", "VIS_HB"),
    (ANTENATAL, "hiv_test", "DATAELEMENT_NEWEST_EVENT_PROGRAM", "VIS_HIV"),
    (ANTENATAL, "consent", "TEI_ATTRIBUTE", "CONSENT"),
    (NOTIFICATION, "travelled", "DATAELEMENT_CURRENT_EVENT", "CASE_TRAVELLED"),
    (NOTIFICATION, "onset", "DATAELEMENT_CURRENT_EVENT", "CASE_ONSET"),
)
# Program, code, name, condition, type of action, and what the action needs.
RULES: tuple[tuple[str, str, str, str, str, Json], ...] = (
    (
        ANTENATAL,
        "BMI",
        "Work out the body mass index",
        "d2:hasValue(#{weight}) && d2:hasValue(#{height})",
        "ASSIGN",
        {"dataElement": ref("dataElement", "VIS_BMI"), "data": "d2:round(#{weight} / (#{height} * #{height}) * 10000)"},
    ),
    (
        ANTENATAL,
        "ANAEMIA",
        "Warn of severe anaemia",
        "d2:hasValue(#{haemoglobin}) && #{haemoglobin} < 7",
        "SHOWWARNING",
        {"dataElement": ref("dataElement", "VIS_HB"), "content": "Severe anaemia: refer to the district hospital."},
    ),
    (
        ANTENATAL,
        "NO_ART",
        "Ask for HIV treatment only after a positive test",
        "#{hiv_test} != 'POS'",
        "HIDEFIELD",
        {"dataElement": ref("dataElement", "VIS_ART")},
    ),
    (
        ANTENATAL,
        "PHONE",
        "A telephone is needed to call",
        "A{consent} == 'true'",
        "SETMANDATORYFIELD",
        {"trackedEntityAttribute": ref("trackedEntityAttribute", "PHONE")},
    ),
    (
        NOTIFICATION,
        "AT_HOME",
        "Ask where only those who travelled",
        "#{travelled} != true",
        "HIDEFIELD",
        {"dataElement": ref("dataElement", "CASE_SLEPT_AT")},
    ),
    (
        NOTIFICATION,
        "FUTURE",
        "Fever cannot begin tomorrow",
        "d2:daysBetween(V{current_date}, #{onset}) > 0",
        "SHOWERROR",
        {"dataElement": ref("dataElement", "CASE_ONSET"), "content": "This day is still to come."},
    ),
)


def program_rule_metadata() -> Bundle:
    """Variables, rules and actions; each rule has one action."""
    return {
        "programRuleVariables": [_variable(*row) for row in VARIABLES],
        "programRules": [
            made(
                "programRule",
                f"{program}.{code}",
                name,
                program=ref("program", program),
                condition=condition,
                priority=1,
                programRuleActions=refs("programRuleAction", f"{program}.{code}"),
            )
            for program, code, name, condition, _, _ in RULES
        ],
        "programRuleActions": [
            {
                "id": uid("programRuleAction", f"{program}.{code}"),
                "programRule": ref("programRule", f"{program}.{code}"),
                "programRuleActionType": type,
                "evaluationTime": "ALWAYS",
                **needs,
            }
            for program, code, _, _, type, needs in RULES
        ],
    }


def _variable(program: str, name: str, source: str, code: str) -> Json:
    if source == "TEI_ATTRIBUTE":
        comes_from = {"trackedEntityAttribute": ref("trackedEntityAttribute", code)}
        value_type = next(row.value_type for row in persons.ATTRIBUTES if row.code == code)
    else:
        comes_from = {"dataElement": ref("dataElement", code)}
        value_type = ELEMENTS[code].value_type
    return {
        "id": uid("programRuleVariable", f"{program}.{name}"),
        "name": name,
        "program": ref("program", program),
        "programRuleVariableSourceType": source,
        "valueType": value_type,
        "useCodeForOptionSet": True,
        **comes_from,
    }

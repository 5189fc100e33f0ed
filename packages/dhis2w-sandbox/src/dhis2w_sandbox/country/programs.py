"""The programs of the demo country: antenatal follow-up of persons, and the notification of malaria cases as events."""

from __future__ import annotations

from typing import Any, NamedTuple

from dhis2w_sandbox.country import persons
from dhis2w_sandbox.country.attributes import attribute_value
from dhis2w_sandbox.country.categories import DEFAULT
from dhis2w_sandbox.country.health import Element, data_element
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid
from dhis2w_sandbox.country.places import Places

ANTENATAL = "ANTENATAL"
NOTIFICATION = "MALARIA_CASE"


class Section(NamedTuple):
    """A section of a stage."""

    name: str
    fr: str
    elements: tuple[Element, ...]


class Stage(NamedTuple):
    """A program stage."""

    code: str
    name: str
    fr: str
    program: str
    sections: tuple[Section, ...]
    repeatable: bool = False
    days_from_start: int = 0
    feature: str = "NONE"


MEASURES = Section(
    "Measurements",
    "Mesures",
    (
        Element("VIS_WEIGHT", "Weight (kg)", "Poids (kg)", value_type="NUMBER", aggregation="AVERAGE"),
        Element("VIS_HEIGHT", "Height (cm)", "Taille (cm)", value_type="INTEGER_POSITIVE", aggregation="AVERAGE"),
        Element("VIS_BMI", "Body mass index", "Indice de masse corporelle", value_type="NUMBER", aggregation="AVERAGE"),
        Element("VIS_HB", "Haemoglobin (g/dl)", "Hémoglobine (g/dl)", value_type="NUMBER", aggregation="AVERAGE"),
    ),
)
TESTS = Section(
    "Tests",
    "Tests",
    (
        Element("VIS_HIV", "HIV test result", "Résultat du test VIH", None, "TEXT", "NONE", "TEST_RESULT"),
        Element(
            "VIS_ART",
            "HIV treatment started",
            "Traitement du VIH commencé",
            value_type="TRUE_ONLY",
            aggregation="COUNT",
        ),
        Element("VIS_SMOKES", "Smokes", "Fume", value_type="BOOLEAN", aggregation="NONE"),
    ),
)
FOLLOW_UP = Section(
    "Follow-up",
    "Suivi",
    (
        Element("FUP_NEXT", "Date of next visit", "Date de la prochaine visite", value_type="DATE", aggregation="NONE"),
        Element("FUP_NOTES", "Notes", "Notes", value_type="LONG_TEXT", aggregation="NONE"),
    ),
)
PATIENT = Section(
    "Patient",
    "Patient",
    (
        Element("CASE_AGE", "Age of patient", "Âge du patient", aggregation="AVERAGE"),
        Element("CASE_SEX", "Sex of patient", "Sexe du patient", None, "TEXT", "NONE", "SEX"),
        Element(
            "CASE_TRAVELLED",
            "Slept elsewhere in the last month",
            "A dormi ailleurs",
            value_type="BOOLEAN",
            aggregation="NONE",
        ),
        Element("CASE_SLEPT_AT", "Slept near", "A dormi près de", value_type="ORGANISATION_UNIT", aggregation="NONE"),
    ),
)
ILLNESS = Section(
    "Illness",
    "Maladie",
    (
        Element("CASE_ONSET", "First day of fever", "Premier jour de fièvre", value_type="DATE", aggregation="NONE"),
        Element("CASE_SYMPTOMS", "Symptoms", "Symptômes", None, "MULTI_TEXT", "NONE", "SYMPTOMS"),
        Element("CASE_TEST", "Malaria test result", "Résultat du test", None, "TEXT", "NONE", "TEST_RESULT"),
        Element("CASE_SLIDE", "Picture of the blood slide", "Photo de la lame", value_type="IMAGE", aggregation="NONE"),
        Element("CASE_OUTCOME", "Outcome", "Issue", None, "TEXT", "NONE", "OUTCOME"),
    ),
)

STAGES = (
    Stage("ANC_FIRST", "First visit", "Première visite", ANTENATAL, (MEASURES, TESTS)),
    Stage("ANC_AGAIN", "Later visit", "Visite suivante", ANTENATAL, (MEASURES, FOLLOW_UP), True, 28),
    Stage("CASE", "Malaria case", "Cas de paludisme", NOTIFICATION, (PATIENT, ILLNESS), feature="POINT"),
)
ELEMENTS = {element.code: element for stage in STAGES for section in stage.sections for element in section.elements}
PROGRAM_SECTIONS = (
    ("IDENTITY", "Identity", "Identité", ("CLIENT_ID", "GIVEN_NAME", "FAMILY_NAME", "BIRTH_DATE")),
    ("CONTACT", "Contact", "Contact", ("PHONE", "VILLAGE", "CONSENT")),
)
IN_PROGRAM = tuple(code for *_, codes in PROGRAM_SECTIONS for code in codes)


def program_metadata(places: Places) -> Bundle:
    """Both programs, their stages, sections and data elements."""
    return {
        "dataElements": [data_element(element, "TRACKER") for element in ELEMENTS.values()],
        "programs": [_antenatal(places), _notification(places)],
        "programSections": [
            made(
                "programSection",
                code,
                name,
                fr=fr,
                program=ref("program", ANTENATAL),
                sortOrder=number,
                trackedEntityAttributes=refs("trackedEntityAttribute", *codes),
            )
            for number, (code, name, fr, codes) in enumerate(PROGRAM_SECTIONS)
        ],
        "programStages": [_stage(number, stage) for number, stage in enumerate(STAGES, 1)],
        "programStageSections": [
            made(
                "programStageSection",
                f"{stage.code}.{section.name}",
                section.name,
                fr=section.fr,
                programStage=ref("programStage", stage.code),
                sortOrder=number,
                dataElements=refs("dataElement", *(element.code for element in section.elements)),
            )
            for stage in STAGES
            for number, section in enumerate(stage.sections)
        ],
    }


def _program(code: str, name: str, fr: str, places: Places, **rest: Any) -> Json:
    stages = [stage.code for stage in STAGES if stage.program == code]
    return made(
        "program",
        code,
        name,
        fr=fr,
        categoryCombo=DEFAULT,
        enrollmentCategoryCombo=DEFAULT,
        organisationUnits=refs("organisationUnit", *places.facilities),
        programStages=refs("programStage", *stages),
        accessLevel="OPEN",
        skipOffline=False,
        version=1,
        attributeValues=[attribute_value("OWNER_UNIT", "Programme unit")],
        **rest,
    )


def _antenatal(places: Places) -> Json:
    rows = {row.code: row for row in persons.ATTRIBUTES}
    return _program(
        ANTENATAL,
        "Antenatal follow-up",
        "Suivi prénatal",
        places,
        programType="WITH_REGISTRATION",
        trackedEntityType=ref("trackedEntityType", persons.PERSON),
        enrollmentDateLabel="Date of enrollment",
        incidentDateLabel="Last menstrual period",
        displayIncidentDate=True,
        onlyEnrollOnce=False,
        minAttributesRequiredToSearch=1,
        maxTeiCountToReturn=50,
        programSections=refs("programSection", *(code for code, *_ in PROGRAM_SECTIONS)),
        programTrackedEntityAttributes=[
            {
                "id": uid("programTrackedEntityAttribute", code),
                "program": ref("program", ANTENATAL),
                "trackedEntityAttribute": ref("trackedEntityAttribute", code),
                "mandatory": rows[code].mandatory,
                "searchable": rows[code].searchable,
                "displayInList": rows[code].of_type,
                "allowFutureDate": False,
                "sortOrder": number,
            }
            for number, code in enumerate(IN_PROGRAM, 1)
        ],
    )


def _notification(places: Places) -> Json:
    return _program(
        NOTIFICATION,
        "Malaria case notification",
        "Notification de cas de paludisme",
        places,
        programType="WITHOUT_REGISTRATION",
        completeEventsExpiryDays=0,
    )


def _stage(number: int, stage: Stage) -> Json:
    elements = [element for section in stage.sections for element in section.elements]
    return made(
        "programStage",
        stage.code,
        stage.name,
        fr=stage.fr,
        program=ref("program", stage.program),
        sortOrder=number,
        repeatable=stage.repeatable,
        referral=False,
        minDaysFromStart=stage.days_from_start,
        standardInterval=28 if stage.repeatable else 0,
        autoGenerateEvent=not stage.repeatable,
        executionDateLabel="Date of visit" if stage.program == ANTENATAL else "Date of diagnosis",
        featureType=stage.feature,
        validationStrategy="ON_UPDATE_AND_INSERT",
        programStageSections=refs(
            "programStageSection", *(f"{stage.code}.{section.name}" for section in stage.sections)
        ),
        programStageDataElements=[
            {
                "id": uid("programStageDataElement", f"{stage.code}.{element.code}"),
                "programStage": ref("programStage", stage.code),
                "dataElement": ref("dataElement", element.code),
                "compulsory": element.code in {"CASE_TEST", "VIS_WEIGHT"},
                "displayInReports": True,
                "allowFutureDate": element.code == "FUP_NEXT",
                "allowProvidedElsewhere": False,
                "skipAnalytics": False,
                "sortOrder": place,
            }
            for place, element in enumerate(elements)
        ],
    )

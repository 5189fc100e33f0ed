"""The aggregate data elements of the demo country, with their groups and group sets."""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.country.attributes import attribute_value
from dhis2w_sandbox.country.categories import combo
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, translation

COUNT = "INTEGER_ZERO_OR_POSITIVE"


class Element(NamedTuple):
    """One row of the tables below."""

    code: str
    name: str
    fr: str | None = None
    combo: str | None = None
    """Code of the category combination; None for the default one."""
    value_type: str = COUNT
    aggregation: str = "SUM"
    option_set: str | None = None
    icd: str | None = None
    """ICD-11 code, kept as attribute value."""


class Group(NamedTuple):
    """A group of data elements, as it is also a section of a data set."""

    code: str
    name: str
    fr: str
    elements: tuple[Element, ...]


ANTENATAL = Group(
    "ANTENATAL",
    "Antenatal care",
    "Soins prénatals",
    (
        Element("ANC_1ST", "Antenatal 1st visit", "Première visite prénatale"),
        Element("ANC_4TH", "Antenatal 4th visit", "Quatrième visite prénatale"),
        Element("ANC_IPT2", "Preventive malaria treatment in pregnancy, 2nd dose"),
        Element("ANC_HIV_TEST", "Pregnant women tested for HIV"),
        Element("ANC_ANAEMIA", "Pregnant women with anaemia", icd="JA65.2"),
    ),
)
DELIVERY = Group(
    "DELIVERY",
    "Delivery and newborn",
    "Accouchement et nouveau-né",
    (
        Element("DEL_FACILITY", "Deliveries in facility", "Accouchements en établissement"),
        Element("DEL_CAESAREAN", "Caesarean sections", "Césariennes"),
        Element("BIRTHS_LIVE", "Live births", "Naissances vivantes", "SEX"),
        Element("BIRTHS_STILL", "Stillbirths", "Mort-nés", "SEX", icd="KD3B"),
        Element("BIRTHS_LOW", "Newborns below 2 500 g", None, "SEX", icd="KA21"),
        Element("DEATHS_MATERNAL", "Maternal deaths", "Décès maternels", icd="JB60"),
    ),
)
IMMUNIZATION = Group(
    "IMMUNIZATION",
    "Immunization",
    "Vaccination",
    (
        Element("IMM_BCG", "BCG doses", "Doses de BCG", "SEX"),
        Element("IMM_PENTA1", "Penta 1 doses", "Doses de Penta 1", "SEX"),
        Element("IMM_PENTA3", "Penta 3 doses", "Doses de Penta 3", "SEX"),
        Element("IMM_MEASLES", "Measles doses", "Doses de rougeole", "SEX"),
    ),
)
NUTRITION = Group(
    "NUTRITION",
    "Nutrition",
    "Nutrition",
    (
        Element("NUT_SCREENED", "Children screened for malnutrition", "Enfants dépistés", "SEX"),
        Element("NUT_SEVERE", "Children with severe acute malnutrition", None, "SEX", icd="5B52"),
        Element(
            "NUT_WEIGHT", "Average weight of children at 9 months (kg)", value_type="NUMBER", aggregation="AVERAGE"
        ),
    ),
)
MALARIA = Group(
    "MALARIA",
    "Malaria",
    "Paludisme",
    (
        Element("MAL_SUSPECTED", "Malaria suspected cases", "Cas suspects de paludisme", "SEX_AGE"),
        Element("MAL_TESTED", "Malaria cases tested", "Cas de paludisme testés", "SEX_AGE"),
        Element("MAL_CONFIRMED", "Malaria confirmed cases", "Cas confirmés de paludisme", "SEX_AGE", icd="1F4Z"),
        Element("MAL_SEVERE", "Malaria severe cases", "Cas graves de paludisme", "AGE", icd="1F40"),
        Element("MAL_TREATED", "Malaria cases treated with ACT", None, "AGE"),
        Element("MAL_DEATHS", "Malaria deaths", "Décès dus au paludisme", "SEX_AGE"),
    ),
)
OUTPATIENTS = Group(
    "OUTPATIENTS",
    "Outpatients",
    "Consultations externes",
    (
        Element("OPD_NEW", "Outpatient new visits", "Nouvelles consultations", "SEX_AGE"),
        Element("OPD_REPEAT", "Outpatient repeat visits", "Consultations de suivi", "SEX_AGE"),
        Element("OPD_DIARRHOEA", "Diarrhoea cases", "Cas de diarrhée", "AGE", icd="ME05.1"),
        Element("OPD_PNEUMONIA", "Pneumonia cases", "Cas de pneumonie", "AGE", icd="CA40"),
        Element("OPD_REFERRED", "Patients referred to another facility"),
    ),
)
STOCK = Group(
    "STOCK",
    "Stock",
    "Stocks",
    (
        Element("STK_ACT", "ACT treatments in stock at end of month", aggregation="LAST"),
        Element("STK_RDT", "Rapid tests in stock at end of month", aggregation="LAST"),
        Element("STK_NETS", "Bed nets handed out", "Moustiquaires distribuées"),
        Element("STK_CHANGE", "Correction of stock count", value_type="INTEGER"),
        Element("STK_OUT_DAYS", "Days without ACT", aggregation="MAX"),
    ),
)
STAFF = Group(
    "STAFF",
    "Staff",
    "Personnel",
    (
        Element("STF_DOCTORS", "Doctors", "Médecins", "SEX", aggregation="LAST"),
        Element("STF_NURSES", "Nurses", "Infirmiers", "SEX", aggregation="LAST"),
        Element("STF_MIDWIVES", "Midwives", "Sages-femmes", aggregation="LAST"),
    ),
)
INFRASTRUCTURE = Group(
    "INFRASTRUCTURE",
    "Infrastructure",
    "Infrastructure",
    (
        Element("INF_BEDS", "Beds", "Lits", value_type="INTEGER_POSITIVE", aggregation="LAST"),
        Element("INF_WATER", "Piped water", "Eau courante", value_type="BOOLEAN", aggregation="NONE"),
        Element("INF_GENERATOR", "Has a generator", value_type="TRUE_ONLY", aggregation="COUNT"),
        Element("INF_POWER", "Source of electricity", None, None, "TEXT", "NONE", "POWER"),
        Element("INF_POWER_SHARE", "Hours with electricity (%)", value_type="PERCENTAGE", aggregation="AVERAGE"),
        Element("INF_FRIDGE_RATIO", "Share of fridges that work", value_type="UNIT_INTERVAL", aggregation="AVERAGE"),
        Element(
            "INF_FRIDGE_MIN", "Lowest fridge temperature below zero", value_type="INTEGER_NEGATIVE", aggregation="MIN"
        ),
        Element("INF_GRADE", "Grade of the building", value_type="LETTER", aggregation="NONE"),
        Element("INF_PLACE", "Position of the main entrance", value_type="COORDINATE", aggregation="NONE"),
    ),
)
CONTACT = Group(
    "CONTACT",
    "Contact and inspection",
    "Contact et inspection",
    (
        Element("CON_HEAD", "Name of the person in charge", value_type="TEXT", aggregation="NONE"),
        Element("CON_PHONE", "Telephone of the facility", value_type="PHONE_NUMBER", aggregation="NONE"),
        Element("CON_EMAIL", "E-mail of the facility", value_type="EMAIL", aggregation="NONE"),
        Element("CON_SITE", "Web page of the facility", value_type="URL", aggregation="NONE"),
        Element("CON_OPENS", "Opens at", value_type="TIME", aggregation="NONE"),
        Element("CON_INSPECTED", "Last inspection", value_type="DATE", aggregation="NONE"),
        Element("CON_COUNTED", "Stock counted at", value_type="DATETIME", aggregation="NONE"),
        Element("CON_REPORT", "Inspection report", value_type="FILE_RESOURCE", aggregation="NONE"),
        Element("CON_REFERS_TO", "Refers patients to", value_type="ORGANISATION_UNIT", aggregation="NONE"),
        Element("CON_REMARKS", "Remarks of the inspector", value_type="LONG_TEXT", aggregation="NONE"),
    ),
)
OUTREACH = Group(
    "OUTREACH",
    "Community outreach",
    "Actions communautaires",
    (
        Element("OUT_SESSIONS", "Outreach sessions held"),
        Element("OUT_HOUSEHOLDS", "Households visited"),
        Element("OUT_SPENT", "Money spent on outreach", value_type="NUMBER"),
    ),
)
POPULATION = Group(
    "POPULATION",
    "Population",
    "Population",
    (
        Element("POP_TOTAL", "Population", "Population", "SEX_AGE", aggregation="SUM"),
        Element("POP_BIRTHS", "Expected births", "Naissances attendues"),
        Element("POP_PREGNANCIES", "Expected pregnancies", "Grossesses attendues"),
    ),
)
PREDICTED = Group(
    "PREDICTED",
    "Predicted values",
    "Valeurs prédites",
    (Element("MAL_THRESHOLD", "Malaria epidemic threshold", "Seuil épidémique de paludisme", value_type="NUMBER"),),
)

GROUPS = (
    ANTENATAL,
    DELIVERY,
    IMMUNIZATION,
    NUTRITION,
    MALARIA,
    OUTPATIENTS,
    STOCK,
    STAFF,
    INFRASTRUCTURE,
    CONTACT,
    OUTREACH,
    POPULATION,
    PREDICTED,
)
GROUP_SETS = (
    (
        "SERVICE",
        "Health service",
        "Service de santé",
        (ANTENATAL, DELIVERY, IMMUNIZATION, NUTRITION, MALARIA, OUTPATIENTS),
    ),
    ("RESOURCE", "Kind of resource", "Type de ressource", (STOCK, STAFF, INFRASTRUCTURE)),
)


def data_element(element: Element, domain: str) -> Json:
    """A data element of a domain: AGGREGATE or TRACKER."""
    row = made(
        "dataElement",
        element.code,
        element.name,
        short=element.name[:50].rstrip(),
        domainType=domain,
        valueType=element.value_type,
        aggregationType=element.aggregation,
        categoryCombo=combo(element.combo),
        zeroIsSignificant=element.aggregation in {"LAST", "MIN", "MAX"},
    )
    if element.fr:
        row |= {"translations": [translation("NAME", element.fr), translation("SHORT_NAME", element.fr[:50])]}
    if element.option_set:
        row |= {"optionSet": ref("optionSet", element.option_set)}
    if element.icd:
        row |= {"attributeValues": [attribute_value("ICD11", element.icd)]}
    return row


def health_metadata() -> Bundle:
    """Data elements, groups and group sets."""
    return {
        "dataElements": [data_element(element, "AGGREGATE") for group in GROUPS for element in group.elements],
        "dataElementGroups": [
            made(
                "dataElementGroup",
                group.code,
                group.name,
                fr=group.fr,
                dataElements=refs("dataElement", *(element.code for element in group.elements)),
            )
            for group in GROUPS
        ],
        "dataElementGroupSets": [
            made(
                "dataElementGroupSet",
                code,
                name,
                fr=fr,
                compulsory=False,
                dataDimension=True,
                dataElementGroups=refs("dataElementGroup", *(group.code for group in groups)),
            )
            for code, name, fr, groups in GROUP_SETS
        ],
    }

"""The data sets of the demo country: who reports what how often, and in which sections."""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.country import health
from dhis2w_sandbox.country.attributes import attribute_value
from dhis2w_sandbox.country.categories import combo
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs
from dhis2w_sandbox.country.places import Places


class DataSet(NamedTuple):
    """One row of the table below."""

    code: str
    name: str
    fr: str
    period_type: str
    sections: tuple[health.Group, ...]
    units: str
    """`facilities`, `districts`, or the code of a group of facilities."""
    combo: str | None = None
    """Code of the category combination; None for the default one."""
    timely_days: int = 15


DATA_SETS = (
    DataSet(
        "RMCH",
        "Mother and child health",
        "Santé de la mère et de l'enfant",
        "Monthly",
        (health.ANTENATAL, health.DELIVERY, health.IMMUNIZATION, health.NUTRITION),
        "facilities",
    ),
    DataSet(
        "MALARIA_OPD",
        "Malaria and outpatients",
        "Paludisme et consultations externes",
        "Monthly",
        (health.MALARIA, health.OUTPATIENTS, health.STOCK),
        "facilities",
    ),
    DataSet(
        "RESOURCES",
        "Health facility resources",
        "Ressources des établissements",
        "Quarterly",
        (health.STAFF, health.INFRASTRUCTURE, health.CONTACT),
        "facilities",
        timely_days=30,
    ),
    DataSet(
        "OUTREACH",
        "Community outreach by funding source",
        "Actions communautaires par source de financement",
        "Quarterly",
        (health.OUTREACH,),
        "HEALTH_CENTRE",
        "FUNDER",
        30,
    ),
    DataSet(
        "POPULATION",
        "Population estimates",
        "Estimations de population",
        "Yearly",
        (health.POPULATION,),
        "districts",
        timely_days=90,
    ),
)


def data_set_metadata(places: Places) -> Bundle:
    """Data sets and sections."""
    return {
        "dataSets": [_data_set(row, places) for row in DATA_SETS],
        "sections": [
            made(
                "section",
                f"{row.code}.{group.code}",
                group.name,
                fr=group.fr,
                dataSet=ref("dataSet", row.code),
                sortOrder=number,
                showRowTotals=False,
                showColumnTotals=False,
                dataElements=refs("dataElement", *(element.code for element in group.elements)),
            )
            for row in DATA_SETS
            for number, group in enumerate(row.sections)
        ],
    }


def _data_set(row: DataSet, places: Places) -> Json:
    named = {"facilities": places.facilities, "districts": places.districts}
    units = named.get(row.units) or places.groups[row.units]
    return made(
        "dataSet",
        row.code,
        row.name,
        fr=row.fr,
        periodType=row.period_type,
        categoryCombo=combo(row.combo),
        dataSetElements=[
            {"dataSet": ref("dataSet", row.code), "dataElement": ref("dataElement", element.code)}
            for group in row.sections
            for element in group.elements
        ],
        organisationUnits=refs("organisationUnit", *units),
        timelyDays=float(row.timely_days),
        expiryDays=0.0,
        openFuturePeriods=0,
        mobile=False,
        attributeValues=[attribute_value("OWNER_UNIT", "Health information unit")],
    )

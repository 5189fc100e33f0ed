"""Who works in the demo country: users with their passwords, roles, groups, and what the groups may do."""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.boot import ADMIN
from dhis2w_sandbox.country.objects import Bundle, Json, made, refs, uid
from dhis2w_sandbox.country.places import COUNTRY, district
from dhis2w_sandbox.schemas import Schema

PASSWORD = "Tembara#2025"  # noqa: S105 - the demo country's, for everybody to know
APPS = ("M_dhis-web-dashboard", "M_dhis-web-data-visualizer", "M_dhis-web-maps")


class Person(NamedTuple):
    """A user, as the documentation lists them."""

    username: str
    password: str
    what: str


USERS = (
    Person("admin", "district", "may do everything, everywhere"),
    Person("nurse_kemba", PASSWORD, "enters data of Kemba District and searches persons there; sees nothing else"),
    Person("analyst", PASSWORD, "reads all metadata and data of the country, writes nothing"),
    Person("editor", PASSWORD, "makes and changes metadata, without being a superuser"),
)
"""Who can log in to a sandbox with the demo country."""


class Role(NamedTuple):
    """A user role, and the group of those who have it."""

    code: str
    name: str
    group: str
    authorities: tuple[str, ...]
    access: str
    """What the group may do with objects that have data (data sets, programs …)."""


EDITED = (
    "CATEGORY",
    "CATEGORY_COMBO",
    "CATEGORY_OPTION",
    "DATAELEMENT",
    "DATASET",
    "INDICATOR",
    "LEGEND_SET",
    "OPTIONSET",
)
ROLES = (
    Role(
        "DATA_ENTRY",
        "Data entry",
        "Health workers",
        (*APPS, "F_DATAVALUE_ADD", "F_VIEW_EVENT_ANALYTICS", "M_dhis-web-capture", "M_dhis-web-aggregate-data-entry"),
        "r-rw----",
    ),
    Role("ANALYSIS", "Analysis", "Analysts", (*APPS, "F_VIEW_EVENT_ANALYTICS", "F_METADATA_EXPORT"), "r-r-----"),
    Role(
        "METADATA",
        "Metadata maintenance",
        "Metadata editors",
        (
            *APPS,
            "M_dhis-web-maintenance",
            "F_METADATA_EXPORT",
            "F_METADATA_IMPORT",
            "F_ORGANISATIONUNIT_ADD",
            *(f"F_{noun}_{right}" for noun in EDITED for right in ("PUBLIC_ADD", "DELETE")),
        ),
        "rw------",
    ),
)


def people_metadata() -> Bundle:
    """Users (with `password`), roles and groups."""
    kemba = refs("organisationUnit", district("Kemba"))
    country = refs("organisationUnit", COUNTRY)
    users = [
        _user("nurse_kemba", "Amina", "Lorundi", "DATA_ENTRY", "Nurse", capture=kemba, view=kemba, search=kemba),
        _user("analyst", "Joram", "Sevanda", "ANALYSIS", "Analyst", capture=[], view=country, search=country),
        _user("editor", "Liwa", "Tamboro", "METADATA", "Data manager", capture=country, view=country, search=country),
    ]
    return {
        "userRoles": [
            made("userRole", role.code, role.name, description=role.name, authorities=list(role.authorities))
            for role in ROLES
        ],
        "users": users,
        "userGroups": [
            made(
                "userGroup",
                role.code,
                role.group,
                users=[{"id": user["id"]} for user in users if user["userRoles"] == refs("userRole", role.code)],
                managedGroups=[],
            )
            for role in ROLES
        ],
    }


def sharing(schema: Schema) -> Json:
    """Who may use the objects of a type: everybody reads, editors write, and each group does its work with data."""
    has_data = bool(schema["dataShareable"])
    accesses = {uid("userGroup", role.code): role.access for role in ROLES if has_data or role.code == "METADATA"}
    return {
        "owner": ADMIN,
        "public": "r-------",
        "users": {},
        "userGroups": {group: {"id": group, "access": access} for group, access in accesses.items()},
    }


def _user(
    username: str,
    first: str,
    surname: str,
    role: str,
    job: str,
    *,
    capture: list[Json],
    view: list[Json],
    search: list[Json],
) -> Json:
    return {
        "id": uid("user", username),
        "code": username,
        "username": username,
        "password": PASSWORD,
        "firstName": first,
        "surname": surname,
        "email": f"{username}@health.example.org",
        "jobTitle": job,
        "userRoles": refs("userRole", role),
        "organisationUnits": capture,
        "dataViewOrganisationUnits": view,
        "teiSearchOrganisationUnits": search,
    }

"""What DHIS2 makes by itself on its first start: the user admin, the superuser role, the default category model.

Source: recordings of freshly installed servers (`services/00-fresh-server`, `objects/00-empty-lists-a`) and the
populators of dhis2-core (`DefaultAdminUserPopulator`, `DefaultCategoryPopulator` …).
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.authorities import of_superuser
from dhis2w_sandbox.passwords import hashed
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

ADMIN = "M5zQapPyTZI"
SUPERUSER_ROLE = "yrB6vc5Ip3r"
SYSTEM = "XXXXXSystem"
DEFAULT_OPTION = "xYerKDKCefk"
DEFAULT_CATEGORY = "GLevLNI9wkl"
DEFAULT_COMBO = "bjDvmb4bfuf"
DEFAULT_OPTION_COMBO = "HllvX50cXC0"


def first_boot(server: Server) -> bool:
    """Fill an empty server as DHIS2 fills an empty database; False where it has its admin and is left alone."""
    if server.store.get("user", ADMIN):
        return False
    with server.store.transaction():
        for type, document in _documents(server):
            server.store.put(type, document["id"], document)
    return True


def _documents(server: Server) -> list[tuple[str, Json]]:
    now = server.now()
    base: Json = {"created": now, "lastUpdated": now}
    identified: Json = {**base, "translations": []}
    role: Json = {
        **identified,
        "id": SUPERUSER_ROLE,
        "code": "Superuser",
        "name": "Superuser",
        "description": "Superuser",
        "authorities": of_superuser(server.version),
        "restrictions": [],
        "sharing": _sharing(None, None),
    }
    admin: Json = {
        **base,
        "id": ADMIN,
        "code": "admin",
        "username": "admin",
        "firstName": "admin",
        "surname": "admin",
        "name": "admin admin",
        "userRoles": [{"id": SUPERUSER_ROLE}],
        "organisationUnits": [],
        "dataViewOrganisationUnits": [],
        "teiSearchOrganisationUnits": [],
        "cogsDimensionConstraints": [],
        "catDimensionConstraints": [],
        "attributeValues": [],
        "externalAuth": False,
        "selfRegistered": False,
        "invitation": False,
        "disabled": False,
        "passwordLastUpdated": now,
        "_password": hashed("district"),
    }
    default: Json = {**identified, "code": "default", "name": "default"}
    option: Json = {
        **default,
        "id": DEFAULT_OPTION,
        "shortName": "default",
        "organisationUnits": [],
        "attributeValues": [],
        "sharing": _sharing(SYSTEM, "rwrw----"),
    }
    category: Json = {
        **default,
        "id": DEFAULT_CATEGORY,
        "shortName": "default",
        "dataDimensionType": "DISAGGREGATION",
        "dataDimension": False,
        "categoryOptions": [{"id": DEFAULT_OPTION}],
        "attributeValues": [],
        "sharing": _sharing(SYSTEM, "rw------"),
    }
    combo: Json = {
        **default,
        "id": DEFAULT_COMBO,
        "categories": [{"id": DEFAULT_CATEGORY}],
        "dataDimensionType": "DISAGGREGATION",
        "skipTotal": False,
        "sharing": _sharing(SYSTEM, "rw------"),
    }
    option_combo: Json = {
        **default,
        "id": DEFAULT_OPTION_COMBO,
        "categoryCombo": {"id": DEFAULT_COMBO},
        "categoryOptions": [{"id": DEFAULT_OPTION}],
        "ignoreApproval": False,
        "attributeValues": [],
    }
    return [
        ("userRole", role),
        ("user", admin),
        ("categoryOption", option),
        ("category", category),
        ("categoryCombo", combo),
        ("categoryOptionCombo", option_combo),
    ]


def _sharing(owner: str | None, public: str | None) -> Json:
    row: Json = {"owner": owner, "users": {}, "userGroups": {}, "public": public}
    return {key: value for key, value in row.items() if value is not None}

"""What DHIS2 makes by itself on its first start: the user admin, the superuser role, the default category model.

Source: recordings of freshly installed servers (`services/00-fresh-server`, `objects/00-empty-lists-a`) and the
populators of dhis2-core (`DefaultAdminUserPopulator`, `DefaultCategoryPopulator` …).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.authorities import of_superuser
from dhis2w_sandbox.passwords import hashed
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

ADMIN = "M5zQapPyTZI"
SUPERUSER_ROLE = "yrB6vc5Ip3r"
PASSWORD = "district"  # noqa: S105 - the one that every fresh DHIS2 has
DEFAULT_OPTION = "xYerKDKCefk"
DEFAULT_CATEGORY = "GLevLNI9wkl"
DEFAULT_COMBO = "bjDvmb4bfuf"
DEFAULT_OPTION_COMBO = "HllvX50cXC0"

# Identifier, type, name, and when: seconds between two runs, or a cron expression. Source: `JobType` of dhis2-core.
_SYSTEM_JOBS: list[tuple[str, str, str, int | str]] = [
    ("DHIS2rocks1", "HOUSEKEEPING", "Housekeeping", 20),
    ("D2datatrim8", "DATA_VALUE_TRIM", "Data value trim", "0 0 1 ? * *"),
    ("YvAwAmrqAtN", "DATA_SET_NOTIFICATION", "Dataset notification", "0 0 2 ? * *"),
    ("sHMedQF7VYa", "CREDENTIALS_EXPIRY_ALERT", "Credentials expiry alert", "0 0 2 ? * *"),
    ("BFa3jDsbtdO", "DATA_STATISTICS", "Data statistics", "0 0 2 ? * *"),
    ("pd6O228pqr0", "FILE_RESOURCE_CLEANUP", "File resource clean up", "0 0 2 ? * *"),
    ("fUWM1At1TUx", "ACCOUNT_EXPIRY_ALERT", "User account expiry alert", "0 0 2 ? * *"),
    ("Js3vHn2AVuG", "VALIDATION_RESULTS_NOTIFICATION", "Validation result notification", "0 0 7 ? * *"),
    (
        "uwWCT2BMmlq",
        "REMOVE_USED_OR_EXPIRED_RESERVED_VALUES",
        "Remove expired or used reserved values",
        "0 0 2 ? * *",
    ),
    ("vt21671bgno", "SYSTEM_VERSION_UPDATE_CHECK", "System version update check notification", "36 9 4 ? * *"),
]


def first_boot(server: Server) -> bool:
    """Fill an empty server as DHIS2 fills an empty database; False where it has its admin and is left alone."""
    if server.store.get("user", ADMIN):
        return False
    with server.store.transaction():
        for type, document in _documents(server):
            server.store.put(type, document["id"], document)
    return True


def _documents(server: Server) -> list[tuple[str, Json]]:
    now, system = server.now(), server.behaviour.system_user
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
        "_password": hashed(PASSWORD),
    }
    default: Json = {**identified, "code": "default", "name": "default"}
    option: Json = {
        **default,
        "id": DEFAULT_OPTION,
        "shortName": "default",
        "organisationUnits": [],
        "attributeValues": [],
        "sharing": _sharing(system, "rwrw----"),
    }
    category: Json = {
        **default,
        "id": DEFAULT_CATEGORY,
        "shortName": "default",
        "dataDimensionType": "DISAGGREGATION",
        "dataDimension": False,
        "categoryOptions": [{"id": DEFAULT_OPTION}],
        "attributeValues": [],
        "sharing": _sharing(system, "rw------"),
    }
    combo: Json = {
        **default,
        "id": DEFAULT_COMBO,
        "categories": [{"id": DEFAULT_CATEGORY}],
        "dataDimensionType": "DISAGGREGATION",
        "skipTotal": False,
        "sharing": _sharing(system, "rw------"),
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
        *(("jobConfiguration", {**base, **job}) for job in _jobs()),
    ]


def _jobs() -> Iterator[Json]:
    """The jobs that a server runs by itself."""
    for uid, type, name, schedule in _SYSTEM_JOBS:
        yield {
            "id": uid,
            "name": name,
            "jobType": type,
            **({"delay": schedule} if isinstance(schedule, int) else {"cronExpression": schedule}),
            "schedulingType": "FIXED_DELAY" if isinstance(schedule, int) else "CRON",
            "enabled": True,
            "jobStatus": "SCHEDULED",
            "lastExecutedStatus": "NOT_STARTED",
        }


def _sharing(owner: str | None, public: str | None) -> Json:
    row: Json = {"owner": owner, "users": {}, "userGroups": {}, "public": public}
    return {key: value for key, value in row.items() if value is not None}

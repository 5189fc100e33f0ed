"""Published metadata packages, as the tests use them."""

from __future__ import annotations

from pathlib import Path

from dhis2w_client.metadata import Bundle

UNITS = {
    "organisationUnits": [{"id": "rootOrgUnit", "name": "Root", "shortName": "Root", "openingDate": "2000-01-01"}],
    "organisationUnitLevels": [{"id": "facilLevel1", "name": "Facility", "level": 1}],
}
"""What stands for the placeholders that a package has for the units of the country."""


def package(shared: Path, name: str) -> Bundle:
    """A package as it was published: `HIV_AGG/D2.40_2.0.2`."""
    return Bundle.load(shared / f"dhis2/recordings/dhis2-metadata+{name}/COMPLETE/metadata.json")


def installable(shared: Path, name: str) -> Bundle:
    """A package with units of a country in place of the placeholders."""
    path = shared / f"dhis2/recordings/dhis2-metadata+{name}/COMPLETE/metadata.json"
    text = path.read_text(encoding="utf-8")
    for placeholder, plural in (
        ("<OU_ROOT_UID>", "organisationUnits"),
        ("<OU_LEVEL_FACILITY_UID>", "organisationUnitLevels"),
    ):
        text = text.replace(placeholder, UNITS[plural][0]["id"])  # pyright: ignore[reportArgumentType] - all are text
    bundle = Bundle.load(text.encode())
    return Bundle({**bundle.to_dict(), **UNITS})

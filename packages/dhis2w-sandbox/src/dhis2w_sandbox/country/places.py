"""The organisation units of the demo country, from the country down to its facilities; levels, groups, group sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from dhis2w_sandbox.country import names
from dhis2w_sandbox.country.geometry import Cell, Land, area, make_land, spot
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, translation

COUNTRY = "TB"
FOUNDED = date(1962, 7, 1)
LEVELS = (("Country", "Pays"), ("Region", "Région"), ("District", "District"), ("Facility", "Établissement de santé"))


class Kind(NamedTuple):
    """A kind of facility: the code of its group, what its name ends in, the same in French, the share of such."""

    code: str
    name: str
    plural: str
    fr: str
    share: int


HOSPITAL = Kind("HOSPITAL", "District Hospital", "Hospitals", "Hôpital de district", 0)  # exactly one in a district
KINDS = (
    Kind("HEALTH_CENTRE", "Health Centre", "Health centres", "Centre de santé", 3),
    Kind("CLINIC", "Clinic", "Clinics", "Clinique", 2),
    Kind("HEALTH_POST", "Health Post", "Health posts", "Poste de santé", 5),
)
OWNERS = (("PUBLIC", "Public", 7), ("FAITH_BASED", "Faith-based", 2), ("PRIVATE", "Private", 1))
SETTINGS = (("RURAL", "Rural"), ("URBAN", "Urban"))
GROUP_SETS = (
    ("FACILITY_TYPE", "Facility type", "Type d'établissement", ("HOSPITAL", *(kind.code for kind in KINDS))),
    ("OWNERSHIP", "Ownership", "Propriété", tuple(code for code, _, _ in OWNERS)),
    ("SETTING", "Setting", "Milieu", tuple(code for code, _ in SETTINGS)),
)


@dataclass(frozen=True)
class Places:
    """The units of the country, and the keys by which the rest of the metadata refers to them."""

    units: list[Json]
    districts: list[str]
    facilities: list[str]
    groups: dict[str, list[str]]
    """Keys of facilities by the code of their group."""


def make_places(seed: int) -> Places:
    """The country of a seed."""
    random = Random(f"{seed}:places")  # noqa: S311 - a landscape, no secret
    land = make_land(random, len(names.DISTRICTS), len(names.REGIONS))
    villages = names.villages(random)
    groups: dict[str, list[str]] = {code: [] for _, _, _, codes in GROUP_SETS for code in codes}
    units = [_country(land), *_regions(land), *_districts(land)]
    for district, cells in enumerate(land.districts):
        for number, cell in enumerate(_sites(cells, random)):
            unit, memberships = _facility(district, number, cell, villages, random)
            units.append(unit)
            for code in memberships:
                groups[code].append(unit["code"])
    facilities = [unit["code"] for unit in units[1 + len(land.regions) + len(land.districts) :]]
    return Places(units, [_district_code(number) for number in range(len(land.districts))], facilities, groups)


def place_metadata(places: Places) -> Bundle:
    """Units, levels, groups and group sets."""
    labels = {HOSPITAL.code: HOSPITAL.plural, **{kind.code: kind.plural for kind in KINDS}}
    labels |= {code: name for code, name, _ in OWNERS} | dict(SETTINGS)
    return {
        "organisationUnits": places.units,
        "organisationUnitLevels": [
            made("organisationUnitLevel", f"LEVEL_{level}", name, fr=fr, level=level)
            for level, (name, fr) in enumerate(LEVELS, 1)
        ],
        "organisationUnitGroups": [
            made("organisationUnitGroup", code, labels[code], organisationUnits=refs("organisationUnit", *members))
            for code, members in places.groups.items()
        ],
        "organisationUnitGroupSets": [
            made(
                "organisationUnitGroupSet",
                code,
                name,
                fr=fr,
                compulsory=code == "FACILITY_TYPE",
                dataDimension=True,
                organisationUnitGroups=refs("organisationUnitGroup", *groups),
            )
            for code, name, fr, groups in GROUP_SETS
        ],
    }


def district(name: str) -> str:
    """The key of the district of a name."""
    return _district_code(names.DISTRICTS.index(name))


def _region_code(number: int) -> str:
    return f"{COUNTRY}-R{number + 1}"


def _district_code(number: int) -> str:
    return f"{COUNTRY}-D{number + 1:02d}"


def _country(land: Land) -> Json:
    return made("organisationUnit", COUNTRY, names.COUNTRY, openingDate=_day(FOUNDED), geometry=area(land.country))


def _regions(land: Land) -> list[Json]:
    return [
        made(
            "organisationUnit",
            _region_code(number),
            f"{names.REGIONS[number]} Region",
            fr=f"Région {names.of(names.REGIONS[number])}",
            parent=ref("organisationUnit", COUNTRY),
            openingDate=_day(FOUNDED),
            geometry=area(land.region(number)),
        )
        for number in range(len(land.regions))
    ]


def _districts(land: Land) -> list[Json]:
    region_of = {district: region for region, members in enumerate(land.regions) for district in members}
    return [
        made(
            "organisationUnit",
            _district_code(number),
            f"{names.DISTRICTS[number]} District",
            fr=f"District {names.of(names.DISTRICTS[number])}",
            parent=ref("organisationUnit", _region_code(region_of[number])),
            openingDate=_day(FOUNDED + timedelta(days=183 * (number % 3))),
            geometry=area(cells),
        )
        for number, cells in enumerate(land.districts)
    ]


def _sites(cells: list[Cell], random: Random) -> list[Cell]:
    """Where the facilities of a district stand: one in its town, the others each in a cell of its own."""
    return [cells[0], *random.sample(cells[1:], random.randint(5, 8))]


def _facility(
    district: int, number: int, cell: Cell, villages: Iterator[str], random: Random
) -> tuple[Json, tuple[str, ...]]:
    """A facility, and the codes of the groups that it is in; the first of a district is its hospital."""
    in_town = number == 0
    place = names.DISTRICTS[district] if in_town else next(villages)
    kind = HOSPITAL if in_town else random.choices(KINDS, [kind.share for kind in KINDS])[0]
    owner = "PUBLIC" if in_town else random.choices(OWNERS, [share for *_, share in OWNERS])[0][0]
    opened = FOUNDED + timedelta(days=random.randrange(365, 60 * 365))
    closed = None if in_town or random.random() > 0.04 else opened + timedelta(days=random.randrange(365, 3000))
    code = f"{COUNTRY}-F{district + 1:02d}{number + 1:02d}"
    unit = made(
        "organisationUnit",
        code,
        f"{place} {kind.name}",
        fr=f"{kind.fr} {names.of(place)}",
        parent=ref("organisationUnit", _district_code(district)),
        openingDate=_day(opened),
        geometry=spot(cell, random),
        attributeValues=[{"attribute": ref("attribute", "REGISTRY_ID"), "value": f"{1000 + 20 * district + number}"}],
    )
    if closed:
        unit |= {"closedDate": _day(closed), "comment": "Closed; its work went to the nearest health centre."}
    if in_town:
        unit |= {
            "contactPerson": "Medical superintendent",
            "phoneNumber": f"+999 555 {1000 + district}",
            "email": f"hospital.{place.lower()}@health.example.org",
            "address": f"{place} town",
        }
        unit["translations"] = [*unit["translations"], translation("SHORT_NAME", f"{kind.fr} {names.of(place)}")]
    return unit, (kind.code, owner, "URBAN" if in_town or random.random() < 0.15 else "RURAL")


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000"

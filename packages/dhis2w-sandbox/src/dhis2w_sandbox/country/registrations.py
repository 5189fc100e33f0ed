"""The persons of the demo country: who came for antenatal care, how often, and the malaria cases of one season.

A payload of `/api/tracker`, the same for every version and always the same for a seed.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from dhis2w_sandbox.country.objects import Json, uid
from dhis2w_sandbox.country.persons import PERSON
from dhis2w_sandbox.country.places import Places
from dhis2w_sandbox.country.programs import ANTENATAL, NOTIFICATION

WOMEN = 40
CASES = 40

_GIVEN = ("Adira", "Belwa", "Chenda", "Dimara", "Esola", "Farwa", "Ginala", "Halima", "Isoka", "Jelani")
_FAMILY = ("Abeko", "Bolanda", "Cherumo", "Dabiri", "Ekwelo", "Fanoru", "Gumasi", "Hondara")
_FIRST_DAY = date(2025, 1, 6)


def registrations(places: Places, seed: int) -> Json:
    """Tracked entities with their enrollments and visits, and single events."""
    random = Random(f"{seed}:registrations")  # noqa: S311 - made-up patients, no secrets
    return {
        "trackedEntities": [_woman(number, random.choice(places.facilities), random) for number in range(WOMEN)],
        "events": [_case(number, random.choice(places.facilities), random) for number in range(CASES)],
    }


def _woman(number: int, facility: str, random: Random) -> Json:
    unit = uid("organisationUnit", facility)
    born = date(1983, 1, 1) + timedelta(days=random.randrange(8000))
    named = {
        "CLIENT_ID": f"TB-{number + 100001}",
        "GIVEN_NAME": random.choice(_GIVEN),
        "FAMILY_NAME": random.choice(_FAMILY),
        "SEX": "F",
        "BIRTH_DATE": born.isoformat(),
    }
    return {
        "trackedEntity": uid("trackedEntity", f"WOMAN.{number}"),
        "trackedEntityType": uid("trackedEntityType", PERSON),
        "orgUnit": unit,
        "attributes": [
            {"attribute": uid("trackedEntityAttribute", code), "value": value} for code, value in named.items()
        ],
        "enrollments": [_pregnancy(number, unit, random)],
    }


def _pregnancy(number: int, unit: str, random: Random) -> Json:
    enrolled = _FIRST_DAY + timedelta(days=random.randrange(240))
    visits = random.choice((1, 2, 2, 3, 4))
    weight = random.uniform(48, 75)
    height = random.randrange(148, 176)
    return {
        "enrollment": uid("enrollment", f"WOMAN.{number}"),
        "program": uid("program", ANTENATAL),
        "orgUnit": unit,
        "status": "COMPLETED" if visits == 4 else "ACTIVE",
        "enrolledAt": enrolled.isoformat(),
        "occurredAt": (enrolled - timedelta(days=random.randrange(50, 120))).isoformat(),
        "events": [
            {
                "event": uid("event", f"WOMAN.{number}.{visit}"),
                "program": uid("program", ANTENATAL),
                "programStage": uid("programStage", "ANC_AGAIN" if visit else "ANC_FIRST"),
                "orgUnit": unit,
                "status": "COMPLETED",
                "occurredAt": (enrolled + timedelta(days=28 * visit)).isoformat(),
                "dataValues": _values(
                    VIS_WEIGHT=f"{weight + 1.8 * visit:.1f}",
                    VIS_HEIGHT=str(height),
                    VIS_HB=f"{random.uniform(9.2, 13.6):.1f}",
                ),
            }
            for visit in range(visits)
        ],
    }


def _case(number: int, facility: str, random: Random) -> Json:
    seen = _FIRST_DAY + timedelta(days=random.randrange(300))
    return {
        "event": uid("event", f"CASE.{number}"),
        "program": uid("program", NOTIFICATION),
        "programStage": uid("programStage", "CASE"),
        "orgUnit": uid("organisationUnit", facility),
        "status": "COMPLETED",
        "occurredAt": seen.isoformat(),
        "dataValues": _values(
            CASE_AGE=str(random.randrange(1, 70)),
            CASE_SEX=random.choice("FM"),
            CASE_TRAVELLED=random.choice(("true", "false")),
            CASE_ONSET=(seen - timedelta(days=random.randrange(1, 6))).isoformat(),
            CASE_TEST=random.choice(("POS", "POS", "NEG")),
        ),
    }


def _values(**values: str) -> list[Json]:
    return [{"dataElement": uid("dataElement", code), "value": value} for code, value in values.items()]

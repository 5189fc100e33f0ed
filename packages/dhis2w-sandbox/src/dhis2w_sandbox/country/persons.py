"""The people whom the demo country tracks: the type Person, its attributes, and how a child belongs to its mother."""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, translation, uid

PERSON = "PERSON"


class Attribute(NamedTuple):
    """One row of the table below."""

    code: str
    name: str
    fr: str
    value_type: str = "TEXT"
    option_set: str | None = None
    unique: bool = False
    pattern: str | None = None
    """How DHIS2 makes values up; None where people type them in."""
    of_type: bool = True
    """Whether every person has it, and not only those in the program."""
    mandatory: bool = False
    searchable: bool = True


ATTRIBUTES = (
    Attribute("CLIENT_ID", "Client number", "Numéro de client", unique=True, pattern='"TB-"+RANDOM(######)'),
    Attribute("GIVEN_NAME", "Given name", "Prénom", mandatory=True),
    Attribute("FAMILY_NAME", "Family name", "Nom de famille", mandatory=True),
    Attribute("SEX", "Sex", "Sexe", option_set="SEX", searchable=False),
    Attribute("BIRTH_DATE", "Date of birth", "Date de naissance", "AGE"),
    Attribute("PHONE", "Telephone", "Téléphone", "PHONE_NUMBER", of_type=False),
    Attribute("VILLAGE", "Village", "Village", of_type=False, searchable=False),
    Attribute("CONSENT", "Agrees to be called", "Accepte d'être appelée", "TRUE_ONLY", of_type=False, searchable=False),
)


def person_metadata() -> Bundle:
    """Attributes, the type, the relationship."""
    return {
        "trackedEntityAttributes": [_attribute(row) for row in ATTRIBUTES],
        "trackedEntityTypes": [
            made(
                "trackedEntityType",
                PERSON,
                "Person",
                fr="Personne",
                description="Somebody who is cared for",
                featureType="NONE",
                minAttributesRequiredToSearch=1,
                maxTeiCountToReturn=50,
                allowAuditLog=True,
                trackedEntityTypeAttributes=[
                    {
                        "id": uid("trackedEntityTypeAttribute", row.code),
                        "trackedEntityType": ref("trackedEntityType", PERSON),
                        "trackedEntityAttribute": ref("trackedEntityAttribute", row.code),
                        "mandatory": row.mandatory,
                        "searchable": row.searchable,
                        "displayInList": True,
                    }
                    for row in ATTRIBUTES
                    if row.of_type
                ],
            )
        ],
        "relationshipTypes": [
            made(
                "relationshipType",
                "MOTHER_CHILD",
                "Mother and child",
                fr="Mère et enfant",
                bidirectional=True,
                referral=False,
                fromToName="Mother of",
                toFromName="Child of",
                fromConstraint=_person(),
                toConstraint=_person(),
            )
        ],
    }


def _attribute(row: Attribute) -> Json:
    attribute = made(
        "trackedEntityAttribute",
        row.code,
        row.name,
        valueType=row.value_type,
        aggregationType="NONE",
        unique=row.unique,
        generated=row.pattern is not None,
        orgunitScope=False,
        confidential=False,
        inherit=False,
        trigramIndexable=False,
        displayInListNoProgram=row.of_type,
    )
    attribute |= {"translations": [translation("NAME", row.fr), translation("SHORT_NAME", row.fr)]}
    if row.pattern:
        attribute |= {"pattern": row.pattern}
    if row.option_set:
        attribute |= {"optionSet": ref("optionSet", row.option_set)}
    return attribute


def _person() -> Json:
    return {"relationshipEntity": "TRACKED_ENTITY_INSTANCE", "trackedEntityType": ref("trackedEntityType", PERSON)}

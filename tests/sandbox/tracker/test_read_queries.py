"""What lists look at, and what they refuse, where the versions differ."""

from typing import Any

import pytest
from looking import get, listed, refused, register_two
from registering import CARE, COUNTS, NAME, PERSON, Registrar, enrollment, single, visit

Json = dict[str, Any]

EVENTS = "/api/tracker/events"
COMBO, OPTION, CATEGORY_COMBO = "HllvX50cXC0", "xYerKDKCefk", "bjDvmb4bfuf"


def test_combos_of_events_are_asked_for_by_combo_and_options_together(registrar: Registrar) -> None:
    """`CategoryOptionComboService.getAttributeOptionCombo`."""
    register_two(registrar)
    target = f"{EVENTS}?program={CARE}"
    both = f"{target}&attributeCategoryCombo={CATEGORY_COMBO}&attributeCategoryOptions="
    assert len(listed(registrar, f"{both}{OPTION}")) == 3
    text = "Both category combination and category options must be specified"
    assert refused(get(registrar, f"{target}&attributeCategoryOptions={OPTION}")) == (409, text)
    assert refused(get(registrar, f"{target}&attributeCategoryCombo={CATEGORY_COMBO}")) == (409, text)
    lost = "Category option not found or not accessible: `OptnNope001`"
    assert refused(get(registrar, f"{both}OptnNope001")) == (409, lost)
    unknown = f"{target}&attributeCategoryCombo=CombNope001&attributeCategoryOptions={OPTION}"
    assert refused(get(registrar, unknown))[1] == "Category combo not found or not accessible: `CombNope001`"


def test_lists_of_one_kind_are_ordered_by_few_fields(newer_registrar: Registrar) -> None:
    """`TrackerEventMapper.ORDERABLE_FIELDS`, `SingleEventMapper.ORDERABLE_FIELDS`."""
    register_two(newer_registrar)
    told = refused(get(newer_registrar, f"/api/tracker/trackerEvents?program={CARE}&order=status"))
    assert told == (
        400,
        "order parameter is invalid. Cannot order by 'status'. Supported are data element and attribute UIDs and fields"
        " 'completedAt, createdAt, occurredAt, scheduledAt, updatedAt'. All of which can at most be specified once.",
    )
    told = refused(get(newer_registrar, f"/api/tracker/singleEvents?program={COUNTS}&order=status"))
    assert "Supported are data element UIDs and fields 'completedAt, createdAt, occurredAt, updatedAt'." in told[1]
    for field in (NAME, "scheduledAt"):  # the name of the field has the form of an identifier
        told = refused(get(newer_registrar, f"/api/tracker/singleEvents?program={COUNTS}&order={field}"))
        assert told[1].startswith(f"Cannot order by '{field}' as it's not a data element. Program events")
    assert get(newer_registrar, f"{EVENTS}?program={CARE}&order=status").status == 200


def test_single_events_are_not_looked_for_by_what_enrollments_have(newer_registrar: Registrar) -> None:
    """`SingleEventRequestParamsMapper`."""
    newer_registrar.send(events=[single()])
    beside = "enrollments=EnrollAnn01&followUp=true&trackedEntity=PersonNope1&scheduledAfter=2024-01-01"
    for root in (EVENTS, "/api/tracker/singleEvents"):
        body = get(newer_registrar, f"{root}?program={COUNTS}&{beside}").parsed()
        assert [row["event"] for row in body[root.rpartition("/")[2]]] == ["EventCount1"]


def test_an_attribute_limits_how_it_is_searched(newer_registrar: Registrar) -> None:
    """`OperationsParamsValidator.validateAttributeOperators`, `validateMinimumCharactersToSearch`."""
    register_two(newer_registrar)
    store = newer_registrar.sandbox.server.store
    attribute = store.get("trackedEntityAttribute", NAME) or {}
    limits: Json = {"blockedSearchOperators": ["LIKE"], "minCharactersToSearch": 3}
    store.put("trackedEntityAttribute", NAME, {**attribute, **limits})
    people = f"/api/tracker/trackedEntities?trackedEntityType={PERSON}&filter="
    for target in (people, f"{EVENTS}?program={CARE}&filterAttributes="):
        blocked = refused(get(newer_registrar, f"{target}{NAME}:ilike:Ann"))
        assert blocked == (400, f"Operators [LIKE] are blocked for attribute '{NAME}'.")
        short = refused(get(newer_registrar, f"{target}{NAME}:eq:An"))
        assert (short[0], short[1][:42]) == (400, "At least 3 character(s) should be present ")
        assert get(newer_registrar, f"{target}{NAME}:eq:Ann").status == 200


def test_enrollments_are_listed_by_their_combo(newer_registrar: Registrar) -> None:
    """`EnrollmentOperationParamsMapper`, which from 43 on does not look whether a tracked entity is there."""
    newer_registrar.register(events=[visit()])
    root = f"/api/tracker/enrollments?program={CARE}"
    assert listed(newer_registrar, f"{root}&attributeOptionCombo={COMBO}") == ["EnrollAnn01"]
    lost = refused(get(newer_registrar, f"{root}&attributeOptionCombo=CombNope001"))
    assert lost == (400, "Attribute option combo does not exist: CombNope001")
    assert listed(newer_registrar, f"{root}&trackedEntity=PersonNope1") == []


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED"])
def test_enrollments_are_listed_by_status(registrar: Registrar, status: str) -> None:
    """`EnrollmentRequestParamsMapper`: the newer name beside the older, from 42 on."""
    registrar.register()
    registrar.send(enrollments=[enrollment(trackedEntity="PersonAnn01", status=status)])
    oldest = registrar.sandbox.server.version == "v41"
    name = "programStatus" if oldest else "status"
    assert listed(registrar, f"/api/tracker/enrollments?program={CARE}&{name}={status}") == ["EnrollAnn01"]

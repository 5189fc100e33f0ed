"""What can be asked of events, enrollments and tracked entities in analytics.

Evidence: `DefaultEventAnalyticsDimensionsService`, `DefaultEnrollmentAnalyticsDimensionsService`,
`DefaultTrackedEntityAnalyticsDimensionsService`, `DimensionFilters` and `DimensionFilteringAndPagingService`.
"""

from typing import Any

from looking import change, get
from registering import (
    AGE,
    CARE,
    COUNT_STAGE,
    COUNTS,
    DOUBLE,
    FIRST,
    NAME,
    NOTE,
    NUMBER,
    PERSON,
    VISIT,
    WEIGHT,
    Registrar,
)

Json = dict[str, Any]

EVENTS, ENROLLMENTS = "/api/analytics/events", "/api/analytics/enrollments"
ENTITIES = "/api/analytics/trackedEntities/query/dimensions"
INDICATOR = "IndProgram1"


def _ids(registrar: Registrar, target: str) -> list[str]:
    reply = get(registrar, f"{target}&fields=id&order=id&paging=false")
    assert reply.status == 200, reply.body
    assert reply.headers["Cache-Control"] == "max-age=60, public"
    return [row["id"] for row in reply.parsed()["dimensions"]]


def _of(stage: str, *elements: str) -> list[str]:
    return [f"{stage}.{element}" for element in elements]


def test_lists_of_events_may_show_elements_indicators_and_attributes(registrar: Registrar) -> None:
    change(registrar, "programIndicator", INDICATOR, name="Indicator", program={"id": CARE}, sharing={"public": "r"})
    elements = sorted([*_of(VISIT, WEIGHT, DOUBLE, NOTE), NAME, NUMBER, AGE, INDICATOR])
    assert _ids(registrar, f"{EVENTS}/query/dimensions?programStageId={VISIT}") == elements
    both = f"{EVENTS}/query/dimensions?programStageId={VISIT}&programId={CARE}"
    assert _ids(registrar, both) == elements
    single = f"{EVENTS}/query/dimensions?programStageId={COUNT_STAGE}"
    assert _ids(registrar, single) == sorted(_of(COUNT_STAGE, WEIGHT, DOUBLE, NOTE))


def test_elements_of_a_whole_program_are_named_without_a_stage_and_once_for_each(registrar: Registrar) -> None:
    counts = f"{EVENTS}/query/dimensions?programId={COUNTS}"
    assert _ids(registrar, counts) == sorted([WEIGHT, DOUBLE, NOTE])
    care = _ids(registrar, f"{EVENTS}/query/dimensions?programId={CARE}")
    assert care == sorted([WEIGHT, DOUBLE, NOTE, NAME, NUMBER, AGE] * 2)


def test_a_stage_or_a_program_must_be_there(registrar: Registrar) -> None:
    nothing = get(registrar, f"{EVENTS}/query/dimensions?programId=")
    assert (nothing.status, nothing.parsed()["errorCode"]) == (409, "E7235")
    other = get(registrar, f"{EVENTS}/query/dimensions?programStageId={VISIT}&programId={COUNTS}")
    assert (other.status, other.parsed()["errorCode"]) == (409, "E7236")
    assert get(registrar, f"{EVENTS}/query/dimensions?programStageId=nOtKnown001").status == 500
    assert _ids(registrar, f"{EVENTS}/query/dimensions?programId=nOtKnown001") == []
    assert _ids(registrar, f"{EVENTS}/aggregate/dimensions?programStageId=nOtKnown001") == []
    assert _ids(registrar, f"{ENROLLMENTS}/query/dimensions?programId=nOtKnown001") == []
    assert get(registrar, f"{ENROLLMENTS}/aggregate/dimensions").status == 400


def test_events_are_summed_up_by_numbers_and_by_yes_and_no(registrar: Registrar) -> None:
    change(registrar, "dataElement", DOUBLE, valueType="TRUE_ONLY")
    found = _ids(registrar, f"{EVENTS}/aggregate/dimensions?programStageId={VISIT}")
    assert found == sorted([*_of(VISIT, WEIGHT, DOUBLE), AGE])


def test_categories_of_a_program_are_dimensions(registrar: Registrar) -> None:
    change(registrar, "category", "CategorAaa1", name="Donor", dataDimensionType="ATTRIBUTE")
    change(registrar, "categoryCombo", "ComboDonor1", name="Donors", categories=[{"id": "CategorAaa1"}])
    for uid, kind in (("GroupSetAt1", "ATTRIBUTE"), ("GroupSetDi1", "DISAGGREGATION")):
        change(registrar, "categoryOptionGroupSet", uid, name=uid, dataDimensionType=kind, sharing={"public": "r"})
    change(registrar, "program", COUNTS, categoryCombo={"id": "ComboDonor1"})
    rows = get(registrar, f"{EVENTS}/aggregate/dimensions?programStageId={COUNT_STAGE}").parsed()["dimensions"]
    kinds = {row["id"]: row["dimensionType"] for row in rows}
    assert kinds["CategorAaa1"] == "CATEGORY"
    assert kinds["GroupSetAt1"] == "CATEGORY_OPTION_GROUP_SET"
    assert "GroupSetDi1" not in kinds


def test_enrollments_show_elements_of_all_stages(registrar: Registrar) -> None:
    elements = [*_of(FIRST, WEIGHT, DOUBLE, NOTE), *_of(VISIT, WEIGHT, DOUBLE, NOTE), NAME, NUMBER, AGE]
    assert _ids(registrar, f"{ENROLLMENTS}/query/dimensions?programId={CARE}") == sorted(elements)
    assert _ids(registrar, f"{ENROLLMENTS}/query/dimensions?programId={COUNTS}") == []
    summed = [*_of(FIRST, WEIGHT, DOUBLE), *_of(VISIT, WEIGHT, DOUBLE), AGE]
    by_texts = registrar.sandbox.server.version in {"v43", "v44"}
    assert _ids(registrar, f"{ENROLLMENTS}/aggregate/dimensions?programId={CARE}") == sorted(
        elements if by_texts else summed
    )


def test_confidential_attributes_are_no_dimensions_up_to_43(registrar: Registrar) -> None:
    change(registrar, "trackedEntityAttribute", NAME, confidential=True)
    change(registrar, "trackedEntityAttribute", AGE, skipAnalytics=True)
    found = _ids(registrar, f"{ENROLLMENTS}/query/dimensions?programId={CARE}")
    assert (NAME in found) == (registrar.sandbox.server.version == "v44")
    assert AGE not in found


def test_entities_have_what_their_programs_have_once(registrar: Registrar) -> None:
    change(registrar, "programIndicator", INDICATOR, name="Indicator", program={"id": CARE}, sharing={"public": "r"})
    elements = [f"{CARE}.{id}" for stage in (FIRST, VISIT) for id in _of(stage, WEIGHT, DOUBLE, NOTE)]
    expected = sorted([*elements, f"{CARE}.{INDICATOR}", NAME, NUMBER, AGE])
    assert _ids(registrar, f"{ENTITIES}?trackedEntityType={PERSON}") == expected
    assert _ids(registrar, f"{ENTITIES}?trackedEntityType={PERSON}&program={COUNTS}") == []
    assert _ids(registrar, f"{ENTITIES}?trackedEntityType=nOtKnown001") == []
    named = [{"trackedEntityAttribute": {"id": NAME}}]
    registers: Json = {"programType": "WITH_REGISTRATION", "trackedEntityType": {"id": PERSON}}
    change(registrar, "program", COUNTS, **registers, programTrackedEntityAttributes=named)
    more = [f"{COUNTS}.{id}" for id in _of(COUNT_STAGE, WEIGHT, DOUBLE, NOTE)]
    assert _ids(registrar, f"{ENTITIES}?trackedEntityType={PERSON}") == sorted([*expected, *more])


def test_a_row_says_what_it_is(registrar: Registrar) -> None:
    target = f"{EVENTS}/query/dimensions?programStageId={VISIT}&filter=uid:eq:{WEIGHT}"
    (row,) = get(registrar, target).parsed()["dimensions"]
    assert row.pop("created") <= row.pop("lastUpdated")
    newer: Json = {"aggregationType": "NONE"} if registrar.sandbox.server.version in {"v43", "v44"} else {}
    assert row == {
        "id": f"{VISIT}.{WEIGHT}",
        "uid": WEIGHT,
        "code": "WEIGHT",
        "name": "Weight",
        "displayName": "Weight",
        "displayShortName": "Weight",
        "valueType": "NUMBER",
        "dimensionType": "DATA_ELEMENT",
        **newer,
    }


def test_filters_leave_rows_out_if_they_can_be_read(registrar: Registrar) -> None:
    target = f"{EVENTS}/query/dimensions?programStageId={VISIT}"
    assert _ids(registrar, f"{target}&filter=dimensionType:eq:PROGRAM_ATTRIBUTE,name:like:am") == [NAME]
    assert _ids(registrar, f"{target}&filter=name:!startsWith:N&filter=dimensionType:ne:DATA_ELEMENT") == [AGE]
    assert _ids(registrar, f"{target}&filter=code:eq:WEIGHT") == _of(VISIT, WEIGHT)
    for unread in ("shortName:eq:Weight", "name:!ne:Weight", "name:gt:A", "name:eq"):
        assert len(_ids(registrar, f"{target}&filter={unread}")) == 6
    within = _ids(registrar, f"{target}&filter=uid:in:[{NOTE},{AGE}]&filter=name:like:")
    newer = registrar.sandbox.server.version in {"v43", "v44"}
    assert within == (
        [AGE, *_of(VISIT, NOTE)] if newer else sorted([*_of(VISIT, WEIGHT, DOUBLE, NOTE), NAME, NUMBER, AGE])
    )


def test_pages_are_always_counted_and_never_past_the_last(registrar: Registrar) -> None:
    target = f"{EVENTS}/query/dimensions?programStageId={VISIT}&order=code:desc&fields=uid&pageSize=4&totalPages=false"
    answer = get(registrar, target).parsed()
    assert answer["dimensions"][0] == {"uid": WEIGHT}
    assert answer["pager"] == {"page": 1, "total": 6, "pageSize": 4, "pageCount": 2}
    later = get(registrar, f"{target}&page=9").parsed()
    assert (later["dimensions"], later["pager"]["page"]) == ([], 2)
    assert get(registrar, f"{target}&page=0").parsed()["pager"]["page"] == 1
    assert get(registrar, target.replace("=4", "=-1")).status == 400
    assert "pager" not in get(registrar, f"{target}&paging=false").parsed()

"""What the cells and columns of event and enrollment analytics hold, and how they are named.

Evidence: `SchemeIdResponseMapper`, `LabelMapper`, `HeaderHelper`, `EventQueryService`, `EventAggregateService`,
`DefaultQueryItemLocator`, `AbstractJdbcEventAnalyticsManager`, `JdbcEnrollmentAnalyticsManager.getColumn` and
`AbstractEventJdbcTableManager`.
"""

from typing import Any

import pytest
from looking import answered, change, get, register_two
from registering import AGE, CARE, DOUBLE, NAME, NOTE, ROOT, UNIT, VISIT, WEIGHT, Registrar, visit

Json = dict[str, Any]

DATES = "startDate=2024-01-01&endDate=2024-12-31"
YEAR = f"dimension=ou:{ROOT};{UNIT}&{DATES}"
EVENTS = f"/api/analytics/events/query/{CARE}?{YEAR}&asc=psi"
ENROLLMENTS = f"/api/analytics/enrollments/query/{CARE}?{YEAR}&asc=pi"
SUMS = f"/api/analytics/events/aggregate/{CARE}?dimension=ou:{ROOT}&dimension=pe:2024"
COUNTED = f"/api/analytics/enrollments/aggregate/{CARE}?dimension=ou:{ROOT}"
ITEM, COLOUR = f"{VISIT}.{WEIGHT}", "ElemColor01"


def _rows(registrar: Registrar, target: str) -> list[list[str]]:
    return answered(registrar, target)["rows"]


def _is_old(registrar: Registrar) -> bool:
    return registrar.sandbox.server.version in {"v41", "v42"}


@pytest.fixture
def analysed(registrar: Registrar) -> Registrar:
    """Somebody with two people in the tables, and an element with options."""
    register_two(registrar)
    change(registrar, "optionSet", "OptnSetAaa1", name="Colours", options=[{"id": "OptionRed01"}])
    change(registrar, "option", "OptionRed01", name="Red", code="R", optionSet={"id": "OptnSetAaa1"})
    change(registrar, "dataElement", NOTE, optionSet={"id": "OptnSetAaa1"})
    more = visit("EventVisitR", {NOTE: "R", WEIGHT: "3.14159", DOUBLE: "4"}, occurredAt="2024-06-01")
    assert registrar.send(events=[more])[0] == 200
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200
    return registrar


def test_cells_are_what_the_tables_hold(analysed: Registrar) -> None:
    asked = f"{EVENTS}&headers={VISIT}.{DOUBLE},{ITEM}&dimension={VISIT}.{DOUBLE}:EQ:4&dimension={ITEM}"
    whole = "4.0" if _is_old(analysed) else "4"
    assert _rows(analysed, asked) == [[whole, "3.14"]]
    assert _rows(analysed, f"{asked}&skipRounding=true") == [[whole, "3.14159"]]
    change(analysed, "dataElement", DOUBLE, valueType="INTEGER")
    assert _rows(analysed, asked) == [["4", "3.14"]]


def test_yes_and_no_are_numbers_and_days_are_times(analysed: Registrar) -> None:
    change(analysed, "dataElement", NOTE, valueType="BOOLEAN", optionSet=None)
    change(analysed, "trackedEntityAttribute", AGE, valueType="DATE")
    for uid, answer in (("EventYesYes", "true"), ("EventNoNoNo", "false")):
        analysed.send(events=[visit(uid, {NOTE: answer}, occurredAt="2024-06-02")])
    analysed.send(trackedEntities=[_aged()])
    assert analysed.request("POST", "/api/resourceTables/analytics").status == 200
    asked = f"{EVENTS}&dimension={VISIT}.{NOTE}:IN:1;0&headers={VISIT}.{NOTE}"
    assert sorted(_rows(analysed, asked)) == [["0"], ["1"]]
    assert sorted(_rows(analysed, f"{asked}&dataIdScheme=NAME")) == [["No"], ["Yes"]]
    assert sorted(_rows(analysed, f"{asked}&dataIdScheme=CODE")) == [["0"], ["1"]]
    assert len(_rows(analysed, asked.replace("IN:1;0", "EQ:true"))) == 1
    days = _rows(analysed, f"{ENROLLMENTS}&dimension={AGE}&headers={AGE}&filter={NAME}:EQ:Ann")
    assert days == [["2001-02-03 00:00:00.0"]]


def _aged() -> Json:
    values = [{"attribute": NAME, "value": "Ann"}, {"attribute": AGE, "value": "2001-02-03"}]
    return {
        "trackedEntity": "PersonAnn01",
        "trackedEntityType": "TypePerson1",
        "orgUnit": UNIT,
        "enrollments": [
            {
                "enrollment": "EnrollAnn01",
                "program": CARE,
                "orgUnit": UNIT,
                "status": "ACTIVE",
                "enrolledAt": "2024-01-10",
                "occurredAt": "2024-01-09",
                "attributes": values[1:],
            }
        ],
        "attributes": values[:1],
    }


def test_identifiers_are_named_by_a_scheme_wherever_they_stand(analysed: Registrar) -> None:
    asked = f"{EVENTS}&stage={VISIT}&dimension={VISIT}.{NOTE}:EQ:R&headers=ps,ou,{VISIT}.{NOTE}"
    assert _rows(analysed, asked) == [[VISIT, UNIT, "R"]]
    assert _rows(analysed, f"{asked}&outputIdScheme=NAME") == [["Visit", "District A", "Red"]]
    assert _rows(analysed, f"{asked}&outputIdScheme=CODE") == [[VISIT, "DISTRICT_A", "R"]]
    assert _rows(analysed, f"{asked}&outputIdScheme=NAME&skipMeta=true") == [[VISIT, UNIT, "R"]]
    assert _rows(analysed, f"{asked}&dataIdScheme=NAME") == [[VISIT, UNIT, "Red"]]
    assert _rows(analysed, f"{asked}&dataIdScheme=CODE&skipMeta=true") == [[VISIT, UNIT, "Red"]]
    assert _rows(analysed, f"{asked}&outputOrgUnitIdScheme=NAME") == [[VISIT, UNIT, "R"]]
    above = asked.replace(f";{UNIT}", "")
    assert _rows(analysed, f"{above}&outputIdScheme=NAME") == [["Visit", UNIT, "Red"]]
    assert _rows(analysed, f"{ENROLLMENTS}&headers=ou&outputIdScheme=NAME")[0] == ["District A"]
    counted = _rows(analysed, f"{COUNTED}&dimension=pe:202401&outputIdScheme=NAME")
    assert counted == [["1", "Country", "January 2024"]]


def test_numbers_are_not_taken_for_codes(analysed: Registrar) -> None:
    change(analysed, "option", "OptionRed01", name="Four", code="4" if not _is_old(analysed) else "4.0")
    asked = f"{EVENTS}&dimension={VISIT}.{DOUBLE}:EQ:4&filter={VISIT}.{NOTE}:EQ:R&headers={VISIT}.{DOUBLE}"
    assert _rows(analysed, f"{asked}&outputIdScheme=NAME") == _rows(analysed, asked)


def test_units_that_are_a_filter_are_no_column(analysed: Registrar) -> None:
    answer = answered(analysed, EVENTS.replace("dimension=ou", "filter=ou"))
    assert "ou" not in [row["name"] for row in answer["headers"]]
    assert answer["metaData"]["dimensions"]["ou"] == [ROOT, UNIT]


def test_things_are_called_by_their_short_names(analysed: Registrar) -> None:
    for type, uid in (("dataElement", WEIGHT), ("organisationUnit", ROOT), ("program", CARE), ("programStage", VISIT)):
        change(analysed, type, uid, shortName=f"S {uid}")
    answer = answered(analysed, f"{EVENTS}&dimension={ITEM}&headers={ITEM}&displayProperty=SHORTNAME")
    assert answer["headers"][0]["column"] == f"S {WEIGHT}"
    items = answer["metaData"]["items"]
    assert [items[uid]["name"] for uid in (ITEM, WEIGHT, ROOT, CARE, VISIT)] == [
        f"S {uid}" for uid in (WEIGHT, WEIGHT, ROOT, CARE, VISIT)
    ]
    assert items[UNIT] == {"name": "District A"}
    named = answered(analysed, f"{EVENTS}&dimension={ITEM}&headers={ITEM}&displayProperty=NAME")
    assert named["headers"][0]["column"] == "Weight"
    reply = get(analysed, f"{EVENTS}&displayProperty=CODE")
    assert (reply.status, "Valid values are: [NAME, SHORTNAME]" in reply.parsed()["message"]) == (400, True)


def test_aggregate_analytics_too_calls_things_by_their_short_names(analysed: Registrar) -> None:
    for type, uid in (("dataElement", WEIGHT), ("program", CARE), ("organisationUnit", ROOT)):
        change(analysed, type, uid, shortName=f"S {uid}")
    target = f"/api/analytics?dimension=dx:{CARE}.{WEIGHT}&filter=pe:2024&filter=ou:{ROOT}"
    full = answered(analysed, target)["metaData"]["items"]
    assert (full[f"{CARE}.{WEIGHT}"], full[ROOT]) == ({"name": "Care Weight"}, {"name": "Country"})
    items = answered(analysed, f"{target}&displayProperty=SHORTNAME")["metaData"]["items"]
    assert items[f"{CARE}.{WEIGHT}"] == {"name": f"S {CARE} S {WEIGHT}"}
    assert (items[ROOT], items["pe"]) == ({"name": f"S {ROOT}"}, {"name": "Period"})


def test_events_of_enrollments_are_counted_from_either_end(analysed: Registrar) -> None:
    def weight(offset: str) -> list[str]:
        item = f"{VISIT}[{offset}].{WEIGHT}" if offset else ITEM
        return _rows(analysed, f"{ENROLLMENTS}&filter={NAME}:EQ:Ann&dimension={item}&headers={item}")[0]

    numbers = {offset: weight(offset)[0] for offset in ("", "0", "-1", "-2", "-3", "1", "2", "3", "4")}
    values = [numbers[offset] for offset in ("0", "-1", "-2", "-3")]
    assert [float(text) if text else None for text in values] == [3.14, 9, 12.5, None]
    assert numbers[""] == numbers["0"] == numbers["3"]
    assert (numbers["1"], numbers["2"], numbers["4"]) == (numbers["-2"], numbers["-1"], "")
    item = f"{VISIT}[-1].{WEIGHT}"
    (header,) = answered(analysed, f"{ENROLLMENTS}&dimension={item}&headers={item}")["headers"]
    assert (header["name"], header["column"]) == (item, "Weight")
    assert (header["programStage"], header["stageOffset"]) == (VISIT, -1)
    assert header["repeatableStageParams"] == f"index:-1 startDate:null endDate: null dimension: {item}"


def test_scheduled_events_have_no_values_of_enrollments(analysed: Registrar) -> None:
    later = visit("EventLater1", occurredAt="2024-07-01", scheduledAt="2024-07-01", status="SCHEDULE")
    assert analysed.send(events=[later])[0] == 200
    assert analysed.request("POST", "/api/resourceTables/analytics").status == 200
    rows = _rows(analysed, f"{ENROLLMENTS}&filter={NAME}:EQ:Ann&dimension={ITEM}&headers={ITEM}")
    assert rows == [["3.14"]]


def test_elements_of_enrollments_have_a_stage_that_is_there(analysed: Registrar) -> None:
    def code(target: str) -> str | None:
        return get(analysed, target).parsed().get("errorCode")

    assert code(f"{ENROLLMENTS}&dimension={WEIGHT}") == "E7225"
    assert code(f"{EVENTS}&dimension={WEIGHT}") is None
    assert code(f"{EVENTS}&dimension={WEIGHT}&outputType=ENROLLMENT") == "E7225"
    assert code(f"{EVENTS}&dimension=nOtKnown001.{WEIGHT}") == "E7226"
    assert code(f"{ENROLLMENTS}&limit=100001") == (None if _is_old(analysed) else "E7209")


def test_what_events_cannot_answer_is_refused(analysed: Registrar) -> None:
    def code(target: str) -> str | None:
        return get(analysed, target).parsed().get("errorCode")

    assert code(f"{EVENTS}&dimension={ITEM}:GE:NV") == "E7229"
    assert code(f"{EVENTS}&dimension={ITEM}:EQ:NV") is None
    assert code(f"{SUMS}&dimension={ITEM}&value={WEIGHT}") == "E7203"
    user = analysed.sandbox.server.store.get("user", "M5zQapPyTZI")
    assert user is not None
    analysed.sandbox.server.store.put("user", user["id"], {**user, "organisationUnits": []})
    reply = get(analysed, f"/api/analytics/events/query/{CARE}?startDate=2024-01-01&endDate=2024-12-31")
    assert reply.parsed()["errorCode"] == "E7200"
    assert reply.parsed()["message"] == "At least one organisation unit must be specified"


def test_what_events_can_show_and_is_not_here_is_said(analysed: Registrar) -> None:
    change(analysed, "programIndicator", "IndProgram1", name="Indicator", program={"id": CARE})
    change(analysed, "organisationUnitGroupSet", "GroupSetKnd", name="Kind")
    change(analysed, "relationshipType", "RelationTy1", name="Related")
    for name in ("IndProgram1", "GroupSetKnd", f"{VISIT}.EVENT_DATE", f"{VISIT}.ou", "RelationTy1.IndProgram1"):
        assert get(analysed, f"{EVENTS}&dimension={name}").status == 501
    assert get(analysed, f"{EVENTS}&dimension={VISIT}.nOtKnown001").parsed()["errorCode"] == "E7224"


def test_a_program_and_a_stage_may_call_columns_otherwise(analysed: Registrar) -> None:
    change(analysed, "program", CARE, enrollmentDateLabel="Since", enrollmentLabel="Case", orgUnitLabel="Clinic")
    change(analysed, "programStage", VISIT, executionDateLabel="Seen on", programStageLabel="Kind", eventLabel=" ")
    titles = {row["name"]: row["column"] for row in answered(analysed, f"{EVENTS}&stage={VISIT}")["headers"]}
    expected = {"eventdate": "Seen on", "ps": "Kind", "psi": "Event", "enrollmentdate": "Since", "ouname": "Clinic"}
    assert {name: titles[name] for name in expected} == expected
    assert titles["pi"] == "Enrollment"
    without = {row["name"]: row["column"] for row in answered(analysed, EVENTS)["headers"]}
    assert (without["eventdate"], without["ouname"]) == ("Event date", "Clinic")
    enrolled = {row["name"]: row["column"] for row in answered(analysed, ENROLLMENTS)["headers"]}
    assert (enrolled["pi"], enrolled["enrollmentdate"], enrolled["ouname"]) == ("Case", "Since", "Clinic")


def test_who_stored_a_record_is_no_longer_told_in_44(analysed: Registrar) -> None:
    told = analysed.sandbox.server.version != "v44"
    for target in (EVENTS, ENROLLMENTS):
        names = [row["name"] for row in answered(analysed, target)["headers"]]
        assert ("storedby" in names) == told
        assert "createdbydisplayname" in names


def test_options_are_named_in_the_header(analysed: Registrar) -> None:
    answer = answered(analysed, f"{EVENTS}&dimension={VISIT}.{NOTE}&dimension={ITEM}&headers={VISIT}.{NOTE},{ITEM}")
    assert [row.get("optionSet") for row in answer["headers"]] == ["OptnSetAaa1", None]


def test_sums_have_their_items_first(analysed: Registrar) -> None:
    answer = answered(analysed, f"{SUMS}&dimension={VISIT}.{NOTE}:IN:R;NV")
    name = NOTE if _is_old(analysed) else f"{VISIT}.{NOTE}"
    assert [row["name"] for row in answer["headers"]] == [name, "ou", "pe", "value"]
    assert answer["headers"][0]["optionSet"] == "OptnSetAaa1"
    assert sorted(row for row in answer["rows"] if row[0] == "R") == [["R", ROOT, "2024", "1"]]


def test_sums_are_cut_by_their_size_and_sorted_by_their_first_column(analysed: Registrar) -> None:
    asked = SUMS.replace(f"ou:{ROOT}", f"ou:{ROOT};{UNIT};UnitBbbb001")
    every = _rows(analysed, f"{asked}&sortOrder=ASC")
    assert [row[0] for row in every] == sorted(row[0] for row in every)
    assert {row[0]: row[2] for row in every} == {ROOT: "4", UNIT: "3", "UnitBbbb001": "1"}
    assert _rows(analysed, f"{asked}&sortOrder=ASC&limit=2") == [[UNIT, "2024", "3"], ["UnitBbbb001", "2024", "1"]]
    assert _rows(analysed, f"{asked}&sortOrder=DESC&limit=2") == [[ROOT, "2024", "4"], [UNIT, "2024", "3"]]
    assert get(analysed, f"{asked}&sortOrder=UP").status == 400


def test_counts_of_enrollments_are_sorted_and_cut_by_newer_versions(analysed: Registrar) -> None:
    asked = COUNTED.replace(f"ou:{ROOT}", f"ou:{ROOT};{UNIT}")
    every = [["1", UNIT], ["2", ROOT]]
    assert _rows(analysed, f"{asked}&{DATES}&sortOrder=ASC") == every
    largest = [["2", ROOT], ["1", UNIT]]
    assert _rows(analysed, f"{asked}&{DATES}&sortOrder=DESC") == (every if _is_old(analysed) else largest)
    assert _rows(analysed, f"{asked}&{DATES}&sortOrder=DESC&limit=1") == (every if _is_old(analysed) else largest[:1])


def test_enrollments_are_counted_by_status(analysed: Registrar) -> None:
    asked = f"{COUNTED}&dimension=pe:2024"
    assert _rows(analysed, f"{asked}&programStatus=ACTIVE") == [["2", ROOT, "2024"]]
    assert _rows(analysed, f"{asked}&programStatus=COMPLETED") == []
    assert _rows(analysed, f"{asked}&enrollmentStatus=COMPLETED") == [["2", ROOT, "2024"]]


def test_events_are_asked_for_by_when_they_occurred_since_42(analysed: Registrar) -> None:
    asked = f"/api/analytics/events/query/{CARE}?dimension=ou:{ROOT}&headers=psi&{DATES}&occurredDate=202406"
    found = _rows(analysed, asked)
    assert (found == [["EventVisitR"]]) == (analysed.sandbox.server.version != "v41")
    enrolled = f"/api/analytics/enrollments/query/{CARE}?dimension=ou:{ROOT}&headers=pi&{DATES}&occurredDate=2024"
    assert len(_rows(analysed, f"{enrolled}01")) == 2
    assert len(_rows(analysed, f"{enrolled}02")) == (2 if analysed.sandbox.server.version == "v41" else 0)


def test_what_would_change_sums_and_is_not_here_is_said(analysed: Registrar) -> None:
    for parameter in ("collapseDataDimensions=true", "aggregateData=true", "columns=ou", "outputType=ENROLLMENT"):
        assert get(analysed, f"{SUMS}&{parameter}").status == 501
    assert get(analysed, f"{COUNTED}&{DATES}&timeField=LAST_UPDATED").status == 501
    assert get(analysed, f"{SUMS}&collapseDataDimensions=false").status == 200

"""Event and enrollment analytics, over what was stored when the tables were built."""

from typing import Any

from looking import get, refused, register_two
from registering import CARE, COUNTS, OTHER, PERSON, ROOT, UNIT, VISIT, WEIGHT, Registrar, visit

Json = dict[str, Any]

YEAR = "startDate=2024-01-01&endDate=2024-12-31"
QUERY = f"/api/analytics/events/query/{CARE}?dimension=ou:{ROOT}&{YEAR}"
ITEM = f"{VISIT}.{WEIGHT}"


def _build(registrar: Registrar) -> None:
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200


def _rows(registrar: Registrar, target: str) -> list[list[str]]:
    reply = get(registrar, target)
    assert reply.status == 200, reply.body
    return reply.parsed()["rows"]


def test_events_are_listed_as_they_were_when_the_tables_were_built(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    registrar.send(events=[visit("EventVisitD", occurredAt="2024-04-01")])
    rows = _rows(registrar, f"{QUERY}&headers=psi&asc=eventdate")
    assert len(rows) == 3
    assert ["EventVisitD"] not in rows
    _build(registrar)
    assert len(_rows(registrar, f"{QUERY}&headers=psi")) == 4


def test_events_are_filtered_by_their_values(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    found = _rows(registrar, f"{QUERY}&dimension={ITEM}:GE:9&headers=psi&asc=psi")
    assert found == [["EventVisitA"], ["EventVisitB"]]
    assert _rows(registrar, f"{QUERY}&dimension={VISIT}.ElemNote001:IN:NV&headers=psi&asc=psi") == [
        ["EventVisitB"],
        ["EventVisitC"],
    ]
    assert _rows(registrar, f"{QUERY}&filter=AttrName001:EQ:Bob&headers=psi,ouname") == [["EventVisitC", "District B"]]


def test_pages_count_if_not_told_otherwise(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    page = f"{QUERY}&headers=psi&pageSize=2&skipMeta=true"
    counted = get(registrar, page).parsed()["metaData"]["pager"]
    assert counted == {"page": 1, "total": 3, "pageSize": 2, "pageCount": 2}
    uncounted = get(registrar, f"{page}&page=2&totalPages=false").parsed()["metaData"]["pager"]
    assert uncounted == {"page": 2, "pageSize": 2, "isLastPage": True}


def test_events_are_counted_and_summed_up(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    target = f"/api/analytics/events/aggregate/{CARE}?dimension=ou:{ROOT};{UNIT}&dimension=pe:2024Q1"
    assert sorted(_rows(registrar, target)) == [[UNIT, "2024Q1", "2"], [ROOT, "2024Q1", "3"]]
    rows = _rows(registrar, f"{target}&value={WEIGHT}&aggregationType=MAX")
    assert sorted(rows) == [[UNIT, "2024Q1", "12.5"], [ROOT, "2024Q1", "12.5"]]
    status, _ = refused(get(registrar, f"{target}&value=ElemNote001"))
    assert status == 409


def test_enrollments_are_listed_by_their_own_date(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    target = f"/api/analytics/enrollments/query/{CARE}?dimension=ou:{ROOT}&headers=pi,tei,{ITEM}&dimension={ITEM}"
    rows = _rows(registrar, f"{target}&startDate=2024-04-01&endDate=2024-12-31")
    assert [row[:2] for row in rows] == [["EnrollBob01", "PersonBob01"]]
    assert float(rows[0][2]) == 7


def test_values_of_a_program_count_in_aggregate_analytics(older_registrar: Registrar) -> None:
    register_two(older_registrar)
    _build(older_registrar)
    target = f"/api/analytics?dimension=dx:{CARE}.{WEIGHT}&dimension=pe:2024&dimension=ou:{ROOT}&aggregationType=SUM"
    assert _rows(older_registrar, target) == [[f"{CARE}.{WEIGHT}", "2024", ROOT, "28.5"]]


def test_without_tables_nothing_is_answered(registrar: Registrar) -> None:
    register_two(registrar)
    assert refused(get(registrar, QUERY))[0] == 409


def test_what_does_not_belong_is_refused(registrar: Registrar) -> None:
    _build(registrar)
    for wrong, code in (
        ("stage=StageZzzz01", "E7130"),
        ("dimension=ElemZzzz001", "E7224"),
        ("headers=colour", "E7230"),
        (f"dimension={ITEM}:GT:heavy", "E7234"),
        ("page=0&headers=colour", "E7207"),
        ("pageSize=-1", "E7208"),
        ("aggregationType=SUM", "E7204"),
        ("limit=100001", "E7209"),
    ):
        assert get(registrar, f"{QUERY}&{wrong}").parsed()["errorCode"] == code


ENROLLED = f"/api/analytics/enrollments/query/{CARE}?dimension=ou:{ROOT}&{YEAR}"
COUNTED = f"/api/analytics/enrollments/aggregate/{CARE}?dimension=ou:{ROOT};{UNIT}"


def test_pages_of_enrollments_do_not_count_if_not_told(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    slim = get(registrar, f"{ENROLLED}&headers=pi&pageSize=1").parsed()["metaData"]["pager"]
    assert slim == {"page": 1, "pageSize": 1, "isLastPage": False}
    counted = get(registrar, f"{ENROLLED}&headers=pi&pageSize=1&totalPages=true").parsed()["metaData"]["pager"]
    assert counted == {"page": 1, "total": 2, "pageSize": 1, "pageCount": 2}


def test_enrollments_show_the_latest_value_of_a_stage(registrar: Registrar) -> None:
    register_two(registrar)
    first = visit("EventFirst1", {"ElemWeight1": "3"}, programStage="StageFirst1", occurredAt="2024-06-01")
    assert registrar.send(events=[first | {"dataValues": []}])[0] == 200
    _build(registrar)
    target = f"{ENROLLED}&dimension={ITEM}&headers=pi,{ITEM}&asc=pi"
    assert [[row[0], float(row[1])] for row in _rows(registrar, target)] == [["EnrollAnn01", 9], ["EnrollBob01", 7]]


def test_what_an_enrollment_says_of_itself_is_its_own(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    rows = _rows(registrar, f"{ENROLLED}&headers=programstatus,ouname,enrollmentdate&asc=enrollmentdate")
    assert rows == [
        ["ACTIVE", "District A", "2024-01-10 00:00:00.0"],
        ["ACTIVE", "District B", "2024-05-01 00:00:00.0"],
    ]


def test_enrollments_are_counted(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    answer = get(registrar, f"{COUNTED}&dimension=pe:2024Q1;2024Q2").parsed()
    assert [(row["name"], row["valueType"]) for row in answer["headers"]] == [
        ("value", "NUMBER"),
        ("ou", "TEXT"),
        ("pe", "TEXT"),
    ]
    assert answer["rows"] == [["1", UNIT, "2024Q1"], ["1", ROOT, "2024Q1"], ["1", ROOT, "2024Q2"]]
    assert answer["metaData"]["pager"] == {"page": 1, "pageSize": 50, "isLastPage": True}
    csv = get(registrar, f"{COUNTED}&{YEAR}".replace(f"/{CARE}?", f"/{CARE}.csv?")).body.decode()
    assert csv == f"Value,Organisation unit\n1,{UNIT}\n2,{ROOT}\n"


def test_enrollments_are_counted_by_their_values(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    target = f"{COUNTED}&{YEAR}&dimension=AttrName001&filter=AttrName001:EQ:Bob".replace(f";{UNIT}", "")
    answer = get(registrar, target).parsed()
    assert answer["rows"] == [["1", ROOT, "Bob"]]
    assert answer["headers"][2]["valueType"] == "TEXT"


def test_other_times_are_asked_for_by_their_names(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    events = f"/api/analytics/events/query/{CARE}?dimension=ou:{ROOT}&headers=psi&asc=psi"
    assert _rows(registrar, f"{events}&eventDate=202402;202405") == [["EventVisitA"], ["EventVisitC"]]
    assert _rows(registrar, f"{events}&eventDate=2024-02-15_2024-03-01") == [["EventVisitB"]]
    assert _rows(registrar, f"{events}&enrollmentDate=2024Q2") == [["EventVisitC"]]
    assert _rows(registrar, f"{events}&enrollmentDate=2024Q2&eventDate=202403") == []
    assert len(_rows(registrar, f"{events}&lastUpdated=THIS_YEAR")) == 3
    assert get(registrar, f"{events}&eventDate=soon").parsed()["errorCode"] == "E7611"


def test_rows_are_left_out_by_what_they_have(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    assert _rows(registrar, f"{QUERY}&headers=psi&coordinatesOnly=true") == []
    assert _rows(registrar, f"{QUERY}&headers=psi&completedOnly=true") == [["EventVisitB"]]
    assert _rows(registrar, f"{QUERY}&headers=psi&skipData=true") == []


def test_what_would_change_a_list_and_is_not_here_is_said(registrar: Registrar) -> None:
    _build(registrar)
    for parameter in ("timeField=LAST_UPDATED", "includeMetadataDetails=true", "outputType=TRACKED_ENTITY_INSTANCE"):
        assert get(registrar, f"{QUERY}&{parameter}").status == 501


ENTITIES = f"/api/analytics/trackedEntities/query/{PERSON}?dimension=ou:{ROOT}"
LATEST = f"{CARE}.{ITEM}"


def test_tracked_entities_are_listed_with_their_latest_values(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    answer = get(registrar, f"{ENTITIES}&dimension={LATEST}&asc=AttrName001").parsed()
    names = [row["name"] for row in answer["headers"]]
    assert names[0] == ("trackedentityinstanceuid" if registrar.sandbox.server.version == "v41" else "trackedentity")
    assert names[-1] == LATEST
    found = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
    assert [(row[names[0]], row["ouname"], float(row[LATEST])) for row in found] == [
        ("PersonAnn01", "District A", 9.0),
        ("PersonBob01", "District B", 7.0),
    ]
    assert answer["headers"][-1]["column"] == "Weight, Care, Visit"
    assert answer["metaData"]["pager"] == {"page": 1, "pageSize": 50, "isLastPage": True}
    assert answer["metaData"]["dimensions"]["ou"] == [ROOT]


def test_tracked_entities_are_filtered_and_paged(registrar: Registrar) -> None:
    register_two(registrar)
    _build(registrar)
    chosen = f"{ENTITIES}&headers=AttrName001"
    assert _rows(registrar, f"{chosen}&dimension={LATEST}:GE:9") == [["Ann"]]
    assert _rows(registrar, f"{chosen}&filter=AttrName001:ILIKE:bo") == [["Bob"]]
    assert _rows(registrar, f"{chosen}&program={CARE}".replace(ROOT, OTHER)) == [["Bob"]]
    second = get(registrar, f"{chosen}&desc=AttrName001&pageSize=1&page=2&totalPages=true").parsed()
    assert second["rows"] == [["Ann"]]
    assert second["metaData"]["pager"] == {"page": 2, "total": 2, "pageSize": 1, "pageCount": 2}


def test_days_come_in_their_order(registrar: Registrar) -> None:
    _build(registrar)
    refusal = get(registrar, QUERY.replace(YEAR, "startDate=2024-03-01&endDate=2024-02-01")).parsed()
    assert refusal["errorCode"] == "E7206"
    assert "2024-03-01" in refusal["message"]


def test_requests_for_tracked_entities_are_checked(registrar: Registrar) -> None:
    _build(registrar)
    for wrong, code in (
        ("dimension=pe:2024", "E7222"),
        ("dimension=ElemZzzz001", "E7224"),
        (f"program={COUNTS}", "E7142"),
        ("program=ProgZzzz001", "E7129"),
        ("headers=colour", "E7230"),
    ):
        assert get(registrar, f"{ENTITIES}&{wrong}").parsed()["errorCode"] == code
    nobody = get(registrar, ENTITIES.replace(PERSON, "TypeZzzz001")).parsed()
    assert nobody["errorCode"] == "E7125"
    for unknown in (f"dimension={CARE}[-1].{ITEM}", "enrollmentDate=LAST_YEAR", f"dimension={WEIGHT}"):
        assert get(registrar, f"{ENTITIES}&{unknown}").status == 501

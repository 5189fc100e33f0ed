"""Event and enrollment analytics, over what was stored when the tables were built."""

from typing import Any

from looking import get, refused, register_two
from registering import CARE, ROOT, UNIT, VISIT, WEIGHT, Registrar, visit

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
        ("page=0", "E7207"),
    ):
        assert get(registrar, f"{QUERY}&{wrong}").parsed()["errorCode"] == code

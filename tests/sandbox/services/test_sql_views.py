"""SQL views over the sandbox's own metadata."""

from typing import Any

from sender import Sender


def rows_of(reply: Any) -> list[list[str]]:
    return reply["listGrid"]["rows"]


def constants(admin: Sender) -> None:
    for uid, name, value in (("constntUid1", "Alpha", 1), ("constntUid2", "Beta", 2)):
        admin("POST", "/api/constants", {"id": uid, "name": name, "shortName": name, "value": value})


def test_a_query_sees_what_is_there_now(admin: Sender) -> None:
    view = {"id": "sqlViewUid1", "name": "Names", "type": "QUERY", "sqlQuery": "select uid, name from constant"}
    admin("POST", "/api/sqlViews", view)
    constants(admin)

    assert rows_of(admin.read("/api/sqlViews/sqlViewUid1/data")) == [["constntUid1", "Alpha"], ["constntUid2", "Beta"]]
    assert rows_of(admin.read("/api/sqlViews/sqlViewUid1/data?filter=name:ilike:bet")) == [["constntUid2", "Beta"]]


def test_a_materialized_view_is_as_old_as_its_refresh(admin: Sender) -> None:
    view = {"id": "sqlViewUid1", "name": "Names", "type": "MATERIALIZED_VIEW", "sqlQuery": "select name from constant"}
    admin("POST", "/api/sqlViews", view)
    admin("POST", "/api/sqlViews/sqlViewUid1/execute")
    constants(admin)

    before = rows_of(admin.read("/api/sqlViews/sqlViewUid1/data"))
    admin("POST", "/api/sqlViews/sqlViewUid1/refresh")

    assert before == []
    assert rows_of(admin.read("/api/sqlViews/sqlViewUid1/data")) == [["Alpha"], ["Beta"]]


def test_passwords_are_not_in_any_table(admin: Sender) -> None:
    view = {"id": "sqlViewUid1", "name": "Users", "type": "QUERY", "sqlQuery": "select * from user"}
    admin("POST", "/api/sqlViews", view)

    assert admin("GET", "/api/sqlViews/sqlViewUid1/data").parsed()["errorCode"] == "E7144"


def test_the_limit_is_a_setting(admin: Sender) -> None:
    constants(admin)
    view = {"id": "sqlViewUid1", "name": "Names", "type": "QUERY", "sqlQuery": "select name from constant"}
    admin("POST", "/api/sqlViews", view)
    admin("POST", "/api/systemSettings/keySqlViewMaxLimit?value=1")

    assert rows_of(admin.read("/api/sqlViews/sqlViewUid1/data")) == [["Alpha"]]


def test_maintenance_drops_and_makes_views(admin: Sender) -> None:
    view = {"id": "sqlViewUid1", "name": "Names", "type": "VIEW", "sqlQuery": "select name from constant"}
    admin("POST", "/api/sqlViews", view)
    admin("POST", "/api/maintenance/sqlViewsCreate")
    there = admin("GET", "/api/sqlViews/sqlViewUid1/data").status
    admin("POST", "/api/maintenance?sqlViewsDrop=true")

    assert there == 200
    assert admin("GET", "/api/sqlViews/sqlViewUid1/data").status == 409

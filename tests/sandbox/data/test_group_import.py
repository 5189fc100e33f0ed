"""The import of 43 and newer: a data set's values together, refused together."""

from entering import AVERAGE, COUNT, DATA_SET, UNIT, Clerk, value


def test_everything_written_counts_as_updated(group_clerk: Clerk) -> None:
    for _ in range(2):
        status, summary = group_clerk.import_values(value())
        assert (status, summary["importCount"]["imported"], summary["importCount"]["updated"]) == (200, 0, 1)


def test_a_wrong_value_is_a_warning_with_200(group_clerk: Clerk) -> None:
    status, summary = group_clerk.import_values(value(text="x"), value(period="202402"))
    assert (status, summary["status"], summary["rejectedIndexes"]) == (200, "WARNING", [0])
    assert [row["errorCode"] for row in summary["conflicts"]] == ["E8122"]


def test_an_unknown_element_refuses_the_group(group_clerk: Clerk) -> None:
    status, summary = group_clerk.import_values(value(), value("nOtKnown001"))
    assert (status, summary["conflicts"][0]["errorCode"], summary["rejectedIndexes"]) == (409, "E8020", [0, 1])
    assert sum(summary["importCount"].values()) == 0
    assert group_clerk.stored() == []


def test_an_element_of_two_sets_needs_its_set_named(group_clerk: Clerk) -> None:
    status, summary = group_clerk.import_values(value(), dataSet=None)
    assert (status, summary["conflicts"][0]["errorCode"]) == (409, "E8002")


def test_a_key_twice_refuses_the_group(group_clerk: Clerk) -> None:
    _, summary = group_clerk.import_values(value(text="1"), value(text="2"))
    assert summary["conflicts"][0]["errorCode"] == "E8128"


def test_one_bad_period_fails_the_whole_request(group_clerk: Clerk) -> None:
    body = {"dataSet": DATA_SET, "dataValues": [value(), value(period="2024-13")]}
    assert group_clerk.send("POST", "/api/dataValueSets", body).status == 500
    assert group_clerk.stored() == []


def test_a_number_as_value_depends_on_the_version(group_clerk: Clerk) -> None:
    body = {"dataSet": DATA_SET, "dataValues": [value(text=5)]}
    takes = group_clerk.sandbox.server.behaviour.reads_numbers_as_values
    assert group_clerk.send("POST", "/api/dataValueSets", body).status == (200 if takes else 500)


def test_atomic_stores_all_or_nothing(group_clerk: Clerk) -> None:
    status, summary = group_clerk.import_values(value(text="x"), value(period="202402"), query="atomic=true")
    assert (status, summary["conflicts"][0]["errorCode"]) == (409, "E8000")
    assert group_clerk.stored() == []


def test_strategy_create_overwrites(group_clerk: Clerk) -> None:
    group_clerk.import_values(value(text="1"))
    group_clerk.import_values(value(text="2"), query="importStrategy=CREATE")
    assert group_clerk.stored() == [(COUNT, "202401", "2")]


def test_a_scope_is_deleted_before_the_values_are_stored(group_clerk: Clerk) -> None:
    group_clerk.import_values(value(), value(AVERAGE))
    scope = {"orgUnits": [UNIT], "periods": ["202401"], "elements": [{"dataElement": COUNT}]}
    _, summary = group_clerk.import_values(value(period="202402"), deletion=scope)
    assert summary["importCount"]["deleted"] == 1
    assert group_clerk.stored() == [(AVERAGE, "202401", "1"), (COUNT, "202402", "1")]

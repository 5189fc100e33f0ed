"""The import of 41 and 42: each value on its own, counted as new, changed or ignored."""

from entering import AVERAGE, COLOUR, COUNT, DATA_SET, OTHER, Clerk, value


def test_a_value_is_new_then_ignored_then_changed(row_clerk: Clerk) -> None:
    counts = [row_clerk.import_values(value(text=text))[1]["importCount"] for text in ("1", "1", "2")]
    assert [count["imported"] for count in counts] == [1, 0, 0]
    assert [count["ignored"] for count in counts] == [0, 1, 0]
    assert [count["updated"] for count in counts] == [0, 0, 1]


def test_a_wrong_value_is_a_conflict_and_the_others_are_stored(row_clerk: Clerk) -> None:
    status, summary = row_clerk.import_values(value(text="x"), value(period="202402"), value(period="202403", text="y"))
    assert (status, summary["status"]) == (409, "WARNING")
    assert [(row["errorCode"], row["indexes"]) for row in summary["conflicts"]] == [("E7619", [0, 2])]
    assert summary["rejectedIndexes"] == [0, 2]
    assert row_clerk.stored() == [(COUNT, "202402", "1")]


def test_an_insignificant_zero_is_in_no_counter(row_clerk: Clerk) -> None:
    status, summary = row_clerk.import_values(value(text="0"))
    assert status == 200
    assert sum(summary["importCount"].values()) == 0
    assert row_clerk.stored() == []


def test_a_dry_run_stores_no_value_but_the_completion(row_clerk: Clerk) -> None:
    head = {"period": "202401", "orgUnit": "UnitAaaa001", "completeDate": "2024-02-03"}
    _, summary = row_clerk.import_values(value(), query="dryRun=true", **head)
    assert summary["importCount"]["imported"] == 1
    assert row_clerk.stored() == []
    reply = row_clerk.send(
        "GET", f"/api/completeDataSetRegistrations?dataSet={DATA_SET}&period=202401&orgUnit=UnitAaaa001"
    )
    assert b"2024-02-03" in reply.body


def test_the_head_wins_over_the_value(row_clerk: Clerk) -> None:
    row_clerk.import_values(value(period="202403"), period="202402")
    assert row_clerk.stored() == [(COUNT, "202402", "1")]


def test_of_a_new_key_twice_the_first_is_kept(row_clerk: Clerk) -> None:
    _, summary = row_clerk.import_values(value(text="1"), value(text="2"))
    assert summary["importCount"]["imported"] == 1
    assert row_clerk.stored() == [(COUNT, "202401", "1")]


def test_strategies_keep_to_what_they_say(row_clerk: Clerk) -> None:
    row_clerk.import_values(value(text="1"))
    _, created = row_clerk.import_values(value(text="9"), value(period="202402"), query="importStrategy=CREATE")
    assert (created["importCount"]["imported"], created["rejectedIndexes"]) == (1, [0])
    _, deleted = row_clerk.import_values(value(), value(period="202403"), query="importStrategy=DELETE")
    assert (deleted["importCount"]["deleted"], deleted["rejectedIndexes"]) == (1, [1])
    assert row_clerk.stored() == [(COUNT, "202402", "1")]


def test_strict_checks_are_off_unless_asked_for(row_clerk: Clerk) -> None:
    quarter = value(period="2024Q1")
    assert row_clerk.import_values(quarter)[0] == 200
    status, summary = row_clerk.import_values(quarter, query="strictPeriods=true")
    assert (status, summary["conflicts"][0]["errorCode"]) == (409, "E7632")


def test_csv_goes_by_position(row_clerk: Clerk) -> None:
    body = f"period,dataelement,orgunit\n{COUNT},202401,{OTHER},,,7\n".encode()
    assert row_clerk.send("POST", f"/api/dataValueSets?dataSet={DATA_SET}", body, "application/csv").status == 200
    assert row_clerk.stored() == [(COUNT, "202401", "7")]


def test_a_comment_alone_is_stored_and_an_option_is_checked(row_clerk: Clerk) -> None:
    _, summary = row_clerk.import_values(
        value(AVERAGE, text=None, comment="later"), value(COLOUR, text="GREEN"), value(COLOUR, "202402", "RED")
    )
    assert [row["errorCode"] for row in summary["conflicts"]] == ["E7621"]
    assert row_clerk.stored() == [(AVERAGE, "202401", None), (COLOUR, "202402", "RED")]


def test_follow_up_is_toggled_by_the_single_value(row_clerk: Clerk) -> None:
    target = f"/api/dataValues?de={COUNT}&pe=202401&ou=UnitAaaa001&value=1&followUp=true"
    marks: list[bool] = []
    for _ in range(3):
        assert row_clerk.send("POST", target).status == 201
        found = row_clerk.send("GET", f"/api/dataValueSets?dataElement={COUNT}&period=202401&orgUnit=UnitAaaa001")
        marks.append(found.parsed()["dataValues"][0]["followup"])
    assert marks == [True, False, True]

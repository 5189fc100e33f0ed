"""Commands against a sandbox: results, formats, exit codes."""

import csv
import io
import json
from pathlib import Path

import pytest

from dhis2w_cli.__main__ import root
from dhis2w_cli.commands import IndexCommand, IndexGroup
from dhis2w_cli.exit_codes import ExitCode
from dhis2w_cli.output import print_result
from dhis2w_cli.settings import Settings
from dhis2w_core.operation_index import read_index
from tests.cli.conftest import Command
from tests.core.conftest import Home

pytestmark = pytest.mark.usefixtures("server")


def a_data_element(d2w: Command) -> str:
    return json.loads(d2w("metadata", "list", "dataElements", "--limit", "1", "-o", "json").out)[0]["id"]


def test_every_operation_has_a_command() -> None:
    for entry in read_index().entries:
        command: IndexGroup | IndexCommand | None = root()
        for word in entry.words:
            assert isinstance(command, IndexGroup)
            command = command.get_command(None, word)
        assert isinstance(command, IndexCommand)
        assert command.entry == entry


def test_info_is_a_table_of_two_columns(d2w: Command) -> None:
    done = d2w("system", "info")
    assert (done.code, done.err) == (0, "")
    assert ["version", "2.42.5.2"] in [line.split() for line in done.out.splitlines()]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_global_options_stand_before_or_behind_the_command(d2w: Command, place: str) -> None:
    words = ("metadata", "count", "dataElements")
    done = d2w("-o", "json", *words) if place == "before" else d2w(*words, "-o", "json")
    assert json.loads(done.out)["count"] > 10


def test_a_list_in_every_format(d2w: Command) -> None:
    words = ("metadata", "list", "dataElements", "--limit", "3", "--order", "name:asc")
    rows = json.loads(d2w(*words, "-o", "json").out)
    assert len(rows) == 3
    assert [json.loads(line) for line in d2w(*words, "-o", "ndjson").out.splitlines()] == rows
    assert [row["id"] for row in csv.DictReader(io.StringIO(d2w(*words, "-o", "csv").out))] == [
        row["id"] for row in rows
    ]
    assert d2w(*words, "-o", "yaml").out.startswith("- ")
    head, *lines = d2w(*words).out.splitlines()
    assert head.split() == ["id", "displayName", "code"]
    assert [line.split()[0] for line in lines] == [row["id"] for row in rows]
    assert d2w(*words, "--query", "[].id").out.split() == [row["id"] for row in rows]


def test_fields_are_asked_of_the_server_where_it_can(d2w: Command) -> None:
    words = ("metadata", "list", "dataElements", "--limit", "1", "-o", "json")
    fields = "id,categoryCombo[name]"
    expected = {"id", "categoryCombo"}
    assert set(json.loads(d2w(*words, "--fields", fields).out)[0]) == expected
    assert set(json.loads(d2w("--fields", fields, *words).out)[0]) == expected
    assert set(json.loads(d2w("system", "info", "--fields", "version", "-o", "json").out)) == {"version"}


def test_api_reads_all_pages(d2w: Command) -> None:
    done = d2w(
        "api", "GET", "dataElements", "--param", "fields=id", "--param", "pageSize=7", "--paginate", "-o", "json"
    )
    count = json.loads(d2w("metadata", "count", "dataElements", "-o", "json").out)["count"]
    assert len({row["id"] for row in json.loads(done.out)}) == count


def test_api_writes_after_a_yes(d2w: Command, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"name": "By api", "shortName": "By api"}')
    words = ("api", "post", "dataElementGroups", "--body", f"@{body}")
    shown = d2w(*words, "--dry-run")
    assert (shown.code, "By api" in shown.out) == (0, True)
    assert d2w(*words).code == ExitCode.NOT_CONFIRMED
    assert d2w("metadata", "list", "dataElementGroups", "--filter", "name:eq:By api", "-o", "json").out == "[]\n"
    assert d2w(*words, "--yes").code == 0
    assert "By api" in d2w("metadata", "list", "dataElementGroups", "--filter", "name:eq:By api").out


def test_a_rename_is_undone(d2w: Command) -> None:
    uid = a_data_element(d2w)
    before = d2w("metadata", "get", "dataElements", uid, "--query", "name").out
    assert d2w("metadata", "rename", "dataElements", uid, "Renamed", "--yes").code == 0
    assert d2w("metadata", "get", "dataElements", uid, "--query", "name").out == "Renamed\n"
    assert d2w("undo", "--yes").code == 0
    assert d2w("metadata", "get", "dataElements", uid, "--query", "name").out == before
    assert "undone" in d2w("journal", "list").out


def test_search_finds_objects_of_several_types(d2w: Command) -> None:
    rows = json.loads(d2w("metadata", "search", "malaria", "-o", "json").out)
    assert len({row["type"] for row in rows}) > 1


def test_a_difference_has_its_own_exit_code(d2w: Command, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    uid = a_data_element(d2w)
    file.write_text(json.dumps({"dataElements": [{"id": uid, "name": "Other"}]}))
    done = d2w("metadata", "diff", str(file))
    assert (done.code, "Other" in done.out) == (ExitCode.CHANGES_FOUND, True)
    file.write_text('{"dataElements": []}')
    assert d2w("metadata", "diff", str(file)).code == 0


def test_a_token_is_made_shown_once_and_revoked(d2w: Command) -> None:
    made = json.loads(d2w("profile", "pat", "create", "--code", "ci", "--yes", "-o", "json").out)
    assert made["token"].startswith("d2p_")
    assert made["token"] not in d2w("profile", "pat", "list").out
    assert d2w("profile", "pat", "revoke", made["id"], "--yes").code == 0
    assert made["id"] not in d2w("profile", "pat", "list").out


def test_csv_can_keep_spreadsheets_from_taking_text_for_formulas(d2w: Command, home: Home) -> None:
    home.write_user('[profiles.a]\nbase_url = "=cmd()"\nauth = "pat"\n')
    words = ("profile", "list", "-o", "csv", "--fields", "server")
    assert d2w(*words).out.endswith("\n=cmd()\n")
    assert d2w(*words, "--csv-safe").out.endswith("\n'=cmd()\n")


def test_formulas_in_columns_and_tabs_are_kept_from_spreadsheets_and_numbers_are_left() -> None:
    rows = [{"=name": "\tx", "number": -5, "text": "-5", "list": ["=a"], "plain": "a=b"}]
    out = io.StringIO()
    print_result(rows, Settings(output="csv", csv_safe=True), out)
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [
        ["'=name", "number", "text", "list", "plain"],
        ["'\tx", "-5", "'-5", '["=a"]', "a=b"],
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nonsense",), ExitCode.USAGE),
        (("metadata", "lst"), ExitCode.USAGE),
        (("metadata", "get", "dataElements"), ExitCode.USAGE),
        (("metadata", "list", "dataElements", "--limit", "many"), ExitCode.USAGE),
        (("metadata", "list", "dataElemnts"), ExitCode.USAGE),
        (("api", "GET", "me", "--param", "x"), ExitCode.USAGE),
        (("api", "FETCH", "me"), ExitCode.USAGE),
        (("system", "info", "-o", "xml"), ExitCode.USAGE),
        (("system", "info", "--query", "[["), ExitCode.USAGE),
        (("profile", "list", "--dry-run"), ExitCode.USAGE),
        (("metadata", "get", "dataElements", "aaaaaaaaaaa"), ExitCode.NOT_FOUND),
        (("api", "GET", "nowhere"), ExitCode.NOT_FOUND),
        (("-p", "nobody", "system", "info"), ExitCode.NOT_FOUND),
        (("metadata", "create", "dataElements", "{}", "--yes"), ExitCode.REFUSED),
        (("undo", "--yes"), ExitCode.FAILED),
    ],
)
def test_what_goes_wrong_has_an_exit_code_and_a_next_step(d2w: Command, words: tuple[str, ...], code: ExitCode) -> None:
    done = d2w(*words)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")
    assert "\nnext: " in done.err
    as_json = d2w(*words, "-o", "json") if "-o" not in words else None
    if as_json:
        facts = json.loads(as_json.err)["error"]
        assert facts["exit_code"] == code
        assert facts["message"]


def test_wrong_credentials(d2w: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_PAT", "d2p_wrong")
    done = d2w("system", "me")
    assert done.code in (ExitCode.NOT_AUTHENTICATED, ExitCode.REFUSED)  # DHIS2 answers 400 to a token that is none
    assert "d2p_wrong" not in done.err


def test_no_server(d2w: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_URL", "http://127.0.0.1:9")
    assert d2w("system", "info").code == ExitCode.UNREACHABLE


def test_no_profile(d2w: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DHIS2_URL")
    done = d2w("system", "info")
    assert (done.code, "d2w profile add" in done.err) == (ExitCode.NOT_AUTHENTICATED, True)


def test_quiet_prints_nothing(d2w: Command) -> None:
    done = d2w("system", "info", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert d2w("-q", "metadata", "list", "dataElements").out == ""


def test_no_words_show_the_help(d2w: Command) -> None:
    done = d2w()
    assert (done.code, done.out.startswith("Usage: d2w")) == (ExitCode.USAGE, True)


def test_what_a_server_says_cannot_command_the_terminal(d2w: Command, home: Home) -> None:
    home.write_user('[profiles.a]\nbase_url = "http://x\\u001b]0;title\\u0007"\nauth = "pat"\n')
    assert "\x1b" not in d2w("profile", "list").out


def test_completion_knows_commands_types_and_profiles(
    d2w_process: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_user('[profiles.prodigy]\nbase_url = "https://a.example.org"\nauth = "pat"\n')
    monkeypatch.setenv("_D2W_COMPLETE", "complete_bash")
    for words, expected in (
        ("d2w meta", ["metadata"]),
        ("d2w metadata list dataElementGroup", ["dataElementGroupSets", "dataElementGroups"]),
        ("d2w profile show prod", ["prodigy"]),
    ):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert d2w_process().out.split() == expected


def one(d2w: Command, type: str, *words: str) -> str:
    return json.loads(d2w("metadata", "list", type, "--limit", "1", *words, "-o", "json").out)[0]["id"]


def test_an_object_is_shown_with_names_beside_ids(d2w: Command) -> None:
    done = d2w("metadata", "get", "dataElements", a_data_element(d2w))
    assert "default (bjDvmb4bfuf)" in done.out


def test_the_tree_is_drawn(d2w: Command) -> None:
    lines = d2w("metadata", "tree", "--levels", "1").out.splitlines()
    assert lines[0].startswith("Tembara (")
    assert all(line.startswith(("├─ ", "└─ ")) for line in lines[1:])
    assert json.loads(d2w("metadata", "tree", "-o", "json").out)[0]["children"]


def test_sharing_translations_and_names_are_changed_and_undone(d2w: Command) -> None:
    uid = a_data_element(d2w)
    before = d2w("metadata", "get", "dataElements", uid, "--fields", "name,sharing,translations", "-o", "json").out
    for words in (
        ("metadata", "share", "dataElements", uid, "--public", "--------"),
        ("metadata", "translate", "dataElements", uid, "fr", "--text", "NAME=Nom"),
        ("metadata", "replace", "dataElements", "^", "New: ", "--id", uid, "--property", "name"),
        ("metadata", "patch", "dataElements", uid, '{"description": "Described"}'),
    ):
        done = d2w(*words, "--yes")
        assert (done.code, "undo" in done.err) == (0, True), done.err
    after = json.loads(d2w("metadata", "get", "dataElements", uid, "--fields", ":owner", "-o", "json").out)
    assert after["sharing"]["public"] == "--------"
    assert after["translations"][0]["value"] == "Nom"
    assert after["name"].startswith("New: ")
    for _ in range(4):
        done = d2w("undo", "--yes")
        assert done.code == 0, done.err
    assert (
        d2w("metadata", "get", "dataElements", uid, "--fields", "name,sharing,translations", "-o", "json").out == before
    )


def test_a_unit_is_moved_and_moved_back(d2w: Command) -> None:
    unit = one(d2w, "organisationUnits", "--filter", "level:eq:4")
    shown = ("metadata", "get", "organisationUnits", unit, "--query", "parent.id")
    before = d2w(*shown).out
    target = one(d2w, "organisationUnits", "--filter", "level:eq:3", "--filter", f"id:!eq:{before.strip()}")
    assert d2w("metadata", "move", target, unit, "--yes").code == 0
    assert d2w(*shown).out == f"{target}\n"
    assert d2w("undo", "--yes").code == 0
    assert d2w(*shown).out == before


def test_members_come_and_go(d2w: Command) -> None:
    group = one(d2w, "dataElementGroups")
    listed = ("metadata", "members", "list", "dataElementGroups", group, "dataElements", "--query", "[].id")
    member = d2w(*listed).out.split()[0]
    assert d2w("metadata", "members", "remove", "dataElementGroups", group, "dataElements", member, "--yes").code == 0
    assert member not in d2w(*listed).out
    assert d2w("metadata", "members", "add", "dataElementGroups", group, "dataElements", member, "--yes").code == 0
    assert member in d2w(*listed).out


def test_indicator_types_are_merged(d2w: Command) -> None:
    made = [
        json.loads(
            d2w("metadata", "create", "indicatorTypes", f'{{"name": "{name}", "factor": 7}}', "--yes", "-o", "json").out
        )[0]["id"]
        for name in ("Merge A", "Merge B")
    ]
    done = d2w("metadata", "merge", "indicatorTypes", made[0], "--into", made[1], "--delete-sources", "--yes")
    assert done.code == 0, done.err
    assert d2w("metadata", "get", "indicatorTypes", made[0]).code == ExitCode.NOT_FOUND


def test_usage_names_who_refers(d2w: Command) -> None:
    combo = one(d2w, "categoryCombos", "--filter", "name:eq:default")
    assert "dataElements" in d2w("metadata", "usage", "categoryCombos", combo).out


def test_bundles_are_exported_checked_compared_and_imported(d2w: Command, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json.gz"
    assert d2w("metadata", "export", "optionSets", "options", "--file", str(file)).code == 0
    assert d2w("metadata", "validate", str(file)).code == 0
    assert d2w("metadata", "diff", str(file)).code == 0
    assert d2w("metadata", "import", str(file), "--dry-run").code == 0
    done = d2w("metadata", "import", str(file), "--yes", "-o", "json")
    assert json.loads(done.out)["status"] == "OK"
    needed = json.loads(d2w("metadata", "export", "dataSets", "--id", one(d2w, "dataSets"), "-o", "json").out)
    assert needed["dataElements"]
    (tmp_path / "bad.json").write_text('{"dataElements": [{"id": "abcdefghijk"}]}')
    assert d2w("metadata", "validate", str(tmp_path / "bad.json")).code == ExitCode.CHANGES_FOUND


def test_what_a_version_has_is_listed_for_it(d2w: Command) -> None:
    rows = json.loads(d2w("metadata", "types", "dataElements", "-o", "json").out)
    assert rows[0]["versions"] == "41-44"


def test_authorities_and_ping(d2w: Command) -> None:
    assert d2w("system", "authorities", "--query", "[].authority").out.split()[0].isupper()
    assert json.loads(d2w("system", "ping", "-o", "json").out)["version"] == "2.42.5.2"


def test_the_journal_is_purged(d2w: Command) -> None:
    assert d2w("metadata", "patch", "dataElements", a_data_element(d2w), '{"url": "http://a"}', "--yes").code == 0
    assert json.loads(d2w("journal", "purge", "-o", "json").out) == {"deleted": 0}
    assert json.loads(d2w("journal", "purge", "--days", "0", "-o", "json").out) == {"deleted": 1}

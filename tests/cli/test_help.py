"""Help, and what is said of a command that was typed wrongly."""

import json

import pytest

from dhis2w_cli.exit_codes import ExitCode
from tests.cli.conftest import Command
from tests.core.conftest import Home


def test_help_is_asked_for_by_a_word_too(d2w: Command) -> None:
    assert d2w("help", "data", "push") == d2w("data", "push", "--help")
    assert d2w("help") == d2w("--help")


def test_arguments_are_shown_by_their_names_alone(d2w: Command) -> None:
    shown = d2w("data", "push", "--help").out
    assert "Usage: d2w data push [OPTIONS] FILE..." in shown
    assert "  FILE  A file;" in shown
    assert "[OPTIONS] [DATA-ELEMENT] PERIOD" not in d2w("data", "get", "--help").out
    assert "[RUN]" in d2w("undo", "--help").out


def test_a_switch_that_is_on_shows_that_it_is(d2w: Command) -> None:
    assert "[default: --check]" in " ".join(d2w("data", "push", "--help").out.split())


@pytest.mark.parametrize("words", [(), ("data",), ("profile",)])
def test_nothing_in_a_list_of_commands_is_cut_short(d2w: Command, words: tuple[str, ...]) -> None:
    assert "..." not in d2w(*words, "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("data", "push"), "next: d2w data push [OPTIONS] FILE... (`d2w data push --help` says more)"),
        (("data", "psh"), "next: d2w data [OPTIONS] COMMAND [ARGS]... (`d2w data --help` says more)"),
        (("--versoin",), "(`d2w --help` says more)"),
        (("data", "set", "DKWiQdn8P1B", "202501", "A5RDGbzMDjs", "-4"), "Behind -- a value may begin with -."),
        (("data", "push", "nofile.csv"), "next: `d2w data push --help` shows how it is used."),
    ],
)
@pytest.mark.usefixtures("server")
def test_a_mistake_is_answered_with_the_usage_of_that_command(
    d2w: Command, words: tuple[str, ...], expected: str
) -> None:
    done = d2w(*words)
    assert (done.code, expected in done.err) == (ExitCode.USAGE, True), done.err
    facts = json.loads(d2w(*words, "-o", "json").err)["error"]
    assert facts["next_step"] in done.err


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("words", [("transfers", "list"), ("files", "list"), ("journal", "list")])
def test_a_list_of_nothing_says_so_beside_the_result(d2w: Command, words: tuple[str, ...]) -> None:
    done = d2w(*words)
    assert (done.out, done.err) == ("", "Nothing was found.\n")
    assert d2w(*words, "-o", "json").out == "[]\n"
    assert d2w(*words, "-q").err == ""


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("format", ["table", "json", "csv", "yaml"])
def test_letters_of_every_script_are_written_whatever_the_locale(
    home: Home, d2w: Command, d2w_process: Command, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    assert home
    assert d2w("metadata", "rename", "dataElements", "DKWiQdn8P1B", "Paludisme confirmé ໂລກ", "--yes").code == 0
    for name, value in {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        monkeypatch.setenv(name, value)
    done = d2w_process("metadata", "list", "dataElements", "--filter", "id:eq:DKWiQdn8P1B", "-o", format)
    assert (done.code, "Paludisme confirmé ໂລກ" in done.out) == (0, True), done.err


@pytest.mark.usefixtures("server")
def test_json_from_an_editor_of_windows_is_read(d2w: Command, home: Home) -> None:
    body = home.folder / "body.json"
    body.write_text('{"name": "N", "shortName": "N"}', encoding="utf-8-sig")
    assert d2w("api", "POST", "dataElementGroups", "--body", f"@{body}", "--yes").code == 0


@pytest.mark.usefixtures("server")
def test_a_folder_that_is_not_there_is_told_in_words(d2w: Command) -> None:
    done = d2w("metadata", "export", "dataSets", "--file", "no/such/sets.json")
    assert (done.code, done.out) == (ExitCode.FAILED, "")
    assert "no/such" in done.err
    assert "next: Check the path, your rights there" in done.err


@pytest.mark.usefixtures("server")
def test_a_list_that_is_cut_short_by_default_says_so(d2w: Command) -> None:
    for format, lines in (("table", 51), ("csv", 51), ("ndjson", 50)):
        done = d2w("metadata", "list", "organisationUnits", "-o", format)
        assert (len(done.out.splitlines()), done.code) == (lines, 0)
        assert done.err == "These are the first 50; there may be more: --limit 0 lists all.\n"
    assert d2w("metadata", "list", "organisationUnits", "--limit", "50").err == "", "that was asked for"
    assert d2w("metadata", "list", "organisationUnits", "--limit", "0").err == ""
    assert d2w("metadata", "list", "dataSets").err == ""


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("data", "expected"),
    [("DKWiQdn8P1B", "`d2w analytics refresh` builds them."), ("unknown0001", "`d2w metadata search TEXT`")],
)
def test_what_analytics_refuses_has_a_next_step(d2w: Command, data: str, expected: str) -> None:
    done = d2w("analytics", "query", "--dx", data, "--pe", "2025", "--ou", "USER_ORGUNIT")
    assert (done.code, expected in done.err) == (ExitCode.REFUSED, True), done.err

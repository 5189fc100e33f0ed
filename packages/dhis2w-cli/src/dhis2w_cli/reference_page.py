"""The reference page of all commands, `docs/reference/cli.md`, made of the indexes."""

from __future__ import annotations

from collections.abc import Iterator

from dhis2w_cli.examples import examples_of
from dhis2w_cli.exit_codes import ExitCode
from dhis2w_cli.settings import GLOBAL_OPTIONS, SHORT
from dhis2w_core.operation_index import Index, IndexEntry, Parameter

EFFECTS = {
    "read": "reads",
    "write": "writes",
    "destroy": "deletes, or cannot be taken back",
    "local": "changes nothing on the server",
}
UNDO = {"full": "`d2w undo` takes it back", "partial": "`d2w undo` takes back a part", "none": "cannot be undone"}
EXITS = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed, for a reason that no other code says",
    ExitCode.USAGE: "wrong usage; nothing was sent",
    ExitCode.NOT_FOUND: "no such object, path or profile",
    ExitCode.REFUSED: "refused by the server, or the object has changed since",
    ExitCode.NOT_AUTHENTICATED: "credentials missing or not taken",
    ExitCode.UNREACHABLE: "the server does not answer",
    ExitCode.PARTLY_DONE: "something was written before the server refused, or rows of a push were refused",
    ExitCode.CHANGES_FOUND: "a comparison found differences",
    ExitCode.NOT_CONFIRMED: "a write was not confirmed; nothing was sent",
    ExitCode.FINDINGS: "an examination found something wrong",
    ExitCode.INTERRUPTED: "Ctrl-C",
}


def reference_page(*indexes: Index) -> str:
    """The page, in Markdown."""
    return "\n".join(_page(indexes)).rstrip() + "\n"


def _page(indexes: tuple[Index, ...]) -> Iterator[str]:
    yield "# Commands\n\nMade of the index of operations; `d2w COMMAND --help` says the same.\n"
    yield "## Options of every command\n"
    yield from _parameters(GLOBAL_OPTIONS)
    yield "\n## Exit codes\n\n| code | meaning |\n|---:|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in EXITS.items())
    entries = sorted((entry for index in indexes for entry in index.entries), key=lambda entry: entry.words)
    areas = {area: about for index in indexes for area, about in index.areas.items()}
    for area in dict.fromkeys(entry.words[0] for entry in entries):
        yield f"\n## {area}\n\n{areas[area]}"
        for entry in entries:
            if entry.words[0] == area:
                yield from _entry(entry)


def _entry(entry: IndexEntry) -> Iterator[str]:
    yield f"\n### d2w {entry.name}\n\n{entry.summary}"
    if entry.description:
        yield f"\n{entry.description}"
    arguments = (each for each in entry.parameters if each.positional)
    words = [_word(each) for each in arguments]
    options = ["[OPTIONS]"] if len(words) < len(entry.parameters) else []
    yield "\n```console\n$ " + " ".join(["d2w", entry.name, *options, *words]) + "\n```\n"
    yield from _parameters(entry.parameters)
    if lines := examples_of(entry.name):
        yield "\n```console\n" + "".join(f"$ {line}\n" for line in lines) + "```"
    facts = ["the method decides whether it writes" if entry.effect_varies else EFFECTS[entry.effect]]
    facts += [UNDO[entry.undo]] if entry.effect in ("write", "destroy") else []
    yield f"\nEffect: {'; '.join(facts)}. Versions: {entry.versions}."


def _word(parameter: Parameter) -> str:
    name = parameter.name.upper().replace("_", "-") + ("..." if parameter.multiple else "")
    return name if parameter.required else f"[{name}]"


def _parameters(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    if not parameters:
        return
    yield "| parameter | what it is |\n|---|---|"
    for each in parameters:
        flag = f"--{each.name.replace('_', '-')}"
        short = f"{SHORT[each.name]}, " if each in GLOBAL_OPTIONS and each.name in SHORT else ""
        value = "" if each.type == "boolean" else f" {'|'.join(each.choices) or each.type.upper()}"
        shown = _word(each) if each.positional else f"{short}{flag}{value}"
        default = f" Default: `{each.default}`." if each.default not in (None, False, True, "") else ""
        more = " May be repeated." if each.multiple and not each.positional else ""
        choices = f" One of {', '.join(each.choices)}." if each.positional and each.choices else ""
        about = each.help.replace("|", chr(92) + "|")
        yield f"| `{shown.replace('|', chr(92) + '|')}` | {about}{choices}{default}{more} |"

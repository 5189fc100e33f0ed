"""The commands, made of the index of operations when they are used; no operation is imported for help."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from typer._coercion import PassThroughRuntimeParam, RuntimeParam, resolve_type_descriptor
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.models import OptionInfo

from dhis2w_cli.completion import completions
from dhis2w_cli.settings import GLOBAL_OPTIONS, SHORT, Settings, settings_of
from dhis2w_core.operation_index import IndexEntry, Parameter
from dhis2w_core.plugins import Registry

Run = Callable[[IndexEntry, dict[str, Any], Settings], int]
"""Runs an operation, and gives the exit code."""

METAVARS = {"text": "TEXT", "integer": "NUMBER", "number": "NUMBER", "json": "JSON", "file": "FILE"}
GLOBAL_HINT = (
    "Every command also takes -p/--profile, -o/--output, --fields, --query, --dry-run, -y/--yes, -q, -v and "
    "--no-color: see `d2w --help`."
)


class IndexValue(PassThroughRuntimeParam):
    """Converts words of the command line by the index; Typer's own way would import Pydantic for each of them."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value, or an error that names the parameter."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (list, tuple)):
            return [self._one(each, param, ctx) for each in cast("list[Any]", value)]
        return self._one(value, param, ctx)

    def _one(self, text: Any, param: Any, ctx: Any) -> Any:
        from typer import BadParameter

        try:
            return converted(cast("Parameter", param.spec), text)
        except ValueError as error:
            message = str(error)
        raise BadParameter(message, ctx=ctx, param=param)


def converted(parameter: Parameter, text: Any) -> Any:
    """What a word of the command line stands for.

    Raises:
        ValueError: It is not of the parameter's type.
    """
    if not isinstance(text, str):
        return text
    if parameter.choices:
        found = next((choice for choice in parameter.choices if choice.lower() == text.lower()), None)
        if found is None:
            raise ValueError(f"{text!r} is not one of {', '.join(parameter.choices)}.")
        return found
    match parameter.type:
        case "integer" | "number":
            try:
                return int(text) if parameter.type == "integer" else float(text)
            except ValueError:
                raise ValueError(f"{text!r} is no number.") from None
        case "file":
            return Path(text)
        case "json":
            return read_json(text)
        case _:
            return text


def read_json(text: str) -> Any:
    """JSON from the command line: as it is, from a file (`@FILE`) or from standard input (`-`).

    Raises:
        ValueError: It is none, or the file cannot be read.
    """
    try:
        source = sys.stdin.read() if text == "-" else Path(text[1:]).read_text("utf-8-sig") if text[:1] == "@" else text
    except OSError as error:
        raise ValueError(f"{text[1:]} cannot be read: {error.strerror}.") from None
    try:
        return json.loads(source)
    except ValueError as error:
        raise ValueError(f"this is no JSON ({error}); @FILE reads a file, - standard input.") from None


def _shared(spec: Parameter) -> dict[str, Any]:
    """What arguments and options are made with alike."""

    def complete(_ctx: Any, _words: list[str], incomplete: str) -> list[str]:
        return completions(spec, incomplete)

    return {
        "type_descriptor": resolve_type_descriptor(bool if spec.type == "boolean" else str, OptionInfo()),
        "required": spec.required,
        "autocompletion": complete,
        "show_default": False,
    }


class IndexArgument(TyperArgument):
    """A parameter that is given by position."""

    def __init__(self, spec: Parameter) -> None:
        self.spec = spec
        metavar = spec.name.upper().replace("_", "-")
        super().__init__(
            param_decls=[spec.name],
            help=_help(spec),
            metavar=metavar,
            nargs=-1 if spec.multiple else 1,
            **_shared(spec),
        )

    def _usage_display_name(self) -> str:
        """`FILE...`; in brackets where it may be left out."""
        return f"{self.metavar if self.required else f'[{self.metavar}]'}{'...' if self.spec.multiple else ''}"

    def get_help_record(self, ctx: Any) -> tuple[str, str]:  # noqa: ARG002 - Typer's signature
        """Name and help; whether it is required is in the line of usage."""
        return str(self.metavar), self.help or ""

    def get_runtime_param(self) -> RuntimeParam:
        """The conversion of the index."""
        return IndexValue(OptionInfo(), self.type_descriptor.annotation)


class IndexOption(TyperOption):
    """A parameter that is given by name."""

    def __init__(self, spec: Parameter, **more: Any) -> None:
        self.spec = spec
        flag = f"--{spec.name.replace('_', '-')}"
        is_flag = spec.type == "boolean"
        if is_flag and spec.default:
            flag += f"/--no-{spec.name.replace('_', '-')}"
        short = [SHORT[spec.name]] if spec in GLOBAL_OPTIONS and spec.name in SHORT else []
        super().__init__(
            param_decls=[spec.name, *short, flag],
            help=_help(spec),
            metavar="|".join(spec.choices) or METAVARS.get(spec.type),
            multiple=spec.multiple,
            is_flag=is_flag,
            **_shared(spec),
            **more,
        )

    def get_runtime_param(self) -> RuntimeParam:
        """The conversion of the index."""
        return IndexValue(OptionInfo(), self.type_descriptor.annotation)


def _help(spec: Parameter) -> str:
    more = " Repeat it for more." if spec.multiple and not spec.positional else ""
    default = f"--{spec.name.replace('_', '-')}" if spec.default is True else spec.default
    shown = f" [default: {default}]" if default not in (None, False, "") else ""
    source = " (JSON, @FILE, or - for standard input)" if spec.type == "json" else ""
    choices = f" One of {', '.join(spec.choices)}." if spec.positional and spec.choices else ""
    return f"{spec.help}{choices}{source}{more}{shown}".replace("`", "")


def help_option() -> IndexOption:
    """`--help`."""

    def show(ctx: Any, _param: Any, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            sys.stdout.write(ctx.get_help() + "\n")
            ctx.exit()

    spec = Parameter("help", "boolean", "Show this help.", required=False)
    return IndexOption(spec, is_eager=True, expose_value=False, callback=show)


class IndexCommand(TyperCommand):
    """The command of one operation."""

    def __init__(self, entry: IndexEntry, run: Run) -> None:
        self.entry = entry
        self._run = run
        own = {parameter.name for parameter in entry.parameters}
        arguments = [IndexArgument(each) for each in entry.parameters if each.positional]
        options = [IndexOption(each) for each in entry.parameters if not each.positional]
        shared = [IndexOption(each, hidden=True) for each in GLOBAL_OPTIONS if each.name not in own]
        super().__init__(
            entry.words[-1],
            params=[*arguments, *options, *shared, help_option()],
            help="\n\n".join(part for part in (entry.summary, entry.description) if part).replace("`", ""),
            epilog=_epilog(entry),
            short_help=entry.summary.replace("`", ""),
            add_help_option=False,
            rich_markup_mode=None,
        )

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples, each on a line that can be copied, then what every command has."""
        from dhis2w_cli.examples import examples_of

        if lines := examples_of(self.entry.name):
            formatter.write("\nExamples:\n" + "".join(f"  $ {line}\n" for line in lines))
        super().format_epilog(ctx, formatter)

    def invoke(self, ctx: Any) -> int:
        """Run the operation, with the options before the command and those behind it."""
        own = {parameter.name: parameter for parameter in self.entry.parameters}
        before = dict(ctx.find_root().params)
        behind = {name: value for name, value in ctx.params.items() if name not in own}
        said = {name: value for name, value in ctx.params.items() if name in own and value not in (None, [], ())}
        shared = {name: value for name in own if (value := before.pop(name, None)) is not None}
        return self._run(self.entry, shared | said, settings_of(before, behind))


def _epilog(entry: IndexEntry) -> str:
    effects = {
        "read": "It only reads.",
        "write": "It writes: what it would do is shown first.",
        "destroy": "It deletes, or does what cannot be taken back: what it would do is shown first.",
        "local": "It changes nothing on the server.",
    }
    promise = {
        "full": " d2w undo takes it back.",
        "partial": " d2w undo takes back a part of it.",
        "none": " It cannot be undone." if entry.effect in ("write", "destroy") else "",
    }
    effect = "The arguments decide whether it writes." if entry.effect_varies else effects[entry.effect]
    return f"{effect}{promise[entry.undo]} {GLOBAL_HINT}"


class IndexGroup(TyperGroup):
    """An area of the index, or the whole of it."""

    def __init__(self, words: tuple[str, ...], registry: Registry, run: Run, **more: Any) -> None:
        self._depth = len(words)
        self._run = run
        self._registry = registry
        self._entries = [entry for entry in registry.entries if entry.words[: self._depth] == words]
        self._words = words
        about = registry.areas.get(" ".join(words)) or self._verbs()
        more.setdefault("help", about)
        more.setdefault("short_help", about)  # else Typer cuts it short
        super().__init__(
            name=words[-1] if words else "d2w",
            params=[*more.pop("params", ()), help_option()],
            add_help_option=False,
            no_args_is_help=True,
            rich_markup_mode=None,
            **more,
        )

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """The verbs, or areas, by name."""
        return sorted({entry.words[self._depth] for entry in self._entries})

    def get_command(self, ctx: Any, cmd_name: str) -> IndexCommand | IndexGroup | None:  # noqa: ARG002 - Typer's signature
        """The command or group of a word, made now."""
        words = (*self._words, cmd_name)
        found = [entry for entry in self._entries if entry.words[: len(words)] == words]
        if not found:
            return None
        return (
            IndexCommand(found[0], self._run)
            if found[0].words == words
            else IndexGroup(words, self._registry, self._run)
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the words name; suggestions come from the index."""
        self.commands = dict.fromkeys(self.list_commands(ctx), cast("Any", None)) if args else {}
        return super().resolve_command(ctx, args)

    def _verbs(self) -> str:
        return ", ".join(dict.fromkeys(entry.words[self._depth] for entry in self._entries)).capitalize() + "."

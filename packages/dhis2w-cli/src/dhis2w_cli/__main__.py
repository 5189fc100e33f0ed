"""`d2w`: the program."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from io import TextIOWrapper
from itertools import zip_longest
from pathlib import Path
from typing import Any

from dhis2w_cli.commands import IndexGroup, IndexOption
from dhis2w_cli.exit_codes import ExitCode
from dhis2w_cli.settings import FORMATS, GLOBAL_OPTIONS, Settings
from dhis2w_core.operation_index import FILE_NAME, IndexEntry, Parameter
from dhis2w_core.plugins import read_registry

HELP = """Work with DHIS2 (2.41 to 2.44) from the command line.

Results are printed as a table, in a pipe too; -o prints them as JSON, NDJSON, CSV or YAML. What would be written is
shown and asked for first; --dry-run only shows it, --yes does not ask."""
EXIT_CODES = """Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 not authenticated, 6 unreachable,
7 partly done, 8 differences found, 9 not confirmed, 130 interrupted."""
FILE_STEP = "Check the path, your rights there, and that the disk has room."
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
COMPLETION_VARIABLE = "_D2W_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and end the process with its exit code."""
    _speak_utf_8()
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command, and give its exit code; whatever goes wrong is told on standard error."""
    from typer import Abort

    from dhis2w_cli.errors import RunInterruptedError
    from dhis2w_cli.failure import tell_error
    from dhis2w_client.errors import Dhis2Error

    warnings.showwarning = _tell_warning
    if COMPLETION_VARIABLE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    output = wanted_output(arguments)
    words = [*arguments[1:], "--help"] if arguments[:1] == ["help"] else arguments
    try:
        return _ended(
            root(arguments).main(words, prog_name="d2w", complete_var=COMPLETION_VARIABLE, standalone_mode=False)
        )
    except Dhis2Error as error:
        return tell_error(error, output)
    except (Abort, EOFError, KeyboardInterrupt):
        return tell_error(RunInterruptedError("Interrupted."), output)
    except BrokenPipeError:
        return _quiet_end()
    except OSError as error:
        if not error.strerror:
            raise
        where = error.filename or "A file, or standard output"
        return tell_error(Dhis2Error(f"{where}: {error.strerror}.", next_step=FILE_STEP), output)
    except Exception as error:
        if not hasattr(error, "format_message"):  # Typer's errors of usage have it
            raise
        return _usage_error(error, output)


def root(arguments: Sequence[str] = ()) -> IndexGroup:
    """The whole command, of the runtime's operations, the CLI's own, and those of plugins.

    Args:
        arguments: What was typed behind `d2w`, for errors that say what to type again.
    """
    registry = read_registry(Path(__file__).with_name(FILE_NAME))
    skipped = "".join(f"\n\nSkipped plugin {each.name}: {each.reason}" for each in registry.broken)
    return IndexGroup(
        (),
        registry,
        partial(_run, shown_command(arguments)),
        params=[*map(IndexOption, GLOBAL_OPTIONS), _version_option(), _completion_option()],
        help=HELP,
        epilog=EXIT_CODES + skipped,
    )


def wanted_output(arguments: Sequence[str]) -> str:
    """The format that the command line asks for, also where the rest of it cannot be understood."""
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        value = following if word in ("-o", "--output") else word.removeprefix("--output=").removeprefix("-o")
        if word.startswith(("-o", "--output")) and value in FORMATS:
            return value
    return "table"


def shown_command(arguments: Sequence[str]) -> str:
    """The command as it is typed in this platform's shell."""
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(["d2w", *arguments])
    from shlex import join

    return join(["d2w", *arguments])


def _run(command: str, entry: IndexEntry, arguments: dict[str, Any], settings: Settings) -> int:
    from dhis2w_cli.exit_codes import exit_code_of
    from dhis2w_cli.runner import run_operation
    from dhis2w_client.errors import Dhis2Error

    try:
        return run_operation(entry, arguments, settings, command)
    except Dhis2Error as error:
        if exit_code_of(error) is ExitCode.USAGE and not error.next_step:
            error.next_step = f"`d2w {entry.name} --help` shows how it is used."
        raise


def _ended(code: object) -> int:
    return code if isinstance(code, int) else ExitCode.DONE


def _usage_error(error: Any, output: str) -> int:
    from dhis2w_cli.failure import tell_usage

    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(error.ctx.get_help() + "\n")
        return ExitCode.USAGE
    usage, path = (error.ctx.get_usage(), error.ctx.command_path) if error.ctx else ("d2w", "d2w")
    message = error.format_message()
    if getattr(error, "option_name", "")[1:2].isdigit():  # a number below zero was taken for an option
        message += " Behind -- a value may begin with -."
    return tell_usage(message, output, usage, path)


def _speak_utf_8() -> None:
    """Read and write UTF-8 whatever the locale says: what is stored in DHIS2 has letters of every script."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _quiet_end() -> int:
    """The reader of a pipe went away; Python must not complain about it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.FAILED


def _tell_warning(message: Warning | str, *_: object, **__: object) -> None:
    sys.stderr.write(f"warning: {message}\n")


def _version_option() -> IndexOption:
    def show(ctx: Any, _param: Any, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from importlib.metadata import version

            sys.stdout.write(f"d2w {version('dhis2w-cli')}\n")
            ctx.exit()

    spec = Parameter("version", "boolean", "Show the version of d2w.", required=False)
    return IndexOption(spec, is_eager=True, expose_value=False, callback=show)


def _completion_option() -> IndexOption:
    def show(ctx: Any, _param: Any, value: str | None) -> None:
        if value and not ctx.resilient_parsing:
            from typer._completion_shared import get_completion_script

            script = get_completion_script(prog_name="d2w", complete_var=COMPLETION_VARIABLE, shell=value)
            sys.stdout.write(script + "\n")
            ctx.exit()

    spec = Parameter("completion", "text", "Print the completion of a shell.", required=False, choices=SHELLS)
    return IndexOption(spec, is_eager=True, expose_value=False, callback=show)


if __name__ == "__main__":
    main()

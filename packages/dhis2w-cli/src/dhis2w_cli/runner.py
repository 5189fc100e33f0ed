"""Running one operation: connect, call, carry out its plan, print its result."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Generator
from contextlib import aclosing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from dhis2w_cli.drawing import drawing, is_trees
from dhis2w_cli.exit_codes import ExitCode
from dhis2w_cli.output import print_result, print_row
from dhis2w_cli.terminal import Terminal
from dhis2w_client.errors import Dhis2Error
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Differences, Findings, PushReport, Variables
from dhis2w_core.plugins import function_of, is_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from dhis2w_cli.interruption import UnderWay
    from dhis2w_cli.settings import Settings
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.executor import Execution
    from dhis2w_core.operation_index import IndexEntry
    from dhis2w_core.plan import Preview

ABOUT_THE_SERVER = ("system", "doctor")
"""Areas whose commands always ask the server which version it has."""


def run_operation(entry: IndexEntry, arguments: dict[str, Any], settings: Settings, command: str) -> int:
    """Run an operation and print its result; the exit code says what became of it.

    Args:
        entry: The operation.
        arguments: Its arguments.
        settings: What the options that every command has say.
        command: What was typed, for whoever has to type it again.

    Raises:
        RunInterruptedError: Ctrl-C.
        Dhis2Error: It failed.
    """
    if settings.dry_run and entry.effect == "local":
        raise OperationError(f"{entry.name} has no plan to show, so --dry-run would change nothing.")
    work = _Run(entry, arguments, settings, command)
    try:
        return _without_loop(work.call({})) if entry.effect == "local" else _in_loop(work, entry, settings)
    except (KeyboardInterrupt, EOFError):
        from dhis2w_cli.interruption import interruption

        raise interruption(entry, arguments, work.under_way, command) from None


def _in_loop(work: _Run, entry: IndexEntry, settings: Settings) -> int:
    import asyncio

    from dhis2w_cli.patience import Patience

    patience = Patience(settings)
    work.terminal.before_text = patience.clear
    work.terminal.paused = patience.paused
    work.terminal.note = patience.note
    with _warnings_on_their_own_line(patience.clear), _requests_shown() if settings.verbose else nullcontext():
        return asyncio.run(patience.with_word(work.connected() if entry.connects else work.call({})))


def _without_loop(work: Coroutine[Any, Any, int]) -> int:
    """Run what never waits for anything; an event loop would take longer than the work."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("int", done.value)
    raise RuntimeError("a local operation waited for something")


class _Run:
    """One run of one operation."""

    def __init__(self, entry: IndexEntry, arguments: dict[str, Any], settings: Settings, command: str) -> None:
        self._entry = entry
        self._arguments = arguments
        self._settings = settings
        self._command = command
        self.terminal = Terminal(settings)
        self.under_way: UnderWay | None = None
        """What was confirmed, and is being done."""

    async def connected(self) -> int:
        """Connect with the profile, then call."""
        from dhis2w_core.entry_client import open_entry
        from dhis2w_core.profiles import choose_profile

        only_reads = self._entry.effect == "read" and self._entry.words[0] not in ABOUT_THE_SERVER
        async with open_entry(choose_profile(self._settings.profile).entry, only_reads=only_reads) as client:
            if not is_in(self._entry, client.version):
                raise OperationError(
                    f"DHIS2 {client.raw_version} has no {self._entry.name}: it is in {self._entry.versions}."
                )
            return await self.call({"client": client})

    async def call(self, given: dict[str, Any]) -> int:
        """Call the function, and see to what it gives."""
        kinds = {**given, "face": self.terminal}
        extra = {name: kinds[kind] for name, _, kind in (each.partition("=") for each in self._entry.given)}
        result = await function_of(self._entry)(**extra, **self._arguments)
        if hasattr(result, "fingerprint"):
            result = await self._carried_out(result, given["client"])
        elif isinstance(result, AsyncIterator):
            return await self._stream(cast("AsyncIterator[Any]", result))
        return self._show(result)

    def _show(self, result: object) -> int:
        code = ExitCode.DONE
        if isinstance(result, Differences):
            code = ExitCode.CHANGES_FOUND if result.rows else ExitCode.DONE
            result = result.rows
        if isinstance(result, Findings):
            code = ExitCode.FINDINGS if result.wrong else ExitCode.DONE
            result = result.rows
        if isinstance(result, PushReport):
            done = result["accepted"] or result["unchanged"]
            code = ExitCode.DONE if not result["refused"] else ExitCode.PARTLY_DONE if done else ExitCode.REFUSED
            result = dict(result)
        if self._settings.output == "table" and is_trees(result):
            result = "\n".join(drawing(result))
        if isinstance(result, Variables):
            result = setting_lines(result) if self._settings.output == "table" else dict(result.values)
        if result == [] and self._settings.output == "table":
            self.terminal.say("Nothing was found.")
        nothing = result in ({}, []) and self._settings.output == "table"
        if not (self._settings.quiet or nothing):
            self.terminal.before_text()
            print_result(result, self._settings, sys.stdout)
        if isinstance(result, list):
            self._tell_of_more(len(cast("list[object]", result)))
        return code

    def _tell_of_more(self, count: int) -> None:
        """Say that a list ended where nobody asked it to end."""
        limit = next((each.default for each in self._entry.parameters if each.name == "limit"), 0)
        if limit and count == limit and "limit" not in self._arguments:
            self.terminal.say(f"These are the first {limit}; there may be more: --limit 0 lists all.")

    async def _stream(self, rows: AsyncIterator[Any]) -> int:
        """Rows that come one by one: NDJSON prints each as it comes, everything else needs all of them."""
        if self._settings.output == "ndjson" and not self._settings.quiet:
            self.terminal.before_text()
            count = 0
            async with aclosing(self._counted(rows)) as counted:  # whoever reads a pipe may have enough
                async for row in counted:
                    print_row(row, self._settings, sys.stdout)
                    count += 1
            self._tell_of_more(count)
            return ExitCode.DONE
        return self._show([row async for row in self._counted(rows)])

    async def _counted(self, rows: AsyncIterator[Any]) -> AsyncGenerator[Any]:
        """The rows, counted for whoever waits; not between those that are printed in the same terminal."""
        closing = aclosing(cast("AsyncGenerator[Any]", rows)) if isinstance(rows, AsyncGenerator) else nullcontext()
        with self.terminal.paused() if self._prints_as_it_comes() else nullcontext():
            async with closing:
                count = 0
                async for row in rows:
                    count += 1
                    self.terminal.progress("Rows", count)
                    yield row

    def _prints_as_it_comes(self) -> bool:
        return self._settings.output == "ndjson" and sys.stdout.isatty()

    async def _carried_out(self, plan: Any, client: Dhis2Client) -> object:
        from dhis2w_cli.interruption import UnderWay, tell_how_to_go_on
        from dhis2w_core.executor import execute

        def consents(preview: Preview) -> bool:
            if self._consents(preview):
                self.under_way = UnderWay(plan, client.base_url)
            return self.under_way is not None

        try:
            done = await execute(
                plan, client, operation=self._entry.name, consent=consents, dry_run=self._settings.dry_run
            )
        except Dhis2Error as error:
            if self.under_way:
                tell_how_to_go_on(error, self.under_way, self._command)
            raise
        return self._told(done)

    def _consents(self, preview: Preview) -> bool:
        from dhis2w_cli.previews import preview_lines

        if not self._settings.yes:
            for line in preview_lines(preview):
                self.terminal.say(line)
        return self.terminal.confirm("Do it?")

    def _told(self, done: Execution) -> object:
        from dhis2w_cli.errors import NotConfirmedError
        from dhis2w_cli.previews import preview_facts, preview_lines

        match done.state:
            case "previewed":
                return (
                    "\n".join(preview_lines(done.preview))
                    if self._settings.output == "table"
                    else preview_facts(done.preview)
                )
            case "nothing to do":
                self.terminal.say("Nothing would change; nothing was sent.")
                return {}
            case "declined":
                raise NotConfirmedError("It was not confirmed; nothing was sent.")
            case "done":
                if done.run and done.preview.undo != "none":
                    self.terminal.say(f"Done. `d2w undo {done.run}` takes it back.")
                return done.result


def setting_lines(variables: Variables) -> str:
    """The lines that set environment variables in this platform's shell."""
    import os
    import shlex

    if os.name == "nt":
        return "\n".join(f"$Env:{name} = '{value}'" for name, value in variables.values.items())
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.values.items())


@contextmanager
def _warnings_on_their_own_line(before_text: Callable[[], None]) -> Generator[None]:
    """Take the word about the time away before a warning is shown."""
    import warnings

    show = warnings.showwarning

    def shown(*about: Any, **more: Any) -> None:
        before_text()
        show(*about, **more)

    warnings.showwarning = shown
    try:
        yield
    finally:
        warnings.showwarning = show


@contextmanager
def _requests_shown() -> Generator[None]:
    """Requests on standard error; the client takes secrets out of what the HTTP library logs."""
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("httpx2")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)

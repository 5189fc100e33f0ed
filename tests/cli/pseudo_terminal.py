"""A command in a terminal of its own; POSIX only."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping

SECONDS = 60


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *words: str, program: tuple[str, ...] = (sys.executable, "-m", "dhis2w_cli")) -> None:
        self.seen = ""
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.execvp(program[0], [*program, *words])  # noqa: S606 - a terminal of its own

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + SECONDS
        while text not in self.seen:
            ready, _, _ = select.select([self._handle], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come; there was {self.seen!r}"
            self.seen += self._read()

    def type(self, text: str) -> None:
        os.write(self._handle, text.encode() + b"\n")

    def interrupt(self) -> None:
        os.write(self._handle, b"\x03")

    def answer(self, answers: Mapping[str, str]) -> int:
        """Type an answer to each question as it comes, and give the exit code."""
        answered = 0
        while piece := self._read():
            self.seen += piece
            question = next((each for each in answers if self.seen[answered:].rstrip().endswith(each)), None)
            if question:
                answered = len(self.seen)
                self.type(answers[question])
        return self._exit_code()

    def end(self) -> int:
        """Read to the end, and give the exit code."""
        while True:
            piece = self._read()
            if not piece:
                break
            self.seen += piece
        return self._exit_code()

    def _exit_code(self) -> int:
        os.close(self._handle)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> str:
        try:
            return os.read(self._handle, 65536).decode("utf-8", "replace")
        except OSError:  # Linux says so when the other side is closed
            return ""


def in_terminal(*words: str) -> tuple[int, str]:
    """Exit code and what is left to be seen, without colors and words that were taken away again."""
    terminal = Terminal(*words)
    code = terminal.end()
    return code, re.sub(r"\r[^\r\n]*\x1b\[K|\x1b\[[0-9;]*m", "", terminal.seen)

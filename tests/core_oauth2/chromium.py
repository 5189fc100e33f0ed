"""A headless Chromium, driven through its DevTools protocol over two pipes: nothing but the browser is needed."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 60


def chromium_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Chromium:
    """One page of a browser."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = os.fdopen(commands, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def close(self) -> None:
        self._commands.close()
        self._answers.close()

    def send(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and return its result; events are passed over."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def go(self, url: str) -> None:
        self.send("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; `None` while the page is being exchanged."""
        return self.send("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """The first true value of an expression."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            value = self.run(script)
            if value:
                return value
        raise TimeoutError(f"{script} stayed false; the page is {self.text()!r}")

    def text(self) -> str:
        return str(self.run("document.body ? document.body.innerText : ''"))

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = self._answers.read(65536)
            assert piece, "the browser ended"
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


@contextmanager
def chromium(profile: Path) -> Generator[Chromium]:
    """Start a browser with a profile of its own."""
    program = chromium_path()
    assert program
    commands_in, commands_out = os.pipe()
    answers_in, answers_out = os.pipe()
    # the browser reads commands from descriptor 3 and writes to 4; the shell puts the pipes there
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    pipes = f'exec "$@" 3<&{commands_in} 4>&{answers_out}'
    arguments = [*options, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
    process = subprocess.Popen(
        ["/bin/bash", "-c", pipes, "bash", program, *arguments],
        pass_fds=(commands_in, answers_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(commands_in)
    os.close(answers_out)
    browser = Chromium(commands_out, answers_in)
    try:
        yield browser
    finally:
        browser.close()  # the browser ends with its pipe
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def log_in(browser: Chromium, url: str, password: str) -> None:
    browser.go(url)
    browser.wait_for("!!document.querySelector('input[name=password]')")
    browser.run("document.querySelector('input[name=username]').value = 'admin'")
    browser.run(f"document.querySelector('input[name=password]').value = '{password}'")
    browser.run("document.querySelector('button[type=submit]').click()")


def consent(browser: Chromium, version: int, *, allow: bool = True) -> None:
    allowing, denying = (
        ("#authorizeForm button", "#denyForm button") if version == 41 else ("#submit-consent", "#cancel-consent")
    )
    browser.wait_for(f"!!document.querySelector('{allowing}')")
    browser.run("document.querySelectorAll('input[type=checkbox]').forEach(box => { box.checked = true })")
    browser.run(f"document.querySelector('{allowing if allow else denying}').click()")

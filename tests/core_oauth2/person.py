"""Somebody with a browser: follows redirects, keeps cookies, fills in the server's forms."""

import re
import socket
import threading
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import httpx2


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class Person:
    """What somebody does when a browser opens; call it with the address."""

    password: str = "district"
    consents: bool = True
    stays: bool = True
    """Whether the browser follows the way back to the program; if not, `ended_on` has the address."""
    pages: list[str] = field(default_factory=list[str])
    """The text of every page that was shown."""
    ended_on: str = ""
    done: threading.Event = field(default_factory=threading.Event)
    """Set when the browser has been left."""

    def last_page(self) -> str:
        """The text of the page that the browser ended on."""
        assert self.done.wait(20)
        return self.pages[-1]

    def __call__(self, url: str) -> None:
        try:
            self._use_browser(url)
        finally:
            self.done.set()

    def _use_browser(self, url: str) -> None:
        with httpx2.Client(timeout=30, headers={"Accept": "text/html,*/*"}) as browser:
            page = self._go(browser, "GET", url)
            page = self._submit(browser, page, "login", {"username": "admin", "password": self.password})
            if page is not None and 'name="password"' not in page.text:
                self._answer(browser, page)

    def _answer(self, browser: httpx2.Client, page: httpx2.Response) -> None:
        if "OAuth2 Confirm Access" in page.text:
            self._submit(browser, page, "authorize" if self.consents else "deny", {})
        elif "Consent required" in page.text:
            ticked = re.findall(r'type="checkbox" name="scope" value="(\w+)"', page.text)
            fields = {"scope": ticked[0]} if self.consents else {}
            self._submit(browser, page, "consent_form" if self.consents else "cancel_form", fields)

    def _submit(
        self, browser: httpx2.Client, page: httpx2.Response | None, form: str, fields: dict[str, str]
    ) -> httpx2.Response | None:
        if page is None:
            return None
        forms = re.findall(r"<form (.*?)>(.*?)</form>", page.text, re.DOTALL)
        head, body = next((found for found in forms if form in found[0]), forms[0])
        hidden = {
            unescape(name): unescape(value)
            for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', body)
            if name != "scope"
        }
        action = re.search(r'action="([^"]*)"', head)
        assert action
        target = urljoin(str(page.url), unescape(action[1]))
        return self._go(browser, "POST", target, {**hidden, **fields})

    def _go(
        self, browser: httpx2.Client, method: str, url: str, form: dict[str, str] | None = None
    ) -> httpx2.Response | None:
        reply = browser.request(method, url, data=form, headers={"Origin": url[: url.index("/", 8)]} if form else None)
        while reply.is_redirect:
            target = urljoin(str(reply.url), reply.headers["location"])
            self.ended_on = target
            if not self.stays and "/callback" in target:
                return None
            reply = browser.get(target)
        self.pages.append(reply.text)
        return reply

"""`Reply`: one HTTP answer with what was asked, and what can be seen of it without parsing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

EXCERPT_LENGTH = 1000
"""How many characters of a strange answer an error keeps."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, with what was asked."""

    method: str
    path: str
    """Path below the base URL, without the query."""
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Headers, names in lower case."""
    body: bytes = field(repr=False)
    base_url: str = ""
    retry_after: float | None = None
    """Seconds to wait before asking again, where the server says so."""

    @property
    def media(self) -> str:
        """Media type without parameters, in lower case; empty when the answer has none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the answer is labelled JSON (`application/json`, `application/…+json`)."""
        return self.media == "application/json" or self.media.endswith("+json")

    @property
    def is_html(self) -> bool:
        """Whether the answer is labelled as a web page."""
        return self.media in ("text/html", "application/xhtml+xml")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_text(self) -> bool:
        """Whether the body is text: not labelled as anything else, and readable (DHIS2 labels zipped CSV as CSV)."""
        if self.media and not (self.media.startswith("text/") or self.media.endswith(("/csv", "/xml", "+xml"))):
            return False
        try:
            self.body.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    @property
    def asked(self) -> str:
        """Method and path, as messages name them."""
        return f"{self.method} {self.path}"

    @property
    def excerpt(self) -> str:
        """The beginning of the body as readable text: of a page its words, of a binary format nothing."""
        if not (self.is_html or self.is_json or self.is_text):
            return ""
        text = self.body[: 20 * EXCERPT_LENGTH].decode("utf-8", "replace")
        if self.is_html:
            text = _page_words(re.sub(r"(?is)<head\b.*?</head\s*>", " ", text)) or _page_words(text)
        return " ".join(text.split())[:EXCERPT_LENGTH]


def _page_words(page: str) -> str:
    without_code = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|\Z)|<!--.*?(-->|\Z)", " ", page)
    return unescape(re.sub(r"<[^>]*(>|\Z)", " ", without_code)).strip()

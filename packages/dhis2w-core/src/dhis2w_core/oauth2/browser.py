"""Opening the browser, and seeing that it was closed again."""

from __future__ import annotations

import time

SHORTEST_VISIT = 2.0
"""Seconds; a command that ends sooner has handed the address on to a browser that runs already."""


def visit(url: str) -> bool:
    """Open an address in the user's browser; true where the browser was waited for, and has been closed.

    A browser of the terminal is waited for, and whatever `BROWSER` names; others go on by themselves.
    """
    import webbrowser

    begun = time.monotonic()
    try:
        is_waited_for = type(webbrowser.get()) is webbrowser.GenericBrowser
    except webbrowser.Error:  # there is none; the address was told
        return False
    webbrowser.open(url)
    return is_waited_for and time.monotonic() - begun > SHORTEST_VISIT

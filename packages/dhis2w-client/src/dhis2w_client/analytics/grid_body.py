"""Taking the rows out of the text of a grid, so that they can become a frame without becoming Python objects first."""

from __future__ import annotations

BEGIN = b'"rows":[["'
END = b'"]]'


def cut_rows(body: bytes) -> tuple[bytes, bytes | None]:
    """The grid without its rows, and its rows as CSV with every cell in quotes.

    A cell is cut off where JSON says `","`, a row where it says `"],["`. Neither can be inside of a cell, where quotes
    have a backslash before them; so rows with a backslash anywhere, with anything but text in them, or written with
    spaces between, are left where they are.

    Returns:
        The grid as it is and None, where the rows cannot be taken out so.
    """
    start = body.find(BEGIN)
    end = body.find(END, start)
    if start < 0 or end < 0 or body.find(BEGIN, start + 1) >= 0:
        return body, None
    inside = body[start + len(BEGIN) - 1 : end + 1]
    rows = inside.replace(b'"],["', b'"\n"')
    if b"\\" in inside or not _is_all_text(rows):
        return body, None
    return body[: start + len(b'"rows":[')] + body[end + len(END) - 1 :], rows


def _is_all_text(rows: bytes) -> bool:
    """Whether every cell has its own quotes: two for each comma or line end between cells, and two more."""
    return rows.count(b'"') == 2 * (rows.count(b'","') + rows.count(b'"\n"') + 1)

"""Taking the rows out of the text of a grid, so that they can become a frame without becoming Python objects first."""

from __future__ import annotations

BEGIN = b'"rows":[["'
END = b'"]]'

_ESCAPES = {
    b"\\\\": (b"\x01", b"\\"),
    b'\\"': (b"\x02", b'""'),
    b"\\n": (b"\x03", b"\n"),
    b"\\r": (b"\x04", b"\r"),
    b"\\t": (b"\x05", b"\t"),
}
"""What JSON writes with a backslash: the byte that stands for it in packed rows, which JSON cannot have, and how CSV
writes it. In this order: of three backslashes and a quote the first two are one."""
_LINE_BREAKS = (b"\x03", b"\x04")


def cut_rows(body: bytes) -> tuple[bytes, bytes | None]:
    """The grid without its rows, and its rows packed: every cell in quotes, a comma between cells, a line a row.

    A cell is cut off where JSON says `","`, a row where it says `"],["`. Neither can be inside of a cell, where quotes
    have a backslash before them, and are put aside first. Rows with anything but text in them, with characters by their
    number, or written with spaces between, are left where they are.

    Returns:
        The grid as it is and None, where the rows cannot be taken out so.
    """
    start = body.find(BEGIN) + len(BEGIN) - 1
    if start < len(BEGIN) - 1 or body.find(BEGIN, start) >= 0:
        return body, None
    rest = body[start:]
    if any(aside in rest for aside, _ in _ESCAPES.values()):
        return body, None
    rest = _put_aside(rest)
    end = rest.find(END) + 1
    inside = rest[:end].replace(b'"],["', b'"\n"')
    if not end or b"\\" in inside or not _is_all_text(inside):
        return body, None
    return body[: start - 1] + _as_json(rest[end + 1 :]), inside


def rows_as_json(packed: bytes) -> bytes:
    """Packed rows as a JSON list of lists."""
    return b"[[" + _as_json(packed).replace(b'"\n"', b'"],["') + b"]]"


def rows_as_csv(packed: bytes) -> bytes:
    """Packed rows as CSV with every cell in quotes."""
    for aside, written in _ESCAPES.values():
        packed = packed.replace(aside, written)
    return packed


def has_line_breaks(packed: bytes) -> bool:
    """Whether some cell has several lines."""
    return any(each in packed for each in _LINE_BREAKS)


def _put_aside(text: bytes) -> bytes:
    """JSON with one byte for each of the usual escapes."""
    if b"\\" in text:
        for escape, (aside, _) in _ESCAPES.items():
            text = text.replace(escape, aside)
    return text


def _as_json(text: bytes) -> bytes:
    for escape, (aside, _) in _ESCAPES.items():
        text = text.replace(aside, escape)
    return text


def _is_all_text(rows: bytes) -> bool:
    """Whether every cell has its own quotes: two for each comma or line end between cells, and two more."""
    return rows.count(b'"') == 2 * (rows.count(b'","') + rows.count(b'"\n"') + 1)

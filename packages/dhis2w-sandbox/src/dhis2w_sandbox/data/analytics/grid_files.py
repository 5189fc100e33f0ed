"""An analytics answer as a file: CSV, XML and HTML of the same columns and rows.

Source: `GridUtils`, the template `grid-html`, and `ContextUtils.configureResponse` of dhis2-core; Staxwax and Woodstox
write the XML, Velocity the HTML. Workbooks (XLS, XLSX) are not here, nor HTML with DHIS2's style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from html.entities import codepoint2name
from typing import Any

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.analytics.grid import as_csv, title_in_file
from dhis2w_sandbox.data.writers import XML_HEAD
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]

SUFFIXES = ("csv", "xml", "xls", "xlsx")
HTML, STYLED = "html", "html+css"
_MEDIA = {"csv": "application/csv", "xml": "application/xml", HTML: "text/html"}
_LEFT = ' style="text-align:left"'
_FIRST_SCIENTIFIC = 10_000_000


def as_page(call: Call) -> Call:
    """The call of a path that ends in `.html` or `.html+css`, with that suffix."""
    return replace(call, suffix=STYLED if call.path.endswith("+css") else HTML)


def is_file(call: Call) -> bool:
    """Whether another format than JSON is asked for."""
    return call.suffix not in {None, "json"}


def grid_file(
    call: Call,
    headers: list[Json],
    rows: list[list[str]],
    *,
    name: str | None = None,
    attached: Iterable[str] = ("csv",),
    title: str | None = None,
    cached: bool = True,
) -> Reply:
    """The rows in the format that is asked for; 501 for workbooks and HTML with a style sheet.

    Args:
        call: the request.
        headers: the headers of all columns; HTML leaves out the hidden ones.
        rows: the cells.
        name: what the file is called, without what it ends in; None for no name.
        attached: the formats that are to be saved rather than shown.
        title: what the grid is called, if anything.
        cached: whether the answer may be kept.
    """
    suffix = call.suffix or ""
    if suffix == "csv":
        body = as_csv(headers, rows)
    elif suffix == "xml":
        body = as_xml(headers, rows, title).encode()
    elif suffix == HTML:
        body = as_html(call.server.behaviour, headers, rows, title).encode()
    else:
        raise NotInSandbox(f"analytics as {suffix}")
    how = dict(tables.CACHED) if cached else {"Cache-Control": "no-cache, private"}
    if name is not None:
        shown = "attachment" if suffix in attached else "inline"
        how["Content-Disposition"] = f'{shown}; filename="{name}.{suffix}"'
    return Reply(200, body, _MEDIA[suffix], how)


def as_xml(headers: list[Json], rows: list[list[str]], title: str | None = None) -> str:
    """A `grid` element: every column, hidden or not; what is empty is written with both of its tags."""
    named = {"title": title, "width": len(headers) if rows else 0, "height": len(rows)}
    keys = ("name", "column", "type", "hidden", "meta")
    columns = "".join(f"<header{xml_attributes({key: row.get(key) for key in keys})}></header>" for row in headers)
    lines = "".join(f"<row>{''.join(f'<field>{_xml_text(cell)}</field>' for cell in row)}</row>" for row in rows)
    inside = _element("headers", columns) + _element("rows", lines)
    return f"{XML_HEAD}<grid{xml_attributes(named)}>{inside}</grid>"


def xml_attributes(row: Json) -> str:
    """Attributes as Woodstox writes them; what is None is left out."""
    return "".join(f' {key}="{_attribute(value)}"' for key, value in row.items() if value is not None)


def as_html(behaviour: Behaviour, headers: list[Json], rows: list[list[str]], title: str | None = None) -> str:
    """A table of the columns that are not hidden, below an empty subtitle; numbers are not written out."""
    shown = [place for place, row in enumerate(headers) if not row["hidden"]]
    marks = [_LEFT if headers[place]["meta"] else "" for place in shown]
    titles = [
        f"<th{mark}>{_html_text(title_in_file(headers[place]))}</th>" for place, mark in zip(shown, marks, strict=True)
    ]
    if behaviour.forgets_columns_of_cells:
        marks = [""] * len(shown)
    lines: list[str] = []
    for row in rows:
        texts = (_html_text(_unformatted(headers[place], row[place])) for place in shown)
        lines += ["<tr>", *(f"<td{mark}>{text}</td>" for mark, text in zip(marks, texts, strict=True)), "</tr>"]
    return "\n".join(
        [
            '<div class="gridDiv">',
            f"<h3>{_html_text(title or '')}</h3>",
            "<h4></h4>",
            '<table class="listTable gridTable">',
            *("<thead>", "<tr>", *titles, "</tr>", "</thead>"),
            *("<tbody>", *lines, "</tbody>"),
            *("</table>", "</div>"),
        ]
    )


def _element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"


def _xml_text(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"(^|(?<=\]))>", "&gt;", plain)


def _attribute(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _html_text(text: str) -> str:
    return "".join(f"&{codepoint2name[ord(char)]};" if ord(char) in codepoint2name else char for char in text)


def _unformatted(header: Json, text: str) -> str:
    """A cell as Java's `String.valueOf` prints it: large decimal numbers in scientific notation."""
    if header["type"] != "java.lang.Double" or "." not in text or abs(float(text)) < _FIRST_SCIENTIFIC:
        return text
    sign, digits, _ = Decimal(text).normalize().as_tuple()
    rest = "".join(str(digit) for digit in digits[1:]) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{Decimal(text).adjusted()}"

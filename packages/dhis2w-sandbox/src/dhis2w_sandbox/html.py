"""The HTML that comes from around DHIS2: the servlet container's error pages and the login page."""

from __future__ import annotations

from http import HTTPStatus

from dhis2w_sandbox.call import Reply


def error_page(status: int) -> Reply:
    """The servlet container's page for an error that DHIS2 itself never saw."""
    title = f"HTTP Status {status} - {HTTPStatus(status).phrase}"
    page = f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply.text(page, "text/html;charset=utf-8", status)

"""One answer for each way in which DHIS2, or what stands before it, says no; and the error that it becomes.

Bodies marked "recorded" are from real servers; the pages of proxies are those of a default nginx.
"""

# ruff: noqa: E501, RUF001 # wire texts stay in one piece; Tomcat writes en dashes

import json
from dataclasses import dataclass, field
from typing import Any

from dhis2w_client import errors

JSON = "application/json"
HTML = "text/html;charset=utf-8"


@dataclass(frozen=True)
class Row:
    """An answer, and what becomes of it."""

    name: str
    method: str
    path: str
    status: int
    media: str
    body: str
    error: type[errors.RequestError]
    message: str
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])


def web_message(status: int, reason: str, message: str, **more: Any) -> str:
    return json.dumps({"httpStatus": reason, "httpStatusCode": status, "status": "ERROR", "message": message, **more})


def nginx(title: str) -> str:
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx/1.24.0 (Ubuntu)</center>\r\n</body>\r\n</html>\r\n"
    )


TOMCAT_404 = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title><style type="text/css">body '
    "{font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;}</style></head><body>"
    '<h1>HTTP Status 404 – Not Found</h1><hr class="line" /><p><b>Type</b> Status Report</p></body></html>'
)
LOGIN_PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"/><title>Login app | DHIS2</title><meta name="mobile-web-app-capable" '
    'content="yes"><script type="module" src="./assets/main.js"></script></head><body><div id="dhis2-app-root"></div>'
    "<noscript>dhis-web-login</noscript></body></html>"
)
IMPORT_ERRORS = "One or more errors occurred, please see full details in import report."
NO_CREDENTIALS = (
    "Check user name (upper and lower case matter) and password, or the token. An account with two-factor "
    "authentication cannot use Basic or tokens; it needs OAuth2 or a session."
)
LOGIN_STEP = "A session has ended, or a proxy strips the credentials. Log in again, or use an access token."
CONFLICT = {"httpStatus": "Conflict", "httpStatusCode": 409}

ROWS = [
    Row(
        "bad credentials",  # recorded
        "GET",
        "me",
        401,
        JSON,
        web_message(401, "Unauthorized", "Unauthorized"),
        errors.AuthenticationError,
        f"DHIS2 refused GET /api/me (HTTP 401): Unauthorized.\n{NO_CREDENTIALS}",
        {"status": 401, "dhis2_message": "Unauthorized", "code": None},
    ),
    Row(
        "expired token",  # recorded
        "GET",
        "me",
        401,
        JSON,
        web_message(401, "Unauthorized", "Failed to authenticate API token, token has expired."),
        errors.AuthenticationError,
        "DHIS2 refused GET /api/me (HTTP 401): Failed to authenticate API token, token has expired.\n"
        "Create a new personal access token, and put it into the profile.",
        {"status": 401},
        {"WWW-Authenticate": "ApiToken"},
    ),
    Row(
        "account with two-factor authentication",  # recorded
        "GET",
        "me",
        401,
        JSON,
        web_message(401, "Unauthorized", "The API token is disabled, locked or 2FA is enabled."),
        errors.AuthenticationError,
        "DHIS2 refused GET /api/me (HTTP 401): The API token is disabled, locked or 2FA is enabled.\n"
        "The account is disabled or locked, or has two-factor authentication, which excludes tokens and Basic.",
        {"status": 401},
    ),
    Row(
        "token of another server",  # recorded
        "GET",
        "me",
        401,
        JSON,
        web_message(401, "Unauthorized", "The API token does not exists"),
        errors.AuthenticationError,
        "DHIS2 refused GET /api/me (HTTP 401): The API token does not exists.\n"
        "The token was deleted, is of another server, or was not copied whole (54 characters, or 48 for d2pat_).",
        {"status": 401},
    ),
    Row(
        "token cut short",  # recorded
        "GET",
        "me",
        400,
        JSON,
        web_message(400, "Bad Request", "Checksum validation failed"),
        errors.AuthenticationError,
        "DHIS2 refused GET /api/me (HTTP 400): Checksum validation failed.\n"
        "The token was deleted, is of another server, or was not copied whole (54 characters, or 48 for d2pat_).",
        {"status": 400},
        {"WWW-Authenticate": "ApiToken"},
    ),
    Row(
        "token not for this method",  # recorded
        "PUT",
        "me",
        401,
        JSON,
        web_message(401, "Unauthorized", "Failed to authenticate API token, request http method is not allowed."),
        errors.AuthenticationError,
        "DHIS2 refused PUT /api/me (HTTP 401): Failed to authenticate API token, request http method is not allowed.\n"
        "The token has a list of allowed addresses, methods or referrers; create one that allows this request.",
        {"status": 401},
    ),
    Row(
        "login page with 200",
        "GET",
        "me",
        200,
        HTML,
        LOGIN_PAGE,
        errors.AuthenticationError,
        "GET /api/me was sent to the login page (HTTP 200): the server does not take the credentials.\n" + LOGIN_STEP,
        {"status": 200},
    ),
    Row(
        "login page by redirect",  # recorded
        "GET",
        "me",
        302,
        "",
        "",
        errors.AuthenticationError,
        "GET /api/me was sent to the login page (HTTP 302): the server does not take the credentials.\n" + LOGIN_STEP,
        {"status": 302},
        {"Location": "http://127.0.0.1:8080/dhis-web-login/"},
    ),
    Row(
        "session ended elsewhere",  # recorded
        "GET",
        "me",
        302,
        "",
        "",
        errors.AuthenticationError,
        "GET /api/me was sent to the login page (HTTP 302): the server does not take the credentials.\n" + LOGIN_STEP,
        {"status": 302},
        {"Location": "/dhis-web-commons-security/logout.action"},
    ),
    Row(
        "sign-in of a gateway",
        "GET",
        "me",
        302,
        "",
        "",
        errors.RedirectedError,
        "GET /api/me was redirected to https://sso.example.org/authorize (HTTP 302), where no credentials are sent.\n"
        "If that is the server's own address, set the base URL to https://sso.example.org/authorize; if it is a sign-in "
        "page, the API is behind a gateway that this client cannot pass.",
        {"status": 302, "location": "https://sso.example.org/authorize"},
        {"Location": "https://sso.example.org/authorize?client_id=x&nonce=secret#f"},
    ),
    Row(
        "403 by authority",  # recorded
        "GET",
        "sessions",
        403,
        JSON,
        web_message(403, "Forbidden", "Access is denied, requires one Authority from [ALL]"),
        errors.ForbiddenError,
        "DHIS2 refused GET /api/sessions (HTTP 403): Access is denied, requires one Authority from [ALL].\n"
        "Ask an administrator for a user role with one of these authorities.",
        {"status": 403, "code": None},
    ),
    Row(
        "403 by sharing",  # recorded
        "GET",
        "users",
        403,
        JSON,
        web_message(
            403, "Forbidden", "You don't have the proper permissions to read objects of this type.", errorCode="E1006"
        ),
        errors.ForbiddenError,
        "DHIS2 refused GET /api/users (HTTP 403, E1006): You don't have the proper permissions to read objects of this "
        "type.\nThe user lacks an authority, or sharing does not give access to this object.",
        {"status": 403, "code": "E1006"},
    ),
    Row(
        "404 of an object",  # recorded
        "GET",
        "dataElements/abcdefghijk",
        404,
        JSON,
        web_message(404, "Not Found", "DataElement with id abcdefghijk could not be found.", errorCode="E1005"),
        errors.ObjectNotFoundError,
        "DHIS2 refused GET /api/dataElements/abcdefghijk (HTTP 404, E1005): DataElement with id abcdefghijk could not be "
        "found.",
        {"status": 404, "code": "E1005", "path": "/api/dataElements/abcdefghijk", "method": "GET"},
    ),
    Row(
        "404 of a path",  # recorded
        "GET",
        "nosuch",
        404,
        HTML,
        TOMCAT_404,
        errors.EndpointNotFoundError,
        "The server refused GET /api/nosuch (HTTP 404): HTTP Status 404 – Not Found Type Status "
        "Report.\n"
        "Check the path, and that the base URL is that of DHIS2 itself (with its context path, without /api).",
        {"status": 404, "dhis2_message": None},
    ),
    Row(
        "405",  # recorded
        "GET",
        "auth/login",
        405,
        JSON,
        web_message(405, "Method Not Allowed", "Request method 'GET' is not supported"),
        errors.MethodNotAllowedError,
        "DHIS2 refused GET /api/auth/login (HTTP 405): Request method 'GET' is not supported.\n"
        "Check the method and the path; a UID has 11 characters.",
        {"status": 405},
    ),
    Row(
        "406",  # recorded, shortened
        "GET",
        "system/id.csv",
        406,
        HTML,
        TOMCAT_404.replace("404 – Not Found", "406 – Not Acceptable"),
        errors.MediaTypeError,
        "The server refused GET /api/system/id.csv (HTTP 406): HTTP Status 406 – Not Acceptable Type "
        "Status Report.\n"
        "The endpoint cannot make this format; leave out Accept and suffixes such as .csv to get JSON.",
        {"status": 406},
    ),
    Row(
        "415",  # recorded
        "PATCH",
        "dataElements/abcdefghijk",
        415,
        JSON,
        web_message(415, "Unsupported Media Type", "Content-Type 'application/json' is not supported"),
        errors.MediaTypeError,
        "DHIS2 refused PATCH /api/dataElements/abcdefghijk (HTTP 415): Content-Type 'application/json' is not "
        "supported.\nCheck the content type: PATCH of metadata wants application/json-patch+json.",
        {"status": 415},
    ),
    Row(
        "409 with ObjectReport",  # recorded
        "POST",
        "dataElements",
        409,
        JSON,
        json.dumps(
            {
                **CONFLICT,
                "status": "ERROR",
                "message": IMPORT_ERRORS,
                "response": {
                    "responseType": "ObjectReport",
                    "uid": "mcrDataElm1",
                    "klass": "org.hisp.dhis.dataelement.DataElement",
                    "errorReports": [
                        {
                            "message": "Missing required property `name`",
                            "args": ["name"],
                            "errorCode": "E4000",
                            "mainKlass": "org.hisp.dhis.dataelement.DataElement",
                            "errorProperty": "name",
                            "errorProperties": ["name"],
                        }
                    ],
                },
            }
        ),
        errors.ConflictError,
        f"DHIS2 refused POST /api/dataElements (HTTP 409): {IMPORT_ERRORS}\n"
        "- E4000: Missing required property `name` [DataElement mcrDataElm1 name]",
        {
            "status": 409,
            "rows.0.code": "E4000",
            "rows.0.uid": "mcrDataElm1",
            "rows.0.property": "name",
            "report.kind": "ObjectReport",
        },
    ),
    Row(
        "delete that is blocked",  # recorded
        "DELETE",
        "organisationUnits/mdlOrgUnit1",
        409,
        JSON,
        json.dumps(
            {
                **CONFLICT,
                "status": "WARNING",
                "message": IMPORT_ERRORS,
                "response": {
                    "responseType": "ObjectReport",
                    "uid": "mdlOrgUnit1",
                    "klass": "org.hisp.dhis.organisationunit.OrganisationUnit",
                    "errorReports": [
                        {
                            "message": "Object could not be deleted because it is associated with another object: "
                            "OrganisationUnit (MDL child)",
                            "args": [],
                            "errorCode": "E4030",
                            "errorProperties": [],
                            "mainKlass": "org.hisp.dhis.organisationunit.OrganisationUnit",
                        }
                    ],
                },
            }
        ),
        errors.ConflictError,
        f"DHIS2 refused DELETE /api/organisationUnits/mdlOrgUnit1 (HTTP 409): {IMPORT_ERRORS}\n"
        "- E4030: Object could not be deleted because it is associated with another object: OrganisationUnit (MDL child) "
        "[OrganisationUnit mdlOrgUnit1]",
        {"status": 409, "rows.0.code": "E4030"},
    ),
    Row(
        "409 with ImportReport",  # recorded
        "POST",
        "metadata",
        409,
        JSON,
        json.dumps(
            {
                **CONFLICT,
                "status": "WARNING",
                "message": IMPORT_ERRORS,
                "response": {
                    "responseType": "ImportReport",
                    "status": "ERROR",
                    "stats": {"created": 0, "updated": 0, "deleted": 0, "ignored": 2, "total": 2},
                    "typeReports": [
                        {
                            "klass": "org.hisp.dhis.organisationunit.OrganisationUnit",
                            "stats": {"created": 0, "updated": 0, "deleted": 0, "ignored": 2, "total": 2},
                            "objectReports": [
                                {
                                    "klass": "org.hisp.dhis.organisationunit.OrganisationUnit",
                                    "index": 1,
                                    "uid": "zzzzzzzzzzz",
                                    "errorReports": [
                                        {
                                            "message": "No matching object for reference. Identifier was UID, and object was "
                                            "[zzzzzzzzzzz] (OrganisationUnit).",
                                            "mainKlass": "org.hisp.dhis.organisationunit.OrganisationUnit",
                                            "errorCode": "E5001",
                                            "mainId": "zzzzzzzzzzz",
                                        }
                                    ],
                                }
                            ],
                        }
                    ],
                },
            }
        ),
        errors.ConflictError,
        f"DHIS2 refused POST /api/metadata (HTTP 409): {IMPORT_ERRORS}\n"
        "- E5001: No matching object for reference. Identifier was UID, and object was [zzzzzzzzzzz] (OrganisationUnit). "
        "[OrganisationUnit zzzzzzzzzzz]",
        {
            "status": 409,
            "rows.0.code": "E5001",
            "rows.0.index": 1,
            "report.status": "ERROR",
            "report.counts.ignored": 2,
        },
    ),
    Row(
        "409 with ImportSummary",  # recorded
        "POST",
        "dataValueSets",
        409,
        JSON,
        json.dumps(
            {
                **CONFLICT,
                "status": "WARNING",
                "message": "One more conflicts encountered, please check import summary.",
                "response": {
                    "responseType": "ImportSummary",
                    "status": "WARNING",
                    "description": "Import process completed successfully",
                    "importCount": {"imported": 1, "updated": 0, "ignored": 2, "deleted": 0},
                    "conflicts": [
                        {
                            "object": "diaaA000000",
                            "objects": {"organisationUnit": "diaaA000000", "user": "diaaUsNo000"},
                            "value": "Organisation unit: `diaaA000000` not in hierarchy of current user: `diaaUsNo000`",
                            "errorCode": "E7617",
                            "property": "orgUnit",
                            "indexes": [0, 3],
                        }
                    ],
                    "rejectedIndexes": [0, 3],
                },
            }
        ),
        errors.ConflictError,
        "DHIS2 refused POST /api/dataValueSets (HTTP 409): One more conflicts encountered, please check import summary.\n"
        "- E7617: Organisation unit: `diaaA000000` not in hierarchy of current user: `diaaUsNo000` [organisationUnit "
        "diaaA000000 orgUnit]\n"
        "- E7617: Organisation unit: `diaaA000000` not in hierarchy of current user: `diaaUsNo000` [organisationUnit "
        "diaaA000000 orgUnit]",
        {
            "status": 409,
            "rows.0.index": 0,
            "rows.1.index": 3,
            "report.counts.created": 1,
            "report.kind": "ImportSummary",
        },
    ),
    Row(
        "success status that reports an error",  # recorded
        "POST",
        "organisationUnits/geometry",
        200,
        JSON,
        json.dumps(
            {
                "httpStatus": "OK",
                "httpStatusCode": 200,
                "status": "ERROR",
                "message": "Import failed.",
                "response": {
                    "responseType": "GeoJsonImportReport",
                    "status": "ERROR",
                    "totalConflictOccurrenceCount": 1,
                    "importCount": {"imported": 0, "updated": 0, "ignored": 1, "deleted": 0},
                    "conflicts": [
                        {
                            "objects": {},
                            "value": "GeoJSON target organisation unit does not exist",
                            "errorCode": "E7708",
                            "property": "",
                            "indexes": [0],
                        }
                    ],
                },
            }
        ),
        errors.ConflictError,
        "DHIS2 refused POST /api/organisationUnits/geometry (HTTP 200): Import failed.\n"
        "- E7708: GeoJSON target organisation unit does not exist",
        {"status": 200, "rows.0.code": "E7708", "rows.0.property": None},
    ),
    Row(
        "tracker report",  # recorded, shortened
        "POST",
        "tracker",
        409,
        JSON,
        json.dumps(
            {
                "status": "ERROR",
                "validationReport": {
                    "warningReports": [],
                    "errorReports": [
                        {
                            "message": "User: `TacUsLow000`, has no write access to OrganisationUnit: `TacOuB00000`.",
                            "errorCode": "E1000",
                            "trackerType": "TRACKED_ENTITY",
                            "uid": "TacTe200000",
                            "args": [],
                        }
                    ],
                },
                "stats": {"created": 0, "updated": 0, "deleted": 0, "ignored": 1, "total": 1},
            }
        ),
        errors.ConflictError,
        "DHIS2 refused POST /api/tracker (HTTP 409).\n"
        "- E1000: User: `TacUsLow000`, has no write access to OrganisationUnit: `TacOuB00000`. [TRACKED_ENTITY "
        "TacTe200000]",
        {"status": 409, "rows.0.klass": "TRACKED_ENTITY", "report.kind": "TrackerReport"},
    ),
    Row(
        "merge report",  # recorded
        "POST",
        "categoryOptionCombos/merge",
        409,
        JSON,
        json.dumps(
            {
                **CONFLICT,
                "status": "WARNING",
                "message": "One or more errors occurred, please see full details in merge report.",
                "response": {
                    "responseType": "MergeWebResponse",
                    "mergeReport": {
                        "mergeErrors": [
                            {
                                "message": "dataMergeStrategy field must be specified. With value `DISCARD` or "
                                "`LAST_UPDATED`",
                                "errorCode": "E1534",
                                "args": [],
                            }
                        ],
                        "mergeType": "CategoryOptionCombo",
                        "sourcesDeleted": [],
                        "message": "CategoryOptionCombo merge has errors",
                    },
                },
            }
        ),
        errors.ConflictError,
        "DHIS2 refused POST /api/categoryOptionCombos/merge (HTTP 409): One or more errors occurred, please see full "
        "details in merge report.\n"
        "- E1534: dataMergeStrategy field must be specified. With value `DISCARD` or `LAST_UPDATED`",
        {"status": 409, "report.kind": "MergeReport", "report.message": "CategoryOptionCombo merge has errors"},
    ),
    Row(
        "412 of a proxy",
        "PUT",
        "me",
        412,
        HTML,
        nginx("412 Precondition Failed"),
        errors.PreconditionFailedError,
        "The server refused PUT /api/me (HTTP 412): 412 Precondition Failed nginx/1.24.0 "
        "(Ubuntu).\nA proxy made a condition of the request fail; DHIS2 itself does not answer so.",
        {"status": 412},
    ),
    Row(
        "413 of a proxy",
        "POST",
        "metadata",
        413,
        HTML,
        nginx("413 Request Entity Too Large"),
        errors.PayloadTooLargeError,
        "The server refused POST /api/metadata (HTTP 413): 413 Request Entity Too Large "
        "nginx/1.24.0 (Ubuntu).\n"
        "Send less at once, or have the proxy's body limit raised (nginx: client_max_body_size).",
        {"status": 413},
    ),
    Row(
        "429 of a proxy",
        "GET",
        "analytics",
        429,
        HTML,
        nginx("429 Too Many Requests"),
        errors.RateLimitedError,
        "The server refused GET /api/analytics (HTTP 429): 429 Too Many Requests nginx/1.24.0 "
        "(Ubuntu).\nSend fewer requests at once (http_limits), or wait as long as Retry-After says.",
        {"status": 429, "retry_after": 30.0},
        {"Retry-After": "30"},
    ),
    Row(
        "500",  # recorded
        "POST",
        "metadata",
        500,
        JSON,
        web_message(500, "Internal Server Error", "Cannot invoke because x is null"),
        errors.ServerError,
        "DHIS2 refused POST /api/metadata (HTTP 500): Cannot invoke because x is null.",
        {"status": 500},
    ),
    Row(
        "502 of a proxy",
        "GET",
        "me",
        502,
        HTML,
        nginx("502 Bad Gateway"),
        errors.GatewayError,
        "The server refused GET /api/me (HTTP 502): 502 Bad Gateway nginx/1.24.0 (Ubuntu).\n"
        "DHIS2 behind the proxy is down or starting; try again in a minute.",
        {"status": 502, "dhis2_message": None},
    ),
    Row(
        "504 of a proxy",
        "GET",
        "analytics",
        504,
        HTML,
        nginx("504 Gateway Time-out"),
        errors.GatewayError,
        "The server refused GET /api/analytics (HTTP 504): 504 Gateway Time-out nginx/1.24.0 "
        "(Ubuntu).\nDHIS2 took longer than the proxy waits; ask for less at once, or have its time-out raised.",
        {"status": 504},
    ),
    Row(
        "web page instead of JSON",
        "GET",
        "dataElements",
        200,
        HTML,
        "<html><head><title>Welcome</title></head><body>It works!</body></html>",
        errors.NotJsonError,
        "GET /api/dataElements got a web page where JSON is due (HTTP 200): It works!.\n"
        "Check that the base URL is that of DHIS2 itself; if this format is wanted, read it with stream().",
        {"status": 200, "excerpt": "It works!"},
    ),
    Row(
        "binary instead of JSON",
        "GET",
        "dataElements",
        200,
        "application/zip",
        "PK",
        errors.NotJsonError,
        "GET /api/dataElements got application/zip where JSON is due (HTTP 200).\n"
        "Check that the base URL is that of DHIS2 itself; if this format is wanted, read it with stream().",
        {"status": 200, "excerpt": ""},
    ),
    Row(
        "JSON cut short",
        "GET",
        "dataElements",
        200,
        JSON,
        '{"pager":{"page":1},"dataElements":[{"id":"abc',
        errors.MalformedAnswerError,
        "GET /api/dataElements got JSON that ends too early (HTTP 200, 46 bytes).\n"
        "The answer was cut on the way, or DHIS2 failed while writing it; try again, or ask for less at once.",
        {"status": 200},
    ),
    Row(
        "broken JSON",
        "GET",
        "dataElements",
        200,
        JSON,
        '{"pager": oops}',
        errors.MalformedAnswerError,
        "GET /api/dataElements got JSON that is broken (HTTP 200, 15 bytes).",
        {"status": 200},
    ),
]

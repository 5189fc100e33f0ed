"""Personal access tokens: their two formats, `POST /api/apiToken`, and what a request with one may do.

Reading, changing and deleting tokens is what every metadata type has. The secret is shown once, and stored as a hash.
Source: `ApiKeyTokenGenerator`, `ApiTokenController`, `Dhis2ApiTokenFilter`, `ApiTokenAuthManager` of dhis2-core;
recordings `meta/pat`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import string
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from dhis2w_sandbox.accounts import is_usable
from dhis2w_sandbox.call import RECORDED, Call, Refused, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, conflict, web_message
from dhis2w_sandbox.metadata import jackson, writing
from dhis2w_sandbox.metadata.coercion import MappingError
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

LIFETIME = timedelta(days=30)
_ALPHANUMERIC = string.ascii_letters + string.digits
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ATTRIBUTE_TYPES = ("IpAllowedList", "MethodAllowedList", "RefererAllowedList")
_METHODS = {"HEAD", "GET", "POST", "PATCH", "PUT", "DELETE"}
_HEADER = re.compile(r"apitoken (?P<token>[a-z0-9\-._~+/]+=*)", re.IGNORECASE)


def new_secret(server: Server) -> str:
    """A token of the format that every version makes today, V2: `d2p_`, 44 letters and digits, checksum."""
    code = server.random.choice(string.ascii_letters) + "".join(server.random.choices(_ALPHANUMERIC, k=43))
    return f"d2p_{code}{checksum_v2(code)}"


def checksum_v1(code: str) -> str:
    """CRC32 of a V1 token's code: ten decimal digits. DHIS2 sums up three NUL bytes behind the code as well."""
    return f"{zlib.crc32(code.encode() + bytes(3)):010}"


def checksum_v2(code: str) -> str:
    """CRC32 of a V2 token's code: six digits of base 62. DHIS2 sums up four NUL bytes behind the code as well."""
    number, digits = zlib.crc32(code.encode() + bytes(4)), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0")


def has_valid_checksum(secret: str) -> bool:
    """Whether a text is a token of either format, as far as can be seen without knowing the tokens."""
    if found := re.fullmatch(r"d2pat_(\w{32})(\d{10})", secret, re.ASCII):
        return checksum_v1(found[1]) == found[2]
    if found := re.fullmatch(r"d2p_(\w{44})(\w{6})", secret, re.ASCII):
        return checksum_v2(found[1]) == found[2]
    return False


def issue(server: Server, user: User, attributes: list[Json], expire: int | None, code: str | None) -> tuple[str, str]:
    """Make a token for a user and store it; its uid, and its secret."""
    secret, uid, now = new_secret(server), server.new_uid(), server.now()
    owner = {"id": user.uid}
    document: Json = {
        "id": uid,
        "created": now,
        "lastUpdated": now,
        "createdBy": owner,
        "lastUpdatedBy": owner,
        "translations": [],
        "attributeValues": [],
        "sharing": {"owner": user.uid, "users": {}, "userGroups": {}, "public": "--------"},
        "version": 2,
        "type": "PERSONAL_ACCESS_TOKEN_V2",
        "expire": expire if expire is not None else _milliseconds(server, LIFETIME),
        "attributes": attributes,
        "_key": hashed(secret),
    }
    server.store.put("apiToken", uid, {**document, "code": code} if code else document)
    return uid, secret


def hashed(secret: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sender(call: Call, header: str) -> User:
    """The owner of the token in an `Authorization` header; raises what DHIS2 answers where it does not open."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise _refusal(400, "Api token is malformed")
    if not has_valid_checksum(found["token"]):
        raise _refusal(400, "Checksum validation failed")
    token = _usable(call.server, hashed(found["token"]))
    if complaint := next(_violations(call, token), None):
        raise _refusal(401, f"Failed to authenticate API token, request {complaint}")
    owner = call.server.user(token["createdBy"]["id"])
    if owner is None:
        raise _refusal(401, "The API token owner does not exists.")
    return owner


@endpoints.add("POST", "/api/apiToken", RECORDED, consumes=["application/json"])
def create(call: Call) -> Reply:
    """Make a token for the sender; the only answer that ever holds its secret."""
    body = _read(call)
    attributes: list[Json] = body.get("attributes") or []
    for complaint in _complaints(attributes):
        raise conflict(f"Failed to validate the token's attributes, message: {complaint}")
    uid, secret = issue(call.server, call.user, attributes, body.get("expire"), body.get("code"))
    response: Json = {
        "key": secret,
        "klass": "org.hisp.dhis.security.apikey.ApiToken",
        "uid": uid,
        "errorReports": [],
        "responseType": call.server.behaviour.pat_response_type,
    }
    location = {"Location": f"{call.base_url}/api/apiToken/{uid}"}
    return Reply.json(web_message(201, response=response), 201, location)


def _read(call: Call) -> Json:
    """The token that a request describes; refused in Jackson's words where it is none."""
    schema = call.server.schemas.by_singular["apiToken"]
    body = writing.read_json(call, schema)
    for index, row in enumerate(body.get("attributes") or ()):
        if row.get("type") not in _ATTRIBUTE_TYPES:
            chain = f'{schema.klass}["attributes"]->java.util.ArrayList[{index}]'
            text = (
                f"Could not resolve type id '{row.get('type')}' as a subtype of"
                f" `org.hisp.dhis.security.apikey.ApiTokenAttribute`: known type ids = [{', '.join(_ATTRIBUTE_TYPES)}]"
                " (for POJO property 'attributes')"
            )
            raise jackson.refusal(call, MappingError(text, ("attributes", index, "type"), chain))
    return body


def _keep_secret(server: Server, user: User, new: Json, old: Json | None) -> None:
    """What a change of a token may not touch."""
    del server, user
    for key in ("_key", "type", "version", "expire"):
        if old is not None and key in old:
            new.setdefault(key, old[key])


register("apiToken", Hook(prepare=_keep_secret))


def _usable(server: Server, key: str) -> Json:
    """The token with this hash; what was used before is taken from the cache, whatever became of its owner."""
    stored = next((row for row in server.store.all("apiToken") if row.get("_key") == key), None)
    if stored is None:
        raise _refusal(401, "The API token does not exists")
    token = server.used_tokens.get(key, stored)
    if token["expire"] <= _milliseconds(server):
        raise _refusal(401, "Failed to authenticate API token, token has expired.")
    if key not in server.used_tokens:
        owner = server.user(stored["createdBy"]["id"])
        if owner is not None and not is_usable(server, owner):
            raise _refusal(401, "The API token is disabled, locked or 2FA is enabled.")
        server.used_tokens[key] = stored
    return token


def _violations(call: Call, token: Json) -> Iterator[str]:
    """What of a token's constraints a request breaks."""
    values = {row["type"]: row for row in token["attributes"]}
    ips = values.get("IpAllowedList", {}).get("allowedIps")
    if ips and call.headers.get("x-forwarded-for", call.remote) not in ips:
        yield "ip address is not allowed."
    referrers = values.get("RefererAllowedList", {}).get("allowedReferrers")
    if referrers and call.headers.get("referer", "").lower() not in referrers:
        yield "http referrer is missing or not allowed."
    methods = values.get("MethodAllowedList", {}).get("allowedMethods")
    if methods and call.method not in methods:
        yield "http method is not allowed."


def _complaints(attributes: list[Json]) -> Iterator[str]:
    """What DHIS2 refuses in the constraints of a new token."""
    values = {row.get("type"): row for row in attributes}
    for ip in values.get("IpAllowedList", {}).get("allowedIps", ()):
        if not _is_ip(ip):
            yield f"Not a valid ip address, value={ip}"
    for method in values.get("MethodAllowedList", {}).get("allowedMethods", ()):
        if method.upper() not in _METHODS:
            yield f"Not a valid http method, value={method}"
    for referrer in values.get("RefererAllowedList", {}).get("allowedReferrers", ()):
        if not _is_url(referrer):
            yield f"Not a valid referrer url, value={referrer}"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https", "ftp"} and bool(re.fullmatch(r"[^\s/]+\.[^\s/.]+(:\d+)?", parts.netloc))


def _milliseconds(server: Server, later: timedelta = timedelta()) -> int:
    return int((server.clock() + later).timestamp() * 1000)


def _refusal(status: int, text: str) -> Refused:
    headers = {"WWW-Authenticate": "ApiToken", "Cache-Control": "no-cache, private"}
    return Refused(Reply.json(Dhis2Refusal(status, text).as_json(), status, headers))

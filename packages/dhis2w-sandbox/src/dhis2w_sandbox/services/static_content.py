"""`/api/staticContent/…`: the logos of a server.

Source: `StaticContentController` of dhis2-core; recordings `services/static`.
"""

from __future__ import annotations

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.files import FileContents
from dhis2w_sandbox.services.multipart import file_part
from dhis2w_sandbox.services.settings import SystemSettings

endpoints = Endpoints()

_SWITCHES = {"logo_banner": "keyUseCustomLogoBanner", "logo_front": "keyUseCustomLogoFront"}
_DEFAULTS = {
    "logo_banner": "/dhis-web-commons/css/light_blue/logo_banner.png",
    "logo_front": "/dhis-web-commons/security/logo_front.png",
}


@endpoints.add("GET", "/api/staticContent/{key}", RECORDED, suffixes="*")
def logo(call: Call) -> Reply:
    """Show a logo as an image where the `Accept` header asks for one; else say where it is."""
    key = call.parts["key"]
    custom = _is_custom(call, key)
    image = FileContents(call.server).read(_name(key)) if custom else b""
    if "image/png" in call.headers.get("accept", ""):
        if not custom:
            return Reply(302, headers={"Location": call.base_url + _DEFAULTS[key]})
        return Reply(200, image, "image/png")
    if not image:
        return _refused(404, "No custom file found.")
    return Reply.json({"images": {"png": f"{call.base_url}/api/staticContent/{key}"}}, 302)


@endpoints.add("POST", "/api/staticContent/{key}", RECORDED, requires=["F_SYSTEM_SETTING"])
def upload(call: Call) -> Reply:
    """Replace a logo; it must be a PNG."""
    part = file_part(call)
    if not part.content:
        raise bad_request("Missing parameter 'file'")
    if part.content_type.split(";")[0].strip() != "image/png":
        return Reply.message(415, word="WARNING")
    if call.parts["key"] not in _SWITCHES:
        return _refused(400, "This key is not supported.")
    FileContents(call.server).write(_name(call.parts["key"]), part.content)
    return Reply(204)


def _is_custom(call: Call, key: str) -> bool:
    if key not in _SWITCHES:
        code = "E1005" if differences(call.server).codes_missing_logo else None
        raise Dhis2Refusal(404, "Key does not exist.", code)
    settings = SystemSettings(call.server)
    return bool(settings.value(settings.known[_SWITCHES[key]]))


def _name(key: str) -> str:
    """Under which the image is stored; no identifier of a file looks like it."""
    return f"static content {key}"


def _refused(status: int, text: str) -> Reply:
    return Reply.message(status, text, word="ERROR")

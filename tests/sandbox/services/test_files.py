"""Files: sent as forms, kept, and given back."""

from sender import Sender

BOUNDARY = "someBoundary1"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def form(content: bytes, name: str = "a.txt", media: str = "text/plain", field: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {media}'
    return head.encode() + b"\r\n\r\n" + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_bytes_come_back_as_they_were_sent(admin_of_each: Sender) -> None:
    content = bytes(range(256)) + b"\r\n--not the end\r\n"

    reply = admin_of_each("POST", "/api/fileResources?domain=DOCUMENT", form(content), media=FORM)
    uid = reply.parsed()["response"]["fileResource"]["id"]

    assert reply.status == 202
    assert admin_of_each("GET", f"/api/fileResources/{uid}/data").body == content


def test_a_file_belongs_to_one_document_at_a_time(admin: Sender) -> None:
    admin("POST", "/api/fileResources?domain=DOCUMENT&uid=someFileUid", form(b"x"), media=FORM)
    document = {"id": "someDocUid1", "name": "First", "url": "someFileUid", "external": False}
    assert admin("POST", "/api/documents", document).status == 201

    refused = admin("POST", "/api/documents", {**document, "id": "someDocUid2", "name": "Second"})
    admin("DELETE", "/api/documents/someDocUid1")

    assert refused.parsed()["response"]["errorReports"][0]["errorCode"] == "E4016"
    assert admin("POST", "/api/documents", {**document, "id": "someDocUid2", "name": "Second"}).status == 201


def test_too_large_an_avatar(admin: Sender) -> None:
    body = form(b"\0" * 2_000_001, "i.png", "image/png")

    assert admin("POST", "/api/fileResources?domain=USER_AVATAR", body, media=FORM).status == 409


def test_a_file_is_not_made_as_other_objects_are(admin: Sender) -> None:
    assert admin("PUT", "/api/fileResources/someFileUid", {"name": "x"}).status == 405


def test_a_logo_is_shown_when_it_is_switched_on(admin: Sender) -> None:
    admin("POST", "/api/staticContent/logo_front", form(b"\x89PNG", "i.png", "image/png"), media=FORM)
    before = admin("GET", "/api/staticContent/logo_front", accept="image/png")
    admin("POST", "/api/systemSettings/keyUseCustomLogoFront?value=true")

    assert before.status == 302
    assert admin("GET", "/api/staticContent/logo_front", accept="image/png").body == b"\x89PNG"

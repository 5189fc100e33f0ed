"""`/api/trackedEntityAttributes/{id}/generate` and its like: values made by an attribute's pattern, and reserved.

Source: `TrackedEntityAttributeController`, `DefaultReservedValueService`, `DefaultTextPatternService` and
`TextPatternMethodUtils` of dhis2-core; recordings `tracker/attribute-values`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import prod
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.text_patterns import GENERATED, Segment, parse
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server, stamp
from dhis2w_sandbox.tracker.reading.parameters import Parameters

Json = dict[str, Any]

endpoints = Endpoints()

_MOST = 1000
_DAYS, _DAYS_OF_RESERVATION = 3, 60
_REQUIRED = "ORG_UNIT_CODE"
_ALPHABETS = {
    "#": string.digits,
    "X": string.ascii_uppercase,
    "x": string.ascii_lowercase,
    "*": string.ascii_letters + string.digits,
}
# Letters of Java's `SimpleDateFormat`.
_DATE_PARTS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "ww": "%V"}


@endpoints.add("GET", "/api/trackedEntityAttributes/{id}/requiredValues", RECORDED)
def required_values(call: Call) -> Reply:
    """List what has to be, and what may be named, for a value of an attribute."""
    segments = parse(_attribute(call)["pattern"])
    required = [segment.method for segment in segments if segment.method == _REQUIRED]
    return Reply.json(
        {"REQUIRED": required, "OPTIONAL": [segment.method for segment in segments if segment.method in GENERATED]}
    )


@endpoints.add("GET", "/api/trackedEntityAttributes/{id}/generate", RECORDED)
def generate(call: Call) -> Reply:
    """Make one value of an attribute, and reserve it for three days."""
    return Reply.json(_reserved(call, 1, _DAYS)[0])


@endpoints.add("GET", "/api/trackedEntityAttributes/{id}/generateAndReserve", RECORDED)
def generate_and_reserve(call: Call) -> Reply:
    """Make values of an attribute, one if not said otherwise, and reserve them for 60 days."""
    number = Parameters(call).integer("numberToReserve")
    return Reply.json(_reserved(call, 1 if number is None else number, _DAYS_OF_RESERVATION))


def _attribute(call: Call) -> Json:
    uid = call.parts["id"]
    found = call.server.store.get("trackedEntityAttribute", uid)
    if found is None:
        raise Dhis2Refusal(404, f"TrackedEntityAttribute with id {uid} could not be found.")
    if not found.get("generated") or not found.get("pattern"):
        raise Dhis2Refusal(400, "Attribute does not contain pattern.")
    return found


def _reserved(call: Call, number: int, days: int) -> list[Json]:
    if not 1 <= number <= _MOST:
        raise Dhis2Refusal(400, f"You can only reserve between 1 and {_MOST} values in a single request.")
    attribute = _attribute(call)
    generator = Generator(call.server, attribute["id"], parse(attribute["pattern"]), _unit_code(call, attribute))
    values = generator.values(number)
    expiry = call.server.clock() + timedelta(days=Parameters(call).integer("expiration") or days)
    return [
        {
            "ownerObject": "TRACKEDENTITYATTRIBUTE",
            "ownerUid": attribute["id"],
            "key": generator.key,
            "value": value,
            "created": call.server.now(),
            "expiryDate": stamp(expiry),
        }
        for value in values
    ]


def _unit_code(call: Call, attribute: Json) -> str | None:
    """The code that the request gives, where the pattern needs one: 409 without."""
    needed = any(segment.method == _REQUIRED for segment in parse(attribute["pattern"]))
    code = call.param(_REQUIRED)
    if needed and code is None:
        raise Dhis2Refusal(409, f"Missing required values: {_REQUIRED}")
    return code


class Generator:
    """Makes values by a pattern.

    Args:
        server: counts them.
        attribute: whose values they are.
        segments: the parts of the pattern.
        unit_code: the code of an organisation unit, where the pattern needs one.
    """

    def __init__(self, server: Server, attribute: str, segments: list[Segment], unit_code: str | None) -> None:
        self._server = server
        self._attribute = attribute
        self._segments = segments
        self._unit_code = unit_code
        self.key = "".join(map(self._text, segments))
        """The pattern with everything filled in but what is generated."""

    def values(self, number: int) -> list[str]:
        """New values; 409 where there are not as many left."""
        generated = next((segment for segment in self._segments if segment.method in GENERATED), None)
        name = f"reserved {self._attribute} {self.key}"
        if generated is None:
            return [self.key]
        if generated.method == "SEQUENTIAL":
            first = self._server.configuration.read(name, 0) + 1
            self._server.configuration.write(name, first + number - 1)
            width = len(generated.parameter)
            return [self._filled(generated, f"{count:0{width}}") for count in range(first, first + number)]
        used: list[str] = self._server.configuration.read(name, [])
        if prod(len(_ALPHABETS[char]) for char in generated.parameter) < number + len(used):
            raise Dhis2Refusal(409, f"Not enough values left to reserve {number} values.")
        made = list(self._random(generated, number, set(used)))
        self._server.configuration.write(name, [*used, *made])
        return made

    def _random(self, generated: Segment, number: int, used: set[str]) -> Iterator[str]:
        while number:
            text = "".join(self._server.random.choice(_ALPHABETS[char]) for char in generated.parameter)
            value = self._filled(generated, text)
            if value not in used:
                used.add(value)
                number -= 1
                yield value

    def _filled(self, generated: Segment, text: str) -> str:
        return "".join(text if segment is generated else self._text(segment) for segment in self._segments)

    def _text(self, segment: Segment) -> str:
        if segment.method == "TEXT":
            return segment.parameter
        if segment.method == _REQUIRED:
            return self._shortened(segment.parameter)
        if segment.method == "CURRENT_DATE":
            return _date_text(segment.parameter, self._server.clock())
        return f"{segment.method}({segment.parameter})"

    def _shortened(self, form: str) -> str:
        """The code of the unit, as much of it as the pattern wants."""
        found = re.match(f"({form})", self._unit_code or "")
        if found is None:
            raise Dhis2Refusal(500, "Supplied required value is invalid")
        return found[1]


def _date_text(form: str, time: datetime) -> str:
    return re.sub(r"([a-zA-Z])\1*", lambda found: time.strftime(_DATE_PARTS.get(found[0], found[0])), form)

"""The index says what signatures and docstrings say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_core.operation import Face, MetadataType, ProfileName, operation
from dhis2w_core.operation_index import Index, IndexEntry, Parameter, index_text, parse_index, read_index
from dhis2w_core.operation_reader import entry_of, parts_of_docstring


@operation("thing make", effect="write", versions="42-44", undo="full")
async def make(
    client: Dhis2Client,
    face: Face,
    type: MetadataType,
    ids: Sequence[str],
    body: object = None,
    *,
    kind: Literal["a", "b"] = "a",
    many: Sequence[ProfileName] = (),
    file: Path | None = None,
    count: int = 3,
    flag: bool = False,
) -> None:
    """Make a thing.

    It is made
    at once.

    Args:
        type: Its type,
            on two lines.
        ids: Which.
        body: Anything.
        kind: What kind.
        many: Which profiles.
        file: Where.
        count: How many.
        flag: Whether.

    Raises:
        ValueError: Never.
    """


MADE = IndexEntry(
    name="thing make",
    summary="Make a thing.",
    effect="write",
    home=f"{__name__}:make",
    versions="42-44",
    undo="full",
    description="It is made\nat once.",
    given=("client=client", "face=face"),
    parameters=(
        Parameter("type", "text", "Its type, on two lines.", positional=True, completion="metadata type"),
        Parameter("ids", "text", "Which.", positional=True, multiple=True),
        Parameter("body", "json", "Anything.", positional=True, required=False),
        Parameter("kind", "text", "What kind.", required=False, default="a", choices=("a", "b")),
        Parameter("many", "text", "Which profiles.", required=False, multiple=True, completion="profile"),
        Parameter("file", "file", "Where.", required=False),
        Parameter("count", "integer", "How many.", required=False, default=3),
        Parameter("flag", "boolean", "Whether.", required=False, default=False),
    ),
)


def test_an_entry_says_what_the_function_says() -> None:
    assert entry_of(make) == MADE


def test_an_index_survives_its_json() -> None:
    index = Index((MADE,), {"thing": "Things."})
    assert parse_index(index_text(index)) == index


@pytest.mark.parametrize("text", ["", "[]", '{"operations": [{}], "areas": {}}', '{"operations": 3}', "null"])
def test_what_is_no_index_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_index(text)


def test_a_parameter_without_description_is_refused() -> None:
    @operation("thing", effect="read")
    async def bare(name: str) -> None:
        """Do."""

    with pytest.raises(TypeError, match="does not describe name"):
        entry_of(bare)


def test_a_parameter_that_no_face_can_offer_is_refused() -> None:
    @operation("thing", effect="read")
    async def odd(name: set[str]) -> None:
        """Do.

        Args:
            name: What.
        """

    with pytest.raises(TypeError, match="no face can offer"):
        entry_of(odd)


def test_a_docstring_may_have_no_sections() -> None:
    assert parts_of_docstring("Do it.") == ("Do it.", "", {})


def test_every_operation_is_complete() -> None:
    for entry in read_index().entries:
        assert entry.summary.endswith("."), entry.name
        assert "\n" not in entry.summary
        writes = entry.effect in ("write", "destroy")
        assert writes or entry.undo == "none", entry.name
        assert len(entry.words) <= 4
    names = [entry.name for entry in read_index().entries]
    assert len(set(names)) == len(names)

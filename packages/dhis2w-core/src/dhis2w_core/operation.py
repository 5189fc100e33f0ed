"""`@operation`: one capability, written once as a typed async function; every face is derived from it.

```python
@operation("metadata get", effect="read")
async def get_object(client: Dhis2Client, type: MetadataType, id: str, *, fields: str | None = None) -> Row:
    ...  # with a docstring that says what it does, and describes `type`, `id` and `fields` under `Args:`
```

Help, completion, reference pages and agents read what `dhis2w_core.operation_index` makes of signature and docstring.
Parameters before the `*` are given by position, the others by name. A parameter that is a `Dhis2Client` or a `Face` is
given by whoever runs the operation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from dhis2w_core.secret import PlainSecret

Effect: TypeAlias = Literal["read", "write", "destroy", "local"]
"""What an operation does to the server: looks, changes, takes away or cannot be taken back; or nothing at all."""
Undo: TypeAlias = Literal["full", "partial", "none"]
"""How much of a write `d2w undo` can take back."""
EffectOf: TypeAlias = Callable[[Mapping[str, object]], Effect]

F = TypeVar("F", bound="Callable[..., Awaitable[object]]")

ATTRIBUTE = "__dhis2w_operation__"


@dataclass(frozen=True, slots=True)
class Completion:
    """Says what a shell may complete a parameter with."""

    of: Literal["metadata type", "profile", "file"]


MetadataType: TypeAlias = Annotated[str, Completion("metadata type")]
"""DHIS2's plural of a metadata type, such as `dataElements`."""
ProfileName: TypeAlias = Annotated[str, Completion("profile")]
"""Name of a profile."""


class Face(Protocol):
    """Who an operation talks to while it runs, where it has to: a terminal."""

    def ask_secret(self, what: str, source: str) -> PlainSecret:
        """A secret that is not to be an argument.

        Args:
            what: What it is, in words.
            source: `prompt`, `stdin` or `env:NAME`.
        """
        ...

    def ask(self, what: str) -> str:
        """A line of text."""
        ...

    def confirm(self, question: str) -> bool:
        """Whether the user agrees."""
        ...

    def say(self, text: str) -> None:
        """Tell something that is not part of the result."""
        ...

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can answer."""
        ...

    async def typed_line(self) -> str:
        """A line that the user types while something else is waited for."""
        ...

    def piped(self) -> BinaryIO:
        """What is piped into the command.

        Raises:
            OperationError: Nothing is: standard input is a terminal.
        """
        ...

    def progress(self, what: str, done: int, total: int | None = None, *, share: float | None = None) -> None:
        """Tell how far something is.

        Args:
            what: What is counted, in words: `Rows`, `Sent`.
            done: How many are done.
            total: How many there are, where that is known.
            share: How much of the whole is done, from 0 to 1, where that is known and the number is not.
        """
        ...

    def edit(self, text: str) -> str:
        """The text as the user leaves it in an editor."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation declares beside its signature and docstring."""

    name: str
    """Area and verb, in words with spaces between them: `metadata list`."""
    effect: Effect
    """The most that it does."""
    versions: str
    """Versions that have it, such as `41-44`."""
    undo: Undo
    """What undo can promise at best, for a write."""
    effect_of: EffectOf | None
    """The effect of one call by its arguments, where it differs from call to call."""


def operation(
    name: str,
    *,
    effect: Effect,
    versions: str = "41-44",
    undo: Undo = "none",
    effect_of: EffectOf | None = None,
) -> Callable[[F], F]:
    """Declare an async function as an operation; the function itself stays as it is.

    A function with the effect `write` or `destroy` returns a plan (`dhis2w_core.plan`) and changes nothing itself.

    Args:
        name: Area and verb: `metadata list`.
        effect: The most that it does.
        versions: The versions that have it.
        undo: What undo can promise at best, for a write.
        effect_of: The effect of one call by its arguments, where it differs from call to call.
    """
    declared = Operation(name, effect, versions, undo, effect_of)

    def declare(function: F) -> F:
        setattr(function, ATTRIBUTE, declared)
        return function

    return declare


def operation_of(function: object) -> Operation | None:
    """What a function was declared as."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences that were looked for; a face tells by its exit code whether there are any."""

    rows: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What an examination found; a face tells by its exit code whether something is wrong."""

    rows: list[dict[str, object]]
    wrong: bool


class PushReport(dict[str, object]):
    """What became of the rows of a push; a face tells by its exit code whether some were refused."""


@dataclass(frozen=True, slots=True)
class Variables:
    """Environment variables; a face shows the lines that set them."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tree:
    """A thing with things below it; a face draws it."""

    name: str
    id: str
    children: tuple[Tree, ...] = ()

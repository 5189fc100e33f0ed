"""Examples of commands, shown by help and the reference page."""

from __future__ import annotations

from pathlib import Path

EXAMPLES_FILE = Path(__file__).with_name("examples.toml")


def examples_of(name: str) -> list[str]:
    """The command lines that show an operation; none for most.

    Args:
        name: Area and verb: `data push`.
    """
    import tomllib

    with EXAMPLES_FILE.open("rb") as file:
        return tomllib.load(file).get(name, [])

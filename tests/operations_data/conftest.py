"""The command line on a sandbox of each version, for one test alone."""

from tests.operations.conftest import desk, home

__all__ = ["desk", "home"]

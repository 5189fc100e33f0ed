"""The profile, as in every version."""

from ..profile import *  # noqa: F403 # the same module under another name

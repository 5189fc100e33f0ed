"""An example of a plugin for d2w."""

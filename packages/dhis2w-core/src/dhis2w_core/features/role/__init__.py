"""User roles."""

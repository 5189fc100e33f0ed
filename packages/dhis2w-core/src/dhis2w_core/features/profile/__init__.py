"""Profiles: which server, as whom."""

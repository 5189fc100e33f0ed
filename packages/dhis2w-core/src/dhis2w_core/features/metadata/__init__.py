"""Metadata objects of every type."""

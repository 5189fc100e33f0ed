"""Data approval."""

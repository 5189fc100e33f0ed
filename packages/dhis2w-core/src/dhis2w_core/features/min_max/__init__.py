"""Limits of data values."""

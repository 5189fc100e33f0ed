"""Aggregate data values."""

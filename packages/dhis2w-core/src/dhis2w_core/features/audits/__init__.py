"""Audits of data values."""

"""Aggregate data: values, completeness, approvals, and the analytics over them."""

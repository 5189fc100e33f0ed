"""Aggregated data, line lists and outliers."""

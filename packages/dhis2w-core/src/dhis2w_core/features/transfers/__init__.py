"""Pushes that did not end."""

"""Bundles of metadata: export, import, comparison."""

"""Data stores."""

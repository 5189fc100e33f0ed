"""System settings."""

"""Logging in with OAuth2."""

"""Tracked entities, enrollments, events and relationships."""

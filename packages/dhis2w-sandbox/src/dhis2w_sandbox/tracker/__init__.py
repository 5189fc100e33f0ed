"""Tracker: tracked entities, enrollments, events and relationships, how they are imported and how they are read."""

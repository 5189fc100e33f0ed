"""How tracker is read: lists and single objects, filters, scopes, change logs, files, ownership, duplicates."""

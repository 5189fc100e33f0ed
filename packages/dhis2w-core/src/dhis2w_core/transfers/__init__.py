"""Streams of rows to a server that can be killed and taken up again, and whose refusals can be repaired."""

"""The operations, by area: each area has a module `operations`."""

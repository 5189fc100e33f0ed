"""`d2w`: the command line for DHIS2, derived from the index of operations."""

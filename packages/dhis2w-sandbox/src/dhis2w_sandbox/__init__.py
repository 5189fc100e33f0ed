"""dhis2w_sandbox."""

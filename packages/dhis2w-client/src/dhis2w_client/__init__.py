"""dhis2w_client."""

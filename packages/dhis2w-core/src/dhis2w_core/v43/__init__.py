"""The runtime as seen from DHIS2 2.43: `dhis2w_core.v43.plugins`."""

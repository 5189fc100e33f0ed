"""The runtime as seen from DHIS2 2.41: `dhis2w_core.v41.plugins`."""

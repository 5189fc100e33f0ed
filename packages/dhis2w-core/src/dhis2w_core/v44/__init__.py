"""The runtime as seen from DHIS2 2.44: `dhis2w_core.v44.plugins`."""

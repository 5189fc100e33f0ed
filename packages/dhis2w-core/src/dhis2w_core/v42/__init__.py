"""The runtime as seen from DHIS2 2.42: `dhis2w_core.v42.plugins`."""

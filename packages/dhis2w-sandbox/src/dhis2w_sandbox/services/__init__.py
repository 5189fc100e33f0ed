"""The smaller services of a DHIS2 server: one module for each, named by its noun, with its `endpoints`."""

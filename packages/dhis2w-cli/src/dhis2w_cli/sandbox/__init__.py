"""`d2w sandbox`: a DHIS2 for this machine, in the foreground or in the background."""

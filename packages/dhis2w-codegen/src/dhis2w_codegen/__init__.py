"""dhis2w_codegen."""

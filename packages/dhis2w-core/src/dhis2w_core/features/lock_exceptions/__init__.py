"""Lock exceptions."""

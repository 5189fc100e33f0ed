"""Any call of the API."""

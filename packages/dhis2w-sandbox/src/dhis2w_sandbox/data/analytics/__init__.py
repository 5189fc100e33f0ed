"""Analytics over the data values that were stored when the tables were last built."""

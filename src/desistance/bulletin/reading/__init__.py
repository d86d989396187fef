"""Released tables as look-ups: one share, one test, one mean at a time."""

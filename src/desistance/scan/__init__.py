"""Records read and counted in one pass: files in, a tally with its account out."""

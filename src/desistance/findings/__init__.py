"""Tallies in, tidy tables out: the loop over measures and breakdowns, written once for each kind of table."""

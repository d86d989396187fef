"""Regenerates an inspection bulletin from case-level records, with every number checked against what was published."""

__version__ = "0.1.0"

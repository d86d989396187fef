"""The provenance of a publication for machines: a Workflow Run RO-Crate, beside all that it describes."""

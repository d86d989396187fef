"""A first draft of what a person must say about a file: its mapping to a study, or the outline of a new study.

A guess is never silent: each says why, and where it is not certain it stands as an open question that stops a run.
"""

"""How this project reads records and counts them, in one place for all that is timed."""

import io
import tempfile
from pathlib import Path

import pandas  # noqa: F401 - before the clock starts, as all that is loaded
from pyarrow import csv, parquet  # noqa: F401

from desistance.records.mapping import read_mapping
from desistance.scan.pieces import Asked
from desistance.scan.scanning import scan


def counted(path, study):
    """Read a file of records and count it."""
    with tempfile.TemporaryDirectory() as scratch:
        asked = Asked(study, read_mapping(None, study), bytes(32), Path(scratch))
        found = scan([path], asked, rejects=io.StringIO())
        return found.counter.tally(found.account)

"""How this project reads records and counts them, in one place for all that is timed."""

import io
import tempfile
from pathlib import Path

from pyarrow import parquet

from desistance.records.ingest import ingest
from desistance.records.mapping import read_mapping
from desistance.tallies import count_records

BATCH_ROWS = 2**18


def counted(path, study):
    """Read a file of records and count it."""
    with tempfile.TemporaryDirectory() as name:
        typed = Path(name) / "records.parquet"
        form = {"delimiter": "auto", "encoding": "utf-8-sig", "key": bytes(32)}
        account = ingest(
            [path], read_mapping(None, study), study, **form, records=typed, rejects=io.StringIO()
        )
        with parquet.ParquetFile(typed) as file:
            batches = (batch.to_pandas() for batch in file.iter_batches(BATCH_ROWS))
            return count_records(batches, study, account)

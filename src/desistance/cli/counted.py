"""Records counted in one process and in memory, as the steps of a run count them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pandas as pd
from pyarrow import parquet

from desistance.records.comments import coded_comments
from desistance.records.files import source_files, told_files
from desistance.records.identifiers import own_key
from desistance.records.ingest import Accepted, ingest
from desistance.records.mapping import read_mapping
from desistance.records.progress import Seen
from desistance.records.services import described_services
from desistance.records.told import COUNTED, Told
from desistance.settings import Settings
from desistance.steps import records as reading
from desistance.steps import tally as counting
from desistance.study import Study
from desistance.tallies import Tally, count_records, no_rows
from desistance.tallies.portable import Quotes

REJECTS = "the page that `desistance check` makes of these files"


def counted(
    settings: Settings, study: Study, comments: tuple[str, ...], *, scratch: Path, seen: Seen
) -> tuple[Tally, Quotes]:
    """Count records as a run would, and with its refusals; give the excerpts that a person cleared too.

    Nothing reaches the disk but uncompressed copies in `scratch`, which are removed. Oddities do not stop it: what is
    odd about a part need not be odd about the whole.

    Raises
    ------
    RecordsError
        A file cannot be read, or more rows break a rule than agreed.
    """
    sources = read_mapping(Path(settings.mapping) if settings.mapping else None, study)
    key = own_key(results=[Path(settings.results)])
    found = [path for pattern in comments for path in told_files(pattern, "records.comments")]
    passages = coded_comments(sorted(set(found), key=str), study, key=key) if found else None
    services = reading._only([str(path) for path in told_files(settings.services, "records.services")])
    records, accepted = io.BytesIO(), Accepted()
    with open(os.devnull, "w", encoding="utf-8") as rejects:
        account = ingest(
            source_files(settings.files),
            sources,
            study,
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            sheet=settings.sheet,
            scratch=scratch,
            key=key,
            records=records,
            rejects=rejects,
            marks=passages.marks if passages else None,
            accepted=accepted,
            seen=seen,
        )
    counting._refuse_rejects(account, settings.rejects_limit, REJECTS)
    sampling = reading._sampling(services, study, records)
    described = services and (study.services or not study.design)
    told = described_services(Path(services), study, accepted.services) if described else Told()
    coded = passages.told(accepted) if passages else Told()
    about = {"services": told.account or sampling.account, "comments": coded.account}
    reading._refuse_mixture(account, about)
    account |= {"services": told.account, "comments": coded.account}
    account |= {"design": sampling.account} if study.design else {}
    batches = (batch.to_pandas() for batch in parquet.ParquetFile(records).iter_batches(counting.BATCH_ROWS))
    tables = {**told.tables, **coded.tables}
    practice = {name: _frame(tables.get(name, ()), name) for name in COUNTED}
    design = sampling.table.to_pandas() if study.design else None
    tally = count_records(batches, study, account, practice=practice, design=design)
    return tally, tables.get("quotes", ())


def _frame(rows: object, name: str) -> pd.DataFrame:
    return pd.DataFrame(list(rows)) if len(rows) else no_rows(name)

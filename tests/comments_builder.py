"""A small study with a codebook, and coded comments on its cases: shared by the tests of comments and themes."""

from collections import Counter

import pandas as pd

from desistance.records.comments import coded_comments
from desistance.records.identifiers import case_digest
from desistance.records.ingest import Accepted
from desistance.records.told import COUNTED
from desistance.tallies import count_records
from records_builder import KEY, STUDY, Ingested, case, csv_text

CODED = (
    STUDY
    + """\
codebook:
  themes:
    - {id: trust, label: Trust built up}
    - {id: timing, label: In good time}
    - {id: family, label: Family brought in}
  coders: [Ann, Ben, Cas]
  delivery: sufficiency
"""
)
HEADINGS = ["passage", "team", "case_id", "coder", "theme", "direction", "excerpt", "cleared"]


def coding(passage, team="A", case_id="", coder="Ann", theme="trust", direction="enabler", **values):
    """A row that breaks no rule, by heading; values replace its own."""
    row = dict(zip(HEADINGS, [passage, team, case_id, coder, theme, direction, "", ""], strict=True))
    return row | values


def read(folder, study, *tables):
    """Coded comments of some tables, each in a file of its own."""
    files = []
    for number, rows in enumerate(tables):
        path = folder / f"coded_{number}.csv"
        path.write_text(csv_text(rows, headings=list(rows[0]) if rows else HEADINGS), encoding="utf-8")
        files.append(path)
    return coded_comments(files, study, key=KEY)


def accepted(cases):
    """What stands in the records: pairs of case and service."""
    return Accepted(
        {case_digest(number, service, key=KEY) for number, service in cases},
        Counter(service for _, service in cases),
    )


def counted(folder, study, cases, rows):
    """The tally of some records and coded comments, as the steps make it."""
    (folder / "cases.csv").write_text(csv_text(cases), encoding="utf-8")
    comments = read(folder, study, rows)
    files = [folder / "cases.csv"]
    ingested = Ingested(folder, files, study, marks=comments.marks, looked_for=comments.cases)
    told = comments.told(ingested.accepted)
    tables = {
        name: pd.DataFrame(told.tables.get(name, []), columns=list(columns))
        for name, columns in COUNTED.items()
    }
    facts = ingested.account | {"comments": told.account, "services": None}
    return count_records([ingested.records], study, facts, practice=tables)


CASES = [case(number) for number in range(12)]

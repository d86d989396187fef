"""A small study, its records and what becomes of them: shared by the tests of records, tallies and steps."""

import csv
import datetime as dt
import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from desistance.records.coded import Coded
from desistance.records.formats import delimited, plain
from desistance.records.mapping import read_mapping
from desistance.records.progress import not_shown
from desistance.records.told import LISTED
from desistance.records.typed import EPOCH
from desistance.records.validation import division_categories
from desistance.scan.pieces import Asked
from desistance.scan.scanning import scan
from desistance.scan.workers import read_texts
from desistance.steps import tally as tally_step
from desistance.study import STATES, read_study
from desistance.tallies import TABLES, Counter

STUDY = """\
id: small
title: A small study
source: {citation: None}
columns:
  case: case_id
  service: team
  date: {column: seen_on, first: 2018-06-01, last: 2020-02-29}
factors:
  - {id: drugs, label: Drugs}
  - {id: home, label: Home}
measures:
  - {id: prevalence, label: Factor identified, column: "{factor}"}
  - {id: sufficiency, label: Delivery sufficient, column: "delivery_{factor}", base: "{factor}"}
factor_count: {measure: prevalence, id: both, label: Both factors, threshold: 2}
breakdowns:
  - {id: sex, label: Sex, column: sex, levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]}
bands:
  - {id: concern, label: Concern, column: concern, levels: [{code: low, label: Low}, {code: high, label: High}]}
"""
DESIGN = "  stratum: region\n  weight: weight\n  services_in_stratum: n_teams\n"
DESIGNED = STUDY.replace("factors:\n", DESIGN + "factors:\n", 1)
HEADINGS = [
    "case_id",
    "team",
    "seen_on",
    "sex",
    "concern",
    "drugs",
    "home",
    "delivery_drugs",
    "delivery_home",
]
DESIGN_HEADINGS = [*HEADINGS, "region", "weight", "n_teams"]


KEY = b"a key for tests, 32 bytes long.."


def case(number, **values):
    """A row that breaks no rule, by heading; values replace its own."""
    row = {
        "case_id": f"c{number}",
        "team": "ABC"[number % 3],
        "seen_on": "2019-01-02",
        "sex": ("boy", "girl")[number % 2],
        "concern": ("low", "high")[number // 2 % 2],
        "drugs": "yes",
        "home": "no",
        "delivery_drugs": ("yes", "no")[number // 3 % 2],
        "delivery_home": "not applicable",
    }
    return row | values


def csv_text(rows, delimiter=",", line="\n", headings=None):
    out = io.StringIO()
    headings = headings or list(rows[0])
    writer = csv.DictWriter(out, headings, delimiter=delimiter, lineterminator=line)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def in_batches_of(patch, size):
    """Let text be read so many bytes at a time, whether it is looked through first or not."""
    patch.setattr(delimited, "BATCH_BYTES", size)
    patch.setattr(plain, "BLOCK", size)


def small_study(folder, text=STUDY):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return read_study(folder)


def typed_frame(batches, study):
    """Accepted cases as typed columns, one row a case."""
    import pandas as pd

    frames = []
    for cases in batches:
        columns = {"service": np.array(cases.services, dtype=object)[cases.service]}
        if cases.stratum is not None:
            columns["stratum"] = np.array(cases.strata, dtype=object)[cases.stratum]
        if cases.days is not None:
            columns["date"] = [dt.date.fromordinal(day + EPOCH) for day in cases.days.tolist()]
        for name in ("weight", "services_in_stratum"):
            if getattr(cases, name) is not None:
                columns[name] = getattr(cases, name)
        for division in study.divisions:
            columns[division.column] = pd.Categorical.from_codes(
                cases.divisions[division.column], division_categories(division)
            )
        for name, codes in cases.judgements.items():
            columns[name] = pd.Categorical.from_codes(codes, STATES)
        if cases.marks is not None:
            columns["marks"] = cases.marks
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


class Recording(Counter):
    """A counter that keeps what it counts."""

    def __init__(self, study):
        super().__init__(study)
        self.taken = []

    def add(self, cases):
        self.taken.append(cases)
        super().add(cases)

    def counted(self):
        found = super().counted()
        object.__setattr__(found, "taken", self.taken)
        return found

    def join(self, counted):
        self.taken += counted.taken
        super().join(counted)


READING = {"mapping": None, "delimiter": "auto", "encoding": "utf-8-sig", "sheet": None}
LOOKED_AT = {"quality": "quality.json"} | {name: f"{name}.csv" for name in ("rejects", *LISTED)}


def count_step(out, files, study, *, services=(), comments=(), rejects_limit=0, allow=(), **reading):
    """The step that reads and counts, as the workflow calls it; gives the paths of the tally and of what it lists."""
    paths = {name: str(Path(out) / "tally" / name) for name in (*TABLES, "facts")}
    listed = {name: str(Path(out) / file) for name, file in LOOKED_AT.items()}
    tally_step.main(
        *(list(map(str, each)) for each in (files, services, comments)),
        study,
        READING | reading,
        {"rejects_limit": rejects_limit, "allow": list(allow)},
        tally=paths,
        listed=listed,
        n_processes=1,
    )
    return paths, listed


class Ingested:
    """What one reading gave: its account, `records` and `rejects`; services and cases in `accepted`."""

    def __init__(
        self,
        folder,
        files,
        study,
        mapping=None,
        delimiter="auto",
        encoding="utf-8-sig",
        seen=not_shown,
        **told,
    ):
        sources = read_mapping(mapping, study)
        self.study = study
        asked = Asked(study, sources, KEY, Path(folder) / "scratch", delimiter, encoding, **told)
        rejects = io.StringIO(newline="")
        counters = {"desistance.scan.pieces": "Counter", "desistance.scan.scanning": "CaseCounter"}
        with ExitStack() as stack:
            for module, name in counters.items():
                stack.enter_context(mock.patch(f"{module}.{name}", Recording))
            # Parquet in this process too, as its cases are not told by another one.
            stack.enter_context(mock.patch("desistance.scan.scanning.read_pieces", read_texts))
            self.scanned = scan(files, asked, rejects=rejects, n_processes=1, seen=seen)
        self.batches = self.scanned.counter.taken
        self.account, self.accepted = self.scanned.account, self.scanned.accepted
        self.rejects = list(csv.DictReader(io.StringIO(rejects.getvalue(), newline="")))

    @property
    def records(self):
        empty = Coded(
            (), np.zeros(0, int), *({name: np.zeros(0, int) for name in names} for names in self._columns)
        )
        days = np.zeros(0, int) if self.study.date else None
        return typed_frame(self.batches or [replace(empty, days=days)], self.study)

    @property
    def _columns(self):
        return [division.column for division in self.study.divisions], self.study.judgement_columns

    @property
    def rules(self):
        """Row number and rules of each reject."""
        return [(int(row["row"]), row["rules"].split(";")) for row in self.rejects]

"""A small study, its records and what becomes of them: shared by the tests of records, tallies and steps."""

import csv
import io
from pathlib import Path

from desistance.records.ingest import ingest
from desistance.records.mapping import read_mapping
from desistance.study import read_study

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


def small_study(folder, text=STUDY):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return read_study(folder)


class Ingested:
    """Where one ingestion wrote, and its account; `records` and `rejects` read what it wrote."""

    def __init__(self, folder, files, study, mapping=None, delimiter="auto", encoding="utf-8-sig", **told):
        self.path = Path(folder) / "records.parquet"
        sources = read_mapping(mapping, study)
        with (Path(folder) / "rejects.out").open("w+", encoding="utf-8", newline="") as rejects:
            self.account = ingest(
                files,
                sources,
                study,
                delimiter=delimiter,
                encoding=encoding,
                key=KEY,
                records=self.path,
                rejects=rejects,
                **told,
            )
            rejects.seek(0)
            self.rejects = list(csv.DictReader(rejects))

    @property
    def records(self):
        import pandas as pd

        return pd.read_parquet(self.path)

    @property
    def rules(self):
        """Row number and rules of each reject."""
        return [(int(row["row"]), row["rules"].split(";")) for row in self.rejects]

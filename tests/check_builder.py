"""The made-up example, changed as a test wants it, and what a check of it finds."""

import csv
import datetime as dt
import functools
from pathlib import Path

from desistance.check import Asked, check_records
from desistance.study import read_study
from records_builder import csv_text

EXAMPLE = Path("data/example/made_up_cases.csv")
STUDY = Path("studies/bulletin_2021_03")
TODAY = dt.date(2026, 1, 1)


@functools.cache
def example_text():
    return EXAMPLE.read_text(encoding="utf-8")


def example():
    """The rows of the example, to be changed."""
    return list(csv.DictReader(example_text().splitlines()))


def asked(folder, *files, study=None, mapping=None, **choices):
    """What to check, with the configuration's defaults."""
    folder = Path(folder)
    if mapping is not None:
        (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    (folder / "scratch").mkdir(exist_ok=True)
    defaults = {
        "delimiter": "auto",
        "encoding": "auto",
        "sheet": None,
        "services": None,
        "rejects_limit": 0,
        "allow": (),
        "threshold": 10,
        "scratch": folder / "scratch",
        "today": TODAY,
    }
    return Asked(
        files=tuple(files),
        study=study or read_study(STUDY),
        mapping=folder / "mapping.yaml" if mapping is not None else None,
        **defaults | choices,
    )


def check(folder, rows, mapping=None, **choices):
    """Check rows, or text, as a file."""
    path = Path(folder) / "cases.csv"
    text = rows if isinstance(rows, str) else csv_text(rows)
    path.write_text(text, encoding="utf-8", newline="")
    return check_records(asked(folder, path, mapping=mapping, **choices))


def found(report, kind):
    """The findings of a kind."""
    return [finding for finding in report.findings if finding.check == kind]


def only(report, kind):
    """The one finding of a kind."""
    (finding,) = found(report, kind)
    return finding

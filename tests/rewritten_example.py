"""The made-up example as another system might export it: dates, numbers, spells, parts of factors, more rows a case.

Each row is written so that the derivations below give back what the example holds.
"""

import csv
import datetime as dt
from pathlib import Path
from random import Random

from draft_layouts import FACTORS

PLAIN = Path("data/example/made_up_cases.csv")
STUDY = Path("studies/bulletin_2021_03/study.yaml")
DERIVATIONS = """
inputs:
  date_of_birth: date
  assessed_on: date
  offence_on: date
  lac_start_1: date
  lac_end_1: date
  lac_start_2: date
  lac_end_2: date
  n_sanctions: number
  drugs: judgement
  alcohol: judgement
derivations:
  age: {years_from: date_of_birth, to: assessed_on, bands: {10-14: [10, 14], 15-16: [15, 16], 17-18: [17, 18]}}
  previous_sanctions: {number: n_sanctions, bands: {0: [0, 0], 1-2: [1, 2], 3-5: [3, 5], 6+: [6, null]}}
  looked_after:
    within_spells: {start: [lac_start_1, lac_start_2], end: [lac_end_1, lac_end_2], end_day: included}
    at: offence_on
    assumed: At the offence
"""
TWO_PARTS = "  substance_misuse: {any_of: [drugs, alcohol]}\n"
LATEST = "one_row_per_case: {keep: latest, by: assessed_on}\n"
LONG = """
long:
  item: factor
  values: {"{factor}": present, "delivery_{factor}": delivered}
  without_row: {"{factor}": "no", "delivery_{factor}": not applicable}
"""
MAPPING = """
columns:
  date_of_birth: {from: DOB, format: "%d/%m/%Y"}
  n_sanctions: {from: Number of sanctions, decimal: comma}
"""
TWO_CODES = '  drugs: {codes: {"1": "yes", "2": "no", "9": not known}}\n'
DAY = dt.timedelta(days=1)


def plain_rows():
    with PLAIN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewritten(row, random):
    """One row with what the derivations read in place of what they give."""
    row = dict(row)
    assessed = dt.date(2018, 3, 1) + random.randrange(700) * DAY
    low, high = (int(each) for each in row.pop("age").split("-"))
    born = birthday(assessed, random.randint(low, high), random)
    numbers = {"0": (0, 0), "1-2": (1, 2), "3-5": (3, 5), "6+": (6, 30)}[row.pop("previous_sanctions")]
    offence = assessed - random.randrange(400) * DAY
    return row | {
        "DOB": born.strftime("%d/%m/%Y"),
        "assessed_on": assessed.isoformat(),
        "Number of sanctions": f"{random.randint(*numbers)},0",
        **spells(row.pop("looked_after"), offence, random),
    }


def birthday(at, years, random):
    """A day of birth on which someone has so many completed years, often at an end of what is possible."""
    first = at.replace(year=at.year - years - 1, day=min(at.day, 28)) + 4 * DAY
    last = at.replace(year=at.year - years, day=min(at.day, 28))
    return random.choice([first, last, first + random.randrange(300) * DAY])


def spells(answer, offence, random):
    """Two pairs of dates of which one holds the day of the offence, or none; no day where that is not recorded."""
    around = (offence - random.randrange(90) * DAY, offence + random.randrange(90) * DAY)
    before = (offence - 300 * DAY, offence - DAY)
    pairs = [("", ""), tuple(each.isoformat() for each in before)]
    if answer == "yes":
        pairs[0] = (around[0].isoformat(), random.choice(["", around[1].isoformat()]))
    random.shuffle(pairs)
    named = {
        f"lac_{end}_{number}": pair[end == "end"]
        for number, pair in enumerate(pairs, 1)
        for end in ("start", "end")
    }
    return named | {"offence_on": offence.isoformat() if answer else ""}


def in_two_parts(row, random):
    """Substance misuse as drugs and alcohol."""
    pairs = {
        "yes": [("1", "no"), ("2", "yes"), ("9", "yes"), ("1", "")],
        "no": [("2", "no"), ("2", "not applicable")],
    }
    row = dict(row)
    row["drugs"], row["alcohol"] = random.choice(pairs[row.pop("substance_misuse")])
    return row


def several_rows(row, random):
    """The row, and earlier ones of the same case that say other things; its spells are scattered over them."""
    rows = [dict(row)]
    for number in range(random.randrange(3)):
        assessed = dt.date.fromisoformat(row["assessed_on"]) - (1 + number * 50) * DAY
        other = {"Number of sanctions": "99", "lifestyle": "?", "safety_concern": "gone"}
        moved = {name: row[name] for name in row if name.startswith("lac_")}
        rows.append(row | other | moved | {"assessed_on": assessed.isoformat()})
    if len(rows) > 1:
        rows[0] |= dict.fromkeys((name for name in row if name.startswith("lac_")), "")
    return rows


def in_long_layout(row):
    """A row for each factor that is there; one without any where none is."""
    row = dict(row)
    found = [(factor, row.pop(factor), row.pop(f"delivery_{factor}")) for factor in FACTORS]
    there = [each for each in found if each[1:] != ("no", "not applicable")] or [("", "", "")]
    return [row | dict(zip(("factor", "present", "delivered"), each, strict=True)) for each in there]


def extract(kind, seed=7):
    """Rows of the example in one of two forms: `several` rows a case of which the latest counts, or `long`."""
    random = Random(seed)
    rows = [rewritten(row, random) for row in plain_rows()]
    if kind == "several":
        rows = [each for row in rows for each in several_rows(in_two_parts(row, random), random)]
    else:
        rows = [each for row in rows for each in in_long_layout(row)]
    random.shuffle(rows)
    return rows


def study_text(kind):
    """The bulletin's study with its derivations."""
    text = STUDY.read_text(encoding="utf-8")
    if kind == "several":
        return text + DERIVATIONS + TWO_PARTS + LATEST
    inputs = DERIVATIONS.replace("  drugs: judgement\n  alcohol: judgement\n", "")
    return text + inputs + LONG


def mapping_text(kind):
    """Headings, dates and codes of the extract."""
    return MAPPING + (TWO_CODES if kind == "several" else "")

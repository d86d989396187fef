"""The reference samples, and one test for each row of the reference results.

A test that takes `proportion_row`, `association_row`, `wald_row` or `pearson_row` runs once for every such row of every
file; one that takes `further_association` or `further_share` for every such block of `more.json`.
"""

import csv
import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from desistance.statistics.design import one_stratum_design, stratified_design

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
GUIMMUN = Path(__file__).parents[3] / "shared" / "real" / "guimmun.csv"


@dataclass(frozen=True)
class Row:
    """One reference result and the sample it belongs to."""

    sample: str
    expected: dict


@dataclass(frozen=True)
class Sample:
    """Cases as columns of text, the service of each, their weights and the design."""

    columns: dict
    service: np.ndarray
    weight: np.ndarray
    design: object

    def answers(self, outcome):
        """1 and 0, NaN where the answer is missing."""
        numbers = {
            "": np.nan,
            "NA": np.nan,
            "0": 0.0,
            "0.0": 0.0,
            "1": 1.0,
            "1.0": 1.0,
            "No": 0.0,
            "Yes": 1.0,
        }
        return np.array([numbers[value] for value in self.columns[outcome]])

    def levels(self, by):
        return sorted(set(self.columns[by]) - {"", "NA"})

    def tally(self, answers, cases):
        """n_yes, n_base, weight_yes, weight_base of the chosen cases, each of shape (n_services,)."""
        answered = cases & ~np.isnan(answers)
        yes = answered & (answers == 1)
        return tuple(
            np.bincount(self.service[chosen], weights=amount[chosen], minlength=self.design.n_services)
            for amount in (np.ones(len(answers)), self.weight)
            for chosen in (yes, answered)
        )

    def subgroup(self, outcome, by=None, level=None):
        everyone = np.ones(len(self.service), dtype=bool)
        return self.tally(self.answers(outcome), everyone if by is None else self.columns[by] == level)

    def table(self, outcome, by):
        """The same four, each of shape (n_services, n_levels)."""
        tallies = [self.subgroup(outcome, by, level) for level in self.levels(by)]
        return tuple(np.stack(each, axis=1) for each in zip(*tallies, strict=True))


@cache
def results(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def read(name, service, weight=None):
    """Columns, service codes, weights, and the position of a first case of each service."""
    path = GUIMMUN if name == "guimmun" else REFERENCE / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    labels = ["/".join(row[key] for key in service) for row in rows]
    first, codes = np.unique(labels, return_index=True, return_inverse=True)[1:]
    weights = np.ones(len(rows)) if weight is None else columns[weight].astype(float)
    return columns, codes, weights, first


def equal_weights(name, service):
    columns, codes, weights, first = read(name, [service])
    return Sample(columns, codes, weights, one_stratum_design(len(first)))


def nhanes():
    columns, codes, weights, first = read("nhanes", ["SDMVSTRA", "SDMVPSU"], "WTMEC2YR")
    strata = columns["SDMVSTRA"][first]
    return Sample(columns, codes, weights, stratified_design(strata, np.full(len(first), np.nan)))


def guimmun():
    """Real records that stay outside the project."""
    sample = equal_weights("guimmun", "comm")
    return replace(
        sample, columns={**sample.columns, "outcome": np.where(sample.columns["immun"] == "Y", "1", "0")}
    )


def schools_with_correction():
    columns, codes, weights, first = read("schools", ["dnum"], "pw")
    sizes = columns["fpc"][first].astype(float)
    return Sample(columns, codes, weights, stratified_design(np.zeros(len(first)), sizes))


@pytest.fixture(scope="session")
def samples():
    return {
        "cases": equal_weights("cases", "yot"),
        "nhanes": nhanes(),
        "schools": equal_weights("schools", "dnum"),
        "schools with weights and correction": schools_with_correction(),
        "more": equal_weights("more", "dnum"),
        **({"guimmun": guimmun()} if GUIMMUN.exists() else {}),
    }


@pytest.fixture(scope="session")
def textbook():
    return results("textbook")


@pytest.fixture(scope="session")
def more():
    return results("more")


@pytest.fixture(scope="session")
def multiplicity_rows():
    return results("cases")["multiplicity"]


def blocks():
    yield "cases", results("cases")
    yield "nhanes", results("nhanes")
    yield "schools", results("schools")["equal_weights"]
    yield "schools with weights and correction", results("schools")["weights_and_fpc"]
    if GUIMMUN.exists():
        yield "guimmun", results("guimmun")


ASSOCIATIONS = [
    ("apiclus1_doc", "schools with weights and correction", "sch_wide", "stype", 183),
    ("apiclus1_unweighted_nofpc", "schools", "sch_wide", "stype", 183),
    ("apiclus1_unw_2x2", "schools", "sch_wide", "comp_imp", 183),
    ("apiclus2_unw_2x3", "more", "sch_wide", "stype", 126),
    ("apiclus2_unw_2x2", "more", "comp_imp", "awards", 126),
    # survey 4.5 scales chi-square to all rows of the file, also those without an answer; 4.1 does not.
    ("nhanes_doc", "nhanes", "HI_CHOL", "race", 8591),
    ("nhanes_age", "nhanes", "HI_CHOL", "agecat", 8591),
]


SHARES = [
    ("apiclus1_ell0_doc", "schools with weights and correction", "ell is 0", None, None),
    ("apiclus1_unw_schwide", "schools", "sch_wide", None, None),
    ("apiclus2_unw_schwide", "more", "sch_wide", None, None),
    ("apiclus2_unw_subset_stypeE", "more", "sch_wide", "stype", "E"),
    ("apiclus2_unw_rare", "more", "ell is 0", None, None),
]


def name_of(row):
    expected = row.expected
    words = [
        row.sample,
        expected["outcome"],
        expected.get("by"),
        expected.get("level"),
        expected.get("method"),
    ]
    return " ".join(word for word in words if word)


def pytest_generate_tests(metafunc):
    kinds = {
        "proportion_row": lambda block: block["proportions"],
        "association_row": lambda block: [row for row in block["tests"] if row["method"] in ("F", "Chisq")],
        "wald_row": lambda block: [row for row in block["tests"] if row["method"] in ("Wald", "adjWald")],
        "pearson_row": lambda block: block.get("unclustered", []),
    }
    for kind, rows_of in kinds.items():
        if kind in metafunc.fixturenames:
            rows = [Row(sample, row) for sample, block in blocks() for row in rows_of(block)]
            metafunc.parametrize(kind, rows, ids=name_of)
    for name, rows in (("further_association", ASSOCIATIONS), ("further_share", SHARES)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=lambda row: row[0])

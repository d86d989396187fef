"""The numbers that claims are held against, whichever choices they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from desistance.study import Study

EVERYONE = "all"


class Share(NamedTuple):
    """One share with the interval of its method, on the scale 0-1, and its base where that is said."""

    estimate: float
    ci_low: float
    ci_high: float
    n_cases: int | None = None


class ServiceShare(NamedTuple):
    """Share of services, on the scale 0-1, with its exact interval and the services it is of."""

    n_yes: int
    n_services: int
    estimate: float
    ci_low: float
    ci_high: float


class Overlap(NamedTuple):
    """Cases with one item of the combined measure, and those of them that have another one too."""

    n_cases: int
    n_with_another: int


@dataclass(frozen=True)
class Method:
    """How differences are judged: the test over all levels, the test of a trend, and which p-value counts.

    `says` completes "6 of 10 by ...".
    """

    test: str
    trend: str
    p_value: str
    says: str


# ASSUME A2: the source names no test; Pearson's, unadjusted, is what such bulletins use.
PUBLISHED = Method("pearson", "cochran_armitage", "p_value", "Pearson's test")
# ASSUME A3
HEADLINE = Method("cr2", "cr2", "p_holm", "CR2 with Holm's adjustment")


@dataclass(frozen=True)
class Evidence:
    """Shares, means and p-values by name; what could not be computed is not there.

    shares
        (measure, item, division, level) -> Share.
    means
        (division, level) -> mean number of factors.
    tests
        (measure, division, test, kind of p-value) -> {item: p-value}.
    trends
        (measure, item, division, test, kind of p-value) -> p-value.
    facts
        The account of the records.
    overlaps
        item of the measure that is looked at in combination -> Overlap.
    services
        name of an answer or theme (`gap.girls`, `theme.persistence.enabler`) -> share of services.
    rates
        rate -> share of people.
    """

    study: Study
    shares: Mapping[tuple[str, str, str, str], Share]
    means: Mapping[tuple[str, str], float]
    tests: Mapping[tuple[str, str, str, str], Mapping[str, float]]
    trends: Mapping[tuple[str, str, str, str, str], float]
    facts: Mapping[str, Any]
    significance_level: float
    overlaps: Mapping[str, Overlap] = field(default_factory=dict)
    services: Mapping[str, ServiceShare] = field(default_factory=dict)
    rates: Mapping[str, Share] = field(default_factory=dict)


NUMBERS = ("shares", "means", "tests", "trends", "overlaps", "services", "rates")


class Watched(Mapping):
    """A mapping that notes in `seen` what is asked of it, as "name/first part of the key/second part ..."."""

    def __init__(self, name: str, content: Mapping[Any, Any], seen: dict[str, None]) -> None:
        self._name, self._content, self._seen = name, content, seen

    def __getitem__(self, key: Any) -> Any:
        """Look up, and note the key, whether it is there or not."""
        parts = (key,) if isinstance(key, str) else key
        self._seen["/".join((self._name, *parts))] = None
        return self._content[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def watched(evidence: Evidence) -> tuple[Evidence, dict[str, None]]:
    """The same evidence, and what will have been asked of it, in order: the keys of a dictionary that fills."""
    seen: dict[str, None] = {}
    mappings = {name: Watched(name, getattr(evidence, name), seen) for name in NUMBERS}
    return replace(evidence, **mappings), seen


def evidence_from_tables(
    tables: Mapping[str, pd.DataFrame], study: Study, facts: Mapping[str, Any], *, significance_level: float
) -> Evidence:
    """Evidence from the tables `estimates`, `comparisons`, `means` and `trends` of the findings."""
    return Evidence(
        study=study,
        shares=_shares(tables["estimates"]),
        means=_means(tables["means"]),
        tests=_tests(tables["comparisons"]),
        trends=_trends(tables["trends"]),
        facts=facts,
        significance_level=significance_level,
    )


def _shares(table: pd.DataFrame) -> dict[tuple[str, str, str, str], Share]:
    rows = table[(table["interval"] != "wilson") & table["estimate"].notna()]
    keys = zip(rows["measure"], rows["item"], rows["breakdown"], rows["subgroup"], strict=True)
    numbers = zip(rows["estimate"], rows["ci_low"], rows["ci_high"], rows["n_cases"], strict=True)
    return {key: Share(*share) for key, share in zip(keys, numbers, strict=True)}


def _means(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    rows = table[table["estimate"].notna()]
    return dict(zip(zip(rows["breakdown"], rows["subgroup"], strict=True), rows["estimate"], strict=True))


def _tests(table: pd.DataFrame) -> dict[tuple[str, str, str, str], dict[str, float]]:
    found: dict[tuple[str, str, str, str], dict[str, float]] = {}
    rows = table[(table["subgroup"] == "") & table["p_value"].notna()]
    for row in rows.itertuples():
        for kind in ("p_value", "p_holm", "p_bh"):
            family = found.setdefault((row.measure, row.breakdown, row.method, kind), {})
            family[row.item] = getattr(row, kind)
    return found


def _trends(table: pd.DataFrame) -> dict[tuple[str, str, str, str, str], float]:
    return {
        (row.measure, row.item, row.breakdown, row.method, kind): getattr(row, kind)
        for row in table[table["p_value"].notna()].itertuples()
        for kind in ("p_value", "p_holm", "p_bh")
    }

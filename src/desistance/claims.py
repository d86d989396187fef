"""Claims are tests: each published statement against the findings, by code.

`claims.yaml` says how each statement is held against the findings. A verdict is given twice: under the published
method (the shares as they are, Pearson's test, no adjustment) and under the design-based one (intervals and
Rao-Scott tests that respect services, Holm's adjustment). Where the records are made up the basis says "by
construction": the example was fitted to the claims, so agreement shows that the arithmetic works and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.documents import raise_all, read_document
from desistance.errors import StudyError
from desistance.findings.tables import LEDGER_COLUMNS
from desistance.statistics.rounding import percent_half_up
from desistance.study import Study

HOLDS, DIFFERS, UNDETERMINED, NOT_TESTABLE = "holds", "does_not_hold", "undetermined", "not_testable"
KEYS = {
    "count": {"of", "equals"},
    "months": {"first", "last"},
    "share": {"measure", "item", "word"},
    "rank": {"measure", "item", "rank"},
    "rises": {"measure", "item", "division"},
    "differs": {"measure", "division"},
    "lower_count": {"measure", "division", "subgroup", "equals"},
    "lower": {"measures", "division", "subgroup"},
}
OPTIONAL = {"rank": {"percent"}}


@dataclass(frozen=True)
class ShareWord:
    """When a share may be called by a word: the estimate in one range, its whole interval in a wider one."""

    estimate_low: float
    estimate_high: float
    interval_low: float
    interval_high: float

    def fits(self, estimate: float) -> bool:
        """Whether the estimate alone allows the word."""
        return self.estimate_low <= estimate <= self.estimate_high and estimate > self.interval_low

    def is_certain(self, ci_low: float, ci_high: float) -> bool:
        """Whether the whole interval allows the word."""
        return self.interval_low < ci_low and ci_high < self.interval_high


# ASSUME A1: the source does not define its words for shares; these ranges are this project's.
SHARE_WORDS = {
    "three-quarters": ShareWord(0.725, 0.775, 0.65, 0.85),
    "over half": ShareWord(0.5, 0.725, 0.5, 0.85),
    "majority": ShareWord(0.5, 1.0, 0.5, 1.01),
}


@dataclass(frozen=True)
class Claim:
    """One published statement; `check` is None where the study holds nothing to test it with (`reason` says why)."""

    id: str
    source: str
    statement: str
    published: str
    check: Mapping[str, Any] | None
    note: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """What claims are held against: tables as `findings` makes them, and the account of the records."""

    study: Study
    estimates: pd.DataFrame
    comparisons: pd.DataFrame
    means: pd.DataFrame
    facts: Mapping[str, Any]
    significance_level: float


@dataclass(frozen=True)
class Outcome:
    """What was found for one claim: in words, and the verdict under each method."""

    computed: str
    published_method: str
    design_based: str
    note: str = ""


def read_claims(folder: Path, study: Study) -> tuple[Claim, ...]:
    """Read and check `claims.yaml` of a study; a study without the file has no claims.

    Raises
    ------
    StudyError
        A check has a key it does not know or lacks one, or refers to something the study does not measure.
    """
    path = Path(folder) / "claims.yaml"
    if not path.exists():
        return ()
    content = read_document(path, "claims", StudyError)
    raise_all(str(path), _mistakes(content["claims"], study), StudyError)
    return tuple(
        Claim(
            id=entry["id"],
            source=content["source"],
            statement=entry["statement"],
            published=entry["published"],
            check=entry.get("check"),
            note=entry.get("assumed", ""),
            reason=entry.get("not_testable", ""),
        )
        for entry in content["claims"]
    )


def ledger(claims: tuple[Claim, ...], findings: Findings) -> pd.DataFrame:
    """One row a claim: what was published, what these records say, and the verdict under each method.

    `robustness` stays empty until the alternatives of a study are computed.
    """
    basis = "by_construction" if findings.facts["made_up"] else "from_records"
    rows = []
    for claim in claims:
        outcome = _evaluate(claim, findings)
        tested = claim.check is not None
        note = ". ".join(text for text in (outcome.note, claim.note) if text)
        rows.append(
            [
                claim.id,
                claim.source,
                claim.statement,
                claim.published,
                outcome.computed,
                outcome.published_method,
                outcome.design_based,
                basis if tested else "",
                "",
                note,
            ]
        )
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS)


def _evaluate(claim: Claim, findings: Findings) -> Outcome:
    if claim.check is None:
        return Outcome("", NOT_TESTABLE, NOT_TESTABLE, claim.reason)
    return CHECKS[claim.check["kind"]](claim.check, findings)


def _count(check: Mapping[str, Any], findings: Findings) -> Outcome:
    found = findings.facts[f"n_{check['of']}"]
    verdict = _verdict(found == check["equals"])
    return Outcome(f"{found:,}", verdict, verdict)


def _months(check: Mapping[str, Any], findings: Findings) -> Outcome:
    first, last = findings.facts["first_date"], findings.facts["last_date"]
    if first is None:
        return Outcome("no dates", UNDETERMINED, UNDETERMINED)
    verdict = _verdict((first[:7], last[:7]) == (check["first"], check["last"]))
    return Outcome(f"{_month(first)} to {_month(last)}", verdict, verdict)


def _share(check: Mapping[str, Any], findings: Findings) -> Outcome:
    row = _everyone(findings, check["measure"], check["item"])
    if row is None:
        return _no_data()
    word = SHARE_WORDS[check["word"]]
    fits = word.fits(row["estimate"])
    certain = word.is_certain(row["ci_low"], row["ci_high"])
    design = DIFFERS if not fits else HOLDS if certain else UNDETERMINED
    return Outcome(_with_interval(row), _verdict(fits), design)


def _rank(check: Mapping[str, Any], findings: Findings) -> Outcome:
    rows = _headline(findings.estimates)
    rows = rows[
        (rows["measure"] == check["measure"]) & (rows["breakdown"] == "all") & rows["estimate"].notna()
    ]
    own, others = rows[rows["item"] == check["item"]], rows[rows["item"] != check["item"]]
    if own.empty or others.empty:
        return _no_data()
    row, highest = own.iloc[0], check["rank"] == "highest"
    first = bool(
        (row["estimate"] > others["estimate"]).all()
        if highest
        else (row["estimate"] < others["estimate"]).all()
    )
    overlap = int(
        (others["ci_high"] >= row["ci_low"]).sum() if highest else (others["ci_low"] <= row["ci_high"]).sum()
    )
    printed, possible = _percent_fits(check.get("percent"), row)
    design = DIFFERS if not first or not possible else UNDETERMINED if overlap else HOLDS
    note = (
        f"Intervals of {overlap} other{'' if overlap == 1 else 's'} overlap with it"
        if first and overlap
        else ""
    )
    place = f"the {check['rank']} of {len(rows)}" if first else f"not the {check['rank']} of {len(rows)}"
    return Outcome(f"{_with_interval(row)}, {place}", _verdict(first and printed), design, note)


def _percent_fits(percent: int | None, row: pd.Series) -> tuple[bool, bool]:
    """Whether the share rounds to the printed percentage, and whether its interval allows that percentage."""
    if percent is None:
        return True, True
    printed = percent_half_up(row["estimate"], decimals=0) == percent
    return printed, row["ci_low"] * 100 < percent + 0.5 and row["ci_high"] * 100 >= percent - 0.5


def _rises(check: Mapping[str, Any], findings: Findings) -> Outcome:
    division = findings.study.division(check["division"])
    shares = _by_level(
        _headline(findings.estimates), check["measure"], check["item"], division.id, division.codes
    )
    means = findings.means[findings.means["breakdown"] == division.id].set_index("subgroup")["estimate"]
    means = means.reindex(division.codes)
    if shares["estimate"].isna().any() or means.isna().any():
        return _no_data()
    rises = bool((shares["estimate"].diff().dropna() > 0).all() and (means.diff().dropna() > 0).all())
    texts = [f"{_percent(row)}" for _, row in shares.iterrows()]
    computed = f"{', '.join(texts)} per cent; mean {', '.join(f'{mean:.1f}' for mean in means)}"
    verdicts = [_tested(findings, check["measure"], check["item"], division.id, method) for method in METHODS]
    return Outcome(computed, *(DIFFERS if not rises else verdict for verdict in verdicts))


def _differs(check: Mapping[str, Any], findings: Findings) -> Outcome:
    counts = [_significant(findings, check["measure"], check["division"], method) for method in METHODS]
    if not sum(len(found) for found in counts):
        return _no_data()
    shown = [int(found.sum()) for found in counts]
    return Outcome(_two_counts(shown, len(counts[0])), *(_verdict(count > 0) for count in shown))


def _lower_count(check: Mapping[str, Any], findings: Findings) -> Outcome:
    division = findings.study.division(check["division"])
    lower = []
    for item in findings.study.measure(check["measure"]).items:
        rows = _by_level(
            _headline(findings.estimates), check["measure"], item.id, division.id, division.codes
        )["estimate"]
        lower.append((item.id, bool(rows[check["subgroup"]] < rows.drop(check["subgroup"]).min())))
    lower = pd.Series(dict(lower))
    counts = []
    for method in METHODS:
        found = _significant(findings, check["measure"], division.id, method)
        counts.append(int((found & lower.reindex(found.index)).sum()))
    if not len(found):
        return _no_data()
    return Outcome(_two_counts(counts, len(found)), *(_verdict(count == check["equals"]) for count in counts))


def _lower(check: Mapping[str, Any], findings: Findings) -> Outcome:
    division = findings.study.division(check["division"])
    texts, verdicts = [], []
    for measure_id in check["measures"]:
        measure = findings.study.measure(measure_id)
        for item in measure.items:
            rows = _by_level(_headline(findings.estimates), measure.id, item.id, division.id, division.codes)
            if rows["estimate"].isna().any():
                return _no_data()
            own, rest = rows.loc[check["subgroup"]], rows.drop(check["subgroup"])
            others = f"{_percent(rest.loc[rest['estimate'].idxmin()])}" + (
                " or more" if len(rest) > 1 else ""
            )
            texts.append(f"{item.short}: {_percent(own)} against {others} per cent")
            lower = own["estimate"] < rest["estimate"].min()
            verdicts.append(
                [
                    _tested(findings, measure.id, item.id, division.id, m) if lower else DIFFERS
                    for m in METHODS
                ]
            )
    return Outcome("; ".join(texts), *(_weakest(list(pair)) for pair in zip(*verdicts, strict=True)))


CHECKS: dict[str, Callable[[Mapping[str, Any], Findings], Outcome]] = {
    "count": _count,
    "months": _months,
    "share": _share,
    "rank": _rank,
    "rises": _rises,
    "differs": _differs,
    "lower_count": _lower_count,
    "lower": _lower,
}
# The published method first, the design-based one second: which test, and which p-value is its verdict.
METHODS = (("pearson", "p_value"), ("rao_scott", "p_holm"))


def _headline(estimates: pd.DataFrame) -> pd.DataFrame:
    return estimates[estimates["interval"] != "wilson"]


def _everyone(findings: Findings, measure: str, item: str) -> pd.Series | None:
    rows = _by_level(_headline(findings.estimates), measure, item, "all", ("all",))
    return None if rows["estimate"].isna().any() else rows.iloc[0]


def _by_level(
    estimates: pd.DataFrame, measure: str, item: str, division: str, codes: tuple[str, ...]
) -> pd.DataFrame:
    rows = estimates[
        (estimates["measure"] == measure) & (estimates["item"] == item) & (estimates["breakdown"] == division)
    ]
    return rows.set_index("subgroup").reindex(codes)


def _p_values(findings: Findings, measure: str, division: str, method: tuple[str, str]) -> pd.Series:
    table, (name, column) = findings.comparisons, method
    rows = table[(table["measure"] == measure) & (table["breakdown"] == division) & (table["method"] == name)]
    return rows[rows["reference"].isna() | (rows["reference"] == "")].set_index("item")[column]


def _significant(findings: Findings, measure: str, division: str, method: tuple[str, str]) -> pd.Series:
    return _p_values(findings, measure, division, method).dropna() < findings.significance_level


def _tested(findings: Findings, measure: str, item: str, division: str, method: tuple[str, str]) -> str:
    p_value = _p_values(findings, measure, division, method).get(item)
    if p_value is None or pd.isna(p_value):
        return UNDETERMINED
    return HOLDS if p_value < findings.significance_level else UNDETERMINED


def _weakest(verdicts: list[str]) -> str:
    return next(verdict for verdict in (DIFFERS, UNDETERMINED, HOLDS) if verdict in verdicts)


def _verdict(holds: bool) -> str:
    return HOLDS if holds else DIFFERS


def _no_data() -> Outcome:
    return Outcome("not available", UNDETERMINED, UNDETERMINED, "Too few cases to compute it")


def _two_counts(counts: list[int], total: int) -> str:
    return f"{counts[0]} of {total} by Pearson's test; {counts[1]} by Rao-Scott with Holm's adjustment"


def _percent(row: pd.Series) -> Decimal:
    return percent_half_up(row["estimate"], decimals=1)


def _with_interval(row: pd.Series) -> str:
    ends = [percent_half_up(row[end], decimals=1) for end in ("ci_low", "ci_high")]
    return f"{_percent(row)} per cent ({ends[0]} to {ends[1]})"


def _month(day: str) -> str:
    return dt.date.fromisoformat(day).strftime("%B %Y")


def _mistakes(entries: list[Mapping[str, Any]], study: Study) -> Iterator[str]:
    seen = set()
    for entry in entries:
        if entry["id"] in seen:
            yield f"{entry['id']}: this id is used more than once"
        seen.add(entry["id"])
        if ("check" in entry) == ("not_testable" in entry):
            yield f"{entry['id']}: give either check or not_testable"
        for mistake in _check_mistakes(entry.get("check"), study):
            yield f"{entry['id']}: {mistake}"


def _check_mistakes(check: Mapping[str, Any] | None, study: Study) -> Iterator[str]:
    if check is None:
        return
    kind, keys = check["kind"], set(check) - {"kind"}
    needed = KEYS[kind]
    if needed - keys:
        yield f"a check of kind {kind} needs {', '.join(sorted(needed - keys))}"
    if keys - needed - OPTIONAL.get(kind, set()):
        yield f"a check of kind {kind} has no {', '.join(sorted(keys - needed - OPTIONAL.get(kind, set())))}"
    measures = {measure.id: measure for measure in study.measures}
    for name in [*check.get("measures", []), *([check["measure"]] if "measure" in check else [])]:
        if name not in measures:
            yield f"measure {name!r} is not in the study (allowed: {', '.join(measures)})"
        elif "item" in check and check["item"] not in [item.id for item in measures[name].items]:
            yield f"item {check['item']!r} is not in the measure {name!r}"
    divisions = {division.id: division for division in study.divisions}
    if "division" in check and check["division"] not in divisions:
        yield f"division {check['division']!r} is not in the study (allowed: {', '.join(divisions)})"
    elif "subgroup" in check and check["subgroup"] not in divisions[check["division"]].codes:
        allowed = ", ".join(divisions[check["division"]].codes)
        yield f"subgroup {check['subgroup']!r} is not a level of {check['division']!r} (allowed: {allowed})"
    if kind == "rises" and study.factor_count is None:
        yield "a check of kind rises needs a study with factor_count"

"""What coded comments speak of: how often, together with what, beside which delivery, and how surely it was coded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.tables import (
    AGREEMENT_COLUMNS,
    THEME_COLUMNS,
    THEME_DELIVERY_COLUMNS,
    THEME_PAIR_COLUMNS,
)
from desistance.settings import Inference
from desistance.statistics.agreement import AgreementWeights, kappa, krippendorff_alpha
from desistance.statistics.arrays import quotient
from desistance.statistics.differences import share_differences
from desistance.statistics.intervals import clopper_pearson_interval
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.statistics.status import Status
from desistance.study import DIRECTIONS, EVERYONE, Study
from desistance.tallies import Tally, service_counts, theme_counts

EITHER = "either"
ASYMPTOTIC, JACKKNIFE, NONE = "asymptotic", "jackknife", "none"  # kinds of interval
Row = dict[str, object]


def themes(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """How often each theme is mentioned: in passages, in services and in cases; by direction and in either.

    The interval for services is exact (Clopper and Pearson): services are few, and each is one observation. That for
    cases respects services; its base are all cases, also those without a comment, each counted once whatever its
    weight. A case may be mentioned in both directions, so the two may add up to more than either. No rows without
    coded comments.
    """
    if not _has_comments(tally):
        return pd.DataFrame(columns=THEME_COLUMNS)
    pairs = [(theme.id, direction) for theme in study.codebook.themes for direction in (*DIRECTIONS, EITHER)]
    n_passages = np.array([_passages(tally, *pair) for pair in pairs]).T
    n_services = (n_passages > 0).sum(axis=0)
    n_all = len(tally.services)
    exact = clopper_pearson_interval(
        n_services, np.full(len(pairs), n_all), confidence_level=inference.confidence_level
    )
    counts, marks = _marked_cases(tally)
    n_yes = counts @ np.array([[_is_about(mark, *pair) for pair in pairs] for mark in marks], dtype=np.int64)
    n_base = np.broadcast_to(counts.sum(axis=1, keepdims=True), n_yes.shape)
    shares = clustered_proportions(
        *(n_yes, n_base, n_yes, n_base),
        service_design(tally, inference),
        confidence_level=inference.confidence_level,
        minimum_effective_base=inference.small_effective_base,
    )
    table = pd.DataFrame(pairs, columns=["theme", "direction"]).assign(
        n_passages=n_passages.sum(axis=0),
        n_services=n_services,
        n_services_all=n_all,
        estimate_services=n_services / n_all,
        services_ci_low=exact.ci_low,
        services_ci_high=exact.ci_high,
        n_cases=shares.n_yes,
        n_cases_all=shares.n_base,
        estimate_cases=shares.estimate,
        cases_ci_low=shares.ci_low,
        cases_ci_high=shares.ci_high,
        status=shares.status,
    )
    return table[THEME_COLUMNS]


def theme_pairs(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """How often two themes are mentioned of the same case, in whatever direction.

    `estimate` is Jaccard's index: cases with both over cases with at least one, 0-1. A lift over independence would
    grow with the number of cases without any comment, which says nothing of themes. `n_services` are those with a case
    that has both. Empty where no case has either.
    """
    if not _has_comments(tally):
        return pd.DataFrame(columns=THEME_PAIR_COLUMNS)
    counts, marks = _marked_cases(tally)
    ids = [theme.id for theme in study.codebook.themes]
    has = np.array([[_is_about(mark, theme, EITHER) for theme in ids] for mark in marks])
    rows: list[Row] = []
    for first, second in combinations(range(len(ids)), 2):
        both = counts @ (has[:, first] & has[:, second])
        n_first, n_second = (int((counts @ has[:, one]).sum()) for one in (first, second))
        n_both = int(both.sum())
        rows.append(
            {
                "first": ids[first],
                "second": ids[second],
                "n_services": int((both > 0).sum()),
                "n_cases": n_both,
                "n_cases_first": n_first,
                "n_cases_second": n_second,
                "estimate": float(quotient(n_both, n_first + n_second - n_both)),
            }
        )
    return pd.DataFrame(rows, columns=THEME_PAIR_COLUMNS)


def theme_delivery(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Sufficient delivery in cases whose comments mention a theme, against all other cases.

    What is counted are judgements, not cases: all items of the codebook's measure of delivery together, yes over yes
    and no. `estimate` is the share with the theme less the share without, by CR2 over services; `n_services` have such
    a judgement in a case with the theme. Holm's and Benjamini and Hochberg's adjustments are over all rows with a
    test. Comments are not a random sample of cases, so a difference is no effect.
    """
    if not _has_comments(tally):
        return pd.DataFrame(columns=THEME_DELIVERY_COLUMNS)
    everyone = _judgements(tally, study)
    rows = [
        {"theme": theme.id, "direction": direction, "measure": study.codebook.delivery}
        | _against_others(_judgements_with(tally, theme.id, direction), everyone, inference)
        for theme in study.codebook.themes
        for direction in DIRECTIONS
    ]
    table = pd.DataFrame(rows)
    p_values = table["p_value"].to_numpy(dtype=float)
    return table.assign(p_holm=holm(p_values), p_bh=benjamini_hochberg(p_values))[THEME_DELIVERY_COLUMNS]


def agreement(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """How far coders agree on passages that two or more of them coded: on all themes at once, then on each theme.

    Cohen's kappa for each two coders, on the passages that both coded, with its asymptotic interval, which takes
    passages as independent; and Krippendorff's alpha for all coders, with a jackknife interval over services.
    `share_agreed` is the share of passages on which the two agree, and for alpha the mean over passages of the share
    of pairs of coders who agree. Directions are not compared. In full agreement there is an estimate without interval.
    """
    if not _has_comments(tally):
        return pd.DataFrame(columns=AGREEMENT_COLUMNS)
    names = [EVERYONE, *(theme.id for theme in study.codebook.themes)]
    coders = [f"coder {number}" for number in range(1, len(study.codebook.coders) + 1)]
    rows: list[Row] = []
    for theme in names:
        codings = _codings(tally.codings[tally.codings["theme"] == theme], coders)
        found = [*_kappas(codings, coders, inference), _alpha_row(codings, coders, inference)]
        rows += [{"theme": theme, **row} for row in found]
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def _has_comments(tally: Tally) -> bool:
    """Each case has a row of marks, if only an empty one, where comments were given."""
    return len(tally.marks) > 0


def _is_about(mark: str, theme: str, direction: str) -> bool:
    """Whether the marks of a case name a theme in a direction."""
    wanted = DIRECTIONS if direction == EITHER else (direction,)
    return any(f"{theme}:{each}" in mark.split("+") for each in wanted)


def _marked_cases(tally: Tally) -> tuple[np.ndarray, list[str]]:
    """Cases of each service (rows) with each set of marks (columns), and those sets."""
    table = tally.marks.pivot_table(index="service", columns="marks", values="n_cases", aggfunc="sum")
    table = table.reindex(tally.services["service"]).fillna(0)
    return table.to_numpy().astype(np.int64), list(table.columns)


def _passages(tally: Tally, theme: str, direction: str) -> np.ndarray:
    """Passages of each service about a theme in a direction."""
    wanted = DIRECTIONS if direction == EITHER else (direction,)
    rows = tally.passages[(tally.passages["theme"] == theme) & tally.passages["direction"].isin(wanted)]
    return _by_service(rows, tally, ["n_passages"])[:, 0].astype(np.int64)


def _by_service(rows: pd.DataFrame, tally: Tally, columns: list[str]) -> np.ndarray:
    """Sums of columns over the rows of each service, shape (n_services, n_columns)."""
    summed = rows.groupby("service")[columns].sum()
    return summed.reindex(tally.services["service"]).fillna(0).to_numpy(dtype=float)


def _judgements(tally: Tally, study: Study) -> np.ndarray:
    """Yes, base and their weights over all items of the delivery measure, shape (n_services, 4)."""
    counts = service_counts(tally, study, None)
    chosen = [item.measure == study.codebook.delivery for item in counts.items]
    arrays = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    return np.stack([array[:, chosen, 0].sum(axis=1) for array in arrays], axis=1).astype(float)


def _judgements_with(tally: Tally, theme: str, direction: str) -> np.ndarray:
    """The same, in cases whose comments mention a theme."""
    counts = theme_counts(tally, theme, direction)
    return np.stack([counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base], axis=1).astype(
        float
    )


def _against_others(mentioned: np.ndarray, everyone: np.ndarray, inference: Inference) -> Row:
    others = everyone - mentioned
    # Weights are sums in another order: what is left of none may differ from 0 in the last digits.
    others[:, 2:] = np.where(others[:, :2] > 0, others[:, 2:], 0.0)
    n_yes, n_base, weight_yes, weight_base = np.stack([others, mentioned], axis=1).T.swapaxes(1, 2)
    test = share_differences(
        *(n_yes, n_base, weight_yes, weight_base),
        reference=0,
        correction=Correction.CR2,
        confidence_level=inference.confidence_level,
    )
    without, share = quotient(weight_yes.sum(axis=0), weight_base.sum(axis=0))
    names = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "df", "p_value", "status")
    return {
        "n_services": int((n_base[:, 1] > 0).sum()),
        "n_with": int(n_base[:, 1].sum()),
        "n_without": int(n_base[:, 0].sum()),
        "estimate_with": share,
        "estimate_without": without,
        **{name: getattr(test, name)[0] for name in names},
    }


def _codings(rows: pd.DataFrame, coders: list[str]) -> pd.DataFrame:
    """One column a coder with the number of the code given, -1 where none; the service, and how many passages."""
    given = [dict(part.split("=") for part in text.split("+")) for text in rows["codings"]]
    codes = pd.DataFrame(given, columns=coders, dtype=object)
    known = sorted({code for one in given for code in one.values()})
    numbers = {coder: pd.Index(known).get_indexer(codes[coder]) for coder in coders}
    return pd.DataFrame(numbers).assign(
        service=rows["service"].to_numpy(), n_passages=rows["n_passages"].to_numpy()
    )


def _kappas(codings: pd.DataFrame, coders: list[str], inference: Inference) -> Iterator[Row]:
    """Every two coders; nothing where no passage was coded twice."""
    if codings.empty:
        return
    size = max(2, codings[coders].to_numpy().max() + 1)
    for one, other in combinations(coders, 2):
        both = codings[(codings[one] >= 0) & (codings[other] >= 0)]
        table = np.zeros((size, size))
        np.add.at(table, (both[one], both[other]), both["n_passages"])
        found = kappa(table, weights=AgreementWeights.NONE, confidence_level=inference.confidence_level)
        # In full agreement the formula's error is 0; that is no certainty, so there is no interval.
        flat = found.status is Status.OK and found.standard_error == 0
        status = Status.NO_VARIATION if flat else found.status
        yield {
            "coefficient": "kappa",
            "coders": f"{one} & {other}",
            "n_passages": found.n_cases,
            "n_services": both["service"].nunique(),
            "share_agreed": found.observed,
            "estimate": found.estimate,
            "ci_low": np.nan if flat else found.ci_low,
            "ci_high": np.nan if flat else found.ci_high,
            "interval": ASYMPTOTIC if status is Status.OK else NONE,
            "status": str(status),
        }


def _alpha_row(codings: pd.DataFrame, coders: list[str], inference: Inference) -> Row:
    codes = codings[coders].to_numpy()
    values = np.arange(codes.max() + 1 if codes.size else 1)
    found = krippendorff_alpha(
        (codes[:, :, None] == values).sum(axis=1),
        codings["n_passages"].to_numpy(),
        codings["service"].to_numpy(),
        confidence_level=inference.confidence_level,
    )
    return {
        "coefficient": "alpha",
        "coders": EVERYONE,
        "n_passages": found.n_units,
        "n_services": found.n_services,
        "share_agreed": found.observed,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "interval": JACKKNIFE if found.status is Status.OK else NONE,
        "status": str(Status.ONE_CODER if codings.empty else found.status),
    }

"""What services provide, who provides it, where access is a gap, and whether delivery is poorer there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.tables import PROVISION_COLUMNS, PROVISION_DELIVERY_COLUMNS, RATE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.arrays import quotient
from desistance.statistics.comparisons import pearson_test
from desistance.statistics.differences import share_differences
from desistance.statistics.intervals import clopper_pearson_interval
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.precision import contrast_design_effect, detectable_difference
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.study import MISSING, YES, Item, Provision, Study
from desistance.tallies import NUMBER, Tally, service_counts

EXACT = "clopper_pearson"
WIDE_RANGE = "wide_range"
POWER = 0.8
Key = tuple[str, str, str]


def provision(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Share of services with each kind of provision, each provider, each gap and each fact.

    `n_services` answered, `n_missing` have records and did not. Intervals are exact (Clopper-Pearson): services are
    few. They take services as drawn one by one from all there might be, so they speak of practice of services in
    general; with a finite population correction nothing changes here, and where every service was inspected the share
    itself is all there is to know of them.

    Returns
    -------
    DataFrame
        `PROVISION_COLUMNS`; see `service_answers` for the groups. `status` is `ok` or `no_cases` (no service answered).
    """
    found = service_answers(tally, study)
    if not found:
        return pd.DataFrame(columns=PROVISION_COLUMNS)
    answers = np.array(list(found.values()))
    known = ~np.isnan(answers)
    n_yes, n_services = (answers == 1).sum(axis=1), known.sum(axis=1)
    interval = clopper_pearson_interval(n_yes, n_services, confidence_level=inference.confidence_level)
    table = pd.DataFrame(list(found), columns=["group", "item", "subgroup"]).assign(
        n_services=n_services,
        n_yes=n_yes,
        n_missing=(~known).sum(axis=1),
        estimate=quotient(n_yes, n_services),
        ci_low=interval.ci_low,
        ci_high=interval.ci_high,
        interval=np.where(n_services > 0, EXACT, "none"),
        status=np.where(n_services > 0, "ok", "no_cases"),
    )
    return table[PROVISION_COLUMNS]


def service_answers(tally: Tally, study: Study) -> dict[Key, np.ndarray]:
    """What each service answered: 1 yes, 0 no, NaN not known, shape (n_services,), by group, item and subgroup.

    available
        `item` is a provision: someone provides it.
    gap
        `item` is a provision: access to it is judged a gap.
    provider
        `item` is a provision and `subgroup` a provider of it.
    mix
        `item` is a provider: provides at least one of the provisions. Only services with all of them known.
    fact
        `item` is a fact.
    range
        `item` is `wide_range`: at least as many provisions are available as the study calls a wide range. Only
        services with all of them known.

    Empty where the study asks nothing of services, or none of them answered.
    """
    table = study.services
    if table is None or tally.answers.empty:
        return {}
    said = _Said(tally)
    by_provider = {
        (one.id, who.id): said.whether(f"provider_{one.id}", who.id)
        for one in table.provisions
        for who in table.providers
    }
    available = {
        one.id: np.max([by_provider[one.id, who.id] for who in table.providers], axis=0)
        for one in table.provisions
    }
    # ASSUME A17: what is said of all provisions together is known only where each of them is.
    mix = {
        who.id: np.max([by_provider[one.id, who.id] for one in table.provisions], axis=0)
        for who in table.providers
    }
    number = np.sum(list(available.values()), axis=0)
    wide = np.where(np.isnan(number), np.nan, number >= table.wide_range)
    return {
        **{("available", item, ""): values for item, values in available.items()},
        **{("gap", one.id, ""): said.whether(f"gap_{one.id}", YES) for one in table.provisions},
        **{("provider", *pair): values for pair, values in by_provider.items()},
        **{("mix", code, ""): values for code, values in mix.items()},
        **{("fact", fact.id, ""): said.whether(fact.id, YES) for fact in table.facts},
        ("range", WIDE_RANGE, ""): wide,
    }


def rates(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Shares of people that services report, and how far services are apart.

    `n_cases` are the people (the whole) and `n_yes` the part, in services that gave both numbers; `n_services` are
    those of them with anyone at all, and `n_missing` have records but did not give both. The share is that of all
    people together, with services as clusters (`clustered_proportions`); `service_lowest`, `service_median` and
    `service_highest` are shares of single services.
    """
    design = service_design(tally, inference)
    rows = []
    for item, (part, whole) in service_numbers(tally, study).items():
        known = ~np.isnan(part + whole)
        yes, base = (np.where(known, each, 0).astype(np.int64) for each in (part, whole))
        share = clustered_proportions(
            *(yes, base, yes, base),
            design,
            confidence_level=inference.confidence_level,
            minimum_effective_base=inference.small_effective_base,
        )
        own = (yes[base > 0] / base[base > 0]) if base.any() else np.array([np.nan])
        rows.append(
            {
                "item": item,
                "n_cases": share.n_base.item(),
                "n_yes": share.n_yes.item(),
                "n_services": share.n_services.item(),
                "n_missing": int((~known).sum()),
                **{
                    name: getattr(share, name).item()
                    for name in ("estimate", "standard_error", "ci_low", "ci_high", "df", "status")
                },
                "service_lowest": own.min(),
                "service_median": np.median(own),
                "service_highest": own.max(),
            }
        )
    return pd.DataFrame(rows, columns=RATE_COLUMNS)


def service_numbers(tally: Tally, study: Study) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Part and whole of each rate as each service reports them, shape (n_services,); NaN where not known."""
    if study.services is None or tally.answers.empty:
        return {}
    rows = tally.answers[tally.answers["answer"] == NUMBER]
    numbers = {
        item: own.set_index("service")["n"].reindex(tally.services["service"].astype(str)).to_numpy(float)
        for item, own in rows.groupby("item")
    }
    nobody = np.full(len(tally.services), np.nan)
    return {
        rate.id: (numbers.get(rate.part, nobody), numbers.get(rate.whole, nobody))
        for rate in study.services.rates
    }


def provision_delivery(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Sufficiency of delivery where access to a provision is a gap against the other services.

    A gap is a property of the service: all its cases are on one side, and an ordinary test, which takes them as
    independent, rejects far too often. The headline is CR2 with Satterthwaite's degrees of freedom, services as
    clusters; `p_pearson` is the ordinary test beside it. `p_holm` and `p_bh` adjust over the provisions.
    `smallest_decrease` is the smallest shortfall that would have been significant with 80 per cent power before
    adjustment; empty where not even the largest would. Services that did not say whether there is a gap, or have no
    case in the base, are on neither side.

    One row for each provision whose factor the delivery measure judges. `status` is that of the difference, such as
    `one_level` (no service or no case on one side) or `one_service`.
    """
    found = service_answers(tally, study)
    pairs = _pairs(study) if found else []
    if not pairs:
        return pd.DataFrame(columns=PROVISION_DELIVERY_COLUMNS)
    counts = service_counts(tally, study, None)
    arrays = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    rows = []
    for one, item in pairs:
        number = counts.items.index(item)
        gap = found["gap", one.id, ""]
        sides = [gap == 0, gap == 1]
        tables = [
            np.stack([np.where(side, each[:, number, 0], 0) for side in sides], axis=1) for each in arrays
        ]
        rows.append(
            {"provision": one.id, "measure": item.measure, "item": item.id, **_compared(tables, inference)}
        )
    table = pd.DataFrame(rows)
    p_values = table["p_value"].to_numpy(float)
    return table.assign(p_holm=holm(p_values), p_bh=benjamini_hochberg(p_values))[PROVISION_DELIVERY_COLUMNS]


def _pairs(study: Study) -> list[tuple[Provision, Item]]:
    items = {item.id: item for item in study.measure(study.services.delivery).items}
    return [(one, items[one.item]) for one in study.services.provisions if one.item in items]


def _compared(tables: list[np.ndarray], inference: Inference) -> Mapping[str, object]:
    """One provision: services without a gap (level 0) against those with one (level 1)."""
    tests = share_differences(
        *tables, reference=0, correction=Correction.CR2, confidence_level=inference.confidence_level
    )
    n_yes, n_base, weight_yes, weight_base = (each.sum(axis=0) for each in tables)
    n_services = (tables[1] > 0).sum(axis=0)
    share = quotient(weight_yes, weight_base)
    overall = quotient(weight_yes.sum(), weight_base.sum())
    numbers = {
        name: getattr(tests, name).item()
        for name in (
            "estimate",
            "standard_error",
            "ci_low",
            "ci_high",
            "statistic",
            "df",
            "p_value",
            "status",
        )
    }
    detectable = detectable_difference(
        *n_base,
        # The share of nobody has no number; any will do, as without a design effect nothing is computed.
        np.clip(np.nan_to_num(overall, nan=0.5), 0.0, 1.0),
        contrast_design_effect(share[0], n_base[0], share[1], n_base[1], tests.standard_error.item()),
        tests.df.item(),
        power=POWER,
        significance_level=inference.significance_level,
    )
    return {
        "n_services_gap": n_services[1],
        "n_services_other": n_services[0],
        "n_cases_gap": n_base[1],
        "n_cases_other": n_base[0],
        "estimate_gap": share[1],
        "estimate_other": share[0],
        **numbers,
        "p_pearson": pearson_test(n_yes, n_base).p_value,
        "smallest_decrease": detectable.decrease.item(),
        "power": POWER,
    }


class _Said:
    """What services said, column by column."""

    def __init__(self, tally: Tally) -> None:
        services = tally.services["service"].astype(str)
        rows = tally.answers[tally.answers["answer"] != NUMBER]
        self.places = pd.Index(services)
        self.rows = {item: own for item, own in rows.groupby("item")}

    def whether(self, item: str, answer: str) -> np.ndarray:
        """1 where a service gave this answer, 0 where another, NaN where it gave none."""
        said = np.full(len(self.places), np.nan)
        own = self.rows.get(item)
        if own is not None:
            known = own[~own["answer"].isin(MISSING)]
            said[self.places.isin(known["service"])] = 0
            said[self.places.isin(known.loc[known["answer"] == answer, "service"])] = 1
        return said

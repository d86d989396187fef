"""Findings as they may be seen: what is hidden, and all that is computed from it, is "[c]"; the rest is rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from desistance.disclosure.families import adjusted_again
from desistance.disclosure.hidden_claims import hide_ledger, hide_multiverse
from desistance.disclosure.hidden_practice import PRACTICE
from desistance.disclosure.policy import Policy
from desistance.disclosure.seen import Seen, at
from desistance.disclosure.system import System
from desistance.disclosure.written import HIDDEN, LOW_RELIABILITY, Sheet, table_text, written
from desistance.study import EVERYONE, MISSING, Study

__all__ = ["hidden_facts", "hidden_tables", "table_text"]

EVERYBODY = (EVERYONE, EVERYONE)
P_VALUES = ("p_value", "p_holm", "p_bh")
ALL = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "df1", "df2", *P_VALUES)
# Numbers that a method has; its other places are empty whatever the counts are.
FILLED = {
    "pearson": ("estimate", "statistic", "df1", *P_VALUES),
    "fisher": P_VALUES,
    "rao_scott": ("statistic", "df1", "df2", *P_VALUES),
    "newcombe": ("estimate", "ci_low", "ci_high"),
    "wild_bootstrap": ("statistic", *P_VALUES),
    "cochran_armitage": ("statistic", "df1", *P_VALUES),
    "kruskal_wallis": ("statistic", "df1", *P_VALUES),
    "design_rank": ("statistic", "df1", "df2", *P_VALUES),
}
OVERALL = ("statistic", "df1", "df2", *P_VALUES)
# Methods that are used only where counts are small or a p-value is near the level: that they are there tells of both.
AT_TIMES = ("fisher", "wild_bootstrap")
OF_ONE_SERVICE = ("shrunken_lowest", "shrunken_highest", "left_out_lowest", "left_out_highest")


# Tables that count services and not children.
OF_SERVICES = ("provision", "agreement")


def hidden_tables(
    tables: Mapping[str, pd.DataFrame], system: System, hidden: np.ndarray, policy: Policy, study: Study
) -> dict[str, pd.DataFrame]:
    """Tables as they may be seen, for a choice of hidden counts.

    Parameters
    ----------
    tables
        Restricted findings by name, those that `system` was made of.
    system
        What `disclosure.cells.counts_of` made of them.
    hidden
        Whether each count of the system is hidden, shape (n,).
    policy
        How many digits stay, and whether anything is protected at all.
    study
        The study they are of.

    Returns
    -------
    dict of DataFrame
        Every cell is text, as in the files; with a policy that does not protect, the tables as they were given.
        Rows of single services and of combinations with a hidden count are left out, and so are rows of methods that
        are only used where counts are small. Adjusted p-values of a family with hidden members are computed from those
        shown, as if the hidden ones were 1.

    Notes
    -----
    On a row with hidden statistics every status becomes "suppressed": any other would tell of the counts.
    """
    if not policy.protect:
        return dict(tables)
    seen = Seen(system, hidden, policy, study)
    released = {}
    for name, table in tables.items():
        sheet = Sheet(name, table)
        if len(table) and name in _HIDE:
            _HIDE[name](sheet, seen)
            if policy.zeros == "hidden" and "n_services" in table and name not in OF_SERVICES:
                # No service is no case.
                sheet.hide(["n_services"], table["n_services"].to_numpy() == 0)
        released[name] = written(sheet, policy, weighted=study.weighted)
    return _claims_hidden(released, tables, seen)


def _claims_hidden(
    released: dict[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame], seen: Seen
) -> dict[str, pd.DataFrame]:
    """The multiverse knows claims by their ids only; the ledger says what each uses."""
    if "multiverse" in tables and "ledger" in tables and len(tables["multiverse"]):
        sheet = Sheet("multiverse", tables["multiverse"])
        hide_multiverse(sheet, tables["ledger"], seen)
        released["multiverse"] = written(sheet, seen.policy, weighted=False)
    return released


def hidden_facts(
    facts: Mapping[str, Any], system: System, hidden: np.ndarray, policy: Policy, study: Study
) -> dict[str, Any]:
    """The account of the records without numbers of missing answers that would tell a hidden count."""
    if not policy.protect or "missing" not in facts:
        return dict(facts)
    seen = Seen(system, hidden, policy, study)
    columns = {
        item.column
        for item in study.items
        if not item.derived
        and seen.any(
            seen.keys.judged(kind, item.measure, item.id, *EVERYBODY) for kind in ("base", "missing")
        )
    }
    columns |= {division.column for division in study.divisions if seen.is_unsafe(("cases", division.id, ""))}
    rows = [
        row | dict.fromkeys(MISSING, HIDDEN) if row["column"] in columns else row for row in facts["missing"]
    ]
    return {**facts, "missing": rows}


def _hide_estimates(sheet: Sheet, seen: Seen) -> None:
    table = sheet.table
    cells = at(table, "measure", "item", "breakdown", "subgroup")
    for kind, column in (("base", "n_cases"), ("yes", "n_yes"), ("missing", "n_missing")):
        sheet.hide([column], seen.where(cells, lambda cell, kind=kind: [seen.keys.judged(kind, *cell)]))
    touched = seen.where(cells, lambda cell: seen.keys.share(*cell))
    wilson = (table["interval"] == "wilson").to_numpy()
    pooled = np.array([bool(seen.parts(*cell[:2])) for cell in cells])
    sheet.suppress(touched, but=("design_effect", "df", "icc"))
    sheet.hide(["design_effect", "df"], touched & ~wilson)
    sheet.hide(["icc"], touched & ~wilson & ~pooled)
    # Which interval it would have been depends on the share.
    sheet.say("interval", touched & ~wilson, "none")
    base, policy = table["n_cases"].to_numpy(), seen.policy
    small = (base >= policy.smallest_base) & (base < policy.reliable_base)
    sheet.say("status", small & ~touched & (table["status"] == "ok").to_numpy(), LOW_RELIABILITY)


def _hide_comparisons(sheet: Sheet, seen: Seen) -> None:
    table = sheet.table
    cells = at(table, "measure", "item", "breakdown", "reference", "subgroup")
    touched = seen.where(cells, lambda cell: _compared(seen, *cell))
    overall = (table["subgroup"] == "").to_numpy()
    _suppress_methods(sheet, touched, overall)
    by_family = pd.Series(touched).groupby(table["family"].to_numpy()).transform("any").to_numpy()
    at_times = table["method"].isin(AT_TIMES).to_numpy()
    apart = [table["family"], table["method"], table["effect"], table["subgroup"] != ""]
    adjusted_again(sheet, touched, apart)
    sheet.hide(["p_holm", "p_bh"], by_family & at_times)
    sheet.kept = ~(touched & at_times)


def _compared(seen: Seen, measure: str, item: str, breakdown: str, reference: str, subgroup: str) -> list:
    if subgroup == "":
        return seen.keys.division(measure, item, breakdown)
    return [key for code in (reference, subgroup) for key in seen.keys.share(measure, item, breakdown, code)]


def _suppress_methods(sheet: Sheet, touched: np.ndarray, overall: np.ndarray) -> None:
    """Hide the numbers that each row's method has."""
    methods = sheet.table["method"].to_numpy(dtype=object)
    for method in dict.fromkeys(methods):
        own = methods == method
        for whole in (True, False):
            columns = FILLED.get(method, OVERALL if whole else ALL)
            sheet.hide(columns, touched & own & (overall == whole))
    sheet.suppress(touched, but=ALL)


def _hide_trends(sheet: Sheet, seen: Seen) -> None:
    table = sheet.table
    cells = at(table, "measure", "item", "breakdown", "method")
    touched = seen.where(cells, lambda cell: seen.keys.trend(*cell))
    _suppress_methods(sheet, touched, np.zeros(len(table), dtype=bool))
    adjusted_again(sheet, touched, [table["family"], table["method"]])


def _hide_means(sheet: Sheet, seen: Seen) -> None:
    cells, count = at(sheet.table, "breakdown", "subgroup"), seen.study.factor_count
    sheet.hide(["n_cases"], seen.where(cells, lambda cell: [seen.keys.known(*cell)]))
    missing = seen.where(cells, lambda cell: [seen.keys.judged("missing", count.item, count.item, *cell)])
    sheet.hide(["n_missing"], missing)
    sheet.suppress(seen.where(cells, lambda cell: seen.keys.mean(*cell)))


def _hide_distributions(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "breakdown", "subgroup", "n_factors")
    own = seen.where(cells, lambda cell: [seen.keys.number(*cell[:2], int(cell[2]))])
    sheet.hide(["n_cases"], own)
    sheet.suppress(own | seen.where(cells, lambda cell: [seen.keys.known(*cell[:2])]))


def _hide_combinations(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "breakdown", "subgroup", "combination")
    own = seen.where(cells, lambda cell: [_combination(seen, *cell)], printed=True)
    sheet.suppress(seen.where(cells, lambda cell: [seen.keys.known(*cell[:2])]))
    sheet.kept = ~own


def _combination(seen: Seen, breakdown: str, subgroup: str, text: str) -> tuple[str, ...]:
    return seen.keys.combination(breakdown, subgroup, tuple(text.split("+")) if text else ())


def _hide_pairs(sheet: Sheet, seen: Seen) -> None:
    cells, keys = at(sheet.table, "breakdown", "subgroup", "first", "second"), seen.keys
    columns = {
        "n_cases": lambda cell: [keys.known(*cell[:2])],
        "n_first": lambda cell: [keys.factor(*cell[:3])],
        "n_second": lambda cell: [keys.factor(*cell[:2], cell[3])],
        "n_both": lambda cell: [keys.both(*cell)],
    }
    for column, named in columns.items():
        sheet.hide([column], seen.where(cells, named))
    sheet.suppress(np.any([sheet.hidden[column] for column in columns], axis=0))


def _hide_adjusted(sheet: Sheet, seen: Seen) -> None:
    """One regression holds all levels of all breakdowns: where one is hidden, all it says is."""
    table, cells = sheet.table, at(sheet.table, "measure", "item")
    model = seen.where(cells, lambda cell: [("model", *cell)])
    sheet.hide(["n_cases"], model)
    touched = model | seen.where(cells, lambda cell: _modelled(seen, *cell))
    sheet.suppress(touched)
    sheet.say("note", touched, "")
    adjusted_again(sheet, touched, [table["family"]])


def _modelled(seen: Seen, measure: str, item: str) -> Iterable[tuple[str, ...]]:
    for breakdown in seen.study.breakdowns:
        yield from seen.keys.division(measure, item, breakdown.id)


def _hide_variation(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "measure", "item")
    sheet.hide(["n_cases"], seen.where(cells, lambda cell: [seen.keys.judged("base", *cell, *EVERYBODY)]))
    touched = seen.where(cells, lambda cell: seen.keys.share(*cell, *EVERYBODY))
    sheet.suppress(touched)
    sheet.hide(["n_outside_95", "n_outside_998"], touched)
    alone = np.array([seen.has_hidden_service(*cell) for cell in cells])
    sheet.hide(OF_ONE_SERVICE, alone)


def _hide_funnel(sheet: Sheet, seen: Seen) -> None:
    number = sheet.table.groupby(["measure", "item"], sort=False).cumcount().astype(str)
    cells = at(sheet.table.assign(number=number), "measure", "item", "number")
    hidden = seen.where(cells, lambda cell: [("service base", *cell), ("service yes", *cell)], printed=True)
    sheet.kept = ~hidden


def _hide_precision(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "measure", "item", "breakdown", "reference", "subgroup")
    for column, place in (("n_reference", 3), ("n_subgroup", 4)):
        named = lambda cell, place=place: [seen.keys.judged("base", *cell[:3], cell[place])]  # noqa: E731
        sheet.hide([column], seen.where(cells, named))
    sheet.suppress(seen.where(cells, lambda cell: _compared(seen, *cell)))


def _hide_stages(sheet: Sheet, seen: Seen) -> None:
    table = sheet.table
    ends = [at(table, "measure", name, "breakdown", "subgroup") for name in ("previous", "item")]
    touched = np.zeros(len(table), dtype=bool)
    for column, cells in zip(("n_previous", "n_cases"), ends, strict=True):
        sheet.hide([column], seen.where(cells, lambda cell: [seen.keys.judged("base", *cell)]))
        touched |= seen.where(cells, lambda cell: seen.keys.share(*cell))
    sheet.suppress(touched)
    adjusted_again(sheet, touched, [table["family"]])


def _hide_changes(sheet: Sheet, seen: Seen) -> None:
    table = sheet.table
    cells = at(table, "measure", "item", "breakdown", "subgroup")
    now = seen.where(cells, lambda cell: seen.keys.share(*cell))
    kinds = ("base",) if seen.weighted else ("base", "yes")
    before = seen.where(cells, lambda cell: [_before(seen, kind, cell) for kind in kinds])
    sheet.hide(["n_cases"], seen.where(cells, lambda cell: [seen.keys.judged("base", *cell)]))
    sheet.hide(["n_before"], seen.where(cells, lambda cell: [_before(seen, "base", cell)]))
    if seen.weighted:
        before |= seen.nearly_unsafe(table["n_before"], table["estimate_before"])
    sheet.suppress(now | before, but=("estimate_before", "estimate_now"))
    sheet.hide(["estimate_now"], now)
    sheet.hide(["estimate_before"], before)
    adjusted_again(sheet, now | before, [table["family"]])


def _before(seen: Seen, kind: str, cell: tuple[str, ...]) -> tuple[str, ...]:
    own, *rest = seen.keys.judged(kind, *cell)
    return (f"before {own}", *rest)


def _hide_calibration(sheet: Sheet, seen: Seen) -> None:
    """Sizes that were simulated are bases of these records; one as large as a hidden base might be that."""
    sizes = sheet.table["n_cases"].to_numpy()
    sheet.hide(["n_cases"], np.isin(sizes, seen.hidden_bases) | (sizes < seen.policy.smallest_base))


_HIDE: dict[str, Callable[[Sheet, Seen], None]] = {
    "estimates": _hide_estimates,
    "comparisons": _hide_comparisons,
    "trends": _hide_trends,
    "means": _hide_means,
    "distributions": _hide_distributions,
    "combinations": _hide_combinations,
    "pairs": _hide_pairs,
    "adjusted": _hide_adjusted,
    "variation": _hide_variation,
    "funnel": _hide_funnel,
    "precision": _hide_precision,
    "stages": _hide_stages,
    "changes": _hide_changes,
    "calibration": _hide_calibration,
    "ledger": hide_ledger,
    **PRACTICE,
}

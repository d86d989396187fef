"""One function a test or interval of shares by subgroup: what the report does with a simulated table."""

from __future__ import annotations

from desistance.calibration.runs import Runs, Way, each, holds, rejects
from desistance.statistics.bootstrap import bootstrap_share_difference, bootstrap_share_slope
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.differences import omnibus_test, share_differences
from desistance.statistics.fisher import fisher_test
from desistance.statistics.robust import ContrastTests, Correction
from desistance.statistics.trends import Slope, cochran_armitage_test, share_slope
from desistance.statistics.wald import WaldMethod

N_DRAWS = 999  # of the bootstrap: 0.05 of 1,000 is a whole number


def _difference(run: Runs, correction: Correction) -> ContrastTests:
    return share_differences(*run.table, reference=0, correction=correction, confidence_level=run.level)


def _bands(run: Runs) -> range:
    return range(len(run.shares))


def _slope(run: Runs, correction: Correction) -> Slope:
    return share_slope(*run.table, scores=_bands(run), correction=correction, confidence_level=run.level)


def _last_difference(run: Runs) -> float:
    return run.shares[-1] - run.shares[0]


@each
def pearson(run: Runs) -> float:
    """Pearson's test of all subgroups."""
    return rejects(pearson_test(*run.totals).p_value, run)


@each
def fisher(run: Runs) -> float:
    """Fisher's exact test of all subgroups."""
    return rejects(fisher_test(*run.totals).p_value, run)


@each
def rao_scott(run: Runs) -> float:
    """Rao-Scott F of all subgroups."""
    return rejects(rao_scott_test(*run.table, run.design).p_value, run)


@each
def htz(run: Runs) -> float:
    """CR2 with HTZ, of all subgroups."""
    test = omnibus_test(*run.table, correction=Correction.CR2, method=WaldMethod.HTZ)
    return rejects(test.p_value, run)


def difference(correction: Correction) -> Way:
    """Test of the last subgroup against the first."""
    return each(lambda run: rejects(_difference(run, correction).p_value[-1], run))


@each
def bootstrap(run: Runs) -> float:
    """Wild cluster bootstrap of the last subgroup against the first."""
    options = {"reference": 0, "subgroup": len(run.shares) - 1, "n_draws": N_DRAWS}
    return rejects(bootstrap_share_difference(*run.table, **options, generator=run.generator).p_value, run)


@each
def armitage(run: Runs) -> float:
    """Cochran-Armitage test over bands."""
    return rejects(cochran_armitage_test(*run.totals, scores=_bands(run)).p_value, run)


def slope(correction: Correction) -> Way:
    """Test of the slope over bands."""
    return each(lambda run: rejects(_slope(run, correction).p_value, run))


@each
def bootstrap_slope(run: Runs) -> float:
    """Wild cluster bootstrap of the slope over bands."""
    options = {"scores": _bands(run), "n_draws": N_DRAWS}
    return rejects(bootstrap_share_slope(*run.table, **options, generator=run.generator).p_value, run)


@each
def difference_interval(run: Runs) -> float:
    """CR2 interval for the difference of the last subgroup from the first."""
    test = _difference(run, Correction.CR2)
    return holds(test.ci_low[-1], test.ci_high[-1], _last_difference(run))


@each
def newcombe(run: Runs) -> float:
    """Newcombe's interval for the same difference."""
    yes, base = run.totals
    ends = newcombe_interval(yes[-1], base[-1], yes[0], base[0], confidence_level=run.level)
    return holds(ends.ci_low, ends.ci_high, _last_difference(run))


def ratio(effect: str) -> Way:
    """Interval for the risk or odds ratio of the last subgroup against the first."""

    def judge(run: Runs) -> float:
        contrasts = design_contrasts(*run.table, run.design, reference=0, confidence_level=run.level)
        ends = getattr(contrasts, effect)
        first, last = (
            share if effect == "risk_ratio" else share / (1 - share)
            for share in run.shares[:: len(run.shares) - 1]
        )
        return holds(ends.ci_low[-1], ends.ci_high[-1], last / first)

    return each(judge)


@each
def slope_interval(run: Runs) -> float:
    """CR2 interval for the slope over bands."""
    found = _slope(run, Correction.CR2)
    return holds(found.ci_low, found.ci_high, run.shares[1] - run.shares[0])

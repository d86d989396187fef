"""The closed form for shares of levels, against the general regressions, on tables that break things."""

from collections import Counter

import numpy as np
import pytest

from desistance.statistics.contrasts import design_contrasts
from desistance.statistics.design import one_stratum_design
from desistance.statistics.differences import omnibus_test, pair_status, share_differences, share_fit
from desistance.statistics.omnibus import omnibus_tests
from desistance.statistics.robust import Correction, DegreesOfFreedom, contrast_tests
from desistance.statistics.wald import WaldMethod

NUMBERS = ("estimate", "standard_error", "df", "statistic", "p_value", "ci_low", "ci_high")
N_TABLES = 60
SEEDS = 24


def tables(seed):
    """Counts and weights of many tables, shape (n_services, N_TABLES, n_levels)."""
    rng = np.random.default_rng(seed)
    n_services, n_levels = rng.integers(1, 12), rng.integers(2, 5)
    shape = (n_services, N_TABLES, n_levels)
    base = rng.poisson(rng.choice([0.3, 1, 4, 12], (1, N_TABLES, n_levels)), shape)
    same_everywhere = rng.random(N_TABLES) < 0.2
    base[:, same_everywhere] = base[:1, same_everywhere]
    share = np.where(
        rng.random((1, N_TABLES, 1)) < 0.4,
        rng.choice([0, 0.1, 0.5, 0.9, 1], (1, N_TABLES, n_levels)),
        rng.beta(2, 2, shape),
    )
    yes = rng.binomial(base, share)
    halved = rng.random(N_TABLES) < 0.15
    yes[:, halved] = base[:, halved] // 2
    weight = rng.choice([1.0, 1.0, 1.7, 0.01], (n_services, N_TABLES, 1))
    return yes, base, yes * weight, base * weight


@pytest.mark.parametrize("correction", Correction)
@pytest.mark.parametrize("seed", range(12))
def test_differences_are_those_of_the_general_regression(correction, seed):
    arrays = tables(seed)
    n_levels = arrays[0].shape[2]
    reference = seed % n_levels
    others = np.delete(np.arange(n_levels), reference)
    found = share_differences(*arrays, reference=reference, correction=correction, confidence_level=0.95)
    for number in range(N_TABLES):
        counts, weights = (
            [array[:, number].astype(float) for array in pair] for pair in (arrays[:2], arrays[2:])
        )
        status = pair_status(counts, others, reference)
        assert ((status == "ok") >= (found.status[number] == "ok")).all()
        fine = status == "ok"
        if not fine.any():
            continue
        seen = counts[1].sum(axis=0) > 0
        contrasts = (np.eye(n_levels)[others] - np.eye(n_levels)[reference])[fine][:, seen]
        general = contrast_tests(
            share_fit(counts, weights),
            contrasts,
            correction=correction,
            degrees_of_freedom=DegreesOfFreedom.SATTERTHWAITE,
            confidence_level=0.95,
        )
        assert found.status[number][fine].tolist() == general.status.tolist()
        for name in NUMBERS:
            np.testing.assert_allclose(
                getattr(found, name)[number][fine], getattr(general, name), rtol=1e-7, atol=1e-12
            )


@pytest.mark.parametrize("correction", [Correction.CR2, Correction.CR3])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_many_omnibus_tests_are_those_of_one_table_at_a_time(correction, seed):
    arrays = tables(seed)
    found = omnibus_tests(*arrays, correction=correction)
    for number in range(N_TABLES):
        one = omnibus_test(
            *(array[:, number] for array in arrays), correction=correction, method=WaldMethod.HTZ
        )
        assert found.status[number] == one.status
        numbers = [getattr(found, name)[number] for name in ("statistic", "df1", "df2", "p_value")]
        wanted = [one.statistic, one.df1, one.df2, one.p_value]
        # Degrees of freedom near 0 are what is left of numbers near each other, and lose digits: one at a time more.
        np.testing.assert_allclose(numbers, wanted, rtol=1e-5, atol=1e-9)


def test_the_tables_drawn_here_have_every_status():
    statuses = Counter()
    for seed in range(SEEDS):
        statuses.update(omnibus_tests(*tables(seed), correction=Correction.CR2).status)
    assert set(statuses) == {
        *("ok", "no_cases", "one_level", "all_yes", "all_no", "one_service", "zero_cell"),
        *("no_variation", "no_degrees_of_freedom"),
    }


def test_ratios_of_many_tables_are_those_of_one_at_a_time():
    arrays = tables(3)
    design, chosen = one_stratum_design(len(arrays[0])), {"reference": 0, "confidence_level": 0.95}
    found = design_contrasts(*arrays, design, **chosen)
    for number in range(N_TABLES):
        one = design_contrasts(*(array[:, number] for array in arrays), design, **chosen)
        for effect in ("difference", "risk_ratio", "odds_ratio"):
            assert getattr(found, effect).status[number].tolist() == getattr(one, effect).status.tolist()
            for name in NUMBERS:
                pair = [getattr(getattr(each, effect), name) for each in (found, one)]
                np.testing.assert_allclose(pair[0][number], pair[1], rtol=1e-12)


def test_no_table_at_all_has_no_test():
    none = np.zeros((4, 0, 3))
    assert omnibus_tests(none, none, none, none, correction=Correction.CR2).p_value.shape == (0,)

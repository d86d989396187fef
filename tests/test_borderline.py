"""Which differences are bootstrapped: close ones, of breakdowns, with few degrees of freedom."""

from types import SimpleNamespace

import pytest

from desistance.findings.comparisons import MANY_DF, is_borderline


@pytest.mark.parametrize(
    ("p_value", "df", "ordered", "bootstrapped"),
    [
        (0.06, 30.0, False, True),
        (0.06, 30.0, True, False),
        (0.3, 30.0, False, False),
        (0.001, 30.0, False, False),
        (0.06, MANY_DF - 1.0, False, True),
        (0.06, float(MANY_DF), False, False),
        (float("nan"), float("nan"), False, False),
    ],
)
def test_only_close_differences_of_breakdowns_with_few_degrees_of_freedom_are_bootstrapped(
    p_value, df, ordered, bootstrapped
):
    table = SimpleNamespace(
        inference=SimpleNamespace(significance_level=0.05), division=SimpleNamespace(ordered=ordered)
    )
    assert is_borderline(table, p_value, df) is bootstrapped

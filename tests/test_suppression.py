"""Hidden counts stay hidden: held against a reader's programmes written here a second time."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from desistance.disclosure import suppression
from desistance.disclosure.bounds import bounds
from desistance.disclosure.suppression import suppress
from desistance.errors import ReleaseError
from random_systems import Builder, random_study, random_table, table

CANDIDATES = 6
SMALL = table([[20, 3, 30], [40, 50, 60], [25, 35, 45]])


def width_for_a_reader(system, hidden, count):
    """Highest less lowest value of a count, from all relations and everything shown."""
    known = system.fixed | (system.printed & ~hidden)
    lower, upper = np.where(known, system.values, 0), np.where(known, system.values, 10_000)
    costs = np.eye(len(known))[count]
    relations = LinearConstraint(system.relations, 0, 0)
    ends = [
        milp(
            sign * costs, constraints=relations, bounds=Bounds(lower, upper), integrality=np.ones(len(known))
        )
        for sign in (1, -1)
    ]
    return round(ends[1].x[count] - ends[0].x[count])


def is_protected(system, hidden, candidates=CANDIDATES):
    needed = np.flatnonzero(hidden | system.unsafe)
    return all(width_for_a_reader(system, hidden, count) >= candidates - 1 for count in needed)


def cheapest_cost(system):
    """Least cost by trying every set of further counts, the cheapest sets first."""
    first = system.unsafe & system.printed
    free = np.flatnonzero(system.printed & ~system.fixed & ~first)
    sets = [more for size in range(5) for more in itertools.combinations(free, size)]
    for more in sorted(sets, key=lambda more: system.weights[list(more)].sum()):
        hidden = first.copy()
        hidden[list(more)] = True
        if is_protected(system, hidden):
            return system.weights[hidden].sum()
    return None


def pattern_of(system, **options):
    return suppress(system, **{"candidates": CANDIDATES, "time_limit": 60.0} | options)


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5, 9, 14, 20])
def test_no_hidden_or_unsafe_count_of_a_table_can_be_narrowed(seed):
    system = random_table(seed)
    pattern = pattern_of(system)
    assert (pattern.hidden | ~(system.unsafe & system.printed)).all()
    assert is_protected(system, pattern.hidden)


def test_no_count_of_a_study_can_be_narrowed():
    system = random_study(1)
    assert is_protected(system, pattern_of(system).hidden)


@pytest.mark.parametrize("cells", [[[20, 3, 30], [40, 50, 60]], [[3, 30], [40, 50], [2, 20]]])
def test_nothing_cheaper_protects(cells):
    system = table(cells)
    pattern = pattern_of(system)
    assert pattern.optimal
    assert pattern.cost == pytest.approx(cheapest_cost(system))


def test_bounds_of_the_pattern_lie_within_what_a_reader_finds():
    pattern = pattern_of(SMALL)
    lows, highs = bounds(SMALL, pattern.hidden, pattern.hidden, time_limit=10)
    assert (lows <= pattern.lows).all()
    assert (highs >= pattern.highs).all()
    assert (pattern.highs - pattern.lows)[pattern.hidden].min() >= CANDIDATES - 1
    widths = [width_for_a_reader(SMALL, pattern.hidden, count) for count in np.flatnonzero(pattern.hidden)]
    assert (highs - lows)[pattern.hidden].tolist() == widths


def test_hiding_more_never_narrows():
    hidden = pattern_of(SMALL).hidden
    lows, highs = bounds(SMALL, hidden, hidden, time_limit=10)
    more_lows, more_highs = bounds(SMALL, SMALL.printed, hidden, time_limit=10)
    assert (more_lows <= lows).all()
    assert (more_highs >= highs).all()
    assert (more_highs > highs).any()


def test_where_nothing_is_unsafe_nothing_is_hidden():
    pattern = pattern_of(table([[20, 30], [40, 50]]))
    assert not pattern.hidden.any()
    assert pattern.optimal
    assert pattern.cost == 0


def test_a_table_of_two_by_two_hides_all_four():
    pattern = pattern_of(table([[3, 30], [40, 50]], weigh=lambda n_all: 1.0 + 10 * n_all))
    assert pattern.first.sum() == 1
    assert pattern.hidden.sum() == 4


def test_a_count_hidden_already_gets_partners_too():
    system = table([[20, 30], [40, 50]], weigh=lambda n_all: 1.0 + 10 * n_all)
    already = np.array([key == ("table", "0", "0") for key in system.keys])
    pattern = pattern_of(system, already=already)
    assert pattern.hidden[already].all()
    assert pattern.hidden.sum() == 4


def test_the_order_of_rows_and_columns_does_not_change_the_cost():
    cells = np.array([[20, 3, 30], [4, 50, 60], [25, 35, 45]])
    assert pattern_of(table(cells)).cost == pytest.approx(pattern_of(table(cells[::-1, ::-1])).cost)


def test_the_same_input_gives_the_same_pattern():
    one, other = (pattern_of(random_table(8)) for _ in range(2))
    assert one.hidden.tolist() == other.hidden.tolist()
    assert one.lows.tolist() == other.lows.tolist()


def test_what_cannot_be_protected_is_named_without_its_value():
    system = table([[3, 30], [40, 50]])
    system = replace(system, fixed=~np.array([key == ("table", "0", "0") for key in system.keys]))
    with pytest.raises(ReleaseError, match=r"table 0 0.*merge levels") as error:
        pattern_of(system)
    assert "3" not in str(error.value)


def test_out_of_time_whole_blocks_are_hidden_and_still_proved():
    system = random_table(5)
    pattern = pattern_of(system, time_limit=0.0)
    assert pattern.coarse
    assert not pattern.optimal
    assert is_protected(system, pattern.hidden)


def test_where_not_even_the_coarse_answer_is_proved_in_time_nothing_is_released(monkeypatch):
    monkeypatch.setattr(suppression, "PROOF_SECONDS", 0.0)
    with pytest.raises(ReleaseError, match=r"raise disclosure\.time_limit"):
        pattern_of(random_table(5), time_limit=0.0)


def test_a_count_that_nothing_can_hide_stays_shown_and_the_others_are_protected_without_it():
    """A third part is cheap to hide, but it is one of three cases only, so hiding it would hide too little."""
    builder = Builder()
    for key, value in (("all", 30), ("few", 3)):
        builder.add(key, value, fixed=True)
    builder.add("small", 3)
    builder.add("large", 24, weight=5.0)
    builder.add("stiff", 3, unsafe=False, weight=0.1)
    builder.add("other few", 0, printed=False)
    builder.relate("parts", "all", ["small", "large", "stiff"])
    builder.relate("few", "few", ["stiff", "other few"])
    system = builder.system()
    pattern = pattern_of(system)
    hidden = {key for key, is_hidden in zip(system.keys, pattern.hidden, strict=True) if is_hidden}
    assert hidden == {"small", "large"}


def test_a_harmless_count_may_be_hidden_for_others_and_needs_no_protection_itself():
    """Two counts of few cases each could not be hidden for their own sake, yet together they hide a third."""
    builder = Builder()
    for key, value in (("all", 35), ("few", 4), ("few more", 4)):
        builder.add(key, value, fixed=True)
    builder.add("small", 3)
    builder.add("large", 24, weight=5.0)
    for key, whole in (("missing", "few"), ("missing too", "few more")):
        builder.add(key, 4, unsafe=False, weight=0.1)
        builder.add(f"not {key}", 0, printed=False)
        builder.relate(key, whole, [key, f"not {key}"])
    builder.relate("parts", "all", ["small", "large", "missing", "missing too"])
    system = builder.system()
    harmless = replace(system, harmless=np.array(["missing" in key for key in system.keys]))
    shown_as = {True: {"small", "missing", "missing too"}, False: {"small", "large"}}
    for one, expected in ((harmless, shown_as[True]), (system, shown_as[False])):
        pattern = pattern_of(one)
        assert {key for key, hidden in zip(one.keys, pattern.hidden, strict=True) if hidden} == expected

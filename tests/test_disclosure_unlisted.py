"""Combinations that are left out for the sake of others, held against a linear programme of each count by itself."""

import itertools
import json
import sys

import numpy as np
import pytest
from scipy.optimize import linprog

from project import ROOT

sys.path.append(str(ROOT / "bench"))
import records

from desistance.attack import attack
from desistance.disclosure import combination_cells
from desistance.disclosure.policy import read_policy
from desistance.disclosure.release import release
from desistance.disclosure.unlisted import left_out
from desistance.study import read_study
from desistance.tallies import read_tally
from records_builder import count_step
from test_disclosure_cells import tables_of

WIDTH, LARGEST = 5, 5
N_FACTORS = 7


def sums_of(n_factors):
    """Numbers of factors, each factor and each two of them, over all combinations."""
    has = np.array(list(itertools.product((False, True), repeat=n_factors)))
    sizes = [has.sum(axis=1) == size for size in range(n_factors + 1)]
    pairs = [has[:, one] & has[:, two] for one, two in itertools.combinations(range(n_factors), 2)]
    return np.array([*sizes, *has.T, *pairs])


def whole_numbers(sums, values, hidden, count):
    """How many values of one count agree with the sums and with all that is listed, by the ends of a programme."""
    bounds = [(0, None) if free else (value, value) for free, value in zip(hidden, values, strict=True)]
    ends = []
    for sign in (1, -1):
        costs = sign * (np.arange(len(values)) == count)
        ends.append(sign * linprog(costs, A_eq=sums, b_eq=sums @ values, bounds=bounds).fun)
    return np.floor(ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6) + 1


def drawn(seed):
    """Counts of all combinations, some of them small, and which are unsafe."""
    values = np.random.default_rng(seed).negative_binomial(1, 0.05, 2**N_FACTORS)
    values[[0, -1]] = 50  # of none and of all factors, a sum each
    return values, (values > 0) & (values <= LARGEST)


@pytest.mark.parametrize("seed", range(4))
def test_no_unsafe_count_and_none_that_is_left_out_can_be_narrowed(seed):
    values, unsafe = drawn(seed)
    sums = sums_of(N_FACTORS)
    listed = values > LARGEST
    before = [whole_numbers(sums, values, ~listed, count) for count in np.flatnonzero(unsafe)]
    assert min(before) <= WIDTH  # there was something to mend

    hidden = left_out(sums, values, listed=listed, unsafe=unsafe, width=WIDTH)

    assert hidden[~listed].all()
    for count in np.flatnonzero(unsafe | (hidden & listed)):
        assert whole_numbers(sums, values, hidden, count) > WIDTH
    assert np.count_nonzero(hidden & listed) < np.count_nonzero(listed) / 2


def test_nothing_is_left_out_where_sums_say_little():
    values = np.random.default_rng(1).integers(0, 6, 2**N_FACTORS)
    hidden = left_out(
        sums_of(N_FACTORS), values, listed=values > LARGEST, unsafe=np.isin(values, range(1, 6)), width=WIDTH
    )
    assert (hidden == (values <= LARGEST)).all()


def test_a_count_that_nothing_can_hide_ends_the_search_and_leaves_all_others():
    """Of one factor, with its number, every combination is a sum."""
    values = np.array([900, 3])
    hidden = left_out(
        np.eye(2, dtype=bool), values, listed=values > LARGEST, unsafe=values <= LARGEST, width=WIDTH
    )
    assert hidden.tolist() == [False, True]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Findings of so many cases that most combinations of ten factors are listed, and a few are left."""
    folder, place = tmp_path_factory.mktemp("many"), ROOT / "studies/bulletin_2021_03"
    study = read_study(place)
    records.make_records(study, folder / "records.parquet", cases=40_000, services=43, seed=1)
    counted, _ = count_step(folder, [str(folder / "records.parquet")], place)
    tally = read_tally(counted)
    together = ("estimates", "means", "distributions", "combinations", "pairs")
    return tables_of(tally, study, only=together), study, tally.facts


def held(many, folder):
    """Whether what is released of them withstands an attack."""
    made = release(*many, read_policy("default"), time_limit=60)
    (folder / "tables").mkdir()
    for name, text in made.tables.items():
        (folder / "tables" / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "release.json").write_text(json.dumps(made.facts), encoding="utf-8")
    account = attack(folder, time_limit=60)
    assert {one.kind for one in account.breaches} <= {"combination"}
    return account.holds


def test_where_most_combinations_are_listed_the_others_withstand_the_attack(many, tmp_path):
    assert held(many, tmp_path)


def test_without_them_it_would_not(many, tmp_path, monkeypatch):
    monkeypatch.setattr(combination_cells, "left_out", lambda *_, listed, **__: ~listed)
    assert not held(many, tmp_path)

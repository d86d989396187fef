"""Counting in arrays or in pieces, in any batches and by any number of counters, against loops over the cases."""

import pickle
import subprocess
import sys
from collections import Counter as Bag
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desistance.records.coded import Coded
from desistance.study import MISSING, STATES
from desistance.tallies import (
    TABLES,
    Counter,
    add_tallies,
    counting,
    dense,
    kinds,
    layout,
    spaces,
    write_tally,
)
from desistance.tallies.columns import added, added_up
from records_builder import STUDY, small_study

OUTSIDE = len(STATES)
FACTS = {
    "study_sha256": "x",
    "made_up": False,
    **dict.fromkeys(("n_read", "n_accepted", "n_rejected"), 0),
    **{"rejected_by_rule": {}, "missing": [], "files": [], "first_date": None, "last_date": None},
}
WEIGHTS = (0.1, 1 / 3, 2.0, 12345.678)
MARKS = ("", "school:enabler", "school:barrier+money:enabler")
TEXT = STUDY.replace("  service: team\n", "  service: team\n  weight: weight\n").replace(
    "{id: home, label: Home}", "{id: home, label: Home}\n  - {id: peers, label: Peers}"
)
TEXT += """\
  - {id: risk, label: Risk, column: risk, levels: [{code: some, label: Some}]}
codebook:
  themes: [{id: school, label: School}, {id: money, label: Money}]
  coders: [a, b]
  delivery: sufficiency
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("study"), TEXT)


def cases_of(study, seed, n_cases, n_services, *, varying):
    """Random cases as codes, services named so that their order is not that of their places."""
    random = np.random.default_rng(seed)
    service = random.integers(0, n_services, n_cases)
    weight = random.choice(WEIGHTS, n_cases)
    return Coded(
        tuple(f"S{(7 * place) % n_services:03d}" for place in range(n_services)),
        service,
        {each.column: random.integers(0, len(each.codes) + 3, n_cases) for each in study.divisions},
        {
            column: random.choice(5, n_cases, p=[0.4, 0.3, 0.1, 0.1, 0.1])
            for column in study.judgement_columns
        },
        weight=weight if varying else np.array(WEIGHTS)[service % 4],
        marks=random.choice(np.array(MARKS, dtype=object), n_cases),
    )


def part_of(cases, rows):
    names = ("service", "weight", "marks")
    return Coded(
        cases.services,
        divisions={name: codes[rows] for name, codes in cases.divisions.items()},
        judgements={name: codes[rows] for name, codes in cases.judgements.items()},
        **{name: getattr(cases, name)[rows] for name in names},
    )


def counted(study, parts):
    counter = Counter(study)
    for part in parts:
        counter.add(part)
    return counter


def files_of(tally, folder):
    folder.mkdir(exist_ok=True)
    paths = {name: folder / name for name in (*TABLES, "facts")}
    write_tally(tally, paths)
    return {name: path.read_bytes() for name, path in paths.items()}


def state_by_hand(study, item, answers):
    if item.derived:
        states = [answers[column] for column in study.factor_count.columns]
        if max(states) >= 3:
            return 3
        return 0 if states.count(0) >= study.factor_count.threshold else 1
    if item.base and answers[item.base] in (1, 2):
        return OUTSIDE
    return answers[item.base] if item.base and answers[item.base] >= 3 else answers[item.column]


def patterns_by_hand(study, levels):
    """What a case is counted by, and the pattern it has there; `levels` are texts."""
    yield "all breakdowns", "|".join(levels[each.column] for each in study.breakdowns)
    for band in study.bands:
        yield band.id, levels[band.column]


def tallied_by_hand(study, cases):
    """Cases and exact sums of weights, by kind of table and all keys of a row."""
    found, weights = Bag(), {}

    def count(key, weight):
        found[key] += 1
        weights[key] = weights.get(key, 0) + Fraction(weight)

    for row in range(cases.n_cases):
        service, weight = cases.services[cases.service[row]], float(cases.weight[row])
        answers = {column: int(codes[row]) for column, codes in cases.judgements.items()}
        levels = {
            each.column: (each.codes + MISSING)[cases.divisions[each.column][row]] for each in study.divisions
        }
        factors = [item.id for item in study.combined.items if answers[item.column] == 0]
        known = max(answers[item.column] for item in study.combined.items) < 3
        for by, pattern in patterns_by_hand(study, levels):
            for item in study.items:
                state = state_by_hand(study, item, answers)
                count(("items", by, service, pattern, item.measure, item.id, state), weight)
            count(("number", by, service, pattern, len(factors) if known else -1), weight)
        for by, pattern in [("all", "all"), *list(patterns_by_hand(study, levels))[1:]]:
            count(("combination", by, pattern, "+".join(factors) if known else "not known"), weight)
            for pair in combinations(factors, 2) if known else ():
                count(("both", by, service, pattern, *pair), weight)
            for factor in factors if known else ():
                count(("has", by, service, pattern, factor), weight)
            if known and len(factors) == 1:
                count(("only", by, service, pattern, factors[0]), weight)
        for mark in filter(None, cases.marks[row].split("+")):
            for item in study.measure("sufficiency").items:
                state, pattern = state_by_hand(study, item, answers), mark.replace(":", "|")
                count(("items", "theme of a comment", service, pattern, item.measure, item.id, state), weight)
    return found, weights


def tallied(study, tally):
    """The same, from a tally's tables."""
    found, weights = {}, {}
    names = [*(f"n_{state}" for state in STATES), "n_outside_base"]
    for row in tally.counts.to_dict("records"):
        keys = [row[name] for name in ("by", "service", "pattern", "measure", "item")]
        for state, name in enumerate(names):
            found["items", *keys, state] = row[name]
        weights["items", *keys, 0] = row["weight_yes"]
        weights["items", *keys, "base"] = row["weight_base"]
    for row in tally.factor_numbers.to_dict("records"):
        key = ("number", row["by"], row["service"], row["pattern"], row["n_factors"])
        found[key], weights[key] = row["n_cases"], row["weight"]
    for row in tally.combinations.to_dict("records"):
        key = ("combination", row["by"], row["pattern"], row["combination"])
        found[key], weights[key] = row["n_cases"], row["weight"]
    services = tally.services["service"].tolist()
    for by, block in tally.factors.items():
        for name, values in block.columns.items():
            kind, *factors = name.split(" ")
            if kind in ("has", "only", "both"):
                for service, pattern, n_cases in zip(block.service, block.pattern, values, strict=True):
                    key = (kind, by, services[service], block.patterns[pattern], *factors)
                    found[key] = int(n_cases)
    return {key: n_cases for key, n_cases in found.items() if n_cases}, weights


@pytest.fixture(params=["arrays", "arrays together at first", "pieces"])
def regime(request, monkeypatch):
    """Small enough for arrays throughout, of several spaces or soon of one; or in pieces of some twenty cases each."""
    if request.param == "arrays together at first":
        # More than 24 cells come after the first batch.
        monkeypatch.setattr(spaces, "TOGETHER_PLACES", 24 * 25)
        monkeypatch.setattr(counting, "BATCH_ROWS", 16)
    if request.param == "pieces":
        monkeypatch.setattr(dense, "MOST_PLACES", 0)
        monkeypatch.setattr(spaces, "ENOUGH_ROWS", 20)
        monkeypatch.setattr(spaces, "MANY_ROWS", 40)
        monkeypatch.setattr(counting, "BATCH_ROWS", 16)


@pytest.mark.parametrize("varying", [True, False])
def test_counts_and_weights_equal_loops_over_the_cases(study, regime, varying):
    cases = cases_of(study, 1, 300, 5, varying=varying)
    tally = counted(study, [cases]).tally(FACTS)
    by_hand, exact = tallied_by_hand(study, cases)
    found, weights = tallied(study, tally)
    assert found == by_hand
    for key, weight in weights.items():
        parts = [(*key[:-1], state) for state in (0, 1)] if key[-1] == "base" else [key]
        assert weight == pytest.approx(float(sum(exact.get(part, 0) for part in parts)), rel=1e-13)
    assert tally.services["weight"].isna().all() == varying
    marks = Bag(zip([cases.services[one] for one in cases.service], cases.marks, strict=True))
    assert {(row.service, row.marks): row.n_cases for row in tally.marks.itertuples()} == marks


def test_more_bands_than_their_patterns_have_numbers_for_are_counted_each_by_itself(tmp_path):
    level = "levels: [{code: a, label: A}, {code: b, label: B}, {code: c, label: C}, {code: d, label: D}]"
    more = "".join(f"  - {{id: band_{n}, label: B{n}, column: band_{n}, {level}}}\n" for n in range(26))
    study = small_study(tmp_path, TEXT.replace("codebook:", f"{more}codebook:"))
    cases = cases_of(study, 3, 100, 4, varying=False)
    by_hand, _ = tallied_by_hand(study, cases)
    assert tallied(study, counted(study, [cases]).tally(FACTS))[0] == by_hand


def test_a_cell_may_have_more_cases_of_a_state_than_eight_bits_count(study, monkeypatch):
    cases = cases_of(study, 2, 1500, 1, varying=False)
    cases = replace(cases, divisions={name: codes * 0 for name, codes in cases.divisions.items()})
    in_arrays = tallied(study, counted(study, [cases]).tally(FACTS))
    assert max(in_arrays[0].values()) > kinds.MOST_IN_LANE
    monkeypatch.setattr(dense, "MOST_PLACES", 0)
    assert tallied(study, counted(study, [cases]).tally(FACTS)) == in_arrays


@pytest.mark.parametrize("large", [1, 2**50, 2**53 + 1, 2**60])
def test_amounts_are_added_up_exactly_however_large_they_are(large):
    amounts = np.array([[large, 1, -3], [0, 2, 5]])
    which = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    by_hand = [[large + 1, large - 3, -2], [2, 5, 7]]
    assert added_up(amounts, which).tolist() == by_hand


def test_amounts_are_added_in_the_order_of_keys_in_whatever_order_they_come():
    one = np.array([7, 2]), {"a": np.array([1, 200], dtype=np.uint8)}
    other = np.array([9, 2, 4]), {"a": np.array([3, 100, 5], dtype=np.uint8), "b": np.array([6, 7, 8])}
    for parts, by_key in (
        ([one], {2: {"a": 200}, 7: {"a": 1}}),
        (
            [one, other],
            {2: {"a": 300, "b": 7}, 4: {"a": 5, "b": 8}, 7: {"a": 1, "b": 0}, 9: {"a": 3, "b": 6}},
        ),
    ):
        keys, columns = added(parts)
        assert keys.tolist() == list(by_key)
        rows = [{name: int(values[row]) for name, values in columns.items()} for row in range(len(keys))]
        assert rows == list(by_key.values())


@pytest.mark.parametrize("n_codes", [2, 8, 9, 22])
def test_eight_codes_counted_in_one_number_are_those_counted_one_by_one(n_codes):
    random = np.random.default_rng(n_codes)
    sizes = random.integers(1, kinds.MOST_IN_LANE, 20, endpoint=True)
    code, run = random.integers(0, n_codes, sizes.sum()), np.repeat(np.arange(20), sizes)
    by_hand = np.zeros((20, n_codes), dtype=np.int64)
    np.add.at(by_hand, (run, code), 1)
    found = kinds._in_lanes(code, n_codes, np.cumsum(sizes) - sizes)
    np.testing.assert_array_equal(found, by_hand)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans(), st.booleans())
@settings(max_examples=5)
def test_batches_regimes_counters_and_parts_do_not_show_in_the_files(
    tmp_path_factory, seed, n, varying, pieces
):
    folder = tmp_path_factory.mktemp("tallies")
    study = small_study(folder, TEXT)
    cases = cases_of(study, seed, 120, 9, varying=varying)
    whole = files_of(counted(study, [cases]).tally(FACTS), folder / "whole")
    random = np.random.default_rng(seed)
    rows = np.array_split(random.permutation(120), np.sort(random.integers(0, 121, n)))
    parts = [part_of(cases, one) for one in rows if len(one)]
    with pytest.MonkeyPatch.context() as patch:
        if pieces:
            patch.setattr(dense, "MOST_PLACES", int(random.integers(0, 2000)))
            patch.setattr(spaces, "ENOUGH_ROWS", 30)
            patch.setattr(spaces, "MANY_ROWS", int(random.integers(30, 200)))
            patch.setattr(spaces, "TOGETHER_PLACES", int(random.integers(0, 5000)))
            patch.setattr(kinds, "MOST_IN_LANE", int(random.choice([0, 5, 255])))
        counters = [counted(study, [part]) for part in parts]
        assert files_of(counted(study, parts).tally(FACTS), folder / "batches") == whole
        joined = Counter(study)
        for counter in pickle.loads(pickle.dumps(counters)):
            joined.join(counter.counted())
        assert files_of(joined.tally(FACTS), folder / "joined") == whole
        added = add_tallies([counter.tally(FACTS) for counter in counters])
        assert files_of(added, folder / "added") == whole
        assert joined.missing() == counted(study, [cases]).missing()


def test_a_counter_may_count_on_after_a_tally(study, regime, tmp_path):
    cases = cases_of(study, 3, 90, 5, varying=True)
    counter = Counter(study)
    for start in range(0, 90, 30):
        counter.add(part_of(cases, slice(start, start + 30)))
        counter.tally(FACTS)
    assert files_of(counter.tally(FACTS), tmp_path / "often") == files_of(
        counted(study, [cases]).tally(FACTS), tmp_path / "once"
    )


def test_missing_values_are_those_of_the_columns_whatever_their_base(study, regime):
    cases = cases_of(study, 4, 200, 3, varying=False)
    found = counted(study, [cases]).missing()
    for division in study.divisions:
        codes = cases.divisions[division.column] - len(division.codes)
        assert found[division.column] == {kind: int((codes == n).sum()) for n, kind in enumerate(MISSING)}
    for column, codes in cases.judgements.items():
        assert found[column] == {kind: int((codes == STATES.index(kind)).sum()) for kind in MISSING}
    assert list(found) == [each.column for each in study.divisions] + list(study.judgement_columns)


def test_of_very_many_combinations_those_of_too_many_factors_are_counted_together(study, regime, monkeypatch):
    monkeypatch.setattr(layout, "MOST_COMBINATIONS", 4)  # none, or one of three
    cases = cases_of(study, 5, 200, 3, varying=False)
    tally = counted(study, [cases]).tally(FACTS)
    everyone = tally.combinations.query("by == 'all'").set_index("combination")["n_cases"]
    by_hand = Bag()
    for key, n_cases in tallied_by_hand(study, cases)[0].items():
        if key[:2] == ("combination", "all"):
            by_hand["more than 1" if "+" in key[3] else key[3]] += n_cases
    assert everyone.to_dict() == by_hand


def test_a_worker_that_counts_does_not_import_pandas():
    code = "import sys; from desistance.tallies import Counter; sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("n_cells", [10, 11, 2621, 2622], ids="{} cells".format)
def test_as_many_cells_as_one_byte_or_two_can_tell_apart_and_one_more_are_counted(n_cells):
    cells, code = np.arange(n_cells), (np.arange(n_cells) % 25).astype(np.uint8)
    counted_there = dense.Dense({"code": 25})
    assert counted_there.add(cells, n_cells, {"code": code}, None)
    np.testing.assert_array_equal(counted_there.n_cases["code"], code[:, None] == np.arange(25))

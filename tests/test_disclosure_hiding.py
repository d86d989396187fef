"""What is hidden: a reader sees the same whatever the hidden counts are, and all else as it was, rounded."""

import random
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desistance.disclosure.cells import counts_of
from desistance.disclosure.hiding import hidden_facts, hidden_tables, table_text
from desistance.disclosure.policy import read_policy
from desistance.disclosure.written import HIDDEN, to_decimals, to_digits, to_multiple
from desistance.findings.tables import COLUMNS, write_table
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.study import EVERYONE
from records_builder import STUDY, small_study
from test_disclosure_cells import PLAIN_CASES, tables_of, told
from test_tallies import PLAIN

DEFAULT, STRICT, NONE = (read_policy(name) for name in ("default", "strict", "none"))
FINE = replace(DEFAULT, significant_digits=12)
EVERYBODY = (EVERYONE, EVERYONE)


def some_cases(seed, n_cases=90):
    """Cases of four services, drawn so that some subgroups and answers are few."""
    draw = random.Random(seed)

    def one():
        drugs, home = draw.choice(["yes", "no"]), draw.choice(["yes", "no", "no"])
        return {
            "service": draw.choice("ABCD"),
            "sex": draw.choice(["boy", "boy", "boy", "girl", "not_known"]),
            "concern": draw.choice(["low", "low", "high"]),
            "drugs": drugs,
            "home": home,
            "delivery_drugs": draw.choice(["yes", "no"]) if drugs == "yes" else "not_applicable",
            "delivery_home": draw.choice(["yes", "no"]) if home == "yes" else "not_applicable",
            "weight": 1.0,
        }

    return [one() for _ in range(n_cases)]


def swapped(cases, seed):
    """The same cases, but two of one service have changed places in one factor and its delivery."""
    draw = random.Random(seed)
    places = list(range(len(cases)))
    draw.shuffle(places)
    factor = draw.choice(["drugs", "home"])
    for first, second in zip(places[::2], places[1::2], strict=False):
        one, other = cases[first], cases[second]
        if one["service"] == other["service"] and one[factor] != other[factor]:
            columns = (factor, f"delivery_{factor}")
            changed = [dict(case) for case in cases]
            for column in columns:
                changed[first][column], changed[second][column] = other[column], one[column]
            return changed
    return cases


class World:
    """Records with all that is found of them."""

    def __init__(self, cases, study=PLAIN, policy=DEFAULT, only=None, ledger=None):
        self.study, self.policy = study, policy
        self.tally = told(cases, study)
        self.tables = tables_of(self.tally, study, only=only)
        if ledger is not None:
            self.tables["ledger"] = pd.DataFrame(ledger, columns=COLUMNS["ledger"])
        self.system = counts_of(self.tables, study, self.tally.facts, policy)
        self.values = dict(zip(self.system.keys, self.system.values.tolist(), strict=True))
        self.unsafe = {key for key, one in zip(self.system.keys, self.system.unsafe, strict=True) if one}

    def mask(self, keys):
        hidden = np.array([key in keys for key in self.system.keys]) & self.system.printed
        return hidden & ~self.system.fixed

    def seen(self, keys=()):
        return hidden_tables(self.tables, self.system, self.mask(set(keys)), self.policy, self.study)


@pytest.fixture(scope="module")
def world():
    return World(some_cases(3, 160))


@pytest.fixture(scope="module")
def claims():
    nothing = {name: np.nan if name == "robustness" else "" for name in COLUMNS["ledger"]}
    told_of = [
        {
            "claim": "C1",
            "computed": "53.1 per cent",
            "note": "seen",
            "uses": "shares/prevalence/drugs/sex/boy",
        },
        {"claim": "C2", "computed": "no", "note": "5 of 10", "uses": "tests/prevalence/sex/cr2/p_holm"},
        {"claim": "C3", "computed": "12.34", "note": "", "uses": "shares/prevalence/home/concern/low"},
        {"claim": "C4", "computed": "43", "note": "", "uses": ""},
    ]
    return [nothing | claim for claim in told_of]


def number(text):
    return float(text) if text not in ("", HIDDEN) else np.nan


def of_children(table):
    """A table without its numbers of services, which every reader is taken to know."""
    return table[[name for name in table if not name.startswith("n_services")]]


# The law


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([DEFAULT, STRICT]))
def test_a_reader_sees_the_same_whatever_the_hidden_counts_are(seed, policy):
    """Every cell that would tell two worlds apart is hidden with the counts in which they differ."""
    cases = some_cases(seed)
    one, other = (World(each, policy=policy) for each in (cases, swapped(cases, seed)))
    keys = set(one.values) | set(other.values)
    hidden = {key for key in keys if one.values.get(key) != other.values.get(key)} | one.unsafe | other.unsafe
    left, right = one.seen(hidden), other.seen(hidden)
    for name in COLUMNS:
        assert table_text(of_children(left[name])) == table_text(of_children(right[name])), name


def test_two_worlds_of_the_law_do_differ():
    """Else the law would be empty."""
    n_hidden = 0
    for seed in range(3):
        cases = some_cases(seed)
        one, other = World(cases, only=("estimates",)), World(swapped(cases, seed), only=("estimates",))
        n_hidden += sum(one.values[key] != other.values.get(key) for key in one.values)
    assert n_hidden > 10


# What is not hidden stays


def test_nothing_is_changed_by_a_policy_that_does_not_protect(world, tmp_path):
    system = counts_of(world.tables, PLAIN, world.tally.facts, NONE)
    everything = np.ones(len(system.keys), dtype=bool)
    released = hidden_tables(world.tables, system, everything, NONE, PLAIN)
    for name, table in world.tables.items():
        write_table(table, tmp_path / name)
        assert table_text(released[name]).encode() == (tmp_path / name).read_bytes()


def test_with_nothing_hidden_and_all_digits_every_number_is_as_it_was(world):
    world = World(some_cases(3, 160), policy=FINE)
    released = world.seen()
    for name, table in world.tables.items():
        if name in ("combinations", "funnel", "variation", "rates"):
            continue
        text = table.copy()
        if name == "estimates":
            marked = (table["n_cases"] >= 10) & (table["n_cases"] < 30) & (table["status"] == "ok")
            text["status"] = table["status"].mask(marked, "low_reliability")
        assert table_text(released[name]) == table_text(text), name


def test_without_hidden_counts_statistics_have_the_digits_of_the_policy_and_counts_all(world):
    released = world.seen()["estimates"]
    headline = world.tables["estimates"]
    assert released["n_yes"].astype(int).tolist() == headline["n_yes"].tolist()
    for column in ("standard_error", "ci_low", "design_effect", "icc"):
        digits = [len(text.lstrip("-0.").replace(".", "")) for text in released[column] if "e" not in text]
        assert max(digits) <= 4
    assert [number(text) for text in released["estimate"]] == pytest.approx(
        headline["estimate"].tolist(), nan_ok=True, abs=1e-12
    )


def test_combinations_and_services_with_unsafe_counts_are_left_out():
    cases = some_cases(3, 160)
    rare = [case for case in cases if (case["drugs"], case["home"]) == ("no", "yes")]
    world = World([case for case in cases if case not in rare] + rare[:3])
    released = world.seen(world.unsafe)
    assert 0 < len(released["combinations"]) < len(world.tables["combinations"])
    assert released["combinations"]["n_cases"].astype(int).min() > 5
    for row in released["funnel"].itertuples():
        yes = round(float(row.estimate) * int(row.n_cases))
        assert int(row.n_cases) >= 10
        assert not {yes, int(row.n_cases) - yes} & set(range(1, 6))


def test_a_hidden_service_or_combination_is_left_out_too(world):
    services = [key for key in world.values if key[0] == "service yes"]
    named = [key for key in world.values if key[0] == "combination"]
    before, after = world.seen(), world.seen([services[0], named[0]])
    for name in ("funnel", "combinations"):
        assert len(after[name]) == len(before[name]) - 1


# What is hidden


def rows(table, **keys):
    return table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]


def test_everything_computed_from_a_hidden_count_is_hidden_and_nothing_else(world):
    hidden = ("yes", "prevalence", "drugs", "sex", "girl")
    cell = {"measure": "prevalence", "item": "drugs", "breakdown": "sex"}
    before, after = world.seen(), world.seen([hidden])
    changed = {
        name: table.index[(after[name].reindex_like(table) != table).any(axis=1)]
        for name, table in before.items()
    }
    assert set(rows(before["estimates"], **cell, subgroup="girl").index) == set(changed["estimates"])
    assert set(changed["precision"]) == set(rows(before["precision"], **cell, subgroup="girl").index)
    adjusted = rows(before["adjusted"], measure="prevalence", item="drugs").index
    assert set(adjusted) <= set(changed["adjusted"])
    for name in (
        "trends",
        "means",
        "distributions",
        "pairs",
        "stages",
        "variation",
        "funnel",
        "combinations",
    ):
        assert not len(changed[name]), name
    row = rows(after["estimates"], **cell, subgroup="girl").iloc[0]
    for column in ("n_yes", "estimate", "standard_error", "ci_low", "ci_high", "design_effect", "df", "icc"):
        assert row[column] == HIDDEN
    assert row["n_cases"] == rows(before["estimates"], **cell, subgroup="girl").iloc[0]["n_cases"]
    assert (row["status"], row["interval"]) == ("suppressed", "none")


def test_tests_over_all_levels_are_hidden_with_one_of_them_and_contrasts_with_their_own(world):
    after = world.seen([("yes", "prevalence", "drugs", "concern", "high")])["comparisons"]
    own = rows(after, measure="prevalence", item="drugs", breakdown="concern")
    assert len(own)
    for row in own[own["p_value"] != ""].itertuples():
        assert (row.p_value, row.p_holm, row.status) == (HIDDEN, HIDDEN, "suppressed")
    others = after[(after["item"] == "home") & (after["breakdown"] == "concern")]
    assert not (others["p_value"] == HIDDEN).any()


def test_places_that_a_method_never_fills_stay_empty(world):
    after = world.seen([("yes", "prevalence", "drugs", "concern", "high")])["comparisons"]
    own = rows(after, measure="prevalence", item="drugs", breakdown="concern")
    assert (own.loc[own["method"] == "pearson", "df2"] == "").all()
    assert (own.loc[own["method"] == "newcombe", "p_value"] == "").all()
    assert (own.loc[own["method"] == "newcombe", "ci_low"] == HIDDEN).all()


def test_methods_that_are_used_where_counts_are_small_are_left_out_with_the_counts(world):
    table = world.tables["comparisons"]
    fisher = table[(table["method"] == "fisher") & (table["measure"] != "both")]
    assert len(fisher), "the records have no small expected count"
    row = fisher.iloc[0]
    code = PLAIN.division(row["breakdown"]).codes[0]
    keys = {name: row[name] for name in ("measure", "item", "breakdown", "method")}
    cell = (row["breakdown"], code)
    after = world.seen([("yes", row["measure"], row["item"], *cell)])["comparisons"]
    assert rows(after, **keys).empty
    # Another item's hidden count may have had such a test in the same family, or not: that is not told either.
    (other,) = {"drugs", "home"} - {row["item"]}
    (kept,) = rows(world.seen([("yes", row["measure"], other, *cell)])["comparisons"], **keys).itertuples()
    assert (kept.p_value == HIDDEN, kept.p_holm, kept.p_bh) == (False, HIDDEN, HIDDEN)


def test_a_mean_goes_with_its_sum_and_a_rank_test_with_any_number(world):
    total = world.seen([("factors", "concern", "low")])
    mean = rows(total["means"], breakdown="concern", subgroup="low").iloc[0]
    assert (mean["estimate"], mean["ci_low"], mean["status"]) == (HIDDEN, HIDDEN, "suppressed")
    one = world.seen([("number", "concern", "low", "1")])
    methods = one["trends"][one["trends"]["p_value"] == HIDDEN]["method"]
    assert set(methods) == {"kruskal_wallis", "design_rank"}
    assert not (one["means"] == HIDDEN).any(axis=None)
    shown = rows(one["distributions"], breakdown="concern", subgroup="low", n_factors="1").iloc[0]
    assert (shown["n_cases"], shown["estimate"]) == (HIDDEN, HIDDEN)


def test_a_pair_goes_with_any_of_its_counts(world):
    after = world.seen([("yes", "prevalence", "home", "all", "all")])["pairs"]
    row = rows(after, subgroup="all").iloc[0]
    assert (row["n_second"], row["estimate"], row["n_both"] == HIDDEN) == (HIDDEN, HIDDEN, False)


def test_what_is_said_of_a_single_service_is_hidden_where_one_has_no_place(world):
    released = world.seen()["variation"]
    lacking = {key[2:] for key in world.values if key[0] == "rest of services"}
    for row in released.itertuples():
        expected = (row.measure, row.item) in lacking
        assert (row.left_out_lowest == HIDDEN) == expected
    assert lacking


def test_small_bases_are_marked_and_hidden_ones_say_so(world):
    released = world.seen()["estimates"]
    base = released["n_cases"].astype(int)
    marked = released["status"] == "low_reliability"
    assert marked.any()
    assert ((base >= 10) & (base < 30))[marked].all()
    assert not ((base >= 10) & (base < 30) & (released["status"] == "ok")).any()


# Adjusted p-values


def test_a_family_with_hidden_members_is_adjusted_as_if_they_were_1(world):
    after = world.seen([("yes", "prevalence", "drugs", "concern", "high")])["comparisons"]
    before = world.tables["comparisons"]
    family = {"family": "prevalence.concern", "method": "cr2", "subgroup": ""}
    exact = rows(before, **family)
    p_values = exact["p_value"].mask(exact["item"] == "drugs", 1.0).to_numpy(dtype=float)
    shown = rows(after, **family)
    for column, adjust in (("p_holm", holm), ("p_bh", benjamini_hochberg)):
        expected = dict(zip(exact["item"], adjust(p_values), strict=True))
        for row in shown[shown["item"] != "drugs"].itertuples():
            assert float(getattr(row, column)) == pytest.approx(expected[row.item], rel=2e-3)
    untouched = {"family": "prevalence.sex", "method": "cr2", "subgroup": ""}
    assert rows(after, **untouched).equals(rows(world.seen()["comparisons"], **untouched))


def test_an_adjusted_p_value_never_gets_smaller_by_what_is_hidden(world):
    after = world.seen([("yes", "prevalence", "drugs", "concern", "high")])["comparisons"]
    whole = world.seen()["comparisons"]
    keys = ["measure", "item", "breakdown", "reference", "subgroup", "method", "effect"]
    both = whole.merge(after, on=keys, suffixes=("", "_after"))
    shown = both[(both["p_holm_after"] != HIDDEN) & (both["p_holm"] != "")]
    assert len(shown)
    assert (shown["p_holm_after"].astype(float) >= shown["p_holm"].astype(float)).all()


# Claims


def test_a_claim_is_hidden_with_any_count_it_uses_and_so_is_its_multiverse(claims):
    here = World(PLAIN_CASES, ledger=claims, only=("estimates", "comparisons"))
    verdicts = pd.DataFrame(
        [
            {"claim": claim["claim"], "alternative": "a", "label": "A", "verdict": "holds", "agrees": "yes"}
            for claim in claims
        ]
    )
    here.tables["multiverse"] = verdicts
    released = here.seen([("yes", "prevalence", "home", "sex", "boy")])
    ledger = released["ledger"].set_index("claim")
    assert ledger["computed"].tolist() == ["53.1 per cent", HIDDEN, "12.34", "43"]
    assert ledger["note"].tolist() == ["seen", HIDDEN, "", ""]
    assert released["multiverse"]["verdict"].tolist() == ["holds", HIDDEN, "holds", "holds"]
    assert released["multiverse"]["agrees"].tolist() == ["yes", HIDDEN, "yes", "yes"]


def test_numbers_in_words_are_rounded_where_counts_are(claims):
    here = World(PLAIN_CASES, ledger=claims, only=("estimates", "comparisons"), policy=STRICT)
    assert here.seen()["ledger"]["computed"].tolist() == ["53 per cent", "no", "12", "43"]


def test_a_claim_about_an_overlap_is_hidden_with_the_cases_that_have_nothing_else():
    claims = pd.DataFrame({"claim": ["C1"], "computed": ["5 of 10"], "note": "", "uses": ["overlaps/home"]})
    cases = some_cases(3, 160)
    here = World(cases, ledger=claims.to_dict("records"), only=("estimates", "pairs", "combinations"))
    alone = here.values["combination", "all", "all", "home"]
    assert here.values["overlap", "home"] == here.values["yes", "prevalence", "home", *EVERYBODY] - alone
    assert here.seen()["ledger"]["computed"].tolist() == ["5 of 10"]
    assert here.seen([("overlap", "home")])["ledger"]["computed"].tolist() == [HIDDEN]


def test_a_claim_of_which_nothing_was_told_is_not_shown_as_hidden(claims):
    """Without a table of services a claim about rates has no count behind it; one with counts keeps its secret."""
    told_of = [
        claims[0] | {"claim": "A", "computed": "not available", "uses": "rates/neet"},
        claims[0] | {"claim": "B", "computed": "not available", "uses": "shares/prevalence/home/sex/boy"},
    ]
    here = World(PLAIN_CASES, ledger=told_of, only=("estimates", "comparisons"))
    seen = here.seen([("yes", "prevalence", "home", "sex", "boy")])
    assert seen["ledger"]["computed"].tolist() == ["not available", HIDDEN]


def test_sizes_of_the_calibration_that_are_hidden_bases_are_hidden(world):
    key = ("base", "prevalence", "drugs", "sex", "girl")
    sizes = [160, world.values[key], 9]
    table = pd.DataFrame({"n_cases": sizes, "rate": 0.12345}, columns=COLUMNS["calibration"])
    tables = world.tables | {"calibration": table}
    released = hidden_tables(tables, world.system, world.mask({key}), DEFAULT, PLAIN)["calibration"]
    assert released["n_cases"].tolist() == ["160", HIDDEN, HIDDEN]
    assert released["rate"].tolist() == ["0.12345"] * 3


# Facts


def test_facts_tell_no_hidden_base(tmp_path):
    few = [dict(case, drugs="not_known" if number > 8 else "yes") for number, case in enumerate(PLAIN_CASES)]
    few = [dict(case, delivery_drugs="not_known") for case in few]
    study = small_study(tmp_path, STUDY)
    here = World(few, study, only=("estimates",), policy=STRICT)
    base = ("base", "prevalence", "drugs", *EVERYBODY)
    assert base in here.unsafe
    facts = hidden_facts(here.tally.facts, here.system, here.mask({base}), STRICT, study)
    found = {row["column"]: row["not_known"] for row in facts["missing"]}
    assert found["drugs"] == HIDDEN
    assert found["home"] == 0
    assert hidden_facts(here.tally.facts, here.system, here.mask(set()), NONE, study) == here.tally.facts


# Rounding


@settings(max_examples=300)
@given(st.floats(1e-9, 1e7), st.integers(2, 6), st.integers(1, 5))
def test_a_number_rounded_again_is_as_if_it_had_been_rounded_once(exact, digits, fewer):
    exact = float(f"{exact:.12g}")
    if fewer >= digits or exact == int(exact):
        return
    (shown,) = to_digits([exact], digits)
    final = Context(prec=fewer, rounding=ROUND_HALF_EVEN)
    assert final.create_decimal(f"{shown:.12g}") == final.create_decimal(f"{exact:.12g}")


def test_whole_numbers_stay_whole_and_missing_ones_missing():
    assert to_digits([123456.0, 0.0], 2) == [123456.0, 0.0]
    assert np.isnan(to_digits([np.nan], 2)).all()
    assert np.isnan(to_decimals([np.nan], 2)).all()


def test_counts_are_rounded_to_a_multiple_and_shares_to_whole_per_cent_where_the_policy_says_so():
    here = World(some_cases(3, 160), policy=STRICT, only=("estimates", "distributions"))
    released = here.seen()["estimates"]
    assert (released["n_cases"].astype(int) % 5 == 0).all()
    assert (released["n_yes"].astype(int) % 5 == 0).all()
    exact = here.tables["estimates"]
    assert [number(text) for text in released["estimate"]] == pytest.approx(
        exact["estimate"].tolist(), abs=0.0051
    )
    assert max(len(text) for text in released["estimate"]) == len("0.53")
    assert to_multiple(np.array([2.0, 3.0, 7.5]), 5).tolist() == [0.0, 5.0, 10.0]

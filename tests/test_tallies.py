"""Tallies: counts that add up, and that equal what counting the records by hand gives."""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from desistance.errors import TallyError
from desistance.study import MISSING, STATES
from desistance.tallies import (
    N_STATES,
    TABLES,
    add_tallies,
    combination_counts,
    count_records,
    files,
    number_counts,
    opened_tally,
    read_tally,
    service_counts,
    write_tally,
)
from records_builder import DESIGNED, STUDY, Ingested, case, csv_text, small_study

with tempfile.TemporaryDirectory() as _folder:
    PLAIN = small_study(Path(_folder) / "plain", STUDY)
    WEIGHTED = small_study(Path(_folder) / "weighted", DESIGNED)
LEVELS = {"sex": ("boy", "girl", *MISSING), "concern": ("low", "high", *MISSING)}
STRATA = {"A": "north", "B": "north", "C": "south", "D": "south"}
SIZES = {"north": 5.0, "south": 2.0}
FACTS = {
    "study_sha256": "x",
    "made_up": False,
    "n_read": 3,
    "n_accepted": 2,
    "n_rejected": 1,
    "rejected_by_rule": {"case_missing": 1},
    "missing": [{"column": "sex", "label": "Sex", "not_applicable": 0, "not_known": 1, "not_recorded": 2}],
    "first_date": "2019-01-02",
    "last_date": "2019-03-04",
    "files": [{"name": "a.csv"}],
}
CASE = st.fixed_dictionaries(
    {
        "service": st.sampled_from("ABCD"),
        "sex": st.sampled_from(LEVELS["sex"]),
        "concern": st.sampled_from(LEVELS["concern"]),
        **{column: st.sampled_from(STATES) for column in PLAIN.judgement_columns},
        "weight": st.sampled_from([0.5, 1.0, 2.25]),
    }
)
CASES = st.lists(CASE, min_size=1, max_size=30)


def records(cases):
    """Typed records as ingestion writes them."""
    frame = pd.DataFrame(cases).reset_index(drop=True)
    for column, levels in LEVELS.items():
        frame[column] = pd.Categorical(frame[column], categories=levels)
    for column in PLAIN.judgement_columns:
        frame[column] = pd.Categorical(frame[column], categories=STATES)
    frame["stratum"] = frame["service"].map(STRATA)
    frame["services_in_stratum"] = frame["stratum"].map(SIZES)
    return frame


def judged(**values):
    """One case in service A; factors and deliveries as given, all else plain."""
    states = dict.fromkeys(PLAIN.judgement_columns, "no") | {"sex": "boy", "concern": "low", "weight": 1.0}
    return {"service": "A"} | states | values


def tally_of(cases, study=PLAIN, facts=FACTS):
    return count_records([records(cases)], study, facts)


def assert_same(left, right):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))


def product_numbered(*lists):
    """Every combination of entries, each with its position."""
    return itertools.product(*(list(enumerate(entries)) for entries in lists))


def state_by_hand(row, item):
    """State of an item in one case, in words."""
    if item.derived:
        factors = [row["drugs"], row["home"]]
        if {"not_known", "not_recorded"} & set(factors):
            return "not_known"
        return "yes" if factors.count("yes") >= 2 else "no"
    if item.base is None:
        return row[item.column]
    if row[item.base] in ("no", "not_applicable"):
        return "outside_base"
    return row[item.column] if row[item.base] == "yes" else row[item.base]


@given(CASES, st.lists(st.integers(0, 3), min_size=30, max_size=30))
@settings(max_examples=6)
def test_parts_counted_and_added_equal_the_whole(cases, part_of):
    """The weights are sums of quarters, so that adding them in any order is exact."""
    whole = tally_of(cases, WEIGHTED)
    parts = [
        [case for case, part in zip(cases, part_of, strict=False) if part == number] for number in range(4)
    ]
    parts = [part for part in parts if part]
    assert_same(add_tallies([tally_of(part, WEIGHTED) for part in parts]), whole)
    assert_same(count_records([records(part) for part in parts], WEIGHTED, FACTS), whole)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([1, 2, 12]))
@settings(max_examples=5)
def test_hundreds_of_services_counted_in_parts_and_added_equal_the_whole(seed, n_parts, n_cases):
    """Every service is a table of its own: 5 times 300 of them, of one to some twelve cases."""
    random, n = np.random.default_rng(seed), 300 * n_cases
    choices = LEVELS | dict.fromkeys(PLAIN.judgement_columns, STATES)
    frame = pd.DataFrame({name: random.choice(some, size=n) for name, some in choices.items()})
    frame["service"] = [f"S{number}" for number in random.integers(0, 300, n)]
    frame["weight"] = random.choice([0.5, 1.0, 2.25], size=n)
    frame = records(frame)
    frame["stratum"], frame["services_in_stratum"] = "north", 400.0
    parts = [part.reset_index(drop=True) for _, part in frame.groupby(random.integers(0, n_parts, n))]
    whole = count_records([frame], WEIGHTED, FACTS)
    assert_same(add_tallies([count_records([part], WEIGHTED, FACTS) for part in parts]), whole)
    assert_same(count_records(parts, WEIGHTED, FACTS), whole)


@given(CASES, st.randoms())
@settings(max_examples=10)
def test_the_order_of_the_rows_does_not_matter(cases, random):
    shuffled = random.sample(cases, len(cases))
    assert_same(tally_of(shuffled, WEIGHTED), tally_of(cases, WEIGHTED))


@given(CASES)
@settings(max_examples=10)
def test_the_order_of_categories_in_a_file_does_not_matter(cases):
    frame = records(cases)
    turned = frame.copy()
    for column in (*LEVELS, *PLAIN.judgement_columns):
        turned[column] = frame[column].cat.set_categories(frame[column].cat.categories[::-1])
    assert_same(count_records([turned], PLAIN, FACTS), count_records([frame], PLAIN, FACTS))


@given(CASES)
@settings(max_examples=10)
def test_the_states_of_every_item_add_up_to_the_cases(cases):
    tally = tally_of(cases)
    per_item = (
        tally.counts.assign(n=tally.counts[N_STATES].sum(axis=1))
        .groupby(["by", "measure", "item"])["n"]
        .sum()
    )
    assert (per_item == len(cases)).all()
    per_pattern = tally.counts.assign(n=tally.counts[N_STATES].sum(axis=1)).groupby(
        ["service", "by", "pattern"]
    )["n"]
    assert (per_pattern.nunique() == 1).all()
    assert tally.services["n_cases"].sum() == len(cases)
    for table in (tally.factor_numbers, tally.combinations):
        assert table.groupby("by")["n_cases"].sum().tolist() == [len(cases)] * 2
    assert (tally.facts["n_cases"], tally.facts["n_services"]) == (
        len(cases),
        len({c["service"] for c in cases}),
    )


@given(CASES, st.sampled_from([None, "sex", "concern"]), st.booleans())
@settings(max_examples=15)
def test_counts_by_service_and_level_equal_counting_by_hand(cases, division_id, weighted):
    study = WEIGHTED if weighted else PLAIN
    division = study.division(division_id) if division_id else None
    counts = service_counts(tally_of(cases, study), study, division)
    services = sorted({case["service"] for case in cases})
    assert counts.levels == (division.codes if division else ("all",))
    for (s, service), (i, item), (v, level) in product_numbered(services, study.items, counts.levels):
        chosen = [
            c for c in cases if c["service"] == service and (division is None or c[division_id] == level)
        ]
        states = [(state_by_hand(case, item), case["weight"] if weighted else 1.0) for case in chosen]
        assert counts.n_yes[s, i, v] == sum(state == "yes" for state, _ in states)
        assert counts.n_base[s, i, v] == sum(state in ("yes", "no") for state, _ in states)
        assert counts.weight_yes[s, i, v] == sum(weight for state, weight in states if state == "yes")
        assert counts.weight_base[s, i, v] == sum(
            weight for state, weight in states if state in ("yes", "no")
        )
    for (i, item), (v, level) in product_numbered(study.items, counts.levels):
        chosen = [case for case in cases if division is None or case[division_id] == level]
        assert counts.n_missing[i, v] == sum(state_by_hand(case, item) in MISSING for case in chosen)


@given(CASES, st.sampled_from([None, "sex", "concern"]), st.booleans())
@settings(max_examples=12)
def test_numbers_of_factors_equal_counting_by_hand(cases, division_id, weighted):
    study = WEIGHTED if weighted else PLAIN
    division = study.division(division_id) if division_id else None
    counts = number_counts(tally_of(cases, study), study, division)
    frame = pd.DataFrame(cases)
    frame["level"] = frame[division_id] if division_id else "all"
    frame["known"] = ~frame[["drugs", "home"]].isin(["not_known", "not_recorded"]).any(axis=1)
    frame["number"] = (frame[["drugs", "home"]] == "yes").sum(axis=1)
    frame["weight"] = frame["weight"] if weighted else 1.0
    known = frame[frame["known"]]
    services = sorted(set(frame["service"]))
    for (s, service), (v, level), number in (
        (*pair, number) for pair in product_numbered(services, counts.levels) for number in range(3)
    ):
        rows = known[(known["service"] == service) & (known["level"] == level) & (known["number"] == number)]
        assert counts.n_cases[s, v, number] == len(rows)
        assert counts.weight[s, v, number] == rows["weight"].sum()
    assert list(counts.n_missing) == [
        len(frame[~frame["known"] & (frame["level"] == level)]) for level in counts.levels
    ]


@given(CASES, st.sampled_from([None, "concern"]), st.booleans())
@settings(max_examples=12)
def test_combinations_of_factors_equal_counting_by_hand(cases, division_id, weighted):
    study = WEIGHTED if weighted else PLAIN
    band = study.division(division_id) if division_id else None
    counts = combination_counts(tally_of(cases, study), study, band)
    assert counts.factors == ("drugs", "home")
    assert counts.levels == (band.codes if band else ("all",))
    chosen = [
        case | {"level": case[division_id] if band else "all", "weight": case["weight"] if weighted else 1.0}
        for case in cases
    ]
    chosen = [case for case in chosen if case["level"] in counts.levels]
    known = [case for case in chosen if not {"not_known", "not_recorded"} & {case["drugs"], case["home"]}]
    seen = {tuple(case[factor] == "yes" for factor in counts.factors) for case in known}
    order = [(False, False), (True, False), (False, True), (True, True)]
    assert [tuple(row) for row in counts.has_factor.tolist()] == [kind for kind in order if kind in seen]
    services = sorted({case["service"] for case in cases})
    totals = np.zeros((2, len(counts.levels), len(counts.has_factor)))
    for (_, service), (v, level), (c, kind) in product_numbered(
        services, counts.levels, counts.has_factor.tolist()
    ):
        weights = [
            case["weight"]
            for case in known
            if (case["service"], case["level"]) == (service, level)
            and [case[factor] == "yes" for factor in counts.factors] == kind
        ]
        totals[0][v, c] += len(weights)
        totals[1][v, c] += sum(weights)
    assert (counts.n_cases == totals[0]).all()
    assert (counts.weight == totals[1]).all()
    missing = [case["level"] for case in chosen if case not in known]
    assert counts.n_missing.tolist() == [missing.count(level) for level in counts.levels]


def test_combinations_are_not_counted_by_breakdown():
    with pytest.raises(TallyError, match="for everyone and by band, not by sex"):
        combination_counts(tally_of([judged()]), PLAIN, PLAIN.division("sex"))


@pytest.mark.parametrize(
    ("factor", "delivery", "column"),
    [
        ("yes", "yes", "n_yes"),
        ("yes", "no", "n_no"),
        ("yes", "not_applicable", "n_not_applicable"),
        ("yes", "not_known", "n_not_known"),
        ("yes", "not_recorded", "n_not_recorded"),
        ("no", "not_applicable", "n_outside_base"),
        ("not_applicable", "not_applicable", "n_outside_base"),
        ("not_known", "yes", "n_not_known"),
        ("not_recorded", "not_applicable", "n_not_recorded"),
    ],
)
def test_delivery_is_judged_over_the_cases_where_the_factor_was_identified(factor, delivery, column):
    counts = tally_of([judged(drugs=factor, delivery_drugs=delivery)]).counts
    row = counts[(counts["measure"] == "sufficiency") & (counts["item"] == "drugs")].iloc[0]
    assert dict(row[N_STATES]) == {name: int(name == column) for name in N_STATES}


@pytest.mark.parametrize(
    ("factors", "column"),
    [
        (("yes", "yes"), "n_yes"),
        (("yes", "no"), "n_no"),
        (("yes", "not_applicable"), "n_no"),
        (("yes", "not_known"), "n_not_known"),
        (("no", "not_recorded"), "n_not_known"),
    ],
)
def test_a_count_of_factors_is_not_known_where_a_factor_is_not(factors, column):
    tally = tally_of([judged(drugs=factors[0], home=factors[1])])
    row = tally.counts[tally.counts["item"] == "both"].iloc[0]
    assert dict(row[N_STATES]) == {name: int(name == column) for name in N_STATES}
    number = -1 if column == "n_not_known" else factors.count("yes")
    assert set(tally.factor_numbers["n_factors"]) == {number}


def test_a_threshold_that_known_factors_reach_is_still_not_known_with_one_missing(tmp_path):
    text = STUDY.replace("threshold: 2", "threshold: 1")
    study = small_study(tmp_path, text)
    counts = tally_of([judged(drugs="yes", home="not_known")], study).counts
    assert counts[counts["item"] == "both"]["n_not_known"].tolist() == [1, 1]


def test_combinations_name_the_factors_that_are_present_for_everyone_and_in_each_level_of_a_band():
    cases = [judged(drugs="yes", home="yes"), judged(home="yes", concern="high"), judged()]
    table = tally_of(cases).combinations
    found = table.set_index(["by", "pattern", "combination"])["n_cases"].to_dict()
    assert found == {
        ("all", "all", "drugs+home"): 1,
        ("all", "all", "home"): 1,
        ("all", "all", ""): 1,
        ("concern", "low", "drugs+home"): 1,
        ("concern", "high", "home"): 1,
        ("concern", "low", ""): 1,
    }


def test_a_combination_is_not_known_where_a_factor_is_not():
    cases = [
        judged(drugs="yes", home="not_known"),
        judged(drugs="not_recorded"),
        judged(home="not_applicable"),
    ]
    table = tally_of(cases).combinations
    found = table[table["by"] == "all"].set_index("combination")["n_cases"].to_dict()
    assert found == {"not known": 2, "": 1}


def test_combinations_are_of_ids_whatever_the_columns_are_called(tmp_path):
    study = small_study(tmp_path, STUDY.replace('"{factor}"', '"has + {factor}"'))
    frame = records([judged(drugs="yes", home="yes"), judged(home="yes")])
    frame = frame.rename(columns={"drugs": "has + drugs", "home": "has + home"})
    counts = combination_counts(count_records([frame], study, FACTS), study, None)
    assert counts.factors == ("drugs", "home")
    assert counts.has_factor.tolist() == [[False, True], [True, True]]


def test_services_carry_their_stratum_and_its_size():
    services = tally_of([judged(), judged(service="D"), judged(service="D")], WEIGHTED).services
    assert services.to_dict("list") == {
        "service": ["A", "D"],
        "stratum": ["north", "south"],
        "services_in_stratum": [5.0, 2.0],
        "n_cases": [1, 2],
        "weight": [1.0, 1.0],
    }


def test_a_band_may_have_any_id(tmp_path):
    study = small_study(tmp_path, STUDY.replace("{id: concern,", "{id: breakdowns,"))
    tally = tally_of([judged(), judged(concern="high"), judged(sex="girl")], study)
    for division, expected in ((None, [3]), ("sex", [2, 1]), ("breakdowns", [2, 1])):
        counts = service_counts(tally, study, division and study.division(division))
        assert counts.n_base[0, 0].tolist() == expected


def test_a_study_without_factors_or_divisions_is_counted(tmp_path):
    text = STUDY[: STUDY.index("factors:")] + "measures: [{id: m, label: M, column: drugs}]\n"
    study = small_study(tmp_path, text)
    tally = tally_of([judged(drugs="yes"), judged()], study)
    assert service_counts(tally, study, None).n_yes.tolist() == [[[1]]]
    assert list(tally.factor_numbers) == ["service", "by", "pattern", "n_factors", "n_cases", "weight"]
    assert len(tally.factor_numbers) == 0
    assert tally.combinations["combination"].tolist() == [""]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("stratum", "east", "some services stand in two strata"),
        ("services_in_stratum", 6.0, "two sizes of their stratum"),
    ],
)
def test_a_service_in_two_strata_is_refused(column, value, words):
    frame = records([judged(), judged(), judged(service="B")])
    frame.loc[0, column] = value
    with pytest.raises(TallyError, match=words):
        count_records([frame], WEIGHTED, FACTS)
    with pytest.raises(TallyError, match=words):
        add_tallies([count_records([part], WEIGHTED, FACTS) for part in (frame[:1], frame[1:])])


def test_a_stratum_with_two_sizes_or_too_many_services_is_refused():
    frame = records([judged(), judged(service="B")])
    frame.loc[0, "services_in_stratum"] = 6.0
    with pytest.raises(TallyError, match="a stratum has one number of services"):
        count_records([frame], WEIGHTED, FACTS)
    frame["services_in_stratum"] = 1.0
    with pytest.raises(TallyError, match="more services are inspected in a stratum than it is said to have"):
        count_records([frame], WEIGHTED, FACTS)


@pytest.mark.parametrize("batches", [[], [records([judged()])[:0]]])
def test_no_record_is_refused(batches):
    with pytest.raises(TallyError, match=r"no accepted row to count; see rejects\.csv"):
        count_records(batches, PLAIN, FACTS)


def test_facts_add_up():
    other = FACTS | {
        "n_read": 10,
        "n_accepted": 7,
        "n_rejected": 3,
        "rejected_by_rule": {"case_missing": 2, "duplicate_case": 2},
        "missing": [{**FACTS["missing"][0], "not_applicable": 4, "not_known": 5}],
        "first_date": "2018-09-09",
        "last_date": None,
        "files": [{"name": "b.csv"}],
    }
    parts = [tally_of([judged()]), tally_of([judged(service="B"), judged()], facts=other)]
    parts[0] = replace(parts[0], facts={**parts[0].facts, "oddities": [{"check": "one_service"}]})
    assert add_tallies(parts).facts == {
        "study_sha256": "x",
        "made_up": False,
        "n_read": 13,
        "n_accepted": 9,
        "n_rejected": 4,
        "rejected_by_rule": {"case_missing": 3, "duplicate_case": 2},
        "missing": [
            {"column": "sex", "label": "Sex", "not_applicable": 4, "not_known": 6, "not_recorded": 4}
        ],
        "first_date": "2018-09-09",
        "last_date": "2019-03-04",
        "files": [{"name": "a.csv"}, {"name": "b.csv"}],
        "n_cases": 3,
        "n_services": 2,
    }


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("study_sha256", "y", "come from different studies"),
        ("made_up", True, "mix made-up and other records"),
    ],
)
def test_tallies_that_do_not_belong_together_are_refused(fact, value, words):
    with pytest.raises(TallyError, match=words):
        add_tallies([tally_of([judged()]), tally_of([judged()], facts=FACTS | {fact: value})])


def test_nothing_to_add_is_refused():
    with pytest.raises(TallyError, match="no tally to add"):
        add_tallies([])


@pytest.mark.parametrize("study", [PLAIN, WEIGHTED], ids=["plain", "weighted"])
def test_a_tally_is_written_and_read_without_change_and_twice_to_the_same_bytes(tmp_path, study):
    tally = tally_of([judged(service=service, drugs=state) for service in "ABCD" for state in STATES], study)
    paths = {name: tmp_path / name for name in (*TABLES, "facts")}
    write_tally(tally, paths)
    first = {name: path.read_bytes() for name, path in paths.items()}
    read = read_tally(paths)
    assert_same(read, tally)
    assert read.facts == tally.facts
    write_tally(read, paths)
    assert {name: path.read_bytes() for name, path in paths.items()} == first


@pytest.mark.parametrize("study", [PLAIN, WEIGHTED], ids=["plain", "weighted"])
@pytest.mark.parametrize("together", [False, True], ids=["blocks apart", "blocks in one group of rows"])
def test_an_opened_tally_says_what_a_read_one_does(tmp_path, study, together):
    cases = [judged(service=service, drugs=state) for service in "ABCD" for state in STATES]
    tally = tally_of([*cases, judged(service="D", sex="girl", drugs="no")], study)
    paths = {name: tmp_path / name for name in (*TABLES, "facts")}
    write_tally(tally, paths)
    for name in ("counts", "factor_numbers", "combinations") if together else ():
        table = parquet.read_table(paths[name])
        parquet.write_table(table, paths[name])  # as tallies of before were, and those that were carried are
        assert parquet.ParquetFile(paths[name]).num_row_groups == 1
    read, opened = read_tally(paths), opened_tally(paths)
    assert_same(opened, read)
    assert_same(read, tally)
    for division in (None, *study.divisions):
        for count in (service_counts, number_counts):
            one, other = count(opened, study, division), count(read, study, division)
            for name in ("n_cases", "n_yes", "n_base", "weight", "weight_yes", "n_missing"):
                if hasattr(one, name):
                    np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_however_many_rows_are_written_at_once_the_tally_is_the_same(tmp_path, monkeypatch):
    tally = tally_of([judged(service=service, drugs=state) for service in "ABCD" for state in STATES])
    monkeypatch.setattr(files, "GROUP_ROWS", 3)
    paths = {name: tmp_path / name for name in (*TABLES, "facts")}
    write_tally(tally, paths)
    assert parquet.ParquetFile(paths["counts"]).num_row_groups > len(tally.items)
    for read in (read_tally(paths), opened_tally(paths)):
        assert_same(read, tally)


def test_a_tally_of_another_format_is_refused(tmp_path):
    paths = {name: tmp_path / name for name in (*TABLES, "facts")}
    write_tally(tally_of([judged()]), paths)
    pd.read_parquet(paths["counts"]).to_parquet(paths["counts"])
    with pytest.raises(TallyError, match=r"another version of this package.*count its records again"):
        read_tally(paths)


def test_the_accounts_of_services_and_comments_add_up_too(tmp_path):
    """A part without comments adds none; coders are the same people in every part."""
    study = small_study(tmp_path / "study")
    (tmp_path / "cases.csv").write_text(csv_text([case(number) for number in range(6)]), encoding="utf-8")
    read = Ingested(tmp_path, [tmp_path / "cases.csv"], study)
    parts = []
    for number, rules in enumerate(({"service_missing": 1}, {"service_missing": 2, "duplicate_service": 1})):
        account = {
            "files": [{"name": f"{number}.csv"}],
            "made_up": False,
            "n_read": 5,
            "n_rejected": sum(rules.values()),
            "rejected_by_rule": rules,
            "n_coders": 2,
        }
        told = {"services": account, "comments": account if number else None}
        parts.append(count_records([read.records], study, read.account | told))
    facts = add_tallies(parts).facts
    assert (facts["services"]["n_read"], facts["services"]["n_rejected"]) == (10, 4)
    assert facts["services"]["rejected_by_rule"] == {"duplicate_service": 1, "service_missing": 3}
    assert [file["name"] for file in facts["services"]["files"]] == ["0.csv", "1.csv"]
    assert (facts["services"]["n_coders"], facts["services"]["made_up"]) == (2, False)
    assert facts["comments"] == account
    silent = count_records([read.records], study, read.account | {"services": None, "comments": None})
    assert add_tallies([silent, silent]).facts["comments"] is None

"""All counts of a release as one system: it holds for any records, knows every table, and refuses what it does not."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desistance.disclosure.cells import counts_of
from desistance.disclosure.policy import read_policy
from desistance.disclosure.release import let_out
from desistance.disclosure.structure import structure_of
from desistance.errors import ReleaseError
from desistance.findings.adjusted import adjusted
from desistance.findings.changes import Edition, changes
from desistance.findings.combinations import combinations, pairs
from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.numbers import mean_numbers, number_distributions
from desistance.findings.precision import precision
from desistance.findings.provision import provision, provision_delivery, rates
from desistance.findings.stages import stages
from desistance.findings.tables import COLUMNS
from desistance.findings.themes import agreement, theme_delivery, theme_pairs, themes
from desistance.findings.trends import trends
from desistance.findings.variation import funnel, variation
from desistance.settings import Inference
from desistance.study import MISSING, read_study
from desistance.tallies import count_records, read_tally
from project import ROOT
from records_builder import STUDY, count_step, small_study
from test_changes import edition
from test_tallies import CASES, FACTS, PLAIN, WEIGHTED
from test_tallies import records as frame_of

INFERENCE = Inference(0.95, 0.05, False, 30)
DEFAULT, STRICT, NONE = (read_policy(name) for name in ("default", "strict", "none"))
READING = {"mapping": None, "delimiter": "auto", "encoding": "utf-8-sig"}
QUICK = ("estimates", "means", "distributions", "combinations", "pairs", "funnel", "stages")
FACTORS = [item.id for item in read_study(ROOT / "studies/bulletin_2021_03").measure("prevalence").items]
EXAMPLES = {
    "bulletin_2021_03": ("cases", "services", "comments"),
    "thematic_2016": ("thematic_cases",),
}


def tables_of(counted, study, *, only=None, other=None):
    """Restricted findings of a tally that may be let out; what is not computed here has no rows."""
    made = {
        "estimates": lambda: estimates(counted, study, INFERENCE),
        "comparisons": lambda: comparisons(counted, study, INFERENCE),
        "trends": lambda: trends(counted, study, INFERENCE),
        "means": lambda: mean_numbers(counted, study, INFERENCE),
        "distributions": lambda: number_distributions(counted, study),
        "combinations": lambda: combinations(counted, study),
        "pairs": lambda: pairs(counted, study, INFERENCE),
        "adjusted": lambda: adjusted(counted, study, INFERENCE),
        "variation": lambda: variation(counted, study, INFERENCE),
        "funnel": lambda: funnel(counted, study),
        "precision": lambda: precision(counted, study, INFERENCE),
        "stages": lambda: stages(counted, study, INFERENCE),
        "changes": lambda: changes(counted, other, study, INFERENCE),
        "provision": lambda: provision(counted, study, INFERENCE),
        "rates": lambda: rates(counted, study, INFERENCE),
        "provision_delivery": lambda: provision_delivery(counted, study, INFERENCE),
        "themes": lambda: themes(counted, study, INFERENCE),
        "theme_pairs": lambda: theme_pairs(counted, study, INFERENCE),
        "theme_delivery": lambda: theme_delivery(counted, study, INFERENCE),
        "agreement": lambda: agreement(counted, study, INFERENCE),
    }
    chosen = made if only is None else only
    empty = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    return let_out(empty | {name: made[name]() for name in chosen})


def example(folder, study_id):
    """One of the two made-up examples: its study, tally and findings, without the tests of comparisons."""
    place = ROOT / "studies" / study_id
    paths = [str(ROOT / f"data/example/made_up_{name}.csv") for name in EXAMPLES[study_id]]
    counted, _ = count_step(
        folder, paths[:1], place, services=paths[1:2], comments=paths[2:], rejects_limit=1
    )
    study, found = read_study(place), read_tally(counted)
    quick = [
        name
        for name in COLUMNS
        if name not in ("comparisons", "quotes", "multiverse", "ledger", "calibration")
    ]
    return study, found, tables_of(found, study, only=quick)


@pytest.fixture(scope="module")
def bulletin(tmp_path_factory):
    return example(tmp_path_factory.mktemp("bulletin"), "bulletin_2021_03")


@pytest.fixture(scope="module")
def thematic(tmp_path_factory):
    return example(tmp_path_factory.mktemp("thematic"), "thematic_2016")


@pytest.fixture(params=["bulletin", "thematic"])
def studied(request):
    return request.getfixturevalue(request.param)


def told(cases, study=PLAIN):
    """The tally of single cases, with what the account of the records says is missing."""
    frame = frame_of(cases)
    columns = [*(division.column for division in study.divisions), *study.judgement_columns]
    missing = [
        {"column": column, "label": column, **{kind: int((frame[column] == kind).sum()) for kind in MISSING}}
        for column in columns
    ]
    # A level that is missing is no level: the account counts it, whatever the file said.
    return count_records([frame], study, FACTS | {"missing": missing})


def holds(system):
    assert (system.values >= 0).all()
    assert not (system.relations @ system.values).any()
    assert len(set(system.keys)) == len(system.keys) == len(system.values) == len(system.weights)
    assert (system.weights > 0).all()
    assert not (system.unsafe & system.fixed).any()


def count(system, *key):
    return int(system.values[system.keys.index(key)])


# What holds


@settings(max_examples=8, deadline=None)
@given(CASES, st.sampled_from([PLAIN, WEIGHTED]), st.sampled_from(["default", "strict", "none"]))
def test_every_relation_holds_for_any_records(cases, study, policy):
    counted = told(cases, study)
    holds(counts_of(tables_of(counted, study, only=QUICK), study, counted.facts, read_policy(policy)))


@settings(max_examples=4, deadline=None)
@given(CASES)
def test_every_relation_holds_where_nothing_is_said_of_what_is_missing(cases):
    counted = told(cases)
    facts = {name: value for name, value in counted.facts.items() if name != "missing"}
    holds(counts_of(tables_of(counted, PLAIN, only=QUICK), PLAIN, facts, DEFAULT))


@pytest.mark.parametrize("policy", [DEFAULT, STRICT, NONE], ids=lambda policy: policy.name)
def test_every_relation_holds_on_both_examples(studied, policy):
    study, counted, tables = studied
    system = counts_of(tables, study, counted.facts, policy)
    holds(system)
    assert system.printed.sum() > 100
    assert system.unsafe.any() == policy.protect


@pytest.mark.parametrize("policy", [DEFAULT, STRICT, NONE], ids=lambda policy: policy.name)
def test_two_coders_who_read_no_passage_in_common_are_known(bulletin, policy):
    study, counted, tables = bulletin
    without = tables["agreement"].copy()
    pair = without["coders"] == "coder 1 & coder 3"
    without.loc[pair, ["n_passages", "n_services"]] = 0
    system = counts_of({**tables, "agreement": without}, study, counted.facts, policy)
    holds(system)
    assert count(system, "coded", "kappa", "coder 1 & coder 3") == 0


def test_one_count_has_one_name_in_all_tables(bulletin):
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    heads = [key[:3] for key in system.keys]
    # Bases of precision and stages, the model's and the factor count's bases are those of the estimates.
    assert ("base", "domains", "t3") not in heads
    assert ("base", "sufficiency", "speech_language") in heads
    assert not any(key[0] in ("factor", "known") for key in system.keys), "no case lacks a factor here"


def test_a_study_of_one_breakdown_and_one_without_any_are_known(tmp_path):
    alone = STUDY[: STUDY.index("factor_count:")]
    for name, text in {
        "one": alone + STUDY[STUDY.index("breakdowns:") : STUDY.index("bands:")],
        "bare": alone,
    }.items():
        study = small_study(tmp_path / name, text)
        counted = told([dict(case) for case in PLAIN_CASES], study)
        holds(counts_of(tables_of(counted, study), study, counted.facts, DEFAULT))


PLAIN_CASES = [
    {
        "service": "ABCD"[number % 4],
        "sex": ("boy", "girl")[number % 3 == 0],
        "concern": ("low", "high")[number % 5 > 2],
        "drugs": ("yes", "no", "yes")[number % 3],
        "home": ("yes", "no")[number % 2],
        "delivery_drugs": ("yes", "not_applicable", "no")[number % 3],
        "delivery_home": ("yes", "not_applicable")[number % 2],
        "weight": 1.0,
    }
    for number in range(60)
]


def test_another_edition_is_part_of_the_system(tmp_path):
    before, study = edition(tmp_path / "before", 0.3)
    now, _ = edition(tmp_path / "now", 0.6, seed=2)
    tables = tables_of(now, study, only=(*QUICK, "changes"), other=Edition(before, same_services=True))
    system = counts_of(tables, study, now.facts, DEFAULT)
    holds(system)
    yes, no = (count(system, f"before {kind}", "prevalence", "drugs", "all", "all") for kind in ("yes", "no"))
    assert yes + no == 240


AGES, ALL = ("10-14", "15-16", "17-18"), ("all", "all")
LIFE, OTHER = ("prevalence", "lifestyle"), ("prevalence", "attitudes")
EQUATIONS = {
    "margin of the base": (
        [("base", *LIFE, *ALL)],
        [("base", *LIFE, "age", age) for age in AGES],
    ),
    "margin of yes with cases whose level is not known": (
        [("yes", *LIFE, *ALL)],
        [("yes", *LIFE, "looked_after", code) for code in ("no", "yes", "")],
    ),
    "yes and no": (
        [("base", *LIFE, *ALL)],
        [("yes", *LIFE, *ALL), ("no", *LIFE, *ALL)],
    ),
    "cases of a subgroup": (
        [("cases", "age", "10-14")],
        [(kind, "strengths", "assessment", "age", "10-14") for kind in ("base", "missing")],
    ),
    "base of delivery": (
        [("yes", *LIFE, "age", "10-14")],
        [(kind, "sufficiency", "lifestyle", "age", "10-14") for kind in ("base", "missing")],
    ),
    "parts of a domain": (
        [("yes", "domains", "t4", *ALL)],
        [
            ("yes", "sufficiency", item, *ALL)
            for item in ("learning_ete", "substance_misuse", "mental_health")
        ],
    ),
    "numbers of factors": (
        [("base", "three_or_more", "three_or_more", "age", "10-14")],
        [("number", "age", "10-14", str(number)) for number in range(11)],
    ),
    "three or more": (
        [("yes", "three_or_more", "three_or_more", *ALL)],
        [("number", *ALL, str(number)) for number in range(3, 11)],
    ),
    "margin of a number": (
        [("number", *ALL, "3")],
        [("number", "age", age, "3") for age in AGES],
    ),
    "a pair and its first": (
        [("yes", *LIFE, *ALL)],
        [("both", *ALL, "lifestyle", "attitudes"), ("only", *ALL, "lifestyle", "attitudes")],
    ),
    "a pair and neither": (
        [("base", "three_or_more", "three_or_more", *ALL)],
        [
            ("yes", *LIFE, *ALL),
            ("only", *ALL, "attitudes", "lifestyle"),
            ("neither", *ALL, "lifestyle", "attitudes"),
        ],
    ),
    "cases of a regression": (
        [("base", *LIFE, "age", age) for age in AGES],
        [("model", *LIFE), ("not in regression", *LIFE, "age")],
    ),
    "people that services report": (
        [("rate base", "neet_under_16")],
        [("rate yes", "neet_under_16"), ("rate no", "neet_under_16")],
    ),
    "two sides of a gap": (
        [("yes", "sufficiency", "learning_ete", *ALL)],
        [("side yes", "learning_ete", "gap"), ("side yes", "learning_ete", "other")],
    ),
    "both directions of a theme": (
        [("theme", "persistence", "either"), ("theme", "persistence", "both directions")],
        [("theme", "persistence", "enabler"), ("theme", "persistence", "barrier")],
    ),
    "passages in both directions": (
        [("passages", "persistence", "either")],
        [("passages", "persistence", "enabler"), ("passages", "persistence", "barrier")],
    ),
    "two themes": (
        [("theme", "persistence", "either")],
        [("themes", "persistence", "adversity"), ("only theme", "persistence", "adversity")],
    ),
    "judgements with and without a theme": (
        [("base", "sufficiency", item, *ALL) for item in FACTORS],
        [("side base", "persistence enabler", side) for side in ("with", "without")],
    ),
    "coded passages": (
        [("coded", "alpha", "all")],
        [("services", "33"), ("more than services", "coded", "alpha", "all")],
    ),
}


def rows_of(system):
    """Every relation as a set of counts with their times, the first of them positive."""
    found = set()
    for number in range(system.relations.shape[0]):
        start, stop = system.relations.indptr[number : number + 2]
        places, times = system.relations.indices[start:stop], system.relations.data[start:stop]
        terms = sorted((system.keys[place], int(one)) for place, one in zip(places, times, strict=True))
        sign = 1 if terms[0][1] > 0 else -1
        found.add(tuple((key, sign * one) for key, one in terms))
    return found


def test_every_kind_of_relation_is_in_the_system_of_the_bulletin(bulletin):
    study, counted, tables = bulletin
    found = rows_of(counts_of(tables, study, counted.facts, DEFAULT))
    for name, (total, parts) in EQUATIONS.items():
        terms = sorted([(key, 1) for key in total] + [(key, -1) for key in parts])
        sign = terms[0][1]
        assert tuple((key, sign * one) for key, one in terms) in found, name


def test_sums_over_numbers_of_factors_are_in_the_system(bulletin):
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    group = ("safety_concern", "low")
    pairs_of = [("both", *ALL, *pair) for pair in itertools.combinations(FACTORS, 2)]
    expected = {
        "factors of all cases": {("factors", *group): 1}
        | {("number", *group, str(size)): -size for size in range(1, 11)},
        "factors of all cases, one by one": {("factors", *group): 1}
        | {("yes", "prevalence", item, *group): -1 for item in FACTORS},
        "pairs of factors of all cases": dict.fromkeys(pairs_of, 1)
        | {("number", *ALL, str(size)): -size * (size - 1) // 2 for size in range(2, 11)},
    }
    found = {name: [] for name in expected}
    for number, name in enumerate(system.names):
        if name in found:
            start, stop = system.relations.indptr[number : number + 2]
            found[name].append(
                {
                    system.keys[place]: int(times)
                    for place, times in zip(
                        system.relations.indices[start:stop],
                        system.relations.data[start:stop],
                        strict=True,
                    )
                }
            )
    for name, terms in expected.items():
        assert terms in found[name], name


def test_what_has_no_place_shares_what_is_left(bulletin):
    """Listed combinations and services, with a rest, are what everyone is made of."""
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    rows = rows_of(system)
    for total, kind, rest in (
        (("number", *ALL, "3"), "combination", ("rest of combinations", *ALL, "combinations of 3 factors")),
        (("yes", *LIFE, *ALL), "combination", ("rest of combinations", *ALL, "combinations with lifestyle")),
        (("yes", *LIFE, *ALL), "service yes", ("rest of services", "yes", *LIFE)),
    ):
        (own,) = [row for row in rows if {key for key, _ in row} >= {total, rest}]
        assert {key[0] for key, _ in own} - {"number"} >= {kind, rest[0]}
        assert len({times for _, times in own}) == 2


# What is unsafe


def test_what_remains_of_a_base_and_inner_cells_are_unsafe_too():
    cases = [
        dict(case, drugs="yes" if number > 2 else "no", home="yes") for number, case in enumerate(PLAIN_CASES)
    ]
    counted = told(cases)
    system = counts_of(tables_of(counted, PLAIN, only=QUICK), PLAIN, counted.facts, DEFAULT)
    unsafe = {key for key, one in zip(system.keys, system.unsafe, strict=True) if one}
    assert ("no", "prevalence", "drugs", "all", "all") in unsafe
    assert ("yes", "prevalence", "drugs", "all", "all") not in unsafe
    assert ("only", "all", "all", "home", "drugs") in unsafe


def test_everything_of_a_small_base_is_unsafe_and_an_empty_one_is_not():
    counted = told([case for case in PLAIN_CASES if case["sex"] == "boy"] + PLAIN_CASES[:18:3])
    system = counts_of(tables_of(counted, PLAIN, only=QUICK), PLAIN, counted.facts, DEFAULT)
    unsafe = dict(zip(system.keys, system.unsafe.tolist(), strict=True))
    assert count(system, "base", "prevalence", "drugs", "sex", "girl") == 6
    assert unsafe["yes", "prevalence", "drugs", "sex", "girl"]
    assert unsafe["no", "prevalence", "drugs", "sex", "girl"]
    assert not unsafe["base", "prevalence", "drugs", "sex", "girl"]


def test_cases_whose_level_is_not_known_are_unsafe_only_where_missing_answers_are():
    cases = [dict(case, sex="not_known") if number < 3 else case for number, case in enumerate(PLAIN_CASES)]
    counted = told(cases)
    tables = tables_of(counted, PLAIN, only=QUICK)
    key = ("yes", "prevalence", "drugs", "sex", "")
    for policy, expected in ((DEFAULT, False), (replace(DEFAULT, missing="hidden"), True)):
        system = counts_of(tables, PLAIN, counted.facts, policy)
        assert system.unsafe[system.keys.index(key)] == expected
        assert system.fixed[system.keys.index(("cases", "sex", ""))] != expected


def test_combinations_with_an_unsafe_count_have_no_name(bulletin):
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    listed = [place for place, key in enumerate(system.keys) if key[0] == "combination"]
    assert len(listed) > 40
    assert system.values[listed].min() == 6


def test_what_is_left_of_a_sum_besides_listed_combinations_is_unsafe_where_small():
    answers = [("no", "yes")] * 3 + [("yes", "no")] * 27 + [("yes", "yes")] * 20 + [("no", "no")] * 40
    counted = told([dict(PLAIN_CASES[0], drugs=drugs, home=home) for drugs, home in answers])
    tables = tables_of(counted, PLAIN, only=QUICK)
    # Not all that occur were counted, as where they are many: then those without a place are no counts of their own.
    some = tables["combinations"][tables["combinations"]["combination"] != ""]
    system = counts_of(tables | {"combinations": some}, PLAIN, counted.facts, DEFAULT)
    rest = ("rest of combinations", *ALL, "combinations with home")
    assert count(system, *rest) == 3
    assert system.unsafe[system.keys.index(rest)]
    assert ("combination", *ALL, "home") not in system.keys


def test_services_with_an_unsafe_count_have_no_name(bulletin):
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    bases = [place for place, key in enumerate(system.keys) if key[0] == "service base"]
    assert bases
    assert system.values[bases].min() == 10
    rest = [key for key in system.keys if key[0] == "rest of services"]
    assert ("rest of services", "yes", "prevalence", "lifestyle") in rest


def test_what_the_facts_print_is_known_to_every_reader(bulletin):
    study, counted, tables = bulletin
    system = counts_of(tables, study, counted.facts, DEFAULT)
    fixed = {key for key, one in zip(system.keys, system.fixed, strict=True) if one}
    assert ("cases", "all", "all") in fixed
    assert ("cases", "looked_after", "") in fixed
    assert ("missing", "strengths", "assessment", "all", "all") in fixed
    assert ("base", "sufficiency", "lifestyle", "all", "all") in fixed
    assert ("yes", "prevalence", "lifestyle", "all", "all") not in fixed


# What hiding costs


def test_small_counts_cost_less_than_large_ones_and_used_ones_most(bulletin):
    study, counted, tables = bulletin
    used = {"claim": ["B1"], "uses": ["tests/sufficiency/age/cr2/p_holm;means/age/10-14"]}
    tables = tables | {"ledger": pd.DataFrame(used, columns=COLUMNS["ledger"])}
    cost = dict(
        zip((system := counts_of(tables, study, counted.facts, DEFAULT)).keys, system.weights, strict=True)
    )
    prevalence = ("prevalence", "lifestyle")
    assert cost["yes", *prevalence, "age", "10-14"] < cost["yes", *prevalence, "age", "15-16"]
    assert cost["yes", *prevalence, "safety_concern", "low"] < cost["yes", *prevalence, "age", "10-14"]
    assert cost["yes", *prevalence, "age", "15-16"] * 5 < cost["yes", *prevalence, "all", "all"]
    assert cost["yes", *prevalence, "age", "15-16"] < cost["base", *prevalence, "age", "15-16"]
    assert (
        cost["yes", "sufficiency", "lifestyle", "age", "15-16"] > 2 * cost["yes", *prevalence, "age", "15-16"]
    )


# What is refused


def spoilt(tables, name, **columns):
    return tables | {name: tables[name].assign(**columns)}


def test_a_table_or_a_column_of_counts_that_is_not_known_is_refused(bulletin):
    study, counted, tables = bulletin
    with pytest.raises(ReleaseError, match="'strangers'"):
        counts_of(tables | {"strangers": tables["means"]}, study, counted.facts, DEFAULT)
    with pytest.raises(ReleaseError, match=r"estimates has columns .* n_girls"):
        counts_of(spoilt(tables, "estimates", n_girls=1), study, counted.facts, DEFAULT)


def test_a_known_table_with_a_new_column_of_counts_is_refused(bulletin, monkeypatch):
    study, counted, tables = bulletin
    monkeypatch.setitem(COLUMNS, "trends", [*COLUMNS["trends"], "n_cases"])
    with pytest.raises(ReleaseError, match=r"trends has columns .* n_cases"):
        counts_of(spoilt(tables, "trends", n_cases=1), study, counted.facts, DEFAULT)


@pytest.mark.parametrize("name", ["combinations", "pairs"])
def test_what_is_let_out_for_everyone_only_is_refused_of_subgroups(bulletin, name):
    study, counted, tables = bulletin
    with pytest.raises(ReleaseError, match=f"{name} has rows of subgroups"):
        counts_of(spoilt(tables, name, breakdown="safety_concern"), study, counted.facts, DEFAULT)


@pytest.mark.parametrize(
    ("name", "column", "words"),
    [
        ("estimates", "n_cases", "lifestyle"),
        ("estimates", "n_missing", "lifestyle"),
        ("distributions", "n_cases", "number"),
        ("means", "n_cases", "two tables"),
        ("pairs", "n_both", "with and without"),
        ("adjusted", "n_cases", "two tables|regression"),
        ("variation", "n_cases", "two tables"),
        ("funnel", "n_cases", "services"),
        ("precision", "n_subgroup", "two tables"),
        ("stages", "n_previous", "two tables"),
        ("themes", "n_cases", "theme"),
        ("themes", "n_passages", "passage"),
        ("theme_pairs", "n_cases_first", "two tables"),
        ("theme_delivery", "n_with", "judgements"),
        ("provision_delivery", "n_cases_gap", "both sides|than the whole"),
    ],
)
def test_a_count_that_does_not_agree_with_the_rest_stops_the_release_without_being_shown(
    bulletin, name, column, words
):
    study, counted, tables = bulletin
    wrong = tables[name][column].copy()
    wrong.iloc[0] += 3_000
    with pytest.raises(ReleaseError, match=words) as caught:
        counts_of(spoilt(tables, name, **{column: wrong}), study, counted.facts, DEFAULT)
    assert not any(str(value) in str(caught.value) for value in (wrong.iloc[0], wrong.iloc[0] - 3_000))


def test_facts_that_contradict_the_tables_stop_the_release(bulletin):
    study, counted, tables = bulletin
    rows = [dict(row, not_known=row["not_known"] + 1) for row in counted.facts["missing"]]
    with pytest.raises(ReleaseError, match="different values"):
        counts_of(tables, study, dict(counted.facts, missing=rows), DEFAULT)


def test_a_claim_that_uses_what_the_release_does_not_know_is_refused(bulletin):
    study, counted, tables = bulletin
    ledger = pd.DataFrame({"claim": ["B1"], "uses": ["horoscopes/lifestyle"]}, columns=COLUMNS["ledger"])
    with pytest.raises(ReleaseError, match="'horoscopes'"):
        counts_of(tables | {"ledger": ledger}, study, counted.facts, DEFAULT)


# What a reader is told of the study


def test_the_structure_names_items_as_the_tables_do(studied):
    study, _, tables = studied
    structure = structure_of(study)
    named = {(measure, item) for measure, one in structure["measures"].items() for item in one["items"]}
    assert named == set(zip(tables["estimates"]["measure"], tables["estimates"]["item"], strict=True))
    for breakdown, codes in structure["divisions"].items():
        own = tables["estimates"]["breakdown"] == breakdown
        assert list(dict.fromkeys(tables["estimates"]["subgroup"][own])) == codes
    assert structure["weighted"] is False


def test_the_structure_says_what_an_item_is_based_on_and_made_of(bulletin):
    measures = structure_of(bulletin[0])["measures"]
    assert measures["sufficiency"]["items"]["lifestyle"]["base"] == "prevalence.lifestyle"
    assert measures["prevalence"]["items"]["lifestyle"]["base"] is None
    assert measures["domains"]["items"]["t5"]["parts"] == ["sufficiency.lifestyle"]
    assert measures["domains"]["pooled"] is True
    assert measures["strengths"]["staged"] is True
    count = structure_of(bulletin[0])["factor_count"]
    assert count == {"measure": "prevalence", "item": "three_or_more", "threshold": 3, "n_factors": 10}

"""Each kind of check, on findings small enough to judge by eye."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from desistance.claims.checks import ledger
from desistance.claims.definition import read_claims
from desistance.claims.evidence import evidence_from_tables
from desistance.errors import StudyError
from desistance.findings.tables import COLUMNS
from desistance.study import read_study

STUDY = {
    "id": "small",
    "title": "A small study",
    "source": {"citation": "Nobody (2000)"},
    "columns": {"case": "case_id", "service": "service"},
    "factors": [{"id": "sleep", "label": "Sleep"}, {"id": "food", "label": "Food"}],
    "measures": [
        {"id": "prevalence", "label": "Identified", "column": "{factor}"},
        {"id": "help", "label": "Help enough", "column": "help"},
    ],
    "factor_count": {"measure": "prevalence", "id": "both", "label": "Both", "threshold": 2},
    "breakdowns": [
        {
            "id": "cared_for",
            "label": "Cared for",
            "column": "cared_for",
            "levels": [{"code": c, "label": c} for c in "ny"],
        }
    ],
    "bands": [
        {
            "id": "worry",
            "label": "Worry",
            "column": "worry",
            "levels": [{"code": c, "label": c} for c in "012"],
        }
    ],
}


def write_study(folder, claims):
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    content = {"source": "A page", "claims": claims}
    (folder / "claims.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_study(folder)


def estimate(measure, item, division, subgroup, n_yes, n_cases=200, ends=None):
    share = n_yes / n_cases if n_cases else None
    low, high = ends or (share - 0.03, share + 0.03) if share is not None else (None, None)
    row = {
        "measure": measure,
        "item": item,
        "breakdown": division,
        "subgroup": subgroup,
        "interval": "logit_t",
    }
    return row | {"n_cases": n_cases, "n_yes": n_yes, "estimate": share, "ci_low": low, "ci_high": high}


def test_rows(measure, item, division, pearson, cr2):
    """A test that ignores services and the headline one; the other kinds of p-value would say the opposite."""
    row = {"measure": measure, "item": item, "breakdown": division, "reference": "", "subgroup": ""}
    yield row | {"method": "pearson", "p_value": pearson, "p_holm": 1.0 - pearson}
    yield row | {"method": "cr2", "p_value": 1.0 - cr2, "p_holm": cr2}


def trend_rows(measure, item, division, published, cr2):
    """A trend test that ignores services and the headline one."""
    row = {"measure": measure, "item": item, "breakdown": division}
    yield row | {"method": "cochran_armitage", "p_value": published, "p_holm": 1.0 - published}
    yield row | {"method": "cr2", "p_value": 1.0 - cr2, "p_holm": cr2}


test_rows.__test__ = False


def verdict(tmp_path, check, estimates=(), tests=(), means=(), trends=(), facts=None, made_up=False):
    study = write_study(tmp_path, [{"id": "X1", "statement": "Said", "published": "so", "check": check}])
    wilson = [
        row | {"interval": "wilson", "estimate": 0.0, "ci_low": 0.0, "ci_high": 0.0} for row in estimates
    ]
    rows = {
        "estimates": [*estimates, *wilson],
        "comparisons": list(tests),
        "means": list(means),
        "trends": list(trends),
    }
    tables = {name: pd.DataFrame(each, columns=COLUMNS[name]) for name, each in rows.items()}
    account = {"n_cases": 200, "n_services": 9, "first_date": None, "last_date": None}
    account |= {"made_up": made_up, **(facts or {})}
    evidence = evidence_from_tables(tables, study, account, significance_level=0.05)
    return ledger(read_claims(tmp_path, study), evidence).iloc[0]


def verdicts(row):
    return row["verdict_published_method"], row["verdict_design_based"]


@pytest.mark.parametrize(("equals", "expected"), [(9, "holds"), (10, "does_not_hold")])
def test_a_count_holds_when_it_is_the_same(tmp_path, equals, expected):
    row = verdict(tmp_path, {"kind": "count", "of": "services", "equals": equals})
    assert verdicts(row) == (expected, expected)
    assert row["computed"] == "9"


def test_months_are_compared_and_days_are_not(tmp_path):
    dates = {"first_date": "2018-06-04", "last_date": "2020-02-27"}
    check = {"kind": "months", "first": "2018-06", "last": "2020-02"}
    row = verdict(tmp_path, check, facts=dates)
    assert verdicts(row) == ("holds", "holds")
    assert row["computed"] == "June 2018 to February 2020"
    assert verdicts(verdict(tmp_path, check | {"last": "2020-03"}, facts=dates)) == (
        "does_not_hold",
        "does_not_hold",
    )
    assert verdicts(verdict(tmp_path, check)) == ("undetermined", "undetermined")


@pytest.mark.parametrize(
    ("n_yes", "ends", "word", "expected"),
    [
        (150, (0.71, 0.79), "three-quarters", ("holds", "holds")),
        (150, (0.60, 0.88), "three-quarters", ("holds", "undetermined")),
        (140, (0.66, 0.74), "three-quarters", ("does_not_hold", "does_not_hold")),
        (110, (0.51, 0.59), "over half", ("holds", "holds")),
        (110, (0.49, 0.61), "over half", ("holds", "undetermined")),
        (100, (0.46, 0.54), "over half", ("does_not_hold", "does_not_hold")),
        (100, (0.46, 0.54), "majority", ("does_not_hold", "does_not_hold")),
        (200, (0.98, 1.0), "majority", ("holds", "holds")),
    ],
)
def test_a_word_for_a_share_needs_the_estimate_and_its_interval(tmp_path, n_yes, ends, word, expected):
    check = {"kind": "share", "measure": "help", "item": "help", "word": word}
    assert (
        verdicts(verdict(tmp_path, check, [estimate("help", "help", "all", "all", n_yes, ends=ends)]))
        == expected
    )


def ranked(sleep, food):
    return [
        estimate("prevalence", "sleep", "all", "all", *sleep),
        estimate("prevalence", "food", "all", "all", *food),
    ]


def test_a_rank_that_intervals_cannot_tell_apart_is_undetermined(tmp_path):
    check = {"kind": "rank", "measure": "prevalence", "item": "sleep", "rank": "highest"}
    assert verdicts(verdict(tmp_path, check, ranked((150, 200), (100, 200)))) == ("holds", "holds")
    row = verdict(tmp_path, check, ranked((150, 200), (145, 200)))
    assert verdicts(row) == ("holds", "undetermined")
    assert "overlap" in row["note"]
    assert verdicts(verdict(tmp_path, check, ranked((150, 200), (150, 200)))) == (
        "does_not_hold",
        "does_not_hold",
    )
    lowest = check | {"rank": "lowest"}
    assert verdicts(verdict(tmp_path, lowest, ranked((100, 200), (150, 200)))) == ("holds", "holds")


def test_a_printed_percentage_is_rounded_half_up(tmp_path):
    check = {"kind": "rank", "measure": "prevalence", "item": "sleep", "rank": "highest", "percent": 75}
    assert verdicts(verdict(tmp_path, check, ranked((149, 200), (100, 200)))) == ("holds", "holds")
    assert verdicts(verdict(tmp_path, check, ranked((148, 200), (100, 200)))) == ("does_not_hold", "holds")
    assert verdicts(verdict(tmp_path, check, ranked((120, 200), (80, 200)))) == (
        "does_not_hold",
        "does_not_hold",
    )


def rising(shares, means):
    rows = [estimate("both", "both", "worry", code, share) for code, share in zip("012", shares, strict=True)]
    numbers = [
        {"breakdown": "worry", "subgroup": code, "estimate": mean}
        for code, mean in zip("012", means, strict=True)
    ]
    return rows, numbers


@pytest.mark.parametrize(
    ("shares", "means", "published", "cr2", "expected"),
    [
        ((50, 80, 120), (1, 2, 3), 0.001, 0.01, ("holds", "holds")),
        ((50, 80, 120), (1, 2, 3), 0.001, 0.2, ("holds", "undetermined")),
        ((50, 120, 80), (1, 2, 3), 0.001, 0.01, ("does_not_hold", "does_not_hold")),
        ((50, 80, 120), (1, 3, 2), 0.001, 0.01, ("does_not_hold", "does_not_hold")),
        ((50, 50, 120), (1, 2, 3), 0.001, 0.01, ("does_not_hold", "does_not_hold")),
    ],
)
def test_a_rise_needs_every_step_and_a_test(tmp_path, shares, means, published, cr2, expected):
    rows, numbers = rising(shares, means)
    check = {"kind": "rises", "measure": "both", "item": "both", "division": "worry"}
    trends = trend_rows("both", "both", "worry", published, cr2)
    assert verdicts(verdict(tmp_path, check, rows, means=numbers, trends=trends)) == expected


def by_care(item, no, yes):
    return [
        estimate("prevalence", item, "cared_for", "n", no),
        estimate("prevalence", item, "cared_for", "y", yes),
    ]


def test_lower_items_are_counted_by_direction_and_test(tmp_path):
    rows = by_care("sleep", 150, 100) + by_care("food", 100, 150)
    tests = [
        *test_rows("prevalence", "sleep", "cared_for", 0.01, 0.3),
        *test_rows("prevalence", "food", "cared_for", 0.01, 0.01),
    ]
    check = {
        "kind": "lower_count",
        "measure": "prevalence",
        "division": "cared_for",
        "subgroup": "y",
        "equals": 1,
    }
    row = verdict(tmp_path, check, rows, tests)
    assert verdicts(row) == ("holds", "does_not_hold")
    assert row["computed"] == "1 of 2 by Pearson's test; 0 by CR2 with Holm's adjustment"


def test_a_claim_names_every_finding_it_was_held_against(tmp_path):
    check = {"kind": "rank", "measure": "prevalence", "item": "sleep", "rank": "highest"}
    row = verdict(tmp_path, check, ranked((150, 200), (100, 200)))
    assert row["uses"] == "shares/prevalence/sleep/all/all;shares/prevalence/food/all/all"
    lower = {"kind": "lower", "measures": ["prevalence"], "division": "cared_for", "subgroup": "y"}
    tests = test_rows("prevalence", "sleep", "cared_for", 0.01, 0.3)
    uses = verdict(tmp_path, lower, by_care("sleep", 150, 100), tests)["uses"].split(";")
    assert {"tests/prevalence/cared_for/pearson/p_value", "tests/prevalence/cared_for/cr2/p_holm"} < set(uses)
    assert "shares/prevalence/sleep/cared_for/y" in uses
    nothing = verdict(tmp_path, {"kind": "count", "of": "services", "equals": 9})
    assert nothing["uses"] == ""


def test_some_difference_is_enough_to_differ(tmp_path):
    check = {"kind": "differs", "measure": "prevalence", "division": "cared_for"}
    tests = [
        *test_rows("prevalence", "sleep", "cared_for", 0.04, 0.3),
        *test_rows("prevalence", "food", "cared_for", 0.6, 0.9),
    ]
    assert verdicts(verdict(tmp_path, check, tests=tests)) == ("holds", "does_not_hold")
    assert verdicts(verdict(tmp_path, check)) == ("undetermined", "undetermined")


@pytest.mark.parametrize(
    ("no", "yes", "pearson", "cr2", "expected"),
    [
        (150, 100, 0.01, 0.01, ("holds", "holds")),
        (150, 100, 0.01, 0.2, ("holds", "undetermined")),
        (100, 150, 0.01, 0.01, ("does_not_hold", "does_not_hold")),
    ],
)
def test_lower_needs_direction_and_test(tmp_path, no, yes, pearson, cr2, expected):
    rows = [estimate("help", "help", "cared_for", "n", no), estimate("help", "help", "cared_for", "y", yes)]
    check = {"kind": "lower", "measures": ["help"], "division": "cared_for", "subgroup": "y"}
    tests = test_rows("help", "help", "cared_for", pearson, cr2)
    assert verdicts(verdict(tmp_path, check, rows, tests)) == expected


def test_a_word_must_fit_every_share_of_a_measure_where_no_item_is_named(tmp_path):
    check = {"kind": "share", "measure": "prevalence", "word": "majority"}
    sleep = estimate("prevalence", "sleep", "all", "all", 120)
    for n_yes, ends, expected in [
        (130, None, ("holds", "holds")),
        (110, (0.49, 0.61), ("holds", "undetermined")),
        (90, None, ("does_not_hold", "does_not_hold")),
    ]:
        row = verdict(
            tmp_path, check, [sleep, estimate("prevalence", "food", "all", "all", n_yes, ends=ends)]
        )
        assert verdicts(row) == expected
    assert row["computed"] == "Sleep: 60.0 per cent (57.0 to 63.0); Food: 45.0 per cent (42.0 to 48.0)"
    assert verdicts(verdict(tmp_path, check, [sleep])) == ("undetermined", "undetermined")


@pytest.mark.parametrize(
    ("food", "cr2", "computed", "expected"),
    [
        ((150, 100), 0.01, "50.0 to 50.0 per cent, lower by 20.0 points or more at each of 2 items", "holds"),
        (
            (150, 120),
            0.2,
            "50.0 to 60.0 per cent, lower by 15.0 points or more at each of 2 items",
            "undetermined",
        ),
        ((90, 110), 0.01, "50.0 to 55.0 per cent, lower at 1 of 2 items", "does_not_hold"),
    ],
)
def test_lower_over_several_items_needs_all_of_them_and_says_so_shortly(
    tmp_path, food, cr2, computed, expected
):
    rows = [
        estimate("prevalence", item, "cared_for", level, n_yes)
        for item, pair in {"sleep": (140, 100), "food": food}.items()
        for level, n_yes in zip("ny", pair, strict=True)
    ]
    tests = [*test_rows("prevalence", "sleep", "cared_for", 0.01, 0.01)]
    tests += [*test_rows("prevalence", "food", "cared_for", 0.01, cr2)]
    check = {"kind": "lower", "measures": ["prevalence"], "division": "cared_for", "subgroup": "y"}
    row = verdict(tmp_path, check, rows, tests)
    assert row["computed"] == f"Identified: {computed}"
    assert row["verdict_design_based"] == expected


@pytest.mark.parametrize(
    "check",
    [
        {"kind": "share", "measure": "help", "item": "help", "word": "majority"},
        {"kind": "share", "measure": "prevalence", "word": "majority"},
        {"kind": "rank", "measure": "prevalence", "item": "sleep", "rank": "highest"},
        {"kind": "rises", "measure": "both", "item": "both", "division": "worry"},
        {"kind": "differs", "measure": "prevalence", "division": "cared_for"},
        {
            "kind": "lower_count",
            "measure": "prevalence",
            "division": "cared_for",
            "subgroup": "y",
            "equals": 0,
        },
        {"kind": "lower", "measures": ["help"], "division": "cared_for", "subgroup": "y"},
    ],
    ids=lambda check: check["kind"],
)
def test_without_numbers_a_claim_is_undetermined(tmp_path, check):
    assert verdicts(verdict(tmp_path, check)) == ("undetermined", "undetermined")


def test_the_basis_says_where_agreement_is_no_evidence(tmp_path):
    check = {"kind": "count", "of": "cases", "equals": 200}
    assert verdict(tmp_path, check, made_up=True)["basis"] == "by_construction"
    assert verdict(tmp_path, check)["basis"] == "from_records"


def test_a_claim_that_cannot_be_tested_says_why(tmp_path):
    study = write_study(
        tmp_path, [{"id": "X1", "statement": "Said", "published": "so", "not_testable": "No records of it"}]
    )
    tables = {
        name: pd.DataFrame(columns=COLUMNS[name]) for name in ("estimates", "comparisons", "means", "trends")
    }
    evidence = evidence_from_tables(tables, study, {"made_up": False}, significance_level=0.05)
    row = ledger(read_claims(tmp_path, study), evidence).iloc[0]
    assert verdicts(row) == ("not_testable", "not_testable")
    assert (row["note"], row["basis"], row["computed"]) == ("No records of it", "", "")


def test_every_mistake_in_the_claims_is_named_at_once(tmp_path):
    wrong = [
        {"kind": "share", "measure": "hlep", "item": "help", "word": "majority"},
        {"kind": "share", "measure": "help", "item": "sleep", "word": "majority"},
        {"kind": "rises", "measure": "both", "item": "both"},
        {"kind": "count", "of": "cases", "equals": 1, "rank": "highest"},
        {"kind": "lower", "measures": ["help"], "division": "cared_for", "subgroup": "maybe"},
        {"kind": "differs", "measure": "prevalence", "division": "age"},
    ]
    claims = [
        {"id": f"X{n}", "statement": "s", "published": "p", "check": check} for n, check in enumerate(wrong)
    ]
    claims += [{"id": "X0", "statement": "s", "published": "p"}]
    study = write_study(tmp_path, claims)
    with pytest.raises(StudyError) as raised:
        read_claims(tmp_path, study)
    message = str(raised.value)
    for text in [
        "8 mistakes",
        "measure 'hlep' is not in the study (allowed: prevalence, help, both)",
        "item 'sleep' is not in the measure 'help'",
        "rises needs division",
        "count has no rank",
        "subgroup 'maybe' is not a level of 'cared_for' (allowed: n, y)",
        "division 'age' is not in the study",
        "X0: this id is used more than once",
        "X0: give either check or not_testable",
    ]:
        assert text in message


def test_a_study_without_claims_has_an_empty_ledger(tmp_path):
    study = write_study(tmp_path, [])
    (tmp_path / "claims.yaml").unlink()
    assert read_claims(tmp_path, study) == ()


def test_every_statement_of_the_bulletin_is_a_claim():
    folder = Path("studies/bulletin_2021_03")
    claims = read_claims(folder, read_study(folder))
    assert [claim.id for claim in claims] == [f"B{number:02d}" for number in range(1, 37)]
    assert all(claim.check for claim in claims)
    assert all(claim.note for claim in claims if claim.check["kind"] in ("service_share", "rate"))

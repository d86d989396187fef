"""Themes of comments: every count against arithmetic by hand, every interval and test by another way to it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from comments_builder import CASES, CODED, coding, counted
from desistance.findings.tables import COLUMNS
from desistance.findings.themes import agreement, theme_delivery, theme_pairs, themes
from desistance.settings import Inference
from desistance.statistics.agreement import AgreementWeights, kappa
from desistance.statistics.design import one_stratum_design
from desistance.statistics.differences import share_differences
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.tallies import add_tallies, count_records
from records_builder import DESIGN, Ingested, case, csv_text, small_study

INFERENCE = Inference(0.95, 0.05, False, 30)
FIND = (themes, theme_pairs, theme_delivery, agreement)
ROWS = [
    coding("p1", case_id="c0"),
    coding("p2", case_id="c3", direction="barrier"),
    coding("p3", team="B"),
    *(coding("p4", team="B", case_id="c1"), coding("p4", team="B", case_id="c1", theme="timing")),
    coding("p5", case_id="c0", direction="barrier"),
    coding("p6", team="C", case_id="c2", theme="timing", direction="barrier"),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("study"), CODED)


@pytest.fixture(scope="module")
def tally(tmp_path_factory, study):
    return counted(tmp_path_factory.mktemp("tally"), study, CASES, ROWS)


def by(table, *keys):
    return table.set_index(list(keys))


def test_mentions_are_counted_in_passages_services_and_cases(tally, study):
    """By hand: p1, p3, p4 make trust an enabler, in services A and B and of the cases c0 and c1."""
    found = by(themes(tally, study, INFERENCE), "theme", "direction")
    counts = found[["n_passages", "n_services", "n_cases"]].T.to_dict("list")
    assert counts == {
        ("trust", "enabler"): [3, 2, 2],
        ("trust", "barrier"): [2, 1, 2],
        ("trust", "either"): [5, 2, 3],
        ("timing", "enabler"): [1, 1, 1],
        ("timing", "barrier"): [1, 1, 1],
        ("timing", "either"): [2, 2, 2],
        ("family", "enabler"): [0, 0, 0],
        ("family", "barrier"): [0, 0, 0],
        ("family", "either"): [0, 0, 0],
    }
    assert (found["n_services_all"] == 3).all()
    assert (found["n_cases_all"] == 12).all()


def test_the_interval_of_services_is_exact_and_that_of_cases_respects_services(tally, study):
    row = by(themes(tally, study, INFERENCE), "theme", "direction").loc[("trust", "either")]
    assert row["estimate_services"] == pytest.approx(2 / 3)
    assert row["services_ci_low"] == pytest.approx(beta.ppf(0.025, 2, 2))
    assert row["services_ci_high"] == pytest.approx(beta.ppf(0.975, 3, 1))
    # c0 and c3 of the four cases of A, c1 of the four of B, none of C
    shares = clustered_proportions(
        *([2, 1, 0], [4, 4, 4]) * 2,
        one_stratum_design(3),
        confidence_level=0.95,
        minimum_effective_base=30,
    )
    assert row["estimate_cases"] == pytest.approx(3 / 12)
    for name in ("ci_low", "ci_high"):
        assert row[f"cases_{name}"] == pytest.approx(float(getattr(shares, name)))


def test_a_comment_on_the_service_counts_for_no_case(tmp_path, study, tally):
    more = counted(tmp_path, study, CASES, [*ROWS, coding("p7", team="C", theme="family")])
    one, other = (by(themes(each, study, INFERENCE), "theme", "direction") for each in (tally, more))
    assert other.loc[("family", "enabler"), ["n_passages", "n_services", "n_cases"]].tolist() == [1, 1, 0]
    same = [("trust", "either"), ("timing", "either")]
    pd.testing.assert_frame_equal(one.loc[same], other.loc[same])


def test_pairs_are_of_the_same_case_in_whatever_direction(tally, study):
    """By hand: trust has c0, c1, c3 and timing has c1, c2; c1 has both, four cases have at least one."""
    found = by(theme_pairs(tally, study, INFERENCE), "first", "second")
    row = found.loc[("trust", "timing")]
    assert row[["n_services", "n_cases", "n_cases_first", "n_cases_second"]].tolist() == [1, 1, 3, 2]
    assert row["estimate"] == pytest.approx(1 / 4)
    assert found.loc[("trust", "family"), "estimate"] == 0
    assert found.index.tolist() == [("trust", "timing"), ("trust", "family"), ("timing", "family")]


def test_a_pair_that_no_case_has_any_of_has_no_index(tmp_path, study):
    tally = counted(tmp_path, study, CASES, [coding("p1", case_id="c0")])
    found = by(theme_pairs(tally, study, INFERENCE), "first", "second")
    assert np.isnan(found.loc[("timing", "family"), "estimate"])


def many_cases(weighted=False):
    """Cases with two judgements each, drawn at random, and comments on some of them."""
    rng = np.random.default_rng(7)
    cases, rows = [], []
    for number in range(160):
        team = "ABCDEFGH"[number % 8]
        answers = {
            f"delivery_{factor}": str(rng.choice(["yes", "no", "not known"], p=[0.55, 0.4, 0.05]))
            for factor in ("drugs", "home")
        }
        design = (
            {"region": "one", "weight": f"{rng.uniform(0.5, 2):.3f}", "n_teams": "20"} if weighted else {}
        )
        cases.append(case(number, team=team, home="yes", **answers, **design))
        for theme in rng.choice(["trust", "timing"], rng.integers(0, 2), replace=False):
            direction = str(rng.choice(["enabler", "barrier"]))
            about = {"case_id": f"c{number}", "theme": str(theme), "direction": direction}
            rows.append(coding(f"p{number}-{theme}", team=team, **about))
    return cases, rows


def judgements(cases, rows, theme, direction):
    """Yes and base of cases without and with a theme, by service: counted from the rows, one judgement at a time."""
    mentioned = {row["case_id"] for row in rows if (row["theme"], row["direction"]) == (theme, direction)}
    tables = np.zeros((4, 8, 2))
    for one in cases:
        for column in ("delivery_drugs", "delivery_home"):
            place = ("ABCDEFGH".index(one["team"]), int(one["case_id"] in mentioned))
            said, weight = one[column], float(one.get("weight", 1))
            yes, base = said == "yes", said in ("yes", "no")
            for number, amount in enumerate((yes, base, yes * weight, base * weight)):
                tables[(number, *place)] += amount
    return tables


@pytest.mark.parametrize("weighted", [False, True])
def test_delivery_with_a_theme_is_held_against_all_other_cases(tmp_path, weighted):
    text = CODED.replace("factors:\n", DESIGN + "factors:\n", 1) if weighted else CODED
    study = small_study(tmp_path / "study", text)
    cases, rows = many_cases(weighted)
    found = theme_delivery(counted(tmp_path, study, cases, rows), study, INFERENCE)
    tested = 0
    for row in found.itertuples():
        tables = judgements(cases, rows, row.theme, row.direction)
        assert (row.n_without, row.n_with) == tuple(tables[1].sum(axis=0))
        test = share_differences(*tables, reference=0, correction=Correction.CR2, confidence_level=0.95)
        for name in ("estimate", "standard_error", "df", "p_value", "ci_low"):
            assert getattr(row, name) == pytest.approx(getattr(test, name)[0], rel=1e-9, nan_ok=True)
        assert row.status == test.status[0]
        if row.status == "ok":
            tested += 1
            assert row.estimate == pytest.approx(row.estimate_with - row.estimate_without)
            assert row.n_services == (tables[1][:, 1] > 0).sum()
    assert tested == 4
    p_values = found["p_value"].to_numpy(dtype=float)
    np.testing.assert_allclose(found["p_holm"], holm(p_values))
    np.testing.assert_allclose(found["p_bh"], benjamini_hochberg(p_values))


def test_a_theme_nobody_mentions_or_in_one_service_only_has_no_test(tally, study):
    found = by(theme_delivery(tally, study, INFERENCE), "theme", "direction")
    assert found.loc[("family", "enabler"), "status"] == "one_level"
    assert found.loc[("trust", "barrier"), "status"] == "one_service"
    assert found[["p_value", "p_holm"]].isna().all().all()


def coded_twice(pairs):
    """Rows of passages that Ann and Ben coded, with trust or without, and some that Cas did too."""
    rows = []
    for number, said in enumerate(pairs):
        team = "ABC"[number % 3]
        for coder, yes in zip(("Ann", "Ben", "Cas"), said, strict=False):
            theme = {} if yes == "yes" else {"theme": "none", "direction": ""}
            rows.append(coding(f"p{number}", team=team, coder=coder, **theme))
    return rows


SAID = [("yes", "yes")] * 10 + [("yes", "no")] * 3 + [("no", "yes")] * 2 + [("no", "no")] * 9


def test_kappa_is_that_of_the_table_of_two_coders(tmp_path, study):
    tally = counted(tmp_path, study, CASES, coded_twice(SAID))
    found = by(agreement(tally, study, INFERENCE), "theme", "coefficient", "coders")
    row = found.loc[("trust", "kappa", "coder 1 & coder 2")]
    expected = kappa([[10, 3], [2, 9]], weights=AgreementWeights.NONE, confidence_level=0.95)
    assert row[["n_passages", "n_services"]].tolist() == [24, 3]
    assert row["share_agreed"] == pytest.approx(19 / 24)
    numbers = row[["estimate", "ci_low", "ci_high"]].astype(float)
    assert numbers.tolist() == pytest.approx([expected.estimate, expected.ci_low, expected.ci_high])
    assert row["interval"] == "asymptotic"
    assert found.loc[("trust", "kappa", "coder 1 & coder 3"), "status"] == "no_cases"
    assert found.loc[("family", "kappa", "coder 1 & coder 2"), "status"] == "no_variation"


def test_alpha_is_that_of_the_library_on_the_ratings_themselves(tmp_path, study):
    from krippendorff import alpha

    said = [*SAID, ("yes", "no", "no"), ("yes", "yes", "no"), ("no", "no", "no")]
    tally = counted(tmp_path, study, CASES, coded_twice(said))
    row = by(agreement(tally, study, INFERENCE), "theme", "coefficient").loc[("trust", "alpha")]
    ratings = [
        [{"yes": 1.0, "no": 0.0}[one[coder]] if coder < len(one) else np.nan for one in said]
        for coder in range(3)
    ]
    assert row["estimate"] == pytest.approx(alpha(ratings, level_of_measurement="nominal"), rel=1e-12)
    assert (row["coders"], row["interval"], row["n_passages"]) == ("all", "jackknife", 27)
    assert row["share_agreed"] == pytest.approx((19 + 1 / 3 + 1 / 3 + 1) / 27)


def test_on_all_themes_at_once_coders_agree_only_where_every_theme_is_the_same(tmp_path, study):
    rows = [
        *(coding("p1"), coding("p1", theme="timing"), coding("p1", coder="Ben")),
        *(coding("p2", team="B"), coding("p2", team="B", coder="Ben", direction="barrier")),
    ]
    tally = counted(tmp_path, study, CASES, rows)
    found = by(agreement(tally, study, INFERENCE), "theme", "coefficient", "coders")
    pair = ("kappa", "coder 1 & coder 2")
    assert found.loc[("all", *pair), "share_agreed"] == 0.5  # directions are not compared
    assert found.loc[("trust", *pair), "share_agreed"] == 1.0


def test_full_agreement_is_an_estimate_without_interval(tmp_path, study):
    tally = counted(
        tmp_path, study, CASES, coded_twice([("yes", "yes"), ("no", "no"), ("yes", "yes"), ("no", "no")])
    )
    found = by(agreement(tally, study, INFERENCE), "theme", "coefficient").loc["trust"]
    full = found[found["estimate"].notna()]
    assert full.index.tolist() == ["kappa", "alpha"]
    assert full[["estimate", "status", "interval"]].to_numpy().tolist() == [[1.0, "no_variation", "none"]] * 2
    assert full[["ci_low", "ci_high"]].isna().all().all()


def test_with_one_coder_only_agreement_says_so(tally, study):
    found = agreement(tally, study, INFERENCE)
    assert found["theme"].tolist() == ["all", "trust", "timing", "family"]
    assert set(found["status"]) == {"one_coder"}
    assert found["estimate"].isna().all()


def test_all_passages_in_one_service_give_an_alpha_without_interval(tmp_path, study):
    rows = [row | {"team": "A"} for row in coded_twice(SAID)]
    tally = counted(tmp_path, study, CASES, rows)
    row = by(agreement(tally, study, INFERENCE), "theme", "coefficient").loc[("trust", "alpha")]
    assert row["status"] == "one_service"
    assert np.isfinite(row["estimate"])
    assert np.isnan(row["ci_low"])


def test_without_comments_there_are_columns_and_no_rows(tmp_path, study):
    (tmp_path / "cases.csv").write_text(csv_text(CASES), encoding="utf-8")
    ingested = Ingested(tmp_path, [tmp_path / "cases.csv"], study)
    tally = count_records([ingested.records], study, ingested.account)
    for find in FIND:
        found = find(tally, study, INFERENCE)
        assert found.empty
        assert list(found.columns) == COLUMNS[find.__name__]


def test_comments_all_of_which_were_rejected_give_rows_of_nought(tmp_path, study):
    tally = counted(tmp_path, study, CASES, [coding("p1", coder="Zoe")])
    for find in FIND:
        found = find(tally, study, INFERENCE)
        assert list(found.columns) == COLUMNS[find.__name__]
        assert not found.empty
        counts = [name for name in found.columns if name in ("n_passages", "n_services", "n_cases", "n_with")]
        assert (found[counts] == 0).all().all()


def test_neither_the_order_of_rows_nor_labels_of_services_matter(tmp_path, study):
    cases, rows = many_cases()
    rows += [row | {"coder": "Ben", "theme": "trust"} for row in rows[:30]]
    first = counted(tmp_path, study, cases, rows)
    renamed = dict(zip("ABCDEFGH", "HFDBACEG", strict=True))
    cases = [row | {"team": renamed[row["team"]]} for row in cases[::-1]]
    rows = [row | {"team": renamed[row["team"]]} for row in rows[::-1]]
    second = counted(tmp_path, study, cases, rows)
    for find in FIND:
        one, other = (find(each, study, INFERENCE) for each in (first, second))
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_tallies_of_parts_add_up_to_that_of_the_whole(tmp_path, study, tally):
    """Two parts of an extract, each with the comments on its own cases and services."""
    parts = [
        counted(
            tmp_path,
            study,
            [row for row in CASES if row["team"] in teams],
            [row for row in ROWS if row["team"] in teams],
        )
        for teams in ("A", "BC")
    ]
    together = add_tallies(parts)
    for find in FIND:
        pd.testing.assert_frame_equal(find(together, study, INFERENCE), find(tally, study, INFERENCE))

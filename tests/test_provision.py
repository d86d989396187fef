"""Shares of services, rates and delivery by provision, on services few enough to count by eye."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, chi2_contingency

from desistance.findings.comparisons import comparisons
from desistance.findings.precision import precision
from desistance.findings.provision import provision, provision_delivery, rates
from desistance.findings.tables import COLUMNS, read_table, write_table
from desistance.settings import Inference
from desistance.tallies import add_tallies, count_records
from records_builder import STUDY, Ingested, case, csv_text, small_study

INFERENCE = Inference(0.95, 0.05, False, 30)
SERVICES = """\
services:
  providers: [{code: own, label: Own staff}, {code: other, label: Others}]
  nobody: nobody
  provisions:
    - {id: rehab, label: Rehab, factor: drugs}
    - {id: refuge, label: Refuge, factor: home}
    - {id: girls, label: For girls}
  facts: [{id: hub, label: Hub}]
  rates: [{id: idle, label: Idle, part: idle_young, whole: all_young}]
  wide_range: 2
  delivery: sufficiency
"""
# Who provides rehab, refuge and girls; gap in rehab, refuge and girls; hub; idle and all young people.
SAID = {
    "A": ("own+other", "own", "nobody", "no", "no", "yes", "yes", 2, 10),
    "B": ("other", "nobody", "nobody", "no", "yes", "yes", "no", 5, 10),
    "C": ("nobody", "own", "not_known", "yes", "no", "not_known", "no", 0, 20),
    "D": ("own", "other", "other", "yes", "not_recorded", "no", "not_known", None, 30),
    # E has records and says nothing of itself.
}


def answer_rows(said):
    names = (
        "provider_rehab",
        "provider_refuge",
        "provider_girls",
        "gap_rehab",
        "gap_refuge",
        "gap_girls",
        "hub",
    )
    for service, values in said.items():
        for item, answer in zip(names, values, strict=False):
            yield from ((service, item, code, 1) for code in answer.split("+"))
        for item, number in zip(("idle_young", "all_young"), values[len(names) :], strict=True):
            yield (service, item, "not_recorded", 1) if number is None else (service, item, "n", number)


def tally_of(folder, said, rows=None, text=STUDY + SERVICES):
    folder.mkdir(exist_ok=True)
    study = small_study(folder, text)
    rows = rows or [case(n, team="ABCDE"[n % 5]) for n in range(40)]
    (folder / "rows.csv").write_text(csv_text(rows), encoding="utf-8")
    done = Ingested(folder, [folder / "rows.csv"], study)
    answers = pd.DataFrame(answer_rows(said), columns=["service", "item", "answer", "n"])
    return count_records([done.records], study, done.account, practice={"answers": answers}), study


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return tally_of(tmp_path_factory.mktemp("told"), SAID)


@pytest.fixture(scope="module")
def shares(told):
    return provision(*told, INFERENCE).set_index(["group", "item", "subgroup"])


@pytest.mark.parametrize(
    ("key", "n_yes", "n_services"),
    [
        (("available", "rehab", ""), 3, 4),
        (("available", "refuge", ""), 3, 4),
        (("available", "girls", ""), 1, 3),  # C does not know
        (("gap", "rehab", ""), 2, 4),
        (("gap", "refuge", ""), 1, 3),  # D left it empty
        (("gap", "girls", ""), 2, 3),
        (("provider", "rehab", "own"), 2, 4),
        (("provider", "rehab", "other"), 2, 4),
        (("provider", "refuge", "own"), 2, 4),
        (("provider", "girls", "own"), 0, 3),
        (("provider", "girls", "other"), 1, 3),
        (("mix", "own", ""), 2, 3),  # C has its own refuge, but not all of its provisions are known
        (("mix", "other", ""), 3, 3),
        (("fact", "hub", ""), 1, 3),
        (("range", "wide_range", ""), 2, 3),  # A has rehab and refuge, D all three; C is not known whole
    ],
)
def test_services_are_counted_by_what_they_said(shares, key, n_yes, n_services):
    row = shares.loc[key]
    assert (row["n_yes"], row["n_services"], row["n_missing"]) == (n_yes, n_services, 5 - n_services)
    assert row["estimate"] == n_yes / n_services
    assert (row["interval"], row["status"]) == ("clopper_pearson", "ok")


def test_every_share_has_its_row_once_in_the_order_of_the_study(shares):
    assert list(dict.fromkeys(shares.index.get_level_values("group"))) == [
        "available",
        "gap",
        "provider",
        "mix",
        "fact",
        "range",
    ]
    assert len(shares) == 3 + 3 + 6 + 2 + 1 + 1
    assert shares.index.is_unique


def test_intervals_are_exact(shares):
    for row in shares.itertuples():
        oracle = binomtest(row.n_yes, row.n_services).proportion_ci(0.95, method="exact")
        assert (row.ci_low, row.ci_high) == pytest.approx((oracle.low, oracle.high), rel=1e-9, abs=1e-12)


def test_what_no_service_answered_is_empty_and_says_so(tmp_path):
    silent = {name: ("not_known", *values[1:6], "not_recorded", None, None) for name, values in SAID.items()}
    tally, study = tally_of(tmp_path, silent)
    row = (
        provision(tally, study, INFERENCE)
        .set_index(["group", "item", "subgroup"])
        .loc["available", "rehab", ""]
    )
    assert (row["n_services"], row["n_missing"], row["status"], row["interval"]) == (0, 5, "no_cases", "none")
    assert row[["estimate", "ci_low", "ci_high"]].isna().all()
    rate = rates(tally, study, INFERENCE).iloc[0]
    assert (rate["n_cases"], rate["n_missing"], rate["status"]) == (0, 5, "no_cases")
    assert rate[["estimate", "ci_low", "service_lowest", "service_median"]].isna().all()


def test_a_rate_is_of_all_people_with_the_error_of_a_ratio_over_services(told):
    """A 2 of 10, B 5 of 10, C 0 of 20; D did not give both numbers, E said nothing."""
    row = rates(*told, INFERENCE).iloc[0]
    part, whole = np.array([2, 5, 0]), np.array([10, 10, 20])
    # The design keeps all five services: those without a number have residual 0.
    residual = np.append(part - part.sum() / whole.sum() * whole, [0, 0])
    error = np.sqrt(5 / 4 * (residual**2).sum()) / whole.sum()
    assert (row["n_yes"], row["n_cases"], row["n_services"], row["n_missing"]) == (7, 40, 3, 2)
    assert row["estimate"] == 7 / 40
    assert row["standard_error"] == pytest.approx(error, rel=1e-12)
    assert (row["df"], row["status"]) == (2, "ok")
    assert (row["service_lowest"], row["service_median"], row["service_highest"]) == (0, 0.2, 0.5)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def delivered(seed=1, n_cases=600):
    """Cases of 12 services; the even ones, where access is a gap, deliver less; sex says on which side a case is."""
    random = np.random.default_rng(seed)
    effect = random.normal(0, 0.15, 12)
    rows = []
    for number in range(n_cases):
        team = int(random.integers(12))
        row = case(number, team="ABCDEFGHIJKL"[team], sex="girl" if team % 2 == 0 else "boy", home="yes")
        for item in ("drugs", "home"):
            enough = random.random() < 0.65 + effect[team] - 0.1 * (team % 2 == 0)
            row[f"delivery_{item}"] = "yes" if enough else "no"
        rows.append(row)
    gaps = {"ABCDEFGHIJKL"[n]: ("own", "own", "own", "yes" if n % 2 == 0 else "no") for n in range(12)}
    said = {team: (*four, four[3], "no", "no", 1, 2) for team, four in gaps.items()}
    return rows, said


def test_delivery_by_gap_is_the_comparison_of_cases_by_the_gap_of_their_service(tmp_path):
    rows, said = delivered()
    tally, study = tally_of(tmp_path, said, rows)
    found = provision_delivery(tally, study, INFERENCE)
    compared = comparisons(tally, study, INFERENCE).query("measure == 'sufficiency' and breakdown == 'sex'")
    seen = precision(tally, study, INFERENCE).query("measure == 'sufficiency' and breakdown == 'sex'")
    assert list(zip(found["provision"], found["item"], strict=True)) == [
        ("rehab", "drugs"),
        ("refuge", "home"),
    ]
    for row in found.itertuples():
        own = compared[compared["item"] == row.item]
        cr2 = own.query("method == 'cr2' and subgroup == 'girl'").iloc[0]
        for name in ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "p_value"):
            assert getattr(row, name) == pytest.approx(cr2[name], rel=1e-10), name
        assert row.df == pytest.approx(cr2["df2"], rel=1e-10)
        assert (row.p_holm, row.p_bh) == pytest.approx((cr2["p_holm"], cr2["p_bh"]), rel=1e-10)
        could = seen[seen["item"] == row.item].iloc[0]
        assert row.smallest_decrease == pytest.approx(could["smallest_decrease"], rel=1e-10)
        assert (row.n_cases_other, row.n_cases_gap) == (could["n_reference"], could["n_subgroup"])
        assert (row.n_services_gap, row.n_services_other, row.power, row.status) == (6, 6, 0.8, "ok")


def test_pearsons_test_beside_it_is_that_of_the_four_cells(tmp_path):
    rows, said = delivered(seed=2)
    row = provision_delivery(*tally_of(tmp_path, said, rows), INFERENCE).iloc[0]
    gap = {team: values[3] for team, values in said.items()}
    cells = pd.crosstab([gap[r["team"]] for r in rows], [r["delivery_drugs"] for r in rows])
    assert row["p_pearson"] == pytest.approx(chi2_contingency(cells, correction=False).pvalue, rel=1e-9)
    assert row["estimate_gap"] == pytest.approx(cells.loc["yes", "yes"] / cells.loc["yes"].sum(), rel=1e-12)
    assert row["estimate"] == pytest.approx(row["estimate_gap"] - row["estimate_other"], rel=1e-12)
    assert row["p_value"] > row["p_pearson"]


def changed(said, index, **answers):
    return {
        team: (*values[:index], answers.get(team, answers.get("rest", values[index])), *values[index + 1 :])
        for team, values in said.items()
    }


@pytest.mark.parametrize(
    ("answers", "n_gap", "n_other", "status"),
    [
        ({"rest": "no"}, 0, 12, "one_level"),
        ({"rest": "yes"}, 12, 0, "one_level"),
        ({"rest": "not_known"}, 0, 0, "no_cases"),
        ({"rest": "no", "A": "yes"}, 1, 11, "one_service"),
        ({"A": "not_known"}, 5, 6, "ok"),
    ],
)
def test_without_services_on_both_sides_the_status_says_so(tmp_path, answers, n_gap, n_other, status):
    rows, said = delivered()
    tally, study = tally_of(tmp_path, changed(said, 3, **answers), rows)
    row = provision_delivery(tally, study, INFERENCE).iloc[0]
    assert (row["n_services_gap"], row["n_services_other"], row["status"]) == (n_gap, n_other, status)
    assert np.isnan(row["p_value"]) == (status != "ok")
    assert np.isnan(row["smallest_decrease"]) == (status != "ok")
    assert np.isnan(row["p_holm"]) == (status != "ok")


@pytest.mark.parametrize(("answer", "status"), [("yes", "all_yes"), ("no", "all_no")])
def test_delivery_that_does_not_vary_has_a_status_and_no_test(tmp_path, answer, status):
    rows, said = delivered(n_cases=60)
    rows = [row | {"delivery_drugs": answer} for row in rows]
    row = provision_delivery(*tally_of(tmp_path, said, rows), INFERENCE).iloc[0]
    assert (row["status"], np.isnan(row["p_value"]), row["estimate"]) == (status, True, 0)


def test_one_service_gives_statuses_and_no_crash(tmp_path):
    tally, study = tally_of(tmp_path, {"A": SAID["A"]}, [case(n, team="A") for n in range(12)])
    assert provision(tally, study, INFERENCE)["status"].eq("ok").all()
    assert rates(tally, study, INFERENCE).iloc[0][["estimate", "status"]].tolist() == [0.2, "one_service"]
    assert provision_delivery(tally, study, INFERENCE)["status"].tolist() == ["one_level", "no_cases"]


@pytest.mark.parametrize("text", [STUDY, STUDY + SERVICES])
def test_nothing_asked_or_nothing_told_gives_the_columns_and_no_row(tmp_path, text):
    tally, study = tally_of(tmp_path, {}, text=text)
    for name, find in (
        ("provision", provision),
        ("rates", rates),
        ("provision_delivery", provision_delivery),
    ):
        table = find(tally, study, INFERENCE)
        assert (list(table.columns), len(table)) == (COLUMNS[name], 0)


def test_parts_of_an_extract_add_up_and_labels_of_services_do_not_matter(tmp_path):
    rows, said = delivered(n_cases=240)
    whole, study = tally_of(tmp_path / "whole", said, rows)
    parts = [
        tally_of(
            tmp_path / side,
            {team: values for team, values in said.items() if (team < "F") == (side == "left")},
            [row for row in rows if (row["team"] < "F") == (side == "left")],
        )[0]
        for side in ("left", "right")
    ]
    names = dict(zip("ABCDEFGHIJKL", "ZYXWVUTSRQPO", strict=True))
    renamed, _ = tally_of(
        tmp_path / "renamed",
        {names[team]: values for team, values in reversed(said.items())},
        [row | {"team": names[row["team"]]} for row in rows],
    )
    for find in (provision, rates, provision_delivery):
        expected = find(whole, study, INFERENCE)
        for other in (add_tallies(parts), renamed):
            pd.testing.assert_frame_equal(find(other, study, INFERENCE), expected, rtol=1e-9)


def test_the_tables_are_written_and_read_as_they_are(told, tmp_path):
    for find in (provision, rates, provision_delivery):
        table = find(*told, INFERENCE)
        write_table(table, tmp_path / "table.csv")
        again = read_table(tmp_path / "table.csv")
        pd.testing.assert_frame_equal(again, table, check_dtype=False, rtol=1e-9)

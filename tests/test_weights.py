"""Strata, sizes and weights from a table of services: as from the records, against R, and safely published.

Reference results: R `survey` 4.1, in `data/reference`.
"""

import csv
import json
import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from desistance.attack import attack
from desistance.bulletin.inline import plain, runs
from desistance.bulletin.publication import publication
from desistance.cli import main
from desistance.disclosure.policy import read_policy
from desistance.disclosure.release import read_released
from desistance.disclosure.sampling import seen_sampling
from desistance.errors import RecordsError, StudyError, TallyError
from desistance.findings.estimates import estimates
from desistance.findings.tables import COLUMNS
from desistance.records.design_table import sampled_services
from desistance.settings import Inference
from desistance.steps import bulletin as bulletin_step
from desistance.steps import figures as figures_step
from desistance.steps import findings as findings_step
from desistance.steps import ledger as ledger_step
from desistance.steps import models as models_step
from desistance.steps import practice as practice_step
from desistance.steps import release as release_step
from desistance.steps import workbook as workbook_step
from desistance.study import read_study
from desistance.tallies import TABLES, add_tallies, read_tally
from records_builder import DESIGNED, STUDY, case, count_step, csv_text, small_study

REFERENCE = Path(__file__).parent / "data" / "reference"
INFERENCE = Inference(0.95, 0.05, True, 30)
READING = {"mapping": None, "delimiter": "auto", "encoding": "utf-8-sig"}
ODD = ["service_with_one_case", "one_service", "breakdown_with_one_level"]  # all the same to these tests
SIZES = {"A": 8, "B": 5, "C": 11}  # accepted cases of each service
DRAWN = {
    "A": {"region": "north", "n_teams": "2", "caseload": "40", "weight": "1.5"},
    "B": {"region": "north", "n_teams": "2", "caseload": "30", "weight": "6"},
    "C": {"region": "south", "n_teams": "4", "caseload": "22", "weight": "2.25"},
}
ROLES = {"stratum": "region", "services_in_stratum": "n_teams"}


def design(**columns):
    """The small study with a section `design`."""
    return f"{STUDY}design: {json.dumps(columns)}\n"


def cases_of(sizes=SIZES, **values):
    """Cases of each service; the answers differ between services and within them."""
    rows, number = [], 0
    for team, n_cases in sizes.items():
        for place in range(n_cases):
            number += 1
            drugs = "yes" if place % 3 or team == "A" else "no"
            delivery = ("yes" if place % 2 else "no") if drugs == "yes" else "not applicable"
            answers = {"drugs": drugs, "delivery_drugs": delivery, "home": "yes" if place % 4 == 1 else "no"}
            answers |= {"delivery_home": "yes" if answers["home"] == "yes" else "not applicable"}
            rows.append(case(number, team=team, **answers, **values))
    return rows


def services_of(drawn=DRAWN, **changes):
    """Rows of a table of services."""
    return [{"team": team} | row | changes for team, row in drawn.items()]


def read(folder, study, rows, services=None, *, name="cases"):
    """The steps that read and count, as the workflow calls them; gives the paths of the tally."""
    folder.mkdir(parents=True, exist_ok=True)
    place = small_study(folder / "study", study) and folder / "study"
    (folder / f"{name}.csv").write_text(csv_text(rows), encoding="utf-8")
    if services is not None:
        (folder / "services.csv").write_text(csv_text(services), encoding="utf-8")
    table = [] if services is None else [folder / "services.csv"]
    return count_step(folder, [folder / f"{name}.csv"], place, services=table, allow=ODD)[0]


def headline(paths, study_folder):
    table = estimates(read_tally(paths), read_study(study_folder), INFERENCE)
    return table[table["interval"] != "wilson"].reset_index(drop=True)


def assert_same_bytes(one, other):
    for name in TABLES:
        assert Path(one[name]).read_bytes() == Path(other[name]).read_bytes(), name


# The same design, told in two ways


def test_a_design_from_the_table_of_services_gives_the_tally_of_one_in_the_records(tmp_path):
    told = [row | DRAWN[row["team"]] for row in cases_of()]
    by_columns = read(tmp_path / "columns", DESIGNED, told)
    by_table = read(tmp_path / "table", design(**ROLES, weight="weight"), cases_of(), services_of())
    assert_same_bytes(by_table, by_columns)


def test_eligible_cases_over_accepted_ones_are_the_weights(tmp_path):
    told = [row | DRAWN[row["team"]] for row in cases_of()]
    for row in told:
        row["weight"] = repr(int(row["caseload"]) / SIZES[row["team"]])
    by_columns = read(tmp_path / "columns", DESIGNED, told)
    by_table = read(tmp_path / "table", design(**ROLES, eligible="caseload"), cases_of(), services_of())
    assert_same_bytes(by_table, by_columns)
    facts = read_tally(by_table).facts
    assert facts["design"]["n_eligible"] == 92
    assert facts["design"]["equal_weights"] is False
    assert facts["design"]["strata"] == [
        {"stratum": "north", "n_services": 2, "n_services_in_stratum": 2},
        {"stratum": "south", "n_services": 1, "n_services_in_stratum": 4},
    ]


def test_a_weight_that_is_given_goes_before_eligible_cases(tmp_path):
    weights = {"eligible": "caseload", "weight": "weight"}
    both = read(tmp_path / "both", design(**weights), cases_of(), services_of())
    alone = read(tmp_path / "alone", design(weight="weight"), cases_of(), services_of())
    assert_same_bytes(both, alone)
    assert [read_tally(one).facts["design"]["n_eligible"] for one in (both, alone)] == [92, None]


def test_rejected_records_count_as_not_inspected(tmp_path):
    rows = cases_of()
    (tmp_path / "all").mkdir()
    spoilt = [{**row, "sex": "x"} if row["case_id"] == "c1" else row for row in rows]
    study = design(eligible="caseload")
    (tmp_path / "one").mkdir()
    (tmp_path / "services.csv").write_text(csv_text(services_of()), encoding="utf-8")
    definition = small_study(tmp_path / "study", study)
    table = sampled_services(tmp_path / "services.csv", definition, SIZES | {"A": 7}).table
    assert table["weight"].to_pylist() == [40 / 7, 6.0, 2.0]
    with pytest.raises(RecordsError, match="fewer than 10 of 24 rows break a rule"):
        read(tmp_path / "spoilt", study, spoilt, services_of())


@pytest.mark.parametrize("factor", [1, 3, 7])
def test_eligible_cases_in_proportion_to_accepted_ones_change_no_estimate(tmp_path, factor):
    services = [{"team": team, "caseload": str(factor * n)} for team, n in SIZES.items()]
    weighted = read(tmp_path / "weighted", design(eligible="caseload"), cases_of(), services)
    plain = read(tmp_path / "plain", STUDY, cases_of())
    assert read_tally(weighted).facts["design"]["equal_weights"] is True
    assert "design" not in read_tally(plain).facts
    found = [headline(weighted, tmp_path / "weighted/study"), headline(plain, tmp_path / "plain/study")]
    pd.testing.assert_frame_equal(*found, rtol=1e-12)


# Against R


def reference(name):
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reference_study(rows, service, breakdowns, outcomes, columns=None, drawn=None):
    """A study of reference records; `columns` and `drawn` say where the design stands."""
    content = {
        "id": "reference",
        "title": "Reference",
        "source": {"citation": "None"},
        "columns": {"case": "case_id", "service": service} | (columns or {}),
        "codes": {"yes": ["1"], "no": ["0"], "not_known": ["NA"]},
        "measures": [{"id": name.lower(), "label": name, "column": name} for name in outcomes],
        "breakdowns": [
            {
                "id": name,
                "label": name,
                "column": name,
                "levels": [
                    {"code": c, "label": c} for c in dict.fromkeys(sorted(row[name] for row in rows)) if c
                ],
            }
            for name in breakdowns
        ],
    }
    return yaml.safe_dump(content | ({"design": drawn} if drawn else {}), sort_keys=False)


def nhanes(folder, *, table):
    rows = reference("nhanes")
    for number, row in enumerate(rows):
        row |= {"case_id": str(number), "unit": f"{row['SDMVSTRA']}/{row['SDMVPSU']}"}
    columns, stratum = {"weight": "WTMEC2YR"}, {"stratum": "SDMVSTRA"}
    services = list(
        {row["unit"]: {"unit": row["unit"], **{"SDMVSTRA": row["SDMVSTRA"]}} for row in rows}.values()
    )
    given = (columns, stratum) if table else (columns | stratum, None)
    study = reference_study(rows, "unit", ("race", "agecat", "sex"), ("HI_CHOL",), *given)
    return read(folder, study, rows, services if table else None)


def schools(folder, *, table):
    rows = reference("schools")
    for row in rows:
        row["case_id"] = row["cds"]
    roles = {"weight": "pw", "services_in_stratum": "fpc"}
    kept = ("dnum", *roles.values())
    services = list({row["dnum"]: {name: row[name] for name in kept} for row in rows}.values())
    given = ({}, roles) if table else (roles, None)
    study = reference_study(rows, "dnum", ("stype",), ("sch_wide", "comp_imp", "both", "awards"), *given)
    return read(folder, study, rows, services if table else None)


def expected(name):
    found = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return (found if name == "nhanes" else found["weights_and_fpc"])["proportions"]


@pytest.mark.parametrize("data", [nhanes, schools])
def test_shares_by_a_table_of_services_are_those_of_r_and_of_the_columns(tmp_path, data):
    by_table, by_columns = data(tmp_path / "table", table=True), data(tmp_path / "columns", table=False)
    assert_same_bytes(by_table, by_columns)
    found = headline(by_table, tmp_path / "table/study")
    rows = {(row["measure"], row["breakdown"], row["subgroup"]): row for row in found.to_dict("records")}
    names = {"estimate": "estimate", "se": "standard_error", "df": "df", "deff": "design_effect"}
    names |= {"n": "n_cases", "n_unweighted_yes": "n_yes"}
    assert len(expected(data.__name__)) == {nhanes: 11, schools: 16}[data]
    for one in expected(data.__name__):
        row = rows[one["outcome"].lower(), one["by"] or "all", one["level"] or "all"]
        for theirs, ours in names.items():
            assert row[ours] == pytest.approx(one[theirs], rel=1e-6), (one, theirs)
        if row["interval"] == "logit_t":
            ends = (one["logit_lower"], one["logit_upper"])
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(ends, rel=1e-6)


# What cannot be


def refused(tmp_path, services, study=None, rows=None):
    """What is said of a table of services that does not fit."""
    with pytest.raises(RecordsError) as caught:
        read(tmp_path, study or design(**ROLES, eligible="caseload"), rows or cases_of(), services)
    return str(caught.value)


NOT_WHOLE = "is not a whole number above 0 for some services"
BAD = {
    "no row": (services_of()[:2], "some services with records have no row"),
    "two rows": ([*services_of(), services_of()[0]], "some services have several rows"),
    "no stratum": (services_of(region=""), "'region' is not a name for some services"),
    "no number": (services_of(n_teams="many"), f"'n_teams' {NOT_WHOLE}"),
    "half a team": (services_of(n_teams="2.5"), f"'n_teams' {NOT_WHOLE}"),
    "nobody eligible": (services_of(caseload="0"), f"'caseload' {NOT_WHOLE}"),
    "other digits": (services_of(caseload="\u0663\u0663"), f"'caseload' {NOT_WHOLE}"),
    "underscore": (services_of(caseload="4_0"), f"'caseload' {NOT_WHOLE}"),
    "too few": (services_of(caseload="10"), "'caseload' is less than the number of accepted records"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_table_of_services_that_does_not_say_how_each_was_sampled_is_refused(tmp_path, kind):
    services, words = BAD[kind]
    said = refused(tmp_path, services)
    assert words in said
    assert "services.csv" in said
    assert not list((tmp_path / "tally").glob("*"))


def test_all_mistakes_are_told_at_once_and_no_service_or_value(tmp_path):
    services = services_of({"Zebedee" if team == "A" else team: row for team, row in DRAWN.items()})
    services[1] |= {"caseload": "Dougal", "region": ""}
    said = refused(tmp_path, services)
    assert said.count("; ") == 3
    assert not {"Zebedee", "Dougal", "11", "30"} & set(said.replace("'", " ").split())


@pytest.mark.parametrize("cell", ["0", "-1", "many", "", "1e3", "inf", "nan", "1,5"])
def test_a_weight_is_a_plain_number_above_nought(tmp_path, cell):
    said = refused(tmp_path, services_of(weight=cell), design(weight="weight"))
    assert "'weight' is not a plain number above 0 for some services" in said


def test_a_row_with_too_many_values_is_no_row(tmp_path):
    (tmp_path / "services.csv").write_text(
        csv_text(services_of()).replace("A,north", "A,x,north"), encoding="utf-8"
    )
    study = small_study(tmp_path / "study", design(**ROLES))
    with pytest.raises(RecordsError, match="have no row, or one with more or fewer values"):
        sampled_services(tmp_path / "services.csv", study, SIZES)


def test_services_without_records_may_stand_in_the_table(tmp_path):
    services = [*services_of(), {"team": "D"} | dict.fromkeys(DRAWN["A"], "")]
    table = sampled_table(tmp_path, services)
    assert table["service"].to_pylist() == ["A", "B", "C"]


def sampled_table(tmp_path, services, **columns):
    (tmp_path / "services.csv").write_text(csv_text(services), encoding="utf-8")
    study = small_study(tmp_path / "study", design(**(columns or ROLES)))
    return sampled_services(tmp_path / "services.csv", study, SIZES).table


def test_more_services_than_the_stratum_has_are_refused(tmp_path):
    with pytest.raises(TallyError, match="more services are inspected in a stratum than it is said to have"):
        read(tmp_path, design(**ROLES), cases_of(), services_of(n_teams="1"))


def test_a_design_without_a_table_of_services_is_refused(tmp_path):
    assert "none is given; name it in the configuration (records.services)" in refused(tmp_path, None)


def test_made_up_services_beside_other_records_are_refused(tmp_path):
    said = refused(tmp_path, services_of(made_up="made up"))
    assert "the services are made up and the records are not" in said


def test_the_parts_of_a_service_cannot_each_count_all_its_eligible_cases(tmp_path):
    study, rows = design(eligible="caseload"), cases_of()
    parts = [read(tmp_path / str(n), study, rows[n::2], services_of()) for n in range(2)]
    with pytest.raises(TallyError, match="count the records of a service in one run"):
        add_tallies(map(read_tally, parts))


def test_tallies_of_different_services_add_their_eligible_cases(tmp_path):
    study, teams = design(**ROLES, eligible="caseload"), ({"A": 8, "B": 5}, {"C": 11})
    parts = [read(tmp_path / str(n), study, cases_of(some), services_of()) for n, some in enumerate(teams)]
    told = add_tallies(map(read_tally, parts)).facts["design"]
    assert told["n_eligible"] == 92
    assert [one["stratum"] for one in told["strata"]] == ["north", "south"]


MISTAKES = {
    "columns.weight is given too": design(weight="w").replace(
        "service: team", "service: team\n  weight: weight"
    ),
    "design: column 'x' is used 2 times": design(stratum="x", eligible="x"),
    "design: column 'team' is used 2 times": design(stratum="team"),
    "'made_up' marks made-up services": design(stratum="made_up"),
    "' x' begins or ends with a space": design(stratum=" x"),
    "design: names no column": f"{STUDY}design: {{}}\n",
    "strata": design(strata="x"),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistaken_design_of_a_study_is_told(tmp_path, words):
    with pytest.raises(StudyError) as caught:
        small_study(tmp_path, MISTAKES[words])
    assert words in str(caught.value)


# From file to publication


YES, NONE = {True: "yes", False: "no"}, "not applicable"
SEX = ["boy"] * 11 + ["girl"]


def many_cases(n_services=18):
    """Made-up cases of services of unlike size and practice, and their table of services in three strata."""
    random, rows, services, done = np.random.default_rng(20190104), [], [], set()
    for place in range(n_services):
        team, n_cases = f"T{place:02}", int(random.integers(22, 45))
        region = ("north", "middle", "south")[place % 3]
        eligible = n_cases * (2 + 3 * (place % 3)) + int(random.integers(0, 9))
        services.append({"team": team, "region": region, "n_teams": "14", "caseload": str(eligible)})
        for _ in range(n_cases):
            drugs, home = (bool(random.random() < share) for share in (0.3 + 0.15 * (place % 3), 0.4))
            answers = {"drugs": YES[drugs], "delivery_drugs": YES[bool(random.random() < 0.55)]}
            # Only in the first three services is too little done for a home, once in each: a count to hide.
            answers |= {"home": YES[home], "delivery_home": YES[place > 2 or team in done]}
            done |= {team} if home else set()
            answers |= {f"delivery_{name}": NONE for name in ("drugs", "home") if answers[name] == "no"}
            rows.append(case(len(rows), team=team, sex=SEX[int(random.integers(12))], **answers))
    marked = {"made_up": "made up"}
    return [row | marked for row in rows], [row | marked for row in services]


def publish(folder, study, rows, services, policy="default"):
    """Every step from the file to what is staged for publishing; gives the folder."""
    tally, place, staged = read(folder, study, rows, services), folder / "study", folder / "staged"
    tables = {name: str(folder / f"{name}.csv") for name in COLUMNS}
    for step, names in MADE_BY.items():
        step.main(tally, place, asdict(INFERENCE), {name: tables[name] for name in names.split()})
    practice_step.main(tally, place, asdict(INFERENCE), tables)
    ledger_step.main(
        tables, tally, place, asdict(INFERENCE), {name: tables[name] for name in ("ledger", "multiverse")}
    )
    released = {name: str(staged / "tables" / f"{name}.csv") for name in COLUMNS}
    released |= {"facts": str(staged / "release.json"), "record": str(folder / "record.json")}
    chosen = {"inference": asdict(INFERENCE), "limits": {"rejects_limit": 0, "allow": []}, "compare": None}
    chosen["disclosure"] = {"policy": policy, "time_limit": 60}
    release_step.main(tables | {"facts": tally["facts"]}, place, chosen, None, released)
    figures_step.main(staged, place, staged / "figures")
    bulletin_step.main(staged, staged / "figures", place, staged / "bulletin.html")
    workbook_step.main(staged, place, staged / "tables.ods", staged / "tables/csv-metadata.json")
    return staged


MADE_BY = {
    findings_step: "estimates comparisons trends means distributions stages changes",
    models_step: "combinations pairs adjusted variation funnel precision",
}
FULL = design(**ROLES, eligible="caseload")


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("weighted"), FULL, *many_cases())


@pytest.fixture(scope="module")
def report(staged):
    return publication(read_released(staged), read_study(staged.parent / "study"))


def test_a_weighted_publication_withstands_the_attack(staged):
    found = attack(staged, time_limit=60)
    assert found.protected
    assert found.holds, found.as_text()


def cells(table):
    """Rows of a table of the report by the measure and item they are about, with a plain minus sign."""
    keys = (tuple(place.split(".")[2:]) for place in table.ids)
    rows = ([cell.text.replace("\u2212", "-") for cell in row] for row in table.rows)
    return dict(zip(keys, rows, strict=True))


def weights_of(report):
    return next(section for section in report.sections if section.id == "weights")


def test_the_report_shows_every_share_with_and_without_weights_and_what_that_changes(staged, report):
    found = cells(weights_of(report).tables[0])
    released = pd.read_csv(staged / "tables/estimates.csv", dtype=str, keep_default_na=False)
    everyone = released[released["breakdown"] == "all"].set_index(["measure", "item"])
    assert set(found) == set(everyone.index)
    assert len(found) == 5
    for key, (_, base, weighted, plain_share, change) in found.items():
        rows = everyone.loc[[key]].set_index("interval")["estimate"].drop("wilson")
        shares = [rows.iloc[0], everyone.loc[[key]].set_index("interval").loc["wilson", "estimate"]]
        assert base == everyone.loc[[key], "n_cases"].iloc[0]
        if shares == ["[c]", "[c]"]:
            assert {weighted, plain_share, change} == {"[c]"}
            continue
        shares = [float(share) for share in shares]
        assert [int(weighted), int(plain_share)] == [int(100 * share + 0.5) for share in shares]
        assert float(change) == pytest.approx(100 * (shares[0] - shares[1]), abs=0.06)
    changes = [row[-1] for row in found.values()]
    assert changes.count("[c]") == 1
    assert max(abs(float(one)) for one in changes if one != "[c]") > 1


def test_the_heading_counts_what_is_shown_and_the_text_leads_to_the_largest_change(report):
    section = weights_of(report)
    changes = {key: float(row[-1]) for key, row in cells(section.tables[0]).items() if row[-1] != "[c]"}
    moved = sum(abs(change) >= 1 for change in changes.values())
    assert section.heading.startswith(
        f"Weights change {moved} of the 4 shares that are shown by a percentage point"
    )
    largest = max(changes, key=lambda key: abs(changes[key]))
    links = [run for text in section.paragraphs for run in runs(text) if run.target.startswith("#row.")]
    assert [run.target for run in links] == [f"#row.weighted-shares.{'.'.join(largest)}"]
    assert f"{abs(changes[largest]):g} points" in links[0].text


def test_a_hidden_share_without_weights_would_be_found_out(staged, report, tmp_path):
    """The truth in place of [c], in one cell of the page."""
    folder = shutil.copytree(staged, tmp_path / "staged")
    restricted = pd.read_csv(staged.parent / "estimates.csv")
    own = (
        (restricted["item"] == "home")
        & (restricted["measure"] == "sufficiency")
        & (restricted["breakdown"] == "all")
    )
    row = restricted[own & (restricted["interval"] == "wilson")].iloc[0]
    assert row["n_cases"] - row["n_yes"] == 3
    page = folder / "bulletin.html"
    before, start, rest = page.read_text(encoding="utf-8").partition(
        'id="row.weighted-shares.sufficiency.home"'
    )
    cell = '<td class="number">[c]<span class="heard"> hidden to protect confidentiality</span></td>'
    assert rest.partition("</tr>")[0].count(cell) == 3
    shown = f'<td class="number">{100 * row["estimate"]:.1f}</td>'
    first, cell, rest = rest.partition(cell)
    page.write_text("".join((before, start, first, cell, rest.replace(cell, shown, 1))), encoding="utf-8")
    assert not attack(folder, time_limit=60).holds


def test_the_method_says_how_weights_were_made_and_what_share_was_inspected(report):
    method = next(section for section in report.annex if section.id == "method")
    said = plain(next(term.text for term in method.terms if term.name == "Sampling and weights"))
    n_cases, n_eligible = report_counts(report)
    for words in (
        "Services were drawn from 3 strata, and variances are taken within these.",
        "18 of 42 services were inspected, 43 per cent.",
        f"Of {n_eligible:,} cases that were eligible in the inspected services {n_cases} are in the records",
        "Each case weighs as many cases of its service as it stands for",
        "From the table of services: strata, how many services there are and how many cases were eligible.",
    ):
        assert words in said
    strata = next(table for table in method.tables if table.id == "table-strata")
    assert [[cell.text for cell in row] for row in strata.rows] == [
        [name, "6", "14", "43"] for name in ("middle", "north", "south")
    ]


def report_counts(report):
    rows, services = many_cases()
    return len(rows), sum(int(row["caseload"]) for row in services)


# Disclosure


def sampled_facts(n_eligible=1000, n_services=(2, 3), there=(4, None)):
    strata = [
        {"stratum": name, "n_services": n, "n_services_in_stratum": all_of_them}
        for name, n, all_of_them in zip(("north", "south"), n_services, there, strict=True)
    ]
    design = {"n_eligible": n_eligible, "equal_weights": False, "files": [], "strata": strata}
    return {"n_cases": 900, "design": design}


@pytest.mark.parametrize(
    ("policy", "n_eligible", "shown"),
    [
        ("default", 900, 900),
        ("default", 901, "[c]"),
        ("default", 905, "[c]"),
        ("default", 906, 906),
        ("strict", 900, "[c]"),
        ("strict", 909, "[c]"),
        ("strict", 913, 915),
        ("none", 901, 901),
        ("default", None, None),
    ],
)
def test_eligible_cases_are_hidden_where_few_were_not_inspected(policy, n_eligible, shown):
    found = seen_sampling(sampled_facts(n_eligible), read_policy(policy))
    assert found["design"]["n_eligible"] == shown


def test_strata_are_listed_only_where_none_has_a_single_service():
    listed = seen_sampling(sampled_facts(), read_policy("default"))["design"]
    assert [one["stratum"] for one in listed["strata"]] == ["north", "south"]
    assert listed["n_services_there"] is None
    bare = seen_sampling(sampled_facts(n_services=(2, 1), there=(4, 6)), read_policy("default"))["design"]
    assert (bare["strata"], bare["n_strata"], bare["n_services_there"]) == ([], 2, 10)


def test_equal_weights_are_protected_as_counts_and_the_report_says_that_they_change_nothing(tmp_path):
    rows, services = many_cases()
    accepted = Counter(row["team"] for row in rows)
    for row in services:
        row["caseload"] = str(3 * accepted[row["team"]])
    staged = publish(tmp_path, FULL, rows, services)
    released = read_released(staged)
    assert released.facts["structure"]["weighted"] is False
    assert attack(staged, time_limit=60).holds
    report = publication(released, read_study(tmp_path / "study"))
    assert "weights" not in [section.id for section in report.sections]
    method = next(section for section in report.annex if section.id == "method")
    assert any("All weights are equal, so they change nothing." in term.text for term in method.terms)


def test_the_dictionary_lists_the_columns_that_say_how_cases_were_sampled(tmp_path, capsys):
    design = "design: {stratum: area, eligible: caseload}\n"
    small_study(tmp_path / "sampled", STUDY + design)
    assert main(["dictionary", str(tmp_path / "sampled")]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["area", "table of services: stratum", "text"] in rows
    assert ["caseload", "table of services: eligible", "a positive number"] in rows

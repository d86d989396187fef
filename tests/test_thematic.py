"""The thematic study: eight domains that overlap, six services, no number published; as one run shared by all tests."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
import yaml

from desistance.bulletin.language.sentences import few_services_sentence
from desistance.bulletin.page.rendering import render_bulletin
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.overlap import overlap_matrix
from desistance.claims.alternatives import multiverse
from desistance.claims.checks import evaluate
from desistance.claims.definition import read_claims
from desistance.claims.domain_checks import overlaps
from desistance.claims.evidence import HEADLINE, PUBLISHED, Evidence, Overlap, Share
from desistance.disclosure.release import read_released
from desistance.errors import StudyError
from desistance.example.thematic import FILE_STEM, made_up_cases, read_plan, write_thematic_cases
from desistance.findings.tables import COLUMNS
from desistance.settings import Inference
from desistance.statistics.rounding import percent_half_up
from desistance.steps import findings, ledger, models, practice, release
from desistance.study import read_study
from desistance.tallies import TABLES, pair_counts, read_tally
from project import ROOT, copy_project
from records_builder import count_step

FOLDER = ROOT / "studies" / "thematic_2016"
CSV = ROOT / "data" / "example" / f"{FILE_STEM}.csv"
STUDY = read_study(FOLDER)
DOMAINS = [item.id for item in STUDY.measure("seen").items]
CONSTRUCT = "is this project's construct over the published framework, since the source prints no percentage"
INFERENCE = {
    "confidence_level": 0.95,
    "significance_level": 0.05,
    "finite_population_correction": False,
    "small_effective_base": 30,
}
READING = {"mapping": None, "delimiter": "auto", "encoding": "utf-8-sig"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Restricted and published tables of one run over the example, step by step."""
    folder = tmp_path_factory.mktemp("thematic")
    counted, read = count_step(folder, [CSV], FOLDER)
    tables = {name: str(folder / f"{name}.csv") for name in COLUMNS if name != "quotes"}
    tables["quotes"] = read["quotes"]
    of = {
        findings: ("estimates", "comparisons", "trends", "means", "distributions", "stages", "changes"),
        models: ("combinations", "pairs", "adjusted", "variation", "funnel", "precision"),
        practice: tuple(table.__name__ for table in practice.TABLES),
    }
    for step, names in of.items():
        step.main(counted, FOLDER, INFERENCE, {name: tables[name] for name in names})
    ledger.main(tables, counted, FOLDER, INFERENCE, {name: tables[name] for name in ("ledger", "multiverse")})
    published = {name: str(folder / "published" / "tables" / f"{name}.csv") for name in COLUMNS}
    published["facts"] = str(folder / "published" / "release.json")
    published["record"] = str(folder / "record.json")
    chosen = {"inference": INFERENCE, "limits": {"rejects_limit": 0, "allow": []}, "compare": None}
    chosen["disclosure"] = {"policy": "none", "time_limit": 60}
    release.main(tables | {"facts": counted["facts"]}, FOLDER, chosen, None, published)
    return folder


@pytest.fixture(scope="module")
def released(folder):
    return read_released(folder / "published")


@pytest.fixture(scope="module")
def page(released):
    return render_bulletin(released, STUDY, {})


@pytest.fixture(scope="module")
def numbers(released):
    return released_numbers(released)


@pytest.fixture(scope="module")
def cases():
    return pd.read_csv(CSV, dtype=str, keep_default_na=False)


# The records


def test_the_example_is_made_again_to_the_same_bytes(tmp_path):
    write_thematic_cases(tmp_path, study_folder=FOLDER)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{FILE_STEM}.csv", f"{FILE_STEM}.json"]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == CSV.with_name(path.name).read_bytes()


def test_the_description_says_that_nothing_is_fitted_to_a_number_and_repeats_every_assumption():
    about = json.loads(CSV.with_suffix(".json").read_text(encoding="utf-8"))
    assert about["made_up"] is True
    assert "The source prints no percentage, so no share in them is fitted to it" in about["statement"]
    assert about["sha256"] == hashlib.sha256(CSV.read_bytes()).hexdigest()
    assert len(about["assumptions"]) == (FOLDER / "example.yaml").read_text(encoding="utf-8").count(
        "assumed: >-"
    )
    assert any(CONSTRUCT in text for text in about["assumptions"])


def test_the_example_has_the_public_facts_of_context(cases):
    girls = cases[(cases["group"] == "current") & (cases["gender"] == "girl")]
    assert Counter(girls["looked_after"]) == {"yes": 5, "no": 1}
    assert cases["service"].nunique() == 6
    assert set(cases["made_up"]) == {"made up"}
    assert 100 <= len(cases) <= 140
    assert (cases.groupby("service")["group"].nunique() == 2).all()


def test_other_seeds_change_who_has_what_and_not_how_many(cases):
    plan = read_plan(FOLDER)
    others = made_up_cases(STUDY, plan, np.random.default_rng(1))
    assert (others[DOMAINS] == "yes").sum().equals((cases[DOMAINS] == "yes").sum())
    assert not others[DOMAINS].equals(cases[DOMAINS])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plan: plan.pop("seed"), r"missing: \['seed'\]"),
        (lambda plan: plan.update(x=1), r"unknown: \['x'\]"),
    ],
)
def test_a_plan_with_other_sections_is_refused(tmp_path, change, words):
    plan = read_plan(FOLDER)
    change(plan)
    (tmp_path / "example.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    with pytest.raises(StudyError, match=words):
        read_plan(tmp_path)


def test_a_domain_judged_for_a_child_who_has_none_is_rejected_with_the_reason_and_kept(tmp_path, cases):
    wrong = cases.index[cases["diversity"] == "no"][:2]
    spoilt = cases.copy()
    spoilt.loc[wrong, "effective_diversity"] = "yes"
    spoilt.to_csv(tmp_path / "cases.csv", index=False)
    _, outputs = count_step(tmp_path, [tmp_path / "cases.csv"], FOLDER, rejects_limit=1)
    account = json.loads((tmp_path / "quality.json").read_text(encoding="utf-8"))
    assert account["rejected_by_rule"] == {"judged_without_base:effective_diversity": 2}
    assert account["n_read"] == len(cases) == account["n_accepted"] + 2
    rejects = pd.read_csv(outputs["rejects"], dtype=str, keep_default_na=False)
    assert rejects["row"].tolist() == [str(number + 2) for number in wrong]
    assert not set(rejects["case_id"]) & set(cases["case_id"])
    assert set(rejects["rules"]) == {"judged_without_base:effective_diversity"}


# The claims


def test_every_domain_of_the_source_is_a_claim_that_is_tested():
    claims = read_claims(FOLDER, STUDY)
    assert [claim.id for claim in claims] == [f"T{number}" for number in range(1, 9)]
    assert [claim.check["item"] for claim in claims] == DOMAINS
    assert {claim.published for claim in claims} == {"one of eight domains, no percentage printed"}


def test_no_domain_is_untestable_and_every_row_says_whose_the_share_is(released):
    rows = released.ledger
    assert rows["claim"].tolist() == [f"T{number}" for number in range(1, 9)]
    for column in ("verdict_published_method", "verdict_design_based"):
        assert set(rows[column]) == {"holds"}
    assert set(rows["basis"]) == {"by_construction"}
    assert rows["note"].str.contains(CONSTRUCT, regex=False).all()


def test_the_ledger_has_the_shares_and_overlaps_of_the_file(released, cases):
    present = cases[DOMAINS] == "yes"
    for row in released.ledger.itertuples():
        answers = cases[f"effective_{row.item}"].isin(["yes", "no"])
        share = (cases[f"effective_{row.item}"] == "yes").sum() / answers.sum()
        assert row.computed.startswith(f"effective in {percent_half_up(share, decimals=1)} per cent (")
        assert f" of {answers.sum()} cases; " in row.computed
        another = present.drop(columns=row.item).any(axis=1)[present[row.item]]
        said = "all" if another.all() else f"{percent_half_up(another.mean(), decimals=0)} per cent of"
        assert row.computed.endswith(f"; {said} the cases with this domain have another too")


def test_each_claim_is_looked_at_again_under_every_alternative(released):
    rows = released.multiverse
    assert set(rows["alternative"]) == {"unknowns_no", "unknowns_yes", "services_equal", "leave_one_out"}
    assert len(rows) == 32
    assert (rows["verdict"] != "").all()


def test_an_overlap_that_one_service_alone_has_is_gone_when_that_is_left_out(tmp_path, cases):
    others = [domain for domain in DOMAINS if domain != "diversity"]
    apart = (cases["service"] != "S1") & (cases["diversity"] == "yes")
    changed = cases.copy()
    changed.loc[apart, others] = "no"
    changed.loc[apart, [f"effective_{domain}" for domain in others]] = "not applicable"
    changed.to_csv(tmp_path / "cases.csv", index=False)
    counted = read_tally(count_step(tmp_path, [tmp_path / "cases.csv"], FOLDER)[0])
    claims = tuple(claim for claim in read_claims(FOLDER, STUDY) if claim.id == "T3")
    table = multiverse(claims, counted, STUDY, Inference(**INFERENCE), {"T3": "holds"})
    verdicts = dict(zip(table["alternative"], table["verdict"], strict=True))
    assert verdicts.pop("leave_one_out") == "does_not_hold"
    assert set(verdicts.values()) == {"holds"}


def evidence(share, overlap):
    shares = {} if share is None else {("effectiveness", "diversity", "all", "all"): share}
    return Evidence(STUDY, shares, {}, {}, {}, {}, 0.05, {} if overlap is None else {"diversity": overlap})


@pytest.mark.parametrize(
    ("share", "overlap", "verdicts", "words"),
    [
        (Share(0.5, 0.4, 0.6, 80), Overlap(81, 81), ("holds", "holds"), "of 80 cases; all the cases"),
        (Share(0.5, 0.4, 0.6), Overlap(400, 399), ("holds", "holds"), "(40.0 to 60.0); 99 per cent of the"),
        (Share(0.5, 0.4, 0.6), Overlap(400, 1), ("holds", "holds"), "1 per cent of the cases"),
        (Share(0.5, 0.4, 0.6), Overlap(80, 0), ("does_not_hold", "does_not_hold"), "none of the cases"),
        (Share(0.5, np.nan, np.nan), Overlap(80, 8), ("holds", "undetermined"), "50.0 per cent; 10 per cent"),
        (Share(0.5, 0.4, 0.6), Overlap(0, 0), ("undetermined", "undetermined"), "not available"),
        (Share(0.5, 0.4, 0.6), None, ("undetermined", "undetermined"), "not available"),
        (None, Overlap(80, 80), ("undetermined", "undetermined"), "not available"),
    ],
)
def test_a_domain_holds_where_it_is_judged_and_overlaps(share, overlap, verdicts, words):
    claim = next(claim for claim in read_claims(FOLDER, STUDY) if claim.id == "T3")
    outcome = evaluate(claim, evidence(share, overlap), (PUBLISHED, HEADLINE))
    assert outcome.verdicts == verdicts
    assert words in outcome.computed


def test_overlaps_leave_out_cases_with_an_unknown_domain(folder, cases):
    counted = tally_in(folder)
    present = cases[DOMAINS] == "yes"
    found = overlaps(pair_counts(counted, STUDY, None))
    several = present.sum(axis=1) > 1
    assert found == {name: (present[name].sum(), (present[name] & several).sum()) for name in DOMAINS}
    nobody = overlaps(pair_counts(replace(counted, factors={}), STUDY, None))
    assert set(nobody.values()) == {(0, 0)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("overlap: seen\n", ""), "needs a study with overlap or factor_count"),
        (lambda text: text.replace('    base: "{factor}"\n', ""), "with the items of 'seen' as bases"),
    ],
)
def test_a_claim_about_overlap_needs_domains_that_overlap(tmp_path, change, words):
    shutil.copy(FOLDER / "claims.yaml", tmp_path)
    text = (FOLDER / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(change(text), encoding="utf-8")
    with pytest.raises(StudyError, match=words):
        read_claims(tmp_path, read_study(tmp_path))


# The report


def tally_in(folder):
    return read_tally({name: folder / "tally" / name for name in (*TABLES, "facts")})


def text_of(page):
    """What a reader sees, without markup and style."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_no_table_and_no_page_adds_domains_up(released, page, folder):
    assert released.means.empty
    assert released.distributions.empty
    assert released.combinations["n_factors"].isna().all()
    assert read_tally({name: folder / "tally" / name for name in (*TABLES, "facts")}).factor_numbers.empty
    said = text_of(page).lower()
    assert "number of domains" not in said.replace("may have any number of domains", "")
    assert "mean number" not in said
    assert "or more domains" not in said
    assert "factor" not in said


def test_the_page_says_whose_the_shares_are_wherever_they_stand(page):
    sections = re.split(r'<section aria-labelledby="', page)
    for name in ("key-findings", "effectiveness", "seen", "assumptions", "ledger"):
        (section,) = (text_of(part) for part in sections if part.startswith(f'{name}"'))
        assert CONSTRUCT.replace("'", "&#39;") in section, name
    assumed = f"Assumed: the share of cases judged effective {CONSTRUCT}.".replace("'", "&#39;")
    (effectiveness,) = (part for part in sections if part.startswith('effectiveness"'))
    assert f"<p>{assumed}</p>" in effectiveness
    assert f'<p class="note">{assumed}</p>' in effectiveness


def test_the_matrix_counts_cases_with_both_and_the_diagonal_cases_with_one(numbers, cases, page):
    table = overlap_matrix(numbers, STUDY)
    present = cases[DOMAINS] == "yes"
    shown = {
        (row, column): int(cell.text)
        for row, cells in zip(DOMAINS, table.rows, strict=True)
        for column, cell in zip(DOMAINS, cells[1:], strict=True)
    }
    assert shown == {(a, b): (present[a] & present[b]).sum() for a, b in product(DOMAINS, repeat=2)}
    assert 'id="table-overlap"' in page


def test_lifts_and_combinations_are_those_of_the_file(released, cases):
    present = cases[DOMAINS] == "yes"
    pairs = released.pairs.set_index(["first", "second"])
    assert list(pairs.index) == list(combinations(DOMAINS, 2))
    for (first, second), row in pairs.iterrows():
        lift = (present[first] & present[second]).mean() / present[first].mean() / present[second].mean()
        assert row["estimate"] == pytest.approx(lift, rel=1e-9)
    names = present.apply(lambda row: "+".join(row.index[row]), axis=1)
    found = dict(zip(released.combinations["combination"], released.combinations["n_cases"], strict=True))
    assert found == names.value_counts().to_dict()


def test_hidden_pairs_leave_the_matrix_and_the_words_without_their_numbers(numbers):
    (key, first), *_ = ((key, pairs[0]) for key, pairs in numbers.pairs.items())
    hidden = replace(first, n_both=None, lift=None, low=None, high=None)
    table = overlap_matrix(replace(numbers, pairs={key: (hidden, *numbers.pairs[key][1:])}), STUDY)
    assert table.rows[0][2].text == table.rows[1][1].text == "[x]"
    assert overlap_matrix(replace(numbers, pairs={}), STUDY) is None


def test_key_findings_speak_of_overlap_and_of_every_domain(numbers):
    found = key_findings(numbers, STUDY)
    assert {claim for finding in found for claim in finding.claims} == {
        f"T{number}" for number in range(1, 9)
    }
    assert any("domains most often seen together" in finding.text for finding in found)


def test_six_services_are_said_to_show_little(numbers, page):
    said = few_services_sentence(numbers, STUDY)
    assert "at most 5 degrees of freedom" in said
    assert "p-value under 0.031" in said
    assert said.split(".")[0].replace("'", "&#39;") in text_of(page)
    for n_services, words in ((43, ""), (1, ""), (None, "")):
        facts = numbers.facts | {"n_services": n_services}
        assert few_services_sentence(replace(numbers, facts=facts), STUDY) == words
    twelve = few_services_sentence(replace(numbers, facts=numbers.facts | {"n_services": 12}), STUDY)
    assert "bootstrap" not in twelve


def test_a_source_without_differences_has_no_published_method(numbers, page):
    assert numbers.ordinary == "ordinary method"
    section = page[page.index("<main") : page.index('id="ledger"')]
    assert "published method" not in text_of(section)


# The commands


def choices_of(project, results, group):
    (path,) = (project / results / "restricted/choices").glob(f"{group}-*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_second_study_withstands_the_attack_and_is_published(tmp_path, quick_run):
    project = copy_project(tmp_path / "a project")
    code, text = quick_run(project, "--configfile", "studies/thematic_2016/config.yaml")
    assert code == 0, text
    published = project / "results/thematic_2016/published"
    for name in ("bulletin.html", "bulletin.pdf", "tables.ods", "explorer.html", "ro-crate-metadata.json"):
        assert (published / name).is_file(), name


def test_a_configuration_that_names_its_study_stands_alone(tmp_path, quick_run):
    project = copy_project(tmp_path / "a project")
    config = yaml.safe_load((project / "config.yaml").read_text(encoding="utf-8"))
    config |= {"inference": {"confidence_level": 0.9}, "compare": "nowhere/tally"}
    (project / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    code, text = quick_run(project, "--dry-run", "--configfile", "studies/thematic_2016/config.yaml")
    assert code == 0, text
    assert choices_of(project, "results/thematic_2016", "inference")["confidence_level"] == 0.95
    assert choices_of(project, "results/thematic_2016", "compare") is None
    code, text = quick_run(project, "--dry-run")
    assert code == 1
    assert "nowhere/tally" in text


def test_a_choice_given_by_hand_changes_config_yaml_and_nothing_else(tmp_path, quick_run):
    project = copy_project(tmp_path / "a project")
    with (project / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\ninference: {confidence_level: 0.9}\n")
    code, text = quick_run(project, "--dry-run", "--config", "results=elsewhere")
    assert code == 0, text
    assert choices_of(project, "elsewhere", "inference")["confidence_level"] == 0.9
    assert not (project / "results").exists()


def make(*arguments):
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS"}}
    return subprocess.run(
        [shutil.which("make"), "-n", "report", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.needs_program("make")
def test_make_takes_a_study_by_its_name():
    answer = make("STUDY=thematic_2016")
    assert '--configfile "studies/thematic_2016/config.yaml"' in answer.stdout
    assert '"studies/thematic_2016/config.yaml" | head' in answer.stdout


@pytest.mark.needs_program("make")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["STUDY=thematic_2061"],
            "studies/thematic_2061/config.yaml is not there; STUDY takes: thematic_2016",
        ),
        (["STUDY=thematic_2016", "CONFIG=config.yaml"], "give STUDY or CONFIG, not both"),
    ],
)
def test_make_says_what_is_wrong_with_a_study(arguments, words):
    answer = make(*arguments)
    assert answer.returncode == 2
    assert words in answer.stderr

"""A new study from a file: drafted, answered and nothing else, it reads, counts, and gives the numbers of R."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from answering import answered, kept_answers
from desistance.cli import main
from desistance.documents import read_document
from desistance.draft.new_study import new_study
from desistance.draft.outline import read_outline
from desistance.draft.outline_draft import draft_outline
from desistance.draft.profile import profile
from desistance.draft.roles import roles
from desistance.errors import SettingsError, StudyError
from desistance.findings.estimates import estimates
from desistance.records.mapping import read_mapping
from desistance.settings import read_settings
from desistance.study import read_study
from desistance.tallies import count_records
from draft_layouts import BLIND, LAYOUTS
from project import ROOT, copy_project
from records_builder import Ingested

REFERENCE = Path(__file__).parent / "data/reference"
GUIMMUN = ROOT.parent / "shared/real/guimmun.csv"
FILES = {"nhanes": REFERENCE / "nhanes.csv", "schools": REFERENCE / "schools.csv", "guimmun": GUIMMUN}
# What R calls the items and breakdowns of each, where the study's names differ.
NAMES = {
    "nhanes": {"HI_CHOL": "hi_chol"},
    "schools": {},
    "guimmun": {"outcome": "immun", "momEd": "mom_ed", "momWork": "mom_work", "kid2p": "kid_2_p"},
}
COLUMNS = {"estimate": "estimate", "se": "standard_error", "deff": "design_effect", "df": "df", "logit_lower": "ci_low",
           "logit_upper": "ci_high", "n": "n_cases", "n_unweighted_yes": "n_yes"}  # fmt: skip


def expected(name):
    """What R computed; for the schools with weights and the finite population correction."""
    told = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return (told["weights_and_fpc"] if name == "schools" else told)["proportions"]


@pytest.fixture(scope="module", params=["nhanes", "schools", "guimmun"])
def made(request, tmp_path_factory):
    """Name, folder of the study, and the answered outline, made by the two commands."""
    name = request.param
    if not FILES[name].exists():
        pytest.skip("../shared/real/guimmun.csv is not there")
    folder = tmp_path_factory.mktemp(name)
    records, outline = folder / f"{name}.csv", folder / "outline.yaml"
    shutil.copy(FILES[name], records)
    results = ["--results", str(folder / "results")]
    assert main(["draft-mapping", str(records), "--new", "--output", str(outline), *results]) == 0
    outline.write_text(answered(outline.read_text(encoding="utf-8"), kept_answers(name)), encoding="utf-8")
    words = ["new-study", str(folder / "study"), "--from", str(records), "--mapping", str(outline), *results]
    assert main(words) == 0
    return name, folder, words


def test_the_estimates_of_the_drafted_study_are_those_of_r(made, tmp_path):
    name, folder, _ = made
    study = read_study(folder / "study")
    settings = read_settings(read_document(folder / "study/config.yaml", "config", SettingsError))
    done = Ingested(tmp_path, [Path(settings.files)], study, Path(settings.mapping))
    assert done.account["n_rejected"] == 0
    table = estimates(count_records([done.records], study, done.account), study, settings.inference)
    table = table[table["interval"] != "wilson"].set_index(["item", "breakdown", "subgroup"])
    assert table.index.is_unique
    names = NAMES[name]
    checked = 0
    for row in expected(name):
        by = row["by"] and names.get(row["by"], row["by"])
        found = table.loc[(names.get(row["outcome"], row["outcome"]), by or "all", row["level"] or "all")]
        for theirs, ours in COLUMNS.items():
            if ours.startswith("ci_") and found["interval"] != "logit_t":
                continue  # of few cases: another interval than R's is published
            assert found[ours] == pytest.approx(row[theirs], rel=1e-6), (
                row["outcome"],
                row["by"],
                row["level"],
                ours,
            )
        checked += 1
    assert checked >= 11


def test_nothing_is_written_over_unless_that_is_wanted(made, capsys):
    _, folder, words = made
    before = (folder / "study/study.yaml").read_bytes()
    (folder / "study/study.yaml").write_text("mine\n")
    assert main(words) == 1
    assert "already there" in capsys.readouterr().err
    assert (folder / "study/study.yaml").read_text() == "mine\n"
    assert main([*words, "--force"]) == 0
    assert (folder / "study/study.yaml").read_bytes() == before


def test_the_workflow_takes_a_new_study_as_it_is(tmp_path, quick_run):
    project = copy_project(tmp_path / "project")
    shutil.copy(REFERENCE / "schools.csv", project)
    outline = project / "outline.yaml"
    text = draft_outline(profile(project / "schools.csv")).text
    outline.write_text(answered(text, kept_answers("schools")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        assert (
            main(["new-study", "studies/schools", "--from", "schools.csv", "--mapping", "outline.yaml"]) == 0
        )
    code, told = quick_run(project, "--dry-run", "--configfile", "studies/schools/config.yaml")
    assert code == 0, told
    assert "release, tally, workbook" in told


def test_an_outline_with_open_questions_is_refused_with_each_of_them(tmp_path):
    path = tmp_path / "outline.yaml"
    path.write_text(draft_outline(profile(FILES["nhanes"])).text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_outline(path)
    for place in (
        "citation",
        "each_row",
        "columns.SDMVPSU.role",
        "columns.SDMVPSU.within",
        "columns.HI_CHOL.codes.0",
    ):
        assert f"{place}: is an open question" in str(error.value)


OUTLINE = """
title: A title
citation: A source
each_row: "yes"
columns:
  Team: {role: service}
  Q1: {role: judgement, codes: {"1": "yes", "0": "no", "9": not known}}
  Q1a: {role: judgement, base: Q1, codes: {"1": "yes", "0": "no"}}
  Sex: {role: breakdown, label: Gender, codes: {m: Boys, f: Girls, x: not known}}
  Seen: {role: date, format: "%d/%m/%Y", first: "2019-01-01", last: "2019-12-31"}
  Secret: {role: identifier}
  Spare: {role: ignore, label: Spare, codes: {a: "?"}}
"""
MISTAKES = {
    "role: service": ("role: sevrice", "found 'sevrice'; allowed: case, service"),
    'each_row: "yes"': ('each_row: "no"', "give either a column the role case or say each_row: yes"),
    "base: Q1,": ("base: Sex,", "only for a judgement, and the heading of another judgement"),
    '"9": not known': (
        '"9": dunno',
        "found 'dunno'; allowed: yes, no, not applicable, not known, not recorded",
    ),
    "role: date, ": ("role: service, ", "2 of them have the role service"),
    'last: "2019-12-31"': ("label: Day", "a date needs first and last"),
    "{role: service}": ("{role: service, within: Area}", "'Area' is no heading of this outline"),
    "role: breakdown, label: Gender, codes": (
        "role: breakdown, label: Gender}\n  Other: {role: ignore, codes",
        "needs them",
    ),
}


def study_of(tmp_path, outline, headings="Team,Q1,Q1a,Sex,Seen,Secret"):
    (tmp_path / "a.csv").write_text(f"{headings}\nT,1,1,m,01/02/2019,x\n", encoding="utf-8")
    (tmp_path / "outline.yaml").write_text(outline, encoding="utf-8")
    words = ["new-study", str(tmp_path / "mine"), "--from", str(tmp_path / "a.csv")]
    return main([*words, "--mapping", str(tmp_path / "outline.yaml"), "--results", str(tmp_path / "results")])


def test_an_outline_becomes_columns_codes_bases_and_dates_of_a_study(tmp_path):
    assert study_of(tmp_path, OUTLINE) == 0
    study = read_study(tmp_path / "mine")
    sources = read_mapping(tmp_path / "mine/mapping.yaml", study)
    assert study.id == "mine"
    assert sources["case"].each_row
    assert sources["q_1"].codes == {"1": "yes", "0": "no", "9": "not known"}
    assert {item.column: item.base for item in study.items} == {"q_1": None, "q_1_a": "q_1"}
    assert [(level.code, level.label) for level in study.breakdowns[0].levels] == [
        ("m", "Boys"),
        ("f", "Girls"),
    ]
    assert sources["sex"].codes == {"x": "not known"}
    assert sources["date"].date_format == "%d/%m/%Y"
    assert study.date.last.isoformat() == "2019-12-31"
    assert "Secret" not in {source.heading for source in sources.values()}
    assert any("each row is taken for one" in why for _, why in study.assumptions)


def test_how_a_file_is_read_stands_in_the_configuration_where_it_was_said(tmp_path):
    (tmp_path / "outline.yaml").write_text(OUTLINE, encoding="utf-8")
    table = "Team|Q1|Q1a|Sex|Seen|Secret\nT|1|1|m|01/02/2019|x\n"
    (tmp_path / "a.csv").write_text(table, encoding="utf-16-le")
    words = ["new-study", str(tmp_path / "mine"), "--from", str(tmp_path / "a.csv")]
    words += ["--mapping", str(tmp_path / "outline.yaml"), "--results", str(tmp_path / "results")]
    assert main(words) == 1
    assert main([*words, "--delimiter", "pipe", "--encoding", "utf-16-le"]) == 0
    found = read_settings(read_document(tmp_path / "mine/config.yaml", "config", SettingsError))
    assert (found.delimiter, found.encoding, found.sheet) == ("pipe", "utf-16-le", None)


@pytest.mark.parametrize("part", MISTAKES)
def test_a_mistake_in_an_outline_is_named(tmp_path, capsys, part):
    wrong, said = MISTAKES[part]
    assert OUTLINE.count(part) == 1
    assert study_of(tmp_path, OUTLINE.replace(part, wrong)) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_a_file_that_lacks_a_heading_is_refused_and_nothing_is_left(tmp_path, capsys):
    assert study_of(tmp_path, OUTLINE, "Team,Q2,Q1a,Sex,Seen,Secret") == 1
    assert "lacks 'Q1'" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_numbers_of_services_that_begin_again_are_joined_with_their_stratum(tmp_path):
    text = draft_outline(profile(FILES["nhanes"])).text
    assert yaml.safe_load(text)["columns"]["SDMVPSU"]["within"] == "? SDMVSTRA"


def test_roles_are_guessed_by_word_and_by_values():
    found = {name: guess.role for name, guess in roles(profile(FILES["schools"])).items()}
    assert found == {
        "dnum": "service", "cds": "case", "stype": "breakdown", "sch_wide": "judgement", "comp_imp": "judgement",
        "both": "judgement", "awards": "judgement", "yr_rnd": "judgement", "meals": "ignore", "ell": "ignore",
        "enroll": "ignore", "pw": "weight", "fpc": "services_in_stratum",
    }  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS + BLIND, ids=lambda layout: layout.name)
def test_an_outline_whose_proposals_are_accepted_is_a_study(tmp_path, layout):
    records = layout.write(tmp_path / "a.csv")
    text = draft_outline(profile(records)).text
    entries = yaml.load(text, yaml.BaseLoader)["columns"]
    open_codes = {
        f"columns.{name}.codes.{code}": "not known"
        for name, entry in entries.items()
        for code, answer in entry.get("codes", {}).items()
        if answer == "?"
    }
    answers = {"citation": "None", "small_services": "yes"} | open_codes
    (tmp_path / "outline.yaml").write_text(answered(text, answers), encoding="utf-8")
    texts = new_study(tmp_path / "outline.yaml", tmp_path / "mine", records)
    assert set(texts) == {"study.yaml", "mapping.yaml", "config.yaml"}
    for name, role in {"case_id": "case", "service": "service", "inspected_on": "date"}.items():
        assert entries[layout.headings[name]]["role"] == f"? {role}"


def test_only_what_is_certain_stands_without_a_question():
    entries = yaml.load(draft_outline(profile(FILES["nhanes"])).text, yaml.BaseLoader)["columns"]
    assert all(entry["role"].startswith("? ") for entry in entries.values())
    assert entries["HI_CHOL"]["codes"] == {"0": "? no", "1": "? yes"}


def test_a_label_ends_without_the_question_mark_of_its_heading(tmp_path):
    (tmp_path / "a.csv").write_text("id,In care?\n" + "".join(f"c{n},{'yn'[n % 2]}\n" for n in range(40)))
    text = draft_outline(profile(tmp_path / "a.csv")).text
    assert yaml.safe_load(text)["columns"]["In care?"]["label"] == "In care"
    assert "# base: a line to add" in text

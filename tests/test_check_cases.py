"""Cases and services under two spellings, rows gathered into cases, and numbers read as a run reads them."""

import re

import pytest

from check_builder import check, example, example_text, found, only
from desistance.check import DOUBT, NOTE
from desistance.check.cases import Spellings, plain_number, plain_service
from desistance.check.rules import rule_findings
from records_builder import KEY, STUDY, case, small_study

GATHERED = STUDY.replace("breakdowns:\n", "one_row_per_case: {keep: latest, by: seen_on}\nbreakdowns:\n")
NUMBERS = """\
codes: {yes: ["1"], no: ["2"], not_applicable: ["3"], not_known: ["9"], not_recorded: [""]}
inputs: {sanctions: number}
derivations:
  concern: {number: sanctions, bands: {low: [0, 2], high: [3, null]}}
"""


@pytest.mark.parametrize(
    "spellings",
    [
        ("7", "007"),
        ("7", "7.0"),
        ("ab7", "AB7"),
        ("7", "\uff17"),
        ("Leeds / 7", "leeds / 07"),
        ("7", "7\u200b"),
    ],
)
def test_two_spellings_of_a_case_number_are_one(spellings):
    assert len(set(map(plain_number, spellings))) == 1


@pytest.mark.parametrize(
    "numbers", [("7", "70"), ("1.5", "15"), ("A / 7", "B / 7"), ("a0", "a"), ("7.01", "7")]
)
def test_other_case_numbers_are_two(numbers):
    assert len(set(map(plain_number, numbers))) == 2


@pytest.mark.parametrize("other", ["NORTHSHIRE", "North\u200bshire", "north shire", "\uff2eorthshire"])
def test_two_spellings_of_a_service_are_one(other):
    assert plain_service(other) == plain_service("Northshire")
    assert plain_service(other) != plain_service("Southshire")


def test_of_case_numbers_only_digests_are_kept():
    spellings = Spellings()
    spellings.add(["Canary 01", "Canary 01", "", "canary 01"], key=KEY)
    assert (len(spellings.written), len(spellings.meant)) == (2, 1)
    assert {len(digest) for digest in spellings.written | spellings.meant} == {16}


def test_case_numbers_that_look_alike_are_a_doubt_and_none_is_shown(tmp_path):
    rows = [
        case(number, case_id=f"7{number % 40:03}", home=("yes", "no")[number % 2]) for number in range(80)
    ]
    for row in rows[40:]:
        row["case_id"] = f"0{row['case_id']}.0"
    report = check(tmp_path, rows, study=small_study(tmp_path / "study"))
    finding = only(report, "case_numbers_alike")
    assert (finding.severity, finding.where, finding.rows) == (DOUBT, "case_id", "at least 20 case numbers")
    assert not found(report, "duplicate_case")
    assert not re.search(r"7\d\d\d", str(report))
    assert finding.advice


def test_services_that_look_alike_are_a_doubt_and_none_is_named(tmp_path):
    rows = example()
    for row in rows[::2]:
        row["service"] = row["service"].lower()
    rows[1]["service"] = ""
    report = check(tmp_path, rows)
    finding = only(report, "services_alike")
    assert (finding.severity, finding.where) == (DOUBT, "service")
    assert "table of services" in finding.advice
    assert not [row["service"] for row in rows if row["service"] and row["service"] in str(report)]


def test_cases_and_services_of_one_spelling_are_no_doubt(tmp_path):
    report = check(tmp_path, example_text())
    assert not found(report, "case_numbers_alike")
    assert not found(report, "services_alike")
    assert not found(report, "rows_gathered")


def gathered(folder, n_again, **again):
    """A check of 60 cases, of which some have a second row."""
    rows = [case(number, home=("yes", "no")[number % 2]) for number in range(60)]
    rows += [row | {"seen_on": "2019-05-06"} | again for row in rows[:n_again]]
    return check(folder, rows, study=small_study(folder / "study", GATHERED))


def test_rows_that_are_gathered_are_told_with_their_cases(tmp_path):
    finding = only(gathered(tmp_path, 60), "rows_gathered")
    assert finding.severity == NOTE
    assert finding.text.endswith("Rows: 120; cases made of them: 60")


def test_few_rows_that_are_gathered_cannot_be_counted(tmp_path):
    text = only(gathered(tmp_path, 3), "rows_gathered").text
    assert "Rows: 63" in text
    assert "60" not in re.sub("about 60", "", text)


def test_a_case_that_stands_under_two_services_is_told_of_with_what_to_do(tmp_path):
    finding = only(gathered(tmp_path, 20, team="Z"), "rows_disagree")
    assert finding.text.startswith("Rows of one case number stand under two ")
    assert finding.where == "team"
    assert "from: [" in finding.advice
    assert "moved" in finding.advice


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("rows_disagree:seen_on", "say different things of"),
        ("missing_code_untranslated:seen_on", "the file itself calls missing"),
    ],
)
def test_each_new_rule_has_words_and_a_way_to_mend_it(tmp_path, rule, said):
    account = {"n_read": 60, "n_accepted": 40, "n_rejected": 20, "rejected_by_rule": {rule: 20}}
    study = small_study(tmp_path / "study")
    _, finding = rule_findings(account, study, told=set(), limit=0, threshold=10)
    assert said in finding.text
    assert (finding.check, finding.where) == (rule.partition(":")[0], "seen_on")
    assert not re.search(r"\{(?!its code)|Correct the rows\.", finding.text + finding.advice)


def test_codes_that_the_file_calls_missing_are_to_be_mapped_to_those_of_the_study(tmp_path):
    account = {
        "n_read": 60,
        "n_accepted": 40,
        "n_rejected": 20,
        "rejected_by_rule": {"missing_code_untranslated:weight": 20},
    }
    study = small_study(tmp_path / "study", STUDY.replace("factors:\n", "  weight: weight\nfactors:\n", 1))
    _, finding = rule_findings(account, study, told=set(), limit=0, threshold=10)
    assert "columns, weight: codes: {its code: a code of the study}" in finding.advice
    assert "'not known'" in finding.advice


def test_a_number_is_read_as_a_number_though_it_is_also_a_code_of_the_study(tmp_path):
    study = small_study(tmp_path / "study", STUDY + NUMBERS)
    (tmp_path / "mapping.yaml").write_text('columns:\n  sanctions: {codes: {"99": "9"}}\n', encoding="utf-8")
    rows = [
        case(number, home="12"[number % 2], drugs="1", sanctions=("1", "2", "3", "99", "many")[number // 20])
        for number in range(100)
    ]
    rows = [{name: text for name, text in row.items() if name != "concern"} for row in rows]
    mapping = (tmp_path / "mapping.yaml").read_text(encoding="utf-8")
    report = check(tmp_path, rows, study=study, mapping=mapping)
    column = next(column for column in report.columns if column.name == "sanctions")
    assert {value.text: value.rows for value in column.values} == {
        "readable": "60",
        "not known": "20",
        "unreadable": "20",
    }

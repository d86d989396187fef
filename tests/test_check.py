"""A check finds each kind of mistake when it is there, says what to do, and finds none in the clean example."""

import datetime as dt
import re
from collections import Counter

import pytest

from check_builder import STUDY as BULLETIN
from check_builder import asked, check, example, example_text, found, only
from desistance.check import DOUBT, NOTE, STOPS, check_records
from desistance.check.coding import coding_findings
from desistance.check.definition import ColumnRead, Value
from desistance.check.scan import Scan
from desistance.records.mapping import Source
from desistance.study import read_study
from records_builder import STUDY, case, csv_text, small_study

FLIP = {"yes": "no", "no": "yes"}
BREAKDOWN_BY_AGE = """\
inputs: {born_on: date}
derivations:
  age: {years_from: born_on, to: seen_on, bands: {young: [10, 15], old: [16, 24]}}
breakdowns:
  - {id: age, label: Age, column: age, levels: [{code: young, label: Young}, {code: old, label: Old}]}
"""
NOTES_OF_THE_EXAMPLE = {"date_range", "small_services"}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return check(tmp_path_factory.mktemp("clean"), example_text())


def changed(change, every=1, start=0):
    """The example with some rows changed in place."""
    rows = example()
    for row in rows[start::every]:
        change(row)
    return rows


def test_the_clean_example_would_go_through_a_run_and_has_only_what_is_worth_knowing(clean):
    assert not clean.stops
    assert {finding.check for finding in clean.findings} == NOTES_OF_THE_EXAMPLE
    assert clean.made_up
    assert clean.rows == "1,168"


def test_each_column_is_told_with_its_codes_and_their_counts(clean):
    column = next(column for column in clean.columns if column.name == "age")
    counts = Counter(row["age"] for row in example())
    assert {value.text: value.rows for value in column.values if value.rows != "0"} == {
        code: str(count) for code, count in counts.items()
    }
    assert [value.meaning for value in column.values[:3]] == ["10 to 14", "15 to 16", "17 to 18"]
    assert (column.label, column.heading, column.kind) == ("Age", "age", "breakdown")


def test_case_numbers_and_services_are_never_listed(clean):
    assert all(not column.values for column in clean.columns if column.name in ("case_id", "service"))


def test_a_check_leaves_nothing_behind(tmp_path):
    check(tmp_path, example_text())
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["cases.csv", "scratch"]


def test_the_same_input_gives_the_same_report(tmp_path, clean):
    assert check(tmp_path, example_text()) == clean


def test_a_missing_heading_stops_a_run_and_the_rest_is_checked_all_the_same(tmp_path):
    rows = changed(lambda row: row.update({"Looked After": row.pop("looked_after")}))
    for row in rows[:30]:
        row["gender"] = "x"
    report = check(tmp_path, rows)
    missing = only(report, "heading_missing")
    assert missing.severity == STOPS
    assert missing.where == "looked_after"
    assert "Is it 'Looked After'?" in missing.advice
    assert only(report, "code_not_in_study").where == "gender"
    assert only(report, "headings_not_read").text.endswith("'Looked After'")
    assert not next(column for column in report.columns if column.name == "looked_after").found
    assert found(report, "rows_rejected")


def test_headings_that_may_be_a_case_are_not_shown(tmp_path):
    text = example_text().split("\n", 1)[1]
    report = check(tmp_path, text)
    assert "holds numbers or dates" in only(report, "file_not_read").text
    assert "made-up-0001" not in str(report)
    assert report.files[0].unread == ()


def test_headings_of_which_none_is_the_studys_are_not_shown(tmp_path):
    report = check(tmp_path, "Ava,Leeds,Late\n" + "Ben,York,Early\n" * 40)
    assert [finding.check for finding in report.of(STOPS)] == ["no_heading_found"]
    assert not re.search("Ava|Leeds|Late", str(report))
    assert report.files[0].unread == ()


def test_a_heading_that_stands_twice_stops_a_run(tmp_path):
    headings, rest = example_text().split("\n", 1)
    report = check(tmp_path, headings.replace("made_up", "age") + "\n" + rest)
    assert "'age' more than once" in only(report, "file_not_read").text


def test_a_file_that_cannot_be_read_keeps_no_other_back(tmp_path):
    good, empty = tmp_path / "good.csv", tmp_path / "empty.csv"
    good.write_text(example_text(), encoding="utf-8")
    empty.write_text("", encoding="utf-8")
    report = check_records(asked(tmp_path, empty, good))
    assert only(report, "file_not_read").where == "empty.csv"
    assert str(tmp_path) not in str(report.findings)
    assert report.rows == "1,168"
    assert [file.read for file in report.files] == [False, True]


def test_every_mistake_of_a_mapping_is_told_and_files_are_looked_at(tmp_path):
    mapping = 'columns:\n  agge: {from: Age}\n  gender: {codes: {"1": male, "2": "?"}}\n'
    report = check(tmp_path, "", mapping=mapping)
    text = " ".join(finding.text for finding in found(report, "mapping"))
    assert len(found(report, "mapping")) == 3
    assert "agge" in text
    assert "'male'" in text
    assert "open question" in text
    assert found(report, "file_not_read")


def test_codes_that_many_rows_have_are_shown_with_a_proposal_and_others_are_not(tmp_path):
    rows = changed(lambda row: row.update(gender=row["gender"].title()), every=2)
    for row in rows[:3]:
        row["gender"] = "secret"
    report = check(tmp_path, rows)
    finding = only(report, "code_not_in_study")
    assert finding.severity == STOPS
    assert '"Boy"' in finding.text
    assert '"Boy": "boy", "Girl": "girl"' in finding.advice
    assert "other codes (fewer than 10 rows)" in finding.text
    assert "secret" not in str(report)


def test_codes_below_the_limit_of_rejects_do_not_stop_a_run(tmp_path):
    rows = example()
    for row in rows[::40]:
        row["gender"] = "x"
    report = check(tmp_path, rows, rejects_limit=0.1)
    assert only(report, "code_not_in_study").severity == DOUBT
    assert only(report, "rows_rejected").severity == NOTE
    assert not report.stops


def test_a_mapping_makes_other_codes_right(tmp_path):
    rows = changed(lambda row: row.update(gender={"boy": "1", "girl": "2"}.get(row["gender"], "9")))
    mapping = 'columns:\n  gender: {codes: {"1": boy, "2": girl, "9": not known}}\n'
    report = check(tmp_path, rows, mapping=mapping)
    assert not report.stops
    column = next(column for column in report.columns if column.name == "gender")
    assert [(value.text, value.meaning) for value in column.values[:2]] == [("1", "Boys"), ("2", "Girls")]


def test_duplicates_missing_services_and_torn_rows_are_found(tmp_path):
    rows = example()
    for row in rows[1:30]:
        row["case_id"] = rows[0]["case_id"]
    for row in rows[40:80]:
        row["service"] = ""
    rows[90]["case_id"] = ""
    text = csv_text(rows) + "a,torn,row\n"
    report = check(tmp_path, text)
    assert only(report, "duplicate_case").rows == "at least 20 rows"
    assert only(report, "service_missing").rows == "at least 20 rows"
    assert only(report, "case_missing").rows == "fewer than 10 rows"
    assert only(report, "wrong_number_of_values").rows == "fewer than 10 rows"
    assert rows[0]["case_id"] not in str(report)


def test_dates_outside_the_window_and_in_the_future_are_found(tmp_path):
    rows = changed(lambda row: row.update(inspected_on="2031-05-06"), every=20)
    report = check(tmp_path, rows)
    assert only(report, "date_outside_window").rows == "at least 50 rows"
    assert "1 June 2018 to 29 February 2020" in only(report, "date_outside_window").text
    assert only(report, "date_in_future").rows == "at least 50 rows"
    assert not found(check(tmp_path, rows, today=dt.date(2031, 5, 6)), "date_in_future")


def test_dates_written_otherwise_are_found_with_the_form_to_give(tmp_path):
    report = check(tmp_path, changed(british))
    assert 'format: "%d/%m/%Y"' in only(report, "date_written_otherwise").advice
    assert only(report, "date_unreadable").rows == "every row"
    assert not check(
        tmp_path, changed(british), mapping='columns:\n  inspected_on: {format: "%d/%m/%Y"}\n'
    ).stops


def british(row):
    row["inspected_on"] = "/".join(reversed(row["inspected_on"].split("-")))


def test_day_and_month_swapped_are_found(tmp_path):
    def swap(row):
        year, month, day = row["inspected_on"].split("-")
        row["inspected_on"] = f"{year}-{int(month):02}-{min(int(day), 12):02}"

    assert found(check(tmp_path, changed(swap)), "day_and_month_swapped")


def test_dates_all_on_the_first_of_a_month_are_found(tmp_path):
    rows = changed(lambda row: row.update(inspected_on=row["inspected_on"][:8] + "01"))
    assert found(check(tmp_path, rows), "dates_on_the_first")


def test_dates_all_at_weekends_are_found(tmp_path):
    def to_saturday(row):
        day = dt.date.fromisoformat(row["inspected_on"])
        row["inspected_on"] = str(day + dt.timedelta((5 - day.weekday()) % 7))

    assert found(check(tmp_path, changed(to_saturday)), "dates_at_weekends")


def test_a_judgement_where_the_factor_is_absent_is_found(tmp_path):
    rows = [row for row in example() if row["lifestyle"] == "no"]
    changed = example()
    for row in changed:
        if row["lifestyle"] == "no" and row["case_id"] in {each["case_id"] for each in rows[:15]}:
            row["delivery_lifestyle"] = "yes"
    finding = only(check(tmp_path, changed), "judged_without_base")
    assert finding.where == "delivery_lifestyle"
    assert finding.rows == "at least 10 rows"
    assert finding.severity == STOPS


def test_not_applicable_where_the_factor_is_present_is_found(tmp_path):
    rows = example()
    for row in [row for row in rows if row["lifestyle"] == "yes"][:30]:
        row["delivery_lifestyle"] = "not applicable"
    finding = only(check(tmp_path, rows), "not_applicable_where_present")
    assert (finding.where, finding.rows, finding.severity) == (
        "delivery_lifestyle",
        "at least 20 rows",
        DOUBT,
    )


def test_yes_and_no_of_a_factor_swapped_are_found(tmp_path):
    rows = changed(lambda row: row.update(mental_health=FLIP.get(row["mental_health"], row["mental_health"])))
    finding = only(check(tmp_path, rows), "base_swapped")
    assert finding.where == "mental_health"
    assert finding.severity == STOPS


def test_an_item_whose_share_is_the_opposite_of_the_others_is_found(tmp_path):
    def set_stages(row):
        place = int(row["case_id"][-4:]) % 10
        for stage in ("assessment", "planning", "delivery", "reviewing"):
            row[f"involvement_{stage}"] = "yes" if place + len(stage) % 2 > 1 else "no"
        row["involvement_planning"] = FLIP[row["involvement_planning"]]

    assert only(check(tmp_path, changed(set_stages)), "yes_and_no_swapped").where == "involvement_planning"


def test_a_factor_that_everybody_or_nobody_has_is_found(tmp_path):
    def change(row):
        row["lifestyle"] = "yes" if row["lifestyle"] == "no" else row["lifestyle"]
        row["accommodation"], row["delivery_accommodation"] = "no", "not applicable"

    rows = changed(change)
    rows[0]["lifestyle"] = rows[0]["delivery_lifestyle"] = "not known"
    report = check(tmp_path, rows)
    assert "lifestyle" in [finding.where for finding in found(report, "item_everybody_has")]
    nobody = [finding.where for finding in found(report, "item_nobody_has")]
    assert nobody == ["prevalence.accommodation", "sufficiency.accommodation"]
    assert report.stops
    assert {"accommodation", "delivery_accommodation"} <= {
        finding.where for finding in found(report, "column_with_one_code")
    }


def test_what_the_configuration_allows_does_not_stop_a_run(tmp_path):
    rows = changed(lambda row: row.update(accommodation="no", delivery_accommodation="not applicable"))
    report = check(tmp_path, rows, allow=("item_nobody_has",))
    assert {finding.severity for finding in found(report, "item_nobody_has")} == {NOTE}
    assert not report.stops


def test_a_column_taken_twice_is_found(tmp_path):
    rows = changed(lambda row: row.update(involvement_planning=row["involvement_delivery"]))
    finding = only(check(tmp_path, rows), "columns_the_same")
    assert "'involvement_planning'" in finding.text
    assert "'involvement_delivery'" in finding.text


def test_a_breakdown_with_one_level_is_found(tmp_path):
    report = check(tmp_path, changed(lambda row: row.update(gender="boy")))
    assert only(report, "breakdown_with_one_level").severity == STOPS
    assert only(report, "column_with_one_code").where == "gender"


def test_a_column_that_is_mostly_missing_is_found(tmp_path):
    report = check(tmp_path, changed(lambda row: row.update(parents_planning=""), every=3, start=1))
    assert not found(report, "mostly_missing")
    rows = changed(lambda row: row.update(parents_planning=""))
    for row in rows[:100]:
        row["parents_planning"] = "yes"
    assert only(check(tmp_path, rows), "mostly_missing").where == "parents_planning"


def test_services_of_odd_size_are_found_and_not_named(tmp_path):
    rows = example()
    for row in rows[:700]:
        row["service"] = "Zedland"
    rows[701]["service"] = "Misspelt"
    report = check(tmp_path, rows)
    assert only(report, "service_with_one_case").severity == STOPS
    assert found(report, "large_services")
    assert found(report, "small_services")
    assert not re.search("Zedland|Misspelt", str(report))


def test_one_service_is_found(tmp_path):
    assert (
        only(check(tmp_path, changed(lambda row: row.update(service="A"))), "one_service").severity == STOPS
    )


def test_made_up_and_other_rows_together_stop_a_run(tmp_path):
    report = check(tmp_path, changed(lambda row: row.update(made_up=""), every=2))
    assert "must not be mixed" in only(report, "records").text


def test_several_mistakes_are_told_at_once_most_serious_first(tmp_path):
    def spoil(row):
        british(row)
        row.pop("safety_concern")
        row["gender"] = row["gender"].upper()
        row["involvement_planning"] = row["involvement_delivery"]

    report = check(tmp_path, changed(spoil))
    kinds = {finding.check for finding in report.findings}
    assert {
        "heading_missing",
        "date_unreadable",
        "date_written_otherwise",
        "code_not_in_study",
        "columns_the_same",
    } <= kinds
    order = [(STOPS, DOUBT, NOTE).index(finding.severity) for finding in report.findings]
    assert order == sorted(order)
    assert all(finding.advice for finding in report.findings)


def test_weights_with_a_decimal_comma_are_found(tmp_path):
    study = small_study(tmp_path / "study", STUDY.replace("factors:\n", "  weight: weight\nfactors:\n", 1))
    rows = [case(number, home=("yes", "no")[number % 2], weight="1,5") for number in range(60)]
    finding = only(check(tmp_path, csv_text(rows, delimiter=";"), study=study), "weight_not_positive")
    assert (finding.where, finding.rows) == ("weight", "every row")
    assert "decimal: comma" in finding.advice


def test_columns_of_the_same_codes_are_told_of_together(tmp_path):
    def shout(row):
        for name, value in row.items():
            row[name] = value.upper() if value in ("yes", "no") else value

    finding = only(check(tmp_path, changed(shout)), "code_not_in_study")
    assert "lifestyle" in finding.where.split("; ")
    assert '"YES": "yes"' in finding.advice
    assert "and the same for each" in finding.advice


def test_labels_of_the_file_are_told_and_propose_what_codes_mean():
    value = Value("1", "YES", "not in the study", "30")
    column = ColumnRead("home", "Home", "HOME", "Is home a concern?", "judgement", True, (value,), {})
    scanned = Scan([], values={"home": Counter({"1": 30})})
    source = Source("home", "HOME", meanings={"yes": "yes", "no": "no"})
    finding = next(coding_findings(scanned, {"home": source}, (column,), read_study(BULLETIN), stops=True))
    assert "\"1\", labelled 'YES'" in finding.text
    assert '"1": "yes"' in finding.advice


def test_derivations_are_checked_and_their_inputs_not_listed(tmp_path):
    study = small_study(tmp_path / "study", STUDY.replace("breakdowns:\n", BREAKDOWN_BY_AGE))
    rows = [
        case(
            number,
            home=("yes", "no")[number % 2],
            born_on=f"200{number % 6}-03-04" if number % 3 else "4/3/2004",
        )
        for number in range(120)
    ]
    report = check(tmp_path, rows, study=study)
    column = next(column for column in report.columns if column.name == "born_on")
    assert [(value.text, value.rows) for value in column.values] == [("readable", "80"), ("unreadable", "40")]
    assert only(report, "date_unreadable").where == "born_on"
    assert 'format: "%d/%m/%Y"' in only(report, "date_written_otherwise").advice
    assert "2004" not in str(report)
    for row in rows:
        row["Born"] = row.pop("born_on")
    report = check(tmp_path, rows, study=study)
    assert only(report, "heading_missing").where == "born_on"
    assert report.findings[0].check == "heading_missing"


def test_a_table_of_services_that_is_needed_and_not_given_stops_a_run(tmp_path):
    study = small_study(
        tmp_path / "study", STUDY.replace("breakdowns:\n", "design: {eligible: eligible}\nbreakdowns:\n")
    )
    rows = [case(number, home=("yes", "no")[number % 2]) for number in range(60)]
    finding = only(check(tmp_path, rows, study=study), "services_not_given")
    assert finding.severity == STOPS
    assert "records.services" in finding.advice


def test_of_few_accepted_rows_nothing_is_called_odd(tmp_path):
    rows = example()
    for row in rows[3:]:
        row["gender"] = "x"
    report = check(tmp_path, rows)
    assert only(report, "rows_rejected").rows == "all but fewer than 10 rows"
    assert not found(report, "service_with_one_case")
    assert not found(report, "item_nobody_has")

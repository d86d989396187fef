"""A check reads the table of services and coded comments too: each mistake with what to do, and no small count."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from check_builder import EXAMPLE, check, example, example_text, found, only
from comments_builder import CODED, HEADINGS, coding
from desistance.check import DOUBT, NOTE, STOPS, render_page, summary, write_rows
from desistance.check.beside_rules import RULES
from desistance.cli import main
from records_builder import STUDY, case, csv_text, small_study
from workbook_builder import rows as sheet_rows
from workbook_builder import workbook

SERVICES = Path("data/example/made_up_services.csv")
COMMENTS = Path("data/example/made_up_comments.csv")
DESIGN = "design: {stratum: region, eligible: eligible}\n"
CANARY = "Quercus"


def services():
    """The rows of the example's table of services, to be changed."""
    with SERVICES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(folder, name, rows):
    path = folder / name
    path.write_text(
        rows if isinstance(rows, str) else csv_text(rows, headings=list(rows[0])), encoding="utf-8"
    )
    return str(path)


def with_services(folder, rows, records=None, **choices):
    """Check the example, or other records, with a table of services."""
    return check(folder, records or example_text(), services=written(folder, "services.csv", rows), **choices)


def cases(n=120):
    return [case(number, home=("yes", "no")[number % 2]) for number in range(n)]


def with_comments(folder, *tables, records=None, **choices):
    """Check a small extract with files of coded comments."""
    for number, rows in enumerate(tables):
        written(folder, f"coded_{number}.csv", rows)
    study = small_study(folder / "study", CODED)
    return check(folder, records or cases(), study=study, comments=(f"{folder}/coded_*.csv",), **choices)


def codings(n=60):
    return [coding(f"p{number}", "ABC"[number % 3], f"c{number}") for number in range(n)]


def about(report, part):
    """Findings about the table of services, or coded comments."""
    return [each for each in report.findings if each.where.partition(":")[0] == part]


def test_clean_tables_are_read_and_nothing_is_wrong_with_them(tmp_path):
    report = check(tmp_path, example_text(), services=str(SERVICES), comments=(str(COMMENTS),))
    assert [(file.name, file.holds, file.rows, file.read) for file in report.files] == [
        ("cases.csv", "records", "1,168", True),
        ("made_up_services.csv", "table of services", "43", True),
        ("made_up_comments.csv", "coded comments", "614", True),
    ]
    assert [finding.check for finding in about(report, "services")] == ["small_services"]
    assert not about(report, "comments")
    assert "1,168 made-up rows read from one file." in summary(report, width=100, colour=False)


def test_rows_that_break_a_rule_are_told_by_rule_and_column_and_stop_nothing(tmp_path):
    rows = services()
    columns = [name for name in rows[0] if name.startswith("gap_")][:2]
    for row in rows[:20]:
        row[columns[0]] = "J"
    for row in rows[3:6]:
        row[columns[1]] = "N"
    rows[30]["service"] = rows[31]["service"]
    report = with_services(tmp_path, rows)
    finding = only(report, "unknown_code")
    assert (finding.severity, finding.rows) == (DOUBT, "at least 20 rows")
    assert finding.where == f"services: {'; '.join(sorted(columns))}"
    assert "'not known'" in finding.advice
    assert only(report, "duplicate_service").rows == "fewer than 10 rows"
    assert only(report, "services_without_row").rows == "at least 20 youth offending teams"
    assert only(report, "rows_rejected").severity == NOTE
    assert not report.stops


def test_a_service_without_a_row_and_one_without_records_are_found_and_not_named(tmp_path):
    rows = services()
    gone = rows.pop()["service"]
    report = with_services(tmp_path, [*rows, {**rows[0], "service": CANARY}])
    assert only(report, "services_without_row").rows == "fewer than 10 youth offending teams"
    assert only(report, "service_without_records").rows == "fewer than 10 rows"
    assert not re.search(f"{CANARY}|{re.escape(gone)}", str(report))


BROKEN = {
    "passage_missing": [coding("")],
    "service_missing": [coding("q", "")],
    "coder_missing": [coding("q", coder="")],
    "theme_missing": [coding("q", theme="", direction="")],
    "direction_missing": [coding("q", direction="")],
    "unknown_code": [coding("q", theme=CANARY)],
    "service_without_records": [coding("q", CANARY)],
    "case_without_record": [coding("q", "A", CANARY)],
    "passage_in_two_services": [coding("q"), coding("q", "B", coder="Ben")],
    "passage_in_two_cases": [coding("q", "A", "c0"), coding("q", "A", "c3", coder="Ben")],
    "duplicate_coding": [coding("q"), coding("q")],
    "none_beside_a_theme": [coding("q"), coding("q", theme="none", direction="")],
    "theme_in_two_directions": [coding("q"), coding("q", direction="barrier")],
    "direction_without_theme": [coding("q", theme="none")],
    "cleared_without_excerpt": [coding("q", cleared="yes")],
    "excerpt_too_long": [coding("q", excerpt=f"{CANARY} " * 99, cleared="yes")],
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_of_coded_comments_is_told_with_how_to_mend_it(tmp_path, rule):
    report = with_comments(tmp_path, codings() + BROKEN[rule])
    assert not about(with_comments(tmp_path, codings()), "comments")
    finding = only(report, rule)
    assert (finding.severity, finding.rows) == (DOUBT, "fewer than 10 rows")
    assert finding.text.startswith("In the coded comments, ")
    assert finding.advice != "Correct the rows."
    assert "{" not in finding.text + finding.advice
    assert CANARY not in str(report)


def test_a_torn_row_of_coded_comments_is_told(tmp_path):
    text = csv_text(codings(), headings=HEADINGS) + "torn,row\n"
    assert only(with_comments(tmp_path, text), "wrong_number_of_values").where == "comments"


BROKEN_SERVICES = {
    "service_missing": {"service": ""},
    "service_without_records": {"service": CANARY},
    "unknown_code": {"gap_girls": CANARY},
    "provider_and_nobody": {"provider_girls": "in_house;nobody"},
    "not_a_number": {"neet_under_16": CANARY},
    "part_over_whole": {"neet_under_16": "9", "children_under_16": "8"},
}


@pytest.mark.parametrize("rule", BROKEN_SERVICES)
def test_each_rule_of_the_table_of_services_is_told_with_how_to_mend_it(tmp_path, rule):
    rows = services()
    report = with_services(tmp_path, [{**rows[0], **BROKEN_SERVICES[rule]}, *rows[1:]])
    finding = only(report, rule)
    assert (finding.severity, finding.rows) == (DOUBT, "fewer than 10 rows")
    assert finding.text.startswith("In the table of services, ")
    assert finding.advice != "Correct the rows."
    assert "{" not in finding.text + finding.advice
    assert CANARY not in str(report)


def test_a_torn_row_of_the_table_of_services_is_told(tmp_path):
    text = csv_text(services(), headings=list(services()[0])) + "torn,row\n"
    assert only(with_services(tmp_path, text), "wrong_number_of_values").where == "services"


def test_every_rule_that_has_words_is_tried():
    assert set(RULES["comments"]) == {*BROKEN, "wrong_number_of_values"}
    assert set(RULES["services"]) == {*BROKEN_SERVICES, "duplicate_service", "wrong_number_of_values"}


def test_a_table_that_cannot_be_read_stops_a_run_and_the_rest_is_checked(tmp_path):
    rows = [{name: text for name, text in row.items() if name != "made_up"} for row in services()]
    for row in rows:
        row["Service"] = row.pop("service")
    written(tmp_path, "bad.csv", "passage,coder\n1,x\n")
    report = check(
        tmp_path,
        example_text().replace(",girl,", ",Girl,"),
        services=written(tmp_path, "services.csv", rows),
        comments=(str(COMMENTS), f"{tmp_path}/bad.csv", f"{tmp_path}/none_*.csv"),
    )
    assert "lacks the heading 'service'" in only(report, "services").text
    assert [(each.where, each.severity) for each in found(report, "comments")] == [
        ("comments", STOPS),
        ("bad.csv", STOPS),
    ]
    assert found(report, "code_not_in_study")
    assert [file.read for file in report.files] == [True, False, False, True]
    assert str(tmp_path) not in str(report)


def test_other_rows_among_made_up_ones_stop_a_run_whichever_table_they_are_in(tmp_path):
    rows = services()
    text = only(with_services(tmp_path, [{**row, "made_up": ""} for row in rows]), "made_up_mixed").text
    assert "table of services rows are not made up" in text
    rows[0]["made_up"] = ""
    assert "must not be mixed" in only(with_services(tmp_path, rows), "services").text
    first, second = ([{**row, "made_up": mark} for row in codings()] for mark in ("made up", ""))
    second = [{**row, "passage": f"other {row['passage']}", "theme": CANARY} for row in second]
    report = with_comments(tmp_path, first, second)
    assert "must not be mixed" in only(report, "comments").text
    assert only(report, "unknown_code").rows == "at least 50 rows"


def test_a_passage_in_two_files_is_seen_though_a_third_cannot_be_read(tmp_path):
    report = with_comments(tmp_path, [coding("q")], [coding("q", "B", coder="Ben")], "torn")
    assert found(report, "passage_in_two_services")
    assert only(report, "comments").where == "coded_2.csv"


def test_a_table_that_the_study_does_not_ask_for_stops_a_run(tmp_path):
    study = small_study(tmp_path / "study", STUDY)
    report = check(tmp_path, cases(), study=study, services=str(SERVICES), comments=(str(COMMENTS),))
    assert "asks nothing of services" in only(report, "services").text
    assert "no codebook" in only(report, "comments").text


def test_what_needs_the_records_is_not_told_where_they_cannot_be_read(tmp_path):
    rows = services()
    rows[0]["service"] = CANARY
    rows[1]["service"] = ""
    report = with_services(
        tmp_path,
        rows,
        records=example_text().replace("looked_after", "Looked After", 1).replace("case_id", "Number", 1),
    )
    assert not found(report, "service_without_records")
    assert not found(report, "services_without_row")
    assert only(report, "rows_rejected").rows == "fewer than 10 rows"
    assert only(report, "not_matched").where == "services"


def designed(folder, rows):
    """Check a small extract whose table of services says how services were sampled."""
    study = small_study(folder / "study", STUDY.replace("breakdowns:\n", f"{DESIGN}breakdowns:\n"))
    records = cases()
    for row in records[:60]:
        row["team"] = "D" if row["team"] == "A" else row["team"]
    return check(folder, records, study=study, services=written(folder, "services.csv", rows))


SAMPLED = [{"team": team, "region": "NS"[team in "AB"], "eligible": "90"} for team in "ABCD"]


def test_a_design_that_lacks_services_stops_a_run_and_oddities_are_told_all_the_same(tmp_path):
    clean, report = designed(tmp_path, SAMPLED), designed(tmp_path, SAMPLED[1:])
    assert not about(clean, "services.csv")
    assert not about(clean, "services")
    assert found(clean, "item_nobody_has") == found(report, "item_nobody_has") != []
    finding = only(report, "design")
    assert (finding.severity, finding.where) == (STOPS, "services.csv")
    assert "some services with records have no row" in finding.text
    assert (
        "some services have several rows" in only(designed(tmp_path, [*SAMPLED, SAMPLED[0]]), "design").text
    )
    assert (
        "'eligible' is less"
        in only(designed(tmp_path, [{**row, "eligible": "3"} for row in SAMPLED]), "design").text
    )
    bare = [{name: row[name] for name in ("team", "region")} for row in SAMPLED]
    report = designed(tmp_path, bare)
    assert "lacks the heading 'eligible'" in only(report, "services").text
    assert not found(report, "design")


def test_several_tables_of_services_stop_a_run(tmp_path):
    for name in "ab":
        written(tmp_path, f"services_{name}.csv", services())
    report = check(tmp_path, example_text(), services=f"{tmp_path}/services_*.csv")
    assert "matches 2 files" in only(report, "services").text


def outputs(report):
    out = io.StringIO()
    write_rows(report, out)
    record = {name: value for name, value in report.as_record().items() if name != "threshold"}
    return [render_page(report), out.getvalue(), summary(report, width=999, colour=False), json.dumps(record)]


ANY_CODING = st.builds(
    lambda number, team, number_of_case, coder, theme, direction, cleared: coding(
        f"p{number}", team, number_of_case and f"c{number_of_case}", coder, theme, direction, cleared=cleared
    ),
    st.integers(0, 60),
    st.sampled_from(["A", "B", "C", CANARY, ""]),
    st.sampled_from([0, 1, 2, 3, 999]).map(lambda number: number or ""),
    st.sampled_from(["Ann", "Ben", CANARY]),
    st.sampled_from(["trust", "none", CANARY, ""]),
    st.sampled_from(["enabler", "barrier", CANARY, ""]),
    st.sampled_from(["yes", "", CANARY]),
)


@settings(max_examples=25, phases=[Phase.generate])
@given(rows=st.lists(ANY_CODING, min_size=1, max_size=60))
def test_no_small_count_and_no_value_of_the_tables_stands_in_any_output(tmp_path_factory, rows):
    report = with_comments(tmp_path_factory.mktemp("rows"), rows)
    told = about(report, "comments")
    words = " ".join(each.rows for each in told) + " ".join(file.rows for file in report.files[1:])
    assert not re.search(r"(?<![\d,])[1-9](?![\d,])", words)
    assert {each.rows for each in told} <= {
        *("fewer than 10 rows", "at least 10 rows", "at least 20 rows", "at least 50 rows"),
        *("every row", "all but fewer than 10 rows"),
    }
    assert not [text for text in outputs(report) if CANARY in text]


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        try:
            code = main(["check", *map(str, words), "--results", str(tmp_path / "results"), "--json"])
        except SystemExit as ended:
            code = ended.code
        out = capsys.readouterr()
        return code, json.loads(out.out) if out.out else out.err

    return run


def test_the_command_takes_the_tables_of_the_configuration_or_those_that_are_named(run, tmp_path):
    code, told = run()
    assert code == 0
    assert [file["holds"] for file in told["files"]] == ["records", "table of services", "coded comments"]
    assert [file["holds"] for file in run(EXAMPLE)[1]["files"]] == ["records"]
    code, told = run(EXAMPLE, "--services", SERVICES, "--comments", COMMENTS, tmp_path / "none.csv")
    assert code == 1
    assert [file["holds"] for file in told["files"]] == ["records", "table of services", "coded comments"]
    assert [each["text"] for each in told["findings"] if each["severity"] == "stops"] == [
        "no file matches none.csv (records.comments in the configuration); check the path and its spelling"
    ]


def test_the_command_reads_a_file_as_its_options_say(run, tmp_path):
    wide = tmp_path / "cases.csv"
    wide.write_text(csv_text(example(), delimiter="|"), encoding="utf-16-le")
    assert run(wide)[1]["rows"] != "1,168"
    code, told = run(wide, "--delimiter", "pipe", "--encoding", "utf-16-le")
    assert (code, told["rows"]) == (0, "1,168")
    assert run(wide, "--delimiter", "comma", "--encoding", "utf-16-le")[0] == 1


def test_of_two_sheets_the_one_that_is_named_is_read(run, tmp_path):
    table = list(csv.reader(example_text().splitlines()))
    narrow = [[row[place] for place in range(3)] for row in table]
    path = tmp_path / "cases.xlsx"
    workbook(path, {"first": sheet_rows(*narrow[:20]), "second": sheet_rows(*narrow[:40])})
    _, told = run(path)
    (text,) = [each["text"] for each in told["findings"] if each["check"] == "file_not_read"]
    assert "records.sheet in the configuration, or --sheet" in text
    assert run(path, "--sheet", "second")[1]["rows"] == "39"

"""What a check writes and prints: no small count, no case's value, nothing that does harm, and all can read it."""

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accessibility import STATES, browser, violations
from check_builder import EXAMPLE, STUDY, asked, check, example, example_text, only
from desistance import __version__
from desistance.check import SEVERITIES, check_records, render_page, report_rows, summary, write_rows
from desistance.check.table import HEADINGS
from desistance.cli import main
from records_builder import STUDY as SMALL
from records_builder import case, csv_text, small_study

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\x1b[31m\u202e"
# Numbers that count no rows: of findings, levels, days, per cent, the version, and what the words themselves hold.
HARMLESS = [
    r"fewer than 10\b",
    r"fewer than 100\b",
    r"\d of its \d levels",
    r"\(0 per cent\)",
    r"more than 10 times",
    r"from \d+ files",
    r"\d{1,2} [A-Z][a-z]+ \d{4}",
    r"[A-Z][a-z]+ 20\d\d",
    r"number above 0",
    re.escape(__version__),
    r"and \d+ more",
    r"\b\d columns \(",
    r"\b\d\s+codes?\s+on\s+the\s+page",
]
ANSWERS = ["yes", "no", "not known", "", "y", "odd"]


class Texts(HTMLParser):
    """What a reader of the page sees, without how it looks and without the numbers of findings."""

    def __init__(self):
        super().__init__()
        self.inside, self.texts = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br"):
            self.inside.append("skipped" if tag == "style" or ("class", "big") in attributes else tag)

    def handle_endtag(self, tag):
        self.inside.pop()

    def handle_data(self, data):
        if "skipped" not in self.inside:
            self.texts.append(data)


def texts(page):
    parser = Texts()
    parser.feed(page)
    return " ".join(parser.texts)


def table(report):
    out = io.StringIO()
    write_rows(report, out)
    return out.getvalue()


def outputs(report):
    """Everything a check writes or prints, as text without the headings of the terminal's lists."""
    printed = re.sub(
        r"^(Stops a run|Probably a mistake|Worth knowing) \(\d+\)$",
        "",
        summary(report, width=9999, colour=False),
        flags=re.M,
    )
    record = {name: value for name, value in report.as_record().items() if name != "threshold"}
    return {
        "page": texts(render_page(report)),
        "table": table(report),
        "terminal": printed,
        "json": json.dumps(record),
    }


def small_numbers(text):
    """Numbers from 1 to 9 that stand by themselves, but for those that count no rows."""
    for harmless in HARMLESS:
        text = re.sub(harmless, "", text)
    return [
        found
        for found in re.findall(r"(?<![\w.,-])\d[\d,]*(?![\w-])", text)
        if 0 < int(found.replace(",", "")) < 10
    ]


rows_of_all_sorts = st.lists(
    st.builds(
        lambda number, team, sex, drugs, home, delivery, day, again: {
            **case(number, team=team, sex=sex, drugs=drugs, home=home, delivery_drugs=delivery, seen_on=day),
            "case_id": f"c{number % 40}" if again else f"c{number}",
        },
        st.integers(0, 10**6),
        st.sampled_from(["A", "B", "C", ""]),
        st.sampled_from(["boy", "girl", "Boy", ""]),
        st.sampled_from(ANSWERS),
        st.sampled_from(ANSWERS),
        st.sampled_from(ANSWERS),
        st.sampled_from(["2019-01-02", "2018-07-07", "2025-03-04", "03/04/2019", ""]),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, phases=[Phase.generate])  # a smaller example would take minutes to find
@given(rows=rows_of_all_sorts, times=st.sampled_from([1, 1, 7]))
def test_no_small_count_stands_in_any_output(tmp_path_factory, rows, times):
    folder = tmp_path_factory.mktemp("rows")
    report = check(folder, rows * times, study=small_study(folder / "study", SMALL))
    assert {name: small_numbers(text) for name, text in outputs(report).items() if small_numbers(text)} == {}
    shutil.rmtree(folder)


def test_the_test_of_small_counts_finds_one():
    assert small_numbers("there are 3 rows") == ["3"]
    assert small_numbers('"rows": "9"') == ["9"]


def spoiled(canary):
    """The example with a canary in every place that a value may stand: cells, but no heading."""
    rows = example()
    for number, row in enumerate(rows):
        row["case_id"], row["service"] = f"{canary}{number}", f"{canary}s{number % 30}"
        row["Surname"] = canary
        if number < 9:
            row["gender"], row["inspected_on"], row["lifestyle"], row["made_up"] = [canary] * 4
    return rows


def test_no_value_of_a_case_and_no_identifier_stands_in_any_output(tmp_path):
    report = check(tmp_path, spoiled("Canary"))
    assert "Surname" in str(report)
    assert [name for name, text in outputs(report).items() if "Canary" in text] == []


def test_codes_that_are_free_text_or_identifiers_are_not_listed(tmp_path):
    rows = example()
    for row in rows:
        row["gender"] = row["case_id"]
        row["lifestyle"] = (
            "A long account of what was said at the visit, the same in every row of the extract"
        )
    text = "".join(outputs(check(tmp_path, rows)).values())
    assert "made-up-0001" not in text
    assert "A long account" not in text


def test_hostile_headings_codes_and_names_do_no_harm(tmp_path):
    rows = example()
    for row in rows:
        row[HOSTILE] = "x"
        row["=SUM(A1)"] = "x"
        row["gender"] = HOSTILE[:30] if row["gender"] == "boy" else "=cmd|'x'"
    report = check(tmp_path, rows)
    page, printed = render_page(report), summary(report, width=80, colour=False)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in "".join(only(report, "headings_not_read").text)
    assert not any(mark in page + printed + table(report) for mark in "\x1b\u202e")
    cells = [cell for row in csv.reader(io.StringIO(table(report))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert "'=SUM(A1)" in cells


def test_a_negative_code_stays_a_number_in_the_table(tmp_path):
    rows = example()
    for row in rows:
        row["gender"] = "-9"
    cells = [row["value"] for row in csv.DictReader(io.StringIO(table(check(tmp_path, rows))))]
    assert "-9" in cells


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return check(tmp_path_factory.mktemp("clean"), example_text())


def test_the_table_has_a_row_for_each_finding_column_and_value(clean):
    rows = list(csv.DictReader(io.StringIO(table(clean))))
    assert list(rows[0]) == list(HEADINGS)
    parts = [row["part"] for row in rows]
    assert parts.count("finding") == len(clean.findings)
    assert parts.count("column") == len(clean.columns)
    assert parts.count("value") == sum(len(column.values) for column in clean.columns)
    assert len(rows) == len(list(report_rows(clean)))


def test_the_page_needs_nothing_else_and_marks_made_up_records(clean):
    page = render_page(clean)
    assert not re.search(r"<(script|link|img|iframe)|url\(|https?:", page)
    assert "Made-up records" in page
    assert page == render_page(clean)


def test_the_summary_is_plain_or_coloured_and_fits_the_width(tmp_path):
    report = check(tmp_path, spoiled("x"))
    plain, coloured = (summary(report, width=60, colour=colour) for colour in (False, True))
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain
    assert max(map(len, plain.splitlines())) <= 60
    assert plain.index("Stops a run") < plain.index("Worth knowing")


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        try:
            code = main(["check", "--results", str(tmp_path / "results"), *map(str, words)])
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return run


def test_the_command_checks_the_configuration_and_says_where_the_whole_is(run, tmp_path):
    code, out = run()
    assert code == 0
    folder = tmp_path / "results/restricted/check"
    assert (
        out.splitlines()[-1]
        == f"The whole is in {folder / 'check.html'} and, as a table, in {folder / 'check.csv'}"
    )
    assert sorted(path.name for path in (tmp_path / "results").rglob("*")) == [
        "check",
        "check.csv",
        "check.html",
        "restricted",
    ]
    assert "\x1b" not in out


def test_the_command_ends_with_1_where_a_run_would_stop(run, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text(example_text().replace(",girl,", ",Girl,"), encoding="utf-8")
    code, out = run(path, "--output", tmp_path / "out")
    assert code == 1
    assert "1 code on the page" in " ".join(out.split())
    assert "Girl" not in out
    assert "Girl" in (tmp_path / "out/check.html").read_text(encoding="utf-8")
    assert "Girl" in (tmp_path / "out/check.csv").read_text(encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text("columns:\n  gender: {codes: {Girl: girl}}\n", encoding="utf-8")
    assert run(path, "--study", STUDY, "--mapping", tmp_path / "mapping.yaml")[0] == 0


def test_the_command_prints_the_whole_for_programs(run):
    code, out = run(EXAMPLE, "--json")
    told = json.loads(out)
    assert (code, told["stops"], told["rows"]) == (0, False, "1,168")
    assert {finding["severity"] for finding in told["findings"]} <= set(SEVERITIES)


def test_colour_only_where_it_is_wanted(run, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in run(EXAMPLE)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(EXAMPLE)[1]


@pytest.mark.needs_program("chromium")
def test_the_page_is_accessible_and_fits_wide_narrow_dark_and_printed(tmp_path, chromium):
    rows = [
        case(number, drugs=ANSWERS[number % 6], home="no", **{HOSTILE + "x" * 200: ""})
        for number in range(90)
    ]
    for row in rows:
        row["sexe"] = row.pop("sex")
    path = tmp_path / "check.html"
    path.write_text(
        render_page(check(tmp_path, rows, study=small_study(tmp_path / "study"))), encoding="utf-8"
    )
    with browser(chromium) as started:
        page = started.new_page()
        page.goto(path.as_uri())
        for state in STATES:
            assert violations(page, state) == []
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def sums(report):
    """What the counts of each column add up to, where all are exact."""
    for column in report.columns:
        rows = [value.rows.replace(",", "") for value in column.values]
        if rows and all(text.isdigit() for text in rows):
            yield sum(map(int, rows))


def test_torn_rows_cannot_be_counted_by_taking_a_column_from_the_whole(tmp_path):
    report = check(tmp_path, example_text() + "torn,row\n")
    assert set(sums(report)) == {1168}
    assert report.rows == "1,168"


def test_rows_of_a_small_file_cannot_be_counted_by_a_column_that_it_lacks(tmp_path):
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    rows = example()
    large.write_text(csv_text(rows[:-5]), encoding="utf-8")
    small.write_text(
        csv_text([{name: text for name, text in row.items() if name != "age"} for row in rows[-5:]]),
        encoding="utf-8",
    )
    report = check_records(asked(tmp_path, large, small))
    assert [file.rows for file in report.files][1] == "fewer than 10"
    assert set(sums(report)) == {1168}
    column = next(column for column in report.columns if column.name == "age")
    assert column.values[0].text == "no such column in the file"
    assert column.values[0].rows == "fewer than 10"
    assert {value.rows for value in column.values[1:]} <= {"some", "0"}


def test_no_column_that_a_file_lacks_undoes_how_the_files_are_rounded(tmp_path):
    """With 1,000 and 300 rows known exactly from two columns, the third of 1,305 would have 5."""
    lacking = [("drugs", 1000), ("none of them", 5), ("sex", 300)]
    for name, n_rows in lacking:
        rows = [case(number, case_id=f"{name}{number}", home=ANSWERS[number % 3]) for number in range(n_rows)]
        text = csv_text([{column: text for column, text in row.items() if column != name} for row in rows])
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [tmp_path / f"{name}.csv" for name, _ in lacking]
    report = check_records(asked(tmp_path, *files, study=small_study(tmp_path / "study", SMALL)))
    assert report.rows == "1,305"
    words = [file.rows for file in report.files]
    assert words == ["about 1,000", "fewer than 10", "about 300"]
    for name, word in (("drugs", words[0]), ("sex", words[2])):
        column = next(column for column in report.columns if column.name == name)
        assert column.values[0].rows == word
        assert {value.rows for value in column.values[1:]} <= {"some", "0"}
        assert set(column.missing.values()) <= {"some", "0"}
    assert not any(
        re.search(r"(?<!about )\b1,000\b|(?<!about )\b300\b", text) for text in outputs(report).values()
    )


def test_rows_that_a_file_tells_exactly_are_known_beside_a_small_count_of_a_column(tmp_path):
    rows = [case(number, sex="girl" if number % 100 else "boy") for number in range(300)]
    (tmp_path / "a.csv").write_text(csv_text(rows), encoding="utf-8")
    rest = [
        {name: text for name, text in case(number).items() if name != "sex"} for number in range(300, 400)
    ]
    (tmp_path / "b.csv").write_text(csv_text(rest), encoding="utf-8")
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    report = check_records(asked(tmp_path, *files, study=small_study(tmp_path / "study", SMALL)))
    rows = {
        value.text: value.rows for column in report.columns if column.name == "sex" for value in column.values
    }
    assert rows["no such column in the file"] == "100"
    assert rows["boy"] == "fewer than 10"
    assert rows["girl"].startswith("about")


def test_codes_that_are_not_the_studys_stand_on_the_page_and_not_on_the_terminal(tmp_path):
    rows = example()
    for place, row in enumerate(rows):
        row["gender"] = "=1+1" if place % 2 else "-cmd|x"
    for row in rows[:20]:
        row["gender"] = ""
    report = check(tmp_path, rows)
    finding = only(report, "code_not_in_study")
    printed = " ".join(summary(report, width=80, colour=False).split())
    assert '"=1+1"' in finding.text
    assert not re.search(r"=1\+1|cmd", printed)
    assert "2 codes on the page" in printed
    assert "columns, gender: codes" in printed
    told = list(csv.DictReader(io.StringIO(table(report))))
    assert {"'=1+1", "'-cmd|x"} <= {row["value"] for row in told}
    assert [row["text"] for row in told if row["check"] == "code_not_in_study"] == [finding.text]
    assert "&#34;=1+1&#34;" in render_page(report)

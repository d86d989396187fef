"""The workflow as a user runs it: in a copy of the project, in a path with spaces, with the code of that copy.

`run` starts Snakemake as a user does. `quick_run` spares the start of Snakemake and of every step.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from desistance.findings.tables import COLUMNS as TABLES
from project import ROOT, command, copy_project, run

CASES = "data/example/made_up_cases.csv"
RENDERINGS = {"bulletin", "document", "workbook", "explorer"}
AFTER_A_RENDERING = {"crate", "attack", "publish"}
AFTER_THE_RELEASE = {"release", "figures", *RENDERINGS, *AFTER_A_RENDERING}
AFTER_THE_TALLY = {"findings", "models", "practice", "ledger", *AFTER_THE_RELEASE}


def jobs(text):
    table = re.search(r"^job +count\n-.*\n((?:\w+ +\d+\n)+)", text, flags=re.MULTILINE)
    return {line.split()[0] for line in table.group(1).splitlines()} - {"total", "all"} if table else set()


@pytest.fixture(scope="module")
def planned(quick_run):
    """The function that gives the steps that a run would do."""

    def plan(project):
        code, text = quick_run(project, "--dry-run", "--quiet", "host")
        assert code == 0, text
        return jobs(text)

    return plan


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix != ".lock"
        and path.name != ".lock"
        and ".snakemake" not in path.name
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project after one clean run."""
    project = copy_project(tmp_path_factory.mktemp("a run") / "with spaces")
    code, text = run(project)
    assert code == 0, text
    return project, text


@pytest.fixture
def untouched(finished, tmp_path):
    """A finished project that a test may change."""
    project = tmp_path / "a project"
    shutil.copytree(finished[0], project)
    return project


def test_bare_snakemake_makes_the_bulletin_and_says_what_it_does(finished):
    project, text = finished
    published = project / "results/published"
    assert (published / "bulletin.html").stat().st_size > 10_000
    assert "1,168 made-up rows read = 1,168 accepted + 0 rejected" in text
    for message in ("Reading and counting records", "Writing the bulletin", "Setting the bulletin"):
        assert message in text
    for name in (
        "bulletin.pdf",
        "tables.ods",
        "explorer.html",
        "ro-crate-metadata.json",
        "tables/csv-metadata.json",
    ):
        assert (published / name).stat().st_size > 1_000, name
    assert not list((project / "results").rglob("*.part"))


def test_the_source_claims_hold_in_the_example_under_the_published_method(finished):
    with (finished[0] / "results/restricted/ledger.csv").open(encoding="utf-8") as file:
        ledger = {row["claim"]: row for row in csv.DictReader(file)}
    verdicts = {claim: row["verdict_published_method"] for claim, row in ledger.items()}
    assert verdicts == {f"B{n:02d}": "holds" for n in range(1, 37)}
    assert {row["basis"] for row in ledger.values()} == {"by_construction"}


def files_of_rules(text):
    """Inputs and outputs of every rule, from Snakemake's own summary."""
    found = {}
    for row in csv.DictReader(text[text.index("output_file") :].splitlines(), delimiter="\t"):
        files = found.setdefault(row["rule"], {"input": set(), "output": set()})
        files["input"] |= set(row["input-file(s)"].split(","))
        files["output"].add(row["output_file"])
    return found


def test_what_is_published_is_made_from_the_released_object_alone(finished, quick_run):
    """Walk the workflow: after the release no rule reads anything else of the results, and one alone publishes."""
    code, text = quick_run(finished[0], "--detailed-summary")
    assert code == 0, text
    rules = files_of_rules(text)
    staged = {name for name in rules["release"]["output"] if name.startswith("results/restricted/staged/")}
    assert len(staged) == len(TABLES) + 1
    made = set(staged)
    for rule in ("figures", *sorted(RENDERINGS), "crate", "attack", "publish"):
        read = {name for name in rules[rule]["input"] if name.startswith("results/")}
        assert read & staged, rule
        named = ("results/restricted/choices/", "results/restricted/sources/")
        assert all(name.startswith(named) for name in read - made), rule
        made |= rules[rule]["output"]
    publishing = {
        rule for rule in rules if any("results/published" in name for name in rules[rule].get("output", ()))
    }
    assert publishing == {"publish"}


OPENED = """
import sys
from pathlib import Path

opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from desistance.steps import bulletin, document, explorer, figures, workbook

staged, study = Path("results/restricted/staged"), "studies/bulletin_2021_03"
figures.main(staged, study, "again/figures")
bulletin.main(staged, "again/figures", study, "again/page.html")
document.main(staged, "again/figures", study, "again/document.pdf")
workbook.main(staged, study, "again/tables.ods", "again/metadata.json")
explorer.main(staged, study, "again/explorer.html")
paths = [Path(name).resolve() for name in opened if "results" in name]
inside = Path("results").resolve()
print("\\n".join(str(p.relative_to(inside)) for p in paths if p.is_relative_to(inside)))
"""


def test_drawing_and_writing_open_no_file_of_the_results_but_the_released_object(untouched):
    environment = os.environ | {"PYTHONPATH": str(untouched / "src")}
    words = [sys.executable, "-c", OPENED]
    done = subprocess.run(words, cwd=untouched, env=environment, capture_output=True, text=True, check=True)
    opened = set(done.stdout.split())
    assert "restricted/staged/tables/estimates.csv" in opened
    assert {name for name in opened if not name.startswith("restricted/staged/")} == set()


@pytest.mark.skipif(
    os.name == "nt", reason="Windows has no such modes; the folder is as private as its parent"
)
def test_what_is_restricted_can_be_read_by_its_owner_only(finished):
    mode = (finished[0] / "results/restricted").stat().st_mode & 0o777
    assert mode == 0o700


def test_what_is_published_is_what_was_attacked_with_a_statement(finished):
    results = finished[0] / "results"
    staged, published = digests(results / "restricted/staged"), digests(results / "published")
    statement = (results / "published/disclosure_statement.md").read_text(encoding="utf-8")
    assert staged.items() <= published.items()
    assert set(published) - set(staged) == {"disclosure_statement.md"}
    for name, digest in staged.items():
        assert f"{digest}  {name}" in statement
    assert "made up" in statement


def test_a_breach_stops_the_run_before_anything_is_published(untouched, quick_run):
    results = untouched / "results"
    (results / "published/bulletin.html").unlink()
    page = results / "restricted/staged/bulletin.html"
    leak = "Concern for the safety of other people, very high: three or more factors, 67 of 70 cases"
    page.write_text(
        page.read_text(encoding="utf-8").replace("</main>", f"<p>{leak}.</p></main>"), encoding="utf-8"
    )
    code, text = quick_run(untouched)
    assert code == 1
    assert "nothing is published, because hidden counts could be found out" in text
    assert "sentence: " in text
    assert "Traceback" not in text
    assert not (results / "published/bulletin.html").exists()


def test_snakemakes_own_report_shows_published_files_with_captions_and_nothing_else(
    finished, quick_run, tmp_path
):
    report = tmp_path / "report.html"
    code, text = quick_run(finished[0], "--report", str(report))
    assert code == 0, text
    page = report.read_text(encoding="utf-8")
    shown = json.loads(re.search(r"var results = (\{.*?\});\n", page).group(1))
    assert {
        f"results/published/{name}" for name in ("bulletin.html", "tables/trends.csv", "figures/stages.svg")
    } < set(shown)
    assert all(name.startswith("results/published/") for name in shown)
    assert all(one["caption"] for one in shown.values())


def test_every_file_of_the_manifest_for_a_check_is_made(finished):
    manifest = yaml.safe_load((ROOT / "codecheck.yml").read_text(encoding="utf-8"))["manifest"]
    assert [entry["file"] for entry in manifest if not (finished[0] / entry["file"]).is_file()] == []


def test_a_file_in_the_published_folder_that_nobody_attacked_stops_the_run(untouched, quick_run):
    published = untouched / "results/published"
    (published / "bulletin.html").unlink()
    (published / "notes.txt").write_text("mine", encoding="utf-8")
    (published / "tables/old.csv").write_text("n_yes\n3\n", encoding="utf-8")
    code, text = quick_run(untouched)
    assert code == 1
    assert "notes.txt was not made by this run and was not attacked" in text
    assert (published / "notes.txt").read_text(encoding="utf-8") == "mine"
    (published / "notes.txt").unlink()
    code, text = quick_run(untouched)
    assert code == 0, text
    assert not (published / "tables/old.csv").exists()


def test_a_second_run_does_nothing(finished, planned):
    assert planned(finished[0]) == set()
    code, text = run(finished[0], "--quiet", "host")
    assert code == 0
    assert "Nothing to be done" in text


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("bulletin/page/rendering.py", {"bulletin", "explorer", *AFTER_A_RENDERING}),
        ("bulletin/page/templates/macros.html", {"bulletin", "explorer", *AFTER_A_RENDERING}),
        ("bulletin/document/template.typ", {"document", *AFTER_A_RENDERING}),
        ("bulletin/sections/back.py", {*RENDERINGS, *AFTER_A_RENDERING}),
        ("attack/solving.py", {"attack", "publish"}),
        ("disclosure/policies.yaml", AFTER_THE_RELEASE),
        ("findings/trends.py", {"findings", "ledger", *AFTER_THE_RELEASE}),
        ("claims/alternatives.py", {"ledger", *AFTER_THE_RELEASE}),
        ("findings/adjusted.py", {"models", *AFTER_THE_RELEASE}),
        ("findings/themes.py", {"practice", "ledger", *AFTER_THE_RELEASE}),
        ("statistics/fisher.py", {"findings", "ledger", *AFTER_THE_RELEASE}),
    ],
)
def test_editing_a_module_reruns_what_uses_it_and_nothing_else(untouched, planned, changed, expected):
    path = untouched / "src/desistance" / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    assert planned(untouched) == expected


def test_editing_the_claims_reruns_the_ledger_and_what_follows(untouched, planned):
    path = untouched / "studies/bulletin_2021_03/claims.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    assert planned(untouched) == {"ledger", *AFTER_THE_RELEASE}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"inference": {"confidence_level": 0.9}}, AFTER_THE_TALLY),
        ({"records": {"rejects_limit": 0.1}}, {"tally", *AFTER_THE_TALLY}),
        ({"disclosure": {"policy": "strict"}}, AFTER_THE_RELEASE),
        ({"records": {"delimiter": "comma"}}, {"tally", *AFTER_THE_TALLY}),
        ({"records": {"comments": None}}, {"tally", *AFTER_THE_TALLY}),
        ({}, set()),
    ],
)
def test_changing_a_choice_reruns_what_uses_it_and_nothing_else(untouched, planned, choice, expected):
    config = yaml.safe_load((untouched / "config.yaml").read_text(encoding="utf-8"))
    config |= choice | {"records": config["records"] | choice.get("records", {})}
    (untouched / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert planned(untouched) == expected


def redate(folder, moment):
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


def an_older_version(path, before, after):
    """Put another version of a file in place, with the time that it has had for years."""
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))


@pytest.mark.parametrize(
    ("changed", "before", "after", "expected"),
    [
        (CASES, ",girl,", ",boy,", {"tally", *AFTER_THE_TALLY}),
        (
            "studies/bulletin_2021_03/claims.yaml",
            "claims:",
            "# older\nclaims:",
            {"ledger", *AFTER_THE_RELEASE},
        ),
        (
            "src/desistance/findings/trends.py",
            '"""',
            '"""Older. ',
            {"findings", "ledger", *AFTER_THE_RELEASE},
        ),
    ],
)
def test_an_older_file_put_in_place_is_noticed(untouched, planned, changed, before, after, expected):
    an_older_version(untouched / changed, before, after)
    assert planned(untouched) == expected


def test_after_the_clock_was_set_back_changes_are_noticed_and_nothing_else(untouched, planned):
    redate(untouched / "results", time.time() + 86_400)
    assert planned(untouched) == set()
    redate(untouched / "results", time.time() + 86_400)
    an_older_version(untouched / CASES, ",girl,", ",boy,")
    assert planned(untouched) == {"tally", *AFTER_THE_TALLY}


def test_a_run_that_ended_early_under_a_clock_set_back_is_taken_up_where_it_was(
    untouched, quick_run, planned
):
    redate(untouched / "results", time.time() + 86_400)
    rows = rows_of(untouched)
    write_rows(untouched, [*rows[:1], *rows[2:]])
    code, text = quick_run(untouched, "results/restricted/tally/facts.json")
    assert code == 0, text
    assert planned(untouched) == AFTER_THE_TALLY


@pytest.fixture(scope="module")
def resumed(tmp_path_factory, quick_run):
    """A project elsewhere, whose run was killed after the tally and taken up again, with what that said."""
    project = copy_project(tmp_path_factory.mktemp("killed") / "elsewhere")
    words, where = command(project, "--cores", "1")
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **where
    )
    tally = project / "results/restricted/tally/facts.json"
    deadline = time.monotonic() + 60
    while not tally.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.7)  # into the steps after the tally
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert tally.exists()
    assert not (project / "results/published/bulletin.html").exists()
    code, text = quick_run(project)
    assert code == 0, text
    return project, text


def test_a_killed_run_resumes_where_it_was(resumed):
    assert "Reading and counting records" not in resumed[1]
    assert "Writing the bulletin" in resumed[1]


def test_two_runs_give_the_same_bytes_wherever_and_in_whatever_order_steps_are_done(finished, resumed):
    """Every step has run once in each of two folders, on all processors and on one, in processes and in one."""
    first, second = (digests(project / "results") for project, _ in (finished, resumed))
    assert first == second
    assert "published/bulletin.html" in first


def test_two_runs_at_once_are_refused(untouched, quick_run):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, filelock; lock = filelock.FileLock('results/.lock'); lock.acquire();"
            "print('held', flush=True); sys.stdin.read()",
        ],
        cwd=untouched,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        (untouched / "results/published/bulletin.html").unlink()
        code, text = quick_run(untouched)
    finally:
        holder.communicate("")
    assert code == 1
    assert "another run writes to results" in text


def rows_of(project):
    with (project / CASES).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(project, rows, **options):
    with (project / CASES).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", **options).writerows(rows)


def set_config(project, **records):
    config = {"study": "studies/bulletin_2021_03", "records": {"files": CASES} | records}
    (project / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def missing_file(project):
    (project / CASES).unlink()


def empty_file(project):
    (project / CASES).write_text("")


def wrong_delimiter(project):
    set_config(project, delimiter="semicolon")


def missing_column(project):
    write_rows(project, [[cell for cell in row[:3] + row[4:]] for row in rows_of(project)])


def change_cell(project, heading, value, number=5):
    rows = rows_of(project)
    rows[number][rows[0].index(heading)] = value
    write_rows(project, rows)


def unknown_code(project):
    change_cell(project, "gender", "SENTINEL")


def duplicate_case(project):
    change_cell(project, "case_id", rows_of(project)[4][rows_of(project)[0].index("case_id")], number=6)


def one_case_service(project):
    change_cell(project, "service", "S99")


def one_level(project):
    rows = rows_of(project)
    column = rows[0].index("gender")
    write_rows(project, [rows[0], *([*row[:column], "boy", *row[column + 1 :]] for row in rows[1:])])


def factor_nobody_has(project):
    rows = rows_of(project)
    factor, delivery = rows[0].index("physical_health"), rows[0].index("delivery_physical_health")
    for row in rows[1:]:
        row[factor], row[delivery] = "no", "not applicable"
    write_rows(project, rows)


def judged_without_factor(project):
    rows = rows_of(project)
    factor, delivery = rows[0].index("lifestyle"), rows[0].index("delivery_lifestyle")
    row = next(row for row in rows[8:] if row[factor] == "no")
    row[delivery] = "yes"
    write_rows(project, rows)


def date_outside(project):
    change_cell(project, "inspected_on", "2031-01-01", number=7)


def mapped_nowhere(project):
    (project / "mapping.yaml").write_text("columns: {age: {from: Age band}}\n", encoding="utf-8")
    set_config(project, mapping="mapping.yaml")


def unknown_key(project):
    set_config(project, delimitr="comma")


# What is spoilt together is reported together.
BAD_INPUT = {
    (missing_file,): ["no file matches data/example/made_up_cases.csv"],
    (empty_file,): ["made_up_cases.csv is empty"],
    (wrong_delimiter,): ["looks separated by comma", "records.delimiter"],
    (missing_column,): ["lacks 1 of the study's columns", "headings found"],
    (mapped_nowhere,): ["'age' (mapped to 'Age band')", "mapping"],
    (unknown_key,): ["unknown key 'delimitr'; did you mean 'delimiter'?"],
    (unknown_code, duplicate_case, judged_without_factor, date_outside): [
        *("unknown_code:gender (fewer than 10)", "duplicate_case (fewer than 10)", "judged_without_base:"),
        *("date_outside_window (fewer than 10)", "rejects.csv", "records.rejects_limit"),
    ],
    (one_case_service, one_level, factor_nobody_has): [
        *("service_with_one_case", "breakdown_with_one_level at gender"),
        *("item_nobody_has at prevalence.physical_health", "records.allow"),
    ],
}


# Of those that stop at the start, in the first step and after it, one each is run as a user does.
STARTED_AS_BY_A_USER = {missing_file, wrong_delimiter, unknown_code}


@pytest.mark.parametrize("spoil", BAD_INPUT, ids=lambda spoil: "-".join(each.__name__ for each in spoil))
def test_bad_input_is_explained_and_leaves_nothing_half_done(tmp_path, quick_run, spoil):
    project = copy_project(tmp_path / "bad input")
    for each in spoil:
        each(project)
    code, text = (run if STARTED_AS_BY_A_USER & set(spoil) else quick_run)(project)
    assert code == 1
    for words in BAD_INPUT[spoil]:
        assert words in text
    assert "Traceback" not in text
    assert "SENTINEL" not in text
    assert "2031" not in text
    assert not (project / "results/published").exists()
    assert not list(project.rglob("*.part"))
    if "rejects.csv" in BAD_INPUT[spoil]:
        with (project / "results/restricted/rejects.csv").open(encoding="utf-8") as file:
            assert len(list(csv.reader(file))) == 1 + len(spoil)


def test_rejects_within_the_agreed_limit_are_left_out_and_counted(tmp_path, quick_run):
    project = copy_project(tmp_path / "limit")
    unknown_code(project)
    set_config(project, rejects_limit=0.01)
    code, text = quick_run(project, "results/restricted/tally/facts.json")
    assert code == 0, text
    assert "1,168 made-up rows read = 1,167 accepted + 1 rejected" in text
    assert "1,167 cases in 43 services" in text

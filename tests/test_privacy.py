"""Nothing that tells a child by number or name is in any file of a run; what private files may hold is written down."""

import csv
import fnmatch
import re
import shutil
import zipfile

import pyarrow.parquet
import pytest

from comments_builder import CODED, coding
from comments_builder import HEADINGS as CODING_HEADINGS
from project import ROOT, copy_project
from records_builder import HEADINGS, Ingested, case, csv_text, small_study

# Case numbers begin with the first; the second stands in columns that nobody mapped and in excerpts nobody cleared.
NUMBER, UNREAD = "ZB7734", "Dougal Florence"
LISTS = {"rejects.csv", "disagreements.csv", "rejected_comments.csv"}
ROW = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)


def records():
    rows = []
    for n in range(120):
        judged = {"home": "yes", "delivery_home": ("yes", "no")[n // 5 % 2]} if n // 7 % 2 else {}
        rows.append(case(n, case_id=f"{NUMBER}-{n}", team="ABCDEF"[n % 6], **judged) | {"surname": UNREAD})
    rows += [
        {**rows[0], "sex": "x"},  # the same number twice, and a code that is none
        {**rows[1], "case_id": f"{NUMBER}-900", "seen_on": "31/02/2019"},
    ]
    return csv_text(rows, headings=[*HEADINGS, "surname"]) + f"{NUMBER}-901,{UNREAD}\n"


def comments():
    """Codings of which some are disputed or rejected, and of which passages bear case numbers."""
    one, two = f"{NUMBER}-0", f"{NUMBER.lower()}-1"
    said = {"excerpt": UNREAD, "cleared": "no"}
    rows = [
        coding(f"{one}/a", case_id=one, coder="Ann", **said),
        coding(f"{one}/a", case_id=one, coder="Ben", theme="none", direction="", **said),
        coding(f"{two}/b", team="B", case_id=two.upper(), theme="nothing known", **said),
        coding(f"p {NUMBER}-902", case_id=f"{NUMBER}-902", **said),
    ]
    return csv_text(rows, headings=CODING_HEADINGS) + f"p9,A,{NUMBER}-903,Ann,trust,enabler,,,{UNREAD},more\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("privacy") / "a project")
    small_study(folder / "studies/small", CODED.replace("Ann, Ben, Cas", "Ann, Ben"))
    (folder / "cases.csv").write_text(records(), encoding="utf-8")
    (folder / "coded.csv").write_text(comments(), encoding="utf-8")
    (folder / "config.yaml").write_text(
        "study: studies/small\nrecords: {files: cases.csv, comments: coded.csv, rejects_limit: 0.1}\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def finished(project, quick_run):
    """The project after a run, with what was said."""
    code, text = quick_run(project)
    assert code == 0, text
    return project, text


def texts(path):
    """All that a file holds, as far as it can be read as text."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".parquet":
        yield repr(pyarrow.parquet.read_table(path).to_pylist()).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())


def left(project):
    """Files that a run left anywhere in the project."""
    given = {"cases.csv", "coded.csv"}
    return [path for path in project.rglob("*") if path.is_file() and path.name not in given]


def test_no_case_number_is_in_any_file_of_a_run_nor_in_what_it_says(finished):
    project, said = finished
    holding = [
        path for path in left(project) for text in texts(path) if NUMBER.encode().lower() in text.lower()
    ]
    assert not holding
    assert NUMBER not in said


def test_nothing_that_was_not_mapped_or_not_cleared_is_in_any_file_of_a_run(finished):
    project, said = finished
    assert not [path for path in left(project) for text in texts(path) if UNREAD.encode() in text]
    assert UNREAD not in said


def test_the_run_had_something_to_hide(finished):
    """Each list has rows, with digests in place of the numbers, else the tests above would show nothing."""
    restricted = finished[0] / "results/restricted"
    assert (restricted / "rejects.csv").read_text(encoding="utf-8").count("\n") == 4
    assert (restricted / "rejected_comments.csv").read_text(encoding="utf-8").count("\n") == 4
    disputed = (restricted / "disagreements.csv").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"[0-9a-f]{12}/a,A,Ann,trust,enabler", disputed[1])
    assert len(disputed) == 3


def contents(results):
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file() and "logs" not in path.parts
    }


def test_the_key_changes_the_lists_for_people_and_no_other_byte(finished, quick_run, own_key, tmp_path):
    """Up to the tally, from which all else is made."""
    again, key = tmp_path / "again", own_key.read_bytes()
    shutil.copytree(finished[0], again, ignore=shutil.ignore_patterns("results", ".snakemake"))
    try:
        own_key.write_bytes(bytes(reversed(key)))
        code, text = quick_run(again, "results/restricted/tally/facts.json")
    finally:
        own_key.write_bytes(key)
    assert code == 0, text
    first, second = contents(finished[0] / "results"), contents(again / "results")
    assert {"restricted/quality.json", "restricted/tally/marks.parquet"} <= set(second)
    assert {name for name in second if first[name] != second[name]} == {
        f"restricted/{name}" for name in LISTS
    }


def test_no_step_reads_the_lists_for_people(finished, quick_run):
    """So nothing else that a run makes, and nothing that is published, can depend on the key."""
    code, text = quick_run(finished[0], "--detailed-summary")
    assert code == 0, text
    rows = list(csv.DictReader(text[text.index("output_file") :].splitlines(), delimiter="\t"))
    read = {name for row in rows for name in row["input-file(s)"].split(",")}
    lists = {f"results/restricted/{name}" for name in LISTS}
    assert lists <= {name for row in rows for name in row["log-file(s)"].split(",")}
    assert not lists & read


def test_a_text_mapped_by_mistake_is_cut_in_the_rejects_and_a_good_date_is_left_out(tmp_path):
    study = small_study(tmp_path / "study")
    notes = "x" * 40 + UNREAD
    rows = [case(1, sex=notes, team=notes), case(2, seen_on=notes)]
    (tmp_path / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    first, second = Ingested(tmp_path, [tmp_path / "cases.csv"], study).rejects
    assert first["sex"] == first["team"] == second["seen_on"] == "x" * 40 + "…"
    assert first["seen_on"] == ""


def patterns():
    text = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
    section = text.partition("## Every file of `restricted`")[2].partition("\n## ")[0]
    return [name for row in ROW.findall(section) for name in re.findall(r"`([^`]+)`", row)]


def test_every_private_file_that_a_run_leaves_is_described(finished):
    restricted = finished[0] / "results/restricted"
    names = [path.relative_to(restricted).as_posix() for path in restricted.rglob("*") if path.is_file()]
    missed = [name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in patterns())]
    assert not missed, "docs/privacy.md does not say what these files of restricted hold"


def test_every_description_is_of_files_that_there_are(finished):
    restricted = finished[0] / "results/restricted"
    names = [path.relative_to(restricted).as_posix() for path in restricted.rglob("*") if path.is_file()]
    stale = {each for each in patterns() if not any(fnmatch.fnmatchcase(name, each) for name in names)}
    assert stale == {
        "check/*",
        "scratch/*",
        "parts/*",
    }  # of other commands and choices, or only while a file is read


def test_the_checklist_can_be_signed():
    text = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
    assert text.count("- [ ] ") >= 10
    assert re.search(r"Name .*Date", text)

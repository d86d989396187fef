"""Steps: what a user sees when records cannot be used, and what is left on the disk."""

import csv
import errno
import json
import logging
import os
import shutil
import warnings

import pytest

from desistance.errors import RecordsError
from desistance.steps import LOG, failures, forget_failures, logged, whole
from desistance.steps import tally as tally_step
from desistance.tallies import TABLES
from records_builder import LOOKED_AT, case, count_step, csv_text, in_batches_of, small_study

SENTINEL = "Zebedee"
READ = sorted(LOOKED_AT.values())
ROWS = [case(number, home="yes", delivery_home="yes") for number in range(12)]


@pytest.fixture
def run(tmp_path):
    """The step on some rows, as the workflow calls it; gives the exit code, or 0."""
    small_study(tmp_path / "study")
    out = tmp_path / "results"

    def step(content, **options):
        if content is not None:
            (tmp_path / "cases.csv").write_text(content, encoding="utf-8")
        try:
            with logged(str(tmp_path / "tally.log")):
                count_step(out, [tmp_path / "cases.csv"], tmp_path / "study", **options)
        except SystemExit as end:
            return end.code
        return 0

    return step


def said(tmp_path):
    """What the steps wrote to their logs."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("*.log")))


def left(tmp_path):
    out = tmp_path / "results"
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_good_records_are_read_and_counted_and_the_numbers_printed(run, tmp_path, capsys):
    assert run(csv_text(ROWS)) == 0
    heard = capsys.readouterr().err
    assert "12 rows read = 12 accepted + 0 rejected" in heard
    assert "12 cases in 3 services counted" in heard
    assert said(tmp_path).startswith("12 rows read = 12 accepted + 0 rejected\n")
    assert left(tmp_path) == sorted([*READ, *(f"tally/{name}" for name in (*TABLES, "facts"))])
    assert json.loads((tmp_path / "results/tally/facts").read_text())["oddities"] == []


def test_made_up_rows_are_printed_as_made_up(run, tmp_path):
    assert run(csv_text([{**row, "made_up": "made up"} for row in ROWS])) == 0
    assert "12 made-up rows read" in said(tmp_path)


def test_a_reject_over_the_limit_stops_the_run_and_its_row_is_kept(run, tmp_path, capsys):
    rows = [*ROWS, case(20, sex=SENTINEL, team="")]
    assert run(csv_text(rows)) == 1
    heard = said(tmp_path)
    assert "13 rows read = 12 accepted + 1 rejected" in heard
    assert "RecordsError: cases.csv: fewer than 10 of 13 rows break a rule, over the agreed limit" in heard
    assert "service_missing (fewer than 10), unknown_code:sex (fewer than 10)" in heard
    assert "rejects.csv; correct them" in heard
    assert SENTINEL not in heard
    assert "Traceback" not in heard
    assert "break a rule" not in capsys.readouterr().err
    assert left(tmp_path) == READ
    with (tmp_path / "results/rejects.csv").open(encoding="utf-8") as file:
        assert [row["sex"] for row in csv.DictReader(file)] == [SENTINEL]


@pytest.mark.parametrize(("limit", "code"), [(0.29, 0), (0.28999, 1), (0.3, 0)])
def test_the_limit_itself_is_still_agreed(run, limit, code):
    rows = [case(n, home="yes", delivery_home="yes") for n in range(100)]
    for row in rows[:29]:
        row["concern"] = "x"
    assert run(csv_text(rows), rejects_limit=limit) == code


def test_no_accepted_row_stops_the_run_whatever_the_limit(run, tmp_path):
    assert run(csv_text([case(1, sex="x")]), rejects_limit=1) == 1
    assert "fewer than 10 of fewer than 10 rows break a rule, every one (records.rejects_limit)" in said(
        tmp_path
    )
    assert left(tmp_path) == READ


def test_an_oddity_stops_the_run_unless_it_is_allowed(run, tmp_path):
    rows = [*ROWS, case(20, team="Z", sex="boy")]
    assert run(csv_text([{**row, "sex": "boy"} for row in rows])) == 1
    heard = said(tmp_path)
    assert "service_with_one_case at services: at least one service has a single case" in heard
    assert "breakdown_with_one_level at sex: Sex has 1 of its 2 levels" in heard
    assert (
        "add to records.allow in the configuration: service_with_one_case, breakdown_with_one_level" in heard
    )
    assert "facts" not in left(tmp_path)
    allow = ["service_with_one_case", "breakdown_with_one_level"]
    assert run(csv_text([{**row, "sex": "boy"} for row in rows]), allow=allow) == 0
    assert "accepted as odd (service_with_one_case)" in said(tmp_path)
    facts = json.loads((tmp_path / "results/tally/facts").read_text())
    assert [oddity["check"] for oddity in facts["oddities"]] == allow


BAD = {
    "empty": ("", {}, "cases.csv is empty"),
    "headings only": (csv_text(ROWS).splitlines()[0], {}, "has headings but no rows"),
    "wrong delimiter": (csv_text(ROWS), {"delimiter": "pipe"}, "looks separated by comma"),
    "missing column": (csv_text(ROWS).replace("sex", "gender", 1), {}, "lacks 1 of the study's columns"),
    "wrong encoding": (csv_text(ROWS) + "é", {"encoding": "ascii"}, "is not text in ascii"),
    "mixture": (
        csv_text([{**row, "made_up": "made up" if n else ""} for n, row in enumerate(ROWS)]),
        {},
        "must not be mixed",
    ),
    "missing mapping": (csv_text(ROWS), {"mapping": "none.yaml"}, "none.yaml is not there"),
    "missing study": (csv_text(ROWS), {"study_gone": True}, "study.yaml is not there"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_ends_with_code_1_one_message_and_no_output(run, tmp_path, kind):
    content, options, words = BAD[kind]
    if options.pop("study_gone", False):
        (tmp_path / "study/study.yaml").unlink()
    assert run(content, **options) == 1
    heard = said(tmp_path)
    assert words in heard
    assert "Traceback" not in heard
    assert heard.startswith("Stopped: ")
    assert list(failures(tmp_path)) == [heard.rstrip()]
    assert left(tmp_path) == []


def test_an_earlier_result_stays_whole_when_a_later_run_fails(run, tmp_path):
    assert run(csv_text(ROWS)) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file()}
    assert run(csv_text(ROWS), delimiter="tab") == 1
    assert {path: path.read_bytes() for path in before} == before
    assert len(left(tmp_path)) == len(before)


def test_records_are_counted_in_batches_with_the_same_result(run, tmp_path, monkeypatch):
    content = csv_text([case(n, home="yes", delivery_home="yes") for n in range(100)])
    assert run(content) == 0
    first = {name: (tmp_path / "results/tally" / name).read_bytes() for name in TABLES}
    in_batches_of(monkeypatch, 500)
    assert run(content) == 0
    assert {name: (tmp_path / "results/tally" / name).read_bytes() for name in TABLES} == first


def write(target, text, end=None):
    with whole(target) as part:
        part.write_text(text)
        if end:
            raise end


@pytest.mark.parametrize("end", [RecordsError, KeyboardInterrupt])
def test_a_file_appears_whole_or_not_at_all(tmp_path, end):
    target = tmp_path / "new" / "x.txt"
    with pytest.raises(end):
        write(target, "half", end)
    assert list((tmp_path / "new").iterdir()) == []
    write(target, "all")
    with pytest.raises(end):
        write(target, "half", end)
    assert target.read_text() == "all"
    assert list((tmp_path / "new").iterdir()) == [target]


def fail(log, error):
    with logged(str(log)):
        logging.getLogger("desistance").info("working")
        raise error


def test_an_error_ends_a_step_with_code_1_and_listeners_are_let_go(tmp_path):
    before = list(LOG.handlers)
    for error in (RecordsError("broken"), ZeroDivisionError()):
        with pytest.raises(SystemExit) as end:
            fail(tmp_path / "x.log", error)
        assert end.value.code == 1
        assert LOG.handlers == before
    with pytest.raises(SystemExit):
        fail(tmp_path / "x.log", RecordsError("broken"))
    assert (tmp_path / "x.log").read_text() == "working\nStopped: RecordsError: broken\n"


def test_a_fault_of_the_program_says_what_and_where_and_no_value(run, tmp_path, capfd, monkeypatch):
    def broken(*_, **__):
        warnings.warn(SENTINEL, RuntimeWarning, stacklevel=1)
        raise ValueError(SENTINEL) from KeyError(SENTINEL)

    monkeypatch.setattr(tally_step, "read_together", broken)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert run(csv_text(ROWS)) == 1
    heard = said(tmp_path)
    assert "Stopped: ValueError at steps/tally.py, line " in heard
    assert "RuntimeWarning at test_steps.py, line " in heard
    assert "please report it" in heard
    told = heard + "".join(capfd.readouterr())
    assert SENTINEL not in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, SENTINEL),
            "no space is left where files are written; free some, then run again",
        ),
        (PermissionError(errno.EACCES, SENTINEL, "x.csv"), "x.csv may not be read or written"),
        (OSError(errno.EROFS, SENTINEL, "x.csv"), "x.csv may not be read or written"),
        (FileExistsError(errno.EEXIST, SENTINEL, "results"), "results is a file where a folder should be"),
        (MemoryError(SENTINEL), "this needs more memory than there is"),
    ],
)
def test_what_the_system_refuses_is_said_in_words_to_act_on(tmp_path, capfd, error, words):
    with pytest.raises(SystemExit) as end:
        fail(tmp_path / "x.log", error)
    assert end.value.code == 1
    heard = (tmp_path / "x.log").read_text()
    assert f"Stopped: {words}" in heard
    assert SENTINEL not in heard + "".join(capfd.readouterr())


def test_an_error_is_said_where_its_log_cannot_be_written(tmp_path, capfd):
    with pytest.raises(SystemExit):
        fail(tmp_path / "no such folder" / "x.log", RecordsError("broken"))
    assert "Stopped: RecordsError: broken" in capfd.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of the size of files")
def test_a_full_disk_stops_a_step_and_the_next_run_makes_the_same(run, tmp_path):
    import resource

    content = csv_text([case(number, home="yes", delivery_home="yes") for number in range(500)])
    assert run(content) == 0
    results = tmp_path / "results"
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    shutil.rmtree(results)
    (tmp_path / "cases.csv").write_text(content, encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert run(None) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "Stopped: no space is left" in said(tmp_path)
    assert left(tmp_path) == []
    assert run(content) == 0
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_errors_of_an_earlier_run_are_not_repeated(tmp_path):
    (tmp_path / "y.log").write_text("fine\n")
    with pytest.raises(SystemExit):
        fail(tmp_path / "x.log", RecordsError("broken"))
    assert list(failures(tmp_path)) == ["Stopped: RecordsError: broken"]
    forget_failures(tmp_path)
    assert list(failures(tmp_path)) == []
    assert (tmp_path / "y.log").read_text() == "fine\n"


def test_a_step_that_is_done_twice_at_the_same_time_leaves_its_file_whole(tmp_path):
    """On a cluster, when a machine that was given up for lost is still at work."""
    path = tmp_path / "table.csv"
    with whole(path) as lost, lost.open("w") as out:
        out.write("the first half, ")
        with whole(path) as again:
            again.write_text("the first half, the second")
        assert path.read_text() == "the first half, the second"
        out.write("the second")
    assert path.read_text() == "the first half, the second"
    assert list(tmp_path.iterdir()) == [path]

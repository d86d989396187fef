"""Between runs: who may write, what a killed run left, and files whose times deceive."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desistance.between_runs import JOBS, READ_UP_TO, SCRATCH, must_be_writable, stamp, tidy
from desistance.settings import read_settings, write_choices
from project import copy_project

CANARY = "Zebedee"
TAKE = (
    "from pathlib import Path; from desistance.between_runs import take_lock;"
    "print(take_lock(Path('.')), flush=True)"
)
JOIN = (
    "from pathlib import Path; from desistance.between_runs import join_run;"
    "join_run(Path('.')); print(True, flush=True)"
)
# A run that holds the lock and starts a step, which says its number and waits until its file is there.
STEP = """
import os, pathlib, time
print(os.getpid(), flush=True)
while not pathlib.Path("end").exists():
    time.sleep(0.02)
"""
RUN = f"import subprocess, sys; {TAKE}; subprocess.run([sys.executable, '-c', {STEP!r}])"
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows neither passes locks on nor ends by signals")


def python(folder, code):
    return subprocess.Popen([sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, text=True)


def free(folder):
    with python(folder, TAKE) as process:
        return process.communicate()[0] == "True\n"


@posix_only
def test_a_step_that_outlives_its_killed_run_still_holds_the_lock(tmp_path):
    run = python(tmp_path, RUN)
    assert run.stdout.readline() == "True\n"
    step = int(run.stdout.readline())
    assert not free(tmp_path)
    run.kill()
    run.wait()
    os.kill(step, 0)
    assert not free(tmp_path)
    (tmp_path / "end").touch()
    run.stdout.read()
    run.stdout.close()
    assert free(tmp_path)


@posix_only
def test_jobs_that_joined_a_run_keep_the_next_one_away_until_the_last_has_ended(tmp_path):
    (tmp_path / JOBS).parent.mkdir()
    jobs = [python(tmp_path, f"{JOIN}; import time; time.sleep(60)") for _ in range(2)]
    assert [job.stdout.readline() for job in jobs] == ["True\n"] * 2
    for job in jobs:
        assert not free(tmp_path)
        job.kill()
        job.communicate()
    assert free(tmp_path)


@posix_only
def test_what_a_job_started_outlives_it_and_still_keeps_the_next_run_away(tmp_path):
    (tmp_path / JOBS).parent.mkdir()
    job = python(tmp_path, RUN.replace(TAKE, JOIN))
    assert job.stdout.readline() == "True\n"
    job.stdout.readline()
    job.kill()
    job.wait()
    assert not free(tmp_path)
    (tmp_path / "end").touch()
    job.stdout.read()
    job.stdout.close()
    assert free(tmp_path)


@posix_only
def test_a_job_may_join_while_its_run_is_at_work(tmp_path):
    (tmp_path / JOBS).parent.mkdir()
    with python(tmp_path, f"{TAKE}; import time; time.sleep(60)") as run:
        assert run.stdout.readline() == "True\n"
        with python(tmp_path, JOIN) as job:
            assert job.communicate()[0] == "True\n"
        run.kill()


@posix_only
def test_of_many_runs_that_start_at_once_one_gets_the_lock(tmp_path):
    started = [python(tmp_path, f"{TAKE}; import time; time.sleep(60)") for _ in range(8)]
    try:
        assert sorted(process.stdout.readline() for process in started) == ["False\n"] * 7 + ["True\n"]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert free(tmp_path)


def test_what_was_left_half_written_is_deleted_and_nothing_else(tmp_path):
    names = (
        "mine/a/records.parquet",
        "mine/a/.snakemake_timestamp",
        "mine/half.part",
        "another/.records.parquet.part",
    )
    kept = [tmp_path / name for name in names]
    for path in (*kept, tmp_path / "mine/a/.records.parquet.part"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    tidy(tmp_path / "mine", tmp_path / "none")
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


def test_what_a_killed_run_had_unpacked_is_deleted_and_what_a_check_unpacks_is_not(tmp_path):
    ours, of_a_check = tmp_path / SCRATCH / "unpacked-1/copy", tmp_path / SCRATCH.parent / "check-1/copy"
    for path in (ours, of_a_check):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    tidy(tmp_path)
    assert not ours.exists()
    assert of_a_check.exists()


def test_files_of_the_future_are_dated_back_in_the_same_order(tmp_path):
    tomorrow = time.time() + 86_400
    ages = {"first": tomorrow - 7200, "second": tomorrow - 60, "last": tomorrow}
    for name, moment in ages.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (moment, moment))
    tidy(tmp_path)
    times = {name: (tmp_path / name).stat().st_mtime for name in ages}
    assert times["last"] <= time.time()
    assert times["last"] - times["first"] == pytest.approx(7200)
    assert times["last"] - times["second"] == pytest.approx(60)
    tidy(tmp_path)
    assert {name: (tmp_path / name).stat().st_mtime for name in ages} == times


def source(tmp_path, text="a", moment=1_000_000_000):
    path = tmp_path / "x.csv"
    path.write_text(text)
    os.utime(path, (moment, moment))
    return stamp(tmp_path / "seen", "records", {"files": [path], "study": str(tmp_path / "study.yaml")})


def test_the_stamp_of_a_step_changes_with_what_its_sources_hold_whatever_their_times(tmp_path):
    first = source(tmp_path)
    assert Path(first).read_bytes() == b""
    assert source(tmp_path, moment=2_000_000_000) == first
    assert source(tmp_path, "b", moment=500_000_000) != first
    assert source(tmp_path) == first
    (tmp_path / "study.yaml").touch()
    assert source(tmp_path) != first


def test_a_large_source_is_known_by_its_size_and_time(tmp_path):
    text = "a" * (READ_UP_TO + 1)
    first = source(tmp_path, text)
    assert source(tmp_path, text) == first
    assert source(tmp_path, text, moment=500_000_000) != first
    assert source(tmp_path, text + "a") != first


def test_a_stamp_that_is_there_keeps_its_time(tmp_path):
    path = source(tmp_path)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert source(tmp_path) == path
    assert Path(path).stat().st_mtime == 1_000_000_000


def chosen(folder, level):
    config = {"study": "x", "records": {"files": "x.csv"}, "inference": {"confidence_level": level}}
    return write_choices(read_settings(config), folder / "choices")


def test_a_run_with_other_choices_leaves_those_of_another_run_as_they_are(tmp_path):
    ours = chosen(tmp_path, 0.95)
    before = {path: Path(path).read_bytes() for path in ours.values()}
    theirs = chosen(tmp_path, 0.9)
    assert {name for name in ours if ours[name] != theirs[name]} == {"inference"}
    assert {path: Path(path).read_bytes() for path in before} == before


def test_choices_that_were_half_written_are_written_again(tmp_path):
    path = Path(chosen(tmp_path, 0.95)["inference"])
    whole = path.read_bytes()
    path.write_bytes(whole[:9])
    assert chosen(tmp_path, 0.95)["inference"] == str(path)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("spoilt", ["results", "results/restricted", "results/published"])
def test_a_file_where_a_folder_should_be_is_said_before_the_first_step(tmp_path, quick_run, spoilt):
    project = copy_project(tmp_path / "a project")
    (project / spoilt).parent.mkdir(exist_ok=True)
    (project / spoilt).touch()
    code, text = quick_run(project)
    assert code == 1
    assert "is a file where a folder should be" in text
    assert "Reading and counting records" not in text
    assert "Traceback" not in text


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "results/published").mkdir(parents=True)
    must_be_writable(tmp_path / "results", tmp_path / "none")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "published")
    with pytest.raises(PermissionError) as refused:
        must_be_writable(tmp_path / "results", tmp_path / "none")
    assert refused.value.filename == str(tmp_path / "results/published")


def plant(project, code):
    """Make the reading of records end with some code, after it has seen them."""
    path = project / "src/desistance/steps/tally.py"
    text = path.read_text(encoding="utf-8")
    assert "    _say_read(read)\n" in text
    path.write_text(text.replace("    _say_read(read)\n", f"    {code}\n", 1), encoding="utf-8")


def test_no_word_of_an_unforeseen_error_is_shown_or_kept(tmp_path, quick_run):
    project = copy_project(tmp_path / "a project")
    plant(project, f"raise ValueError('{CANARY}') from KeyError('{CANARY}')")
    code, text = quick_run(project)
    assert code == 1
    assert "Stopped: ValueError at steps/tally.py, main: this is a fault of the program" in text
    shutil.rmtree(project / "src")
    kept = [path.read_bytes() for path in project.rglob("*") if path.is_file()]
    assert not any(CANARY.encode() in content for content in [text.encode(), *kept])


@posix_only
def test_a_step_that_was_ended_from_outside_is_said(tmp_path, quick_run):
    project = copy_project(tmp_path / "a project")
    plant(project, f"import sys; sys.exit({128 + signal.SIGKILL})")
    code, text = quick_run(project)
    assert code == 1
    assert "a step was ended from outside, as a system does when memory runs out" in text

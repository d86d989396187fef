"""The workflow on a real SLURM of one machine, whole and with all that may happen there."""

import os
import re
import signal
import subprocess
from contextlib import contextmanager, suppress

import pytest

from project import command, copy_project
from slurm_cluster import NEEDED, cluster

pytestmark = pytest.mark.needs_program(*NEEDED)
# Status is asked for seldom, to be kind to a cluster that others use too.
ASKING = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")
ON_SLURM = ("--workflow-profile", "profiles/slurm", "--slurm-status-command", "squeue", *ASKING)
COUNTED = "results/restricted/tally"
TALLY = f"{COUNTED}/facts.json"
PATIENCE = 900


@pytest.fixture(scope="module")
def slurm():
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def local(tmp_path_factory, quick_run):
    """A project where the records were counted without SLURM."""
    project = copy_project(tmp_path_factory.mktemp("local") / "a project")
    code, text = quick_run(project, TALLY)
    assert code == 0, text
    return project


@pytest.fixture(autouse=True)
def nothing_left(slurm):
    """No job of one test is there in the next."""
    yield
    slurm.cancel_all()


@contextmanager
def started(project, slurm, *arguments):
    """A run of the workflow on SLURM, ended by force if it is still at work on leaving."""
    words, where = command(project, *ON_SLURM, *arguments)
    where["env"] |= slurm.environment
    with (project / "run.log").open("w") as log:
        run = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **where
        )
    try:
        yield run
    finally:
        end(run)


def end(run):
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def said(project):
    return (project / "run.log").read_text()


def submitted(project):
    """Numbers of the jobs of a run, in the order in which they were handed to SLURM."""
    return [int(number) for number in re.findall(r"submitted with SLURM jobid (\d+)", said(project))]


def wait_for_step(project, slurm, number):
    """Wait until a step is at work in the job with this number among those of a run; give SLURM's own number."""
    slurm.wait_until(lambda: len(submitted(project)) > number)
    job = submitted(project)[number]
    slurm.wait_until(lambda: slurm.jobs()[job] == "RUNNING" and slurm.step_is_at_work(job))
    return job


def contents(folder):
    paths = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".snakemake_timestamp"
    )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_what_slurm_makes_is_the_same_to_the_byte(tmp_path, slurm, local, quick_run):
    project = copy_project(tmp_path / "a project")
    config = project / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("records:\n", "records:\n  parts: 2\n"), "utf-8"
    )
    with started(project, slurm) as run:
        code, text = quick_run(local)
        assert code == 0, text
        assert run.wait(PATIENCE) == 0, said(project)
    jobs = submitted(project)
    assert len(jobs) == 3  # two count parts of the records, one does all that follows
    assert {slurm.jobs()[job] for job in jobs} == {"COMPLETED"}
    ours, theirs = contents(project / "results/published"), contents(local / "results/published")
    assert [name for name in theirs if ours.get(name) != theirs[name]] == []
    assert ours.keys() == theirs.keys()


def test_after_a_job_is_cancelled_and_a_node_dies_the_tally_is_the_same(tmp_path, slurm, local):
    project = copy_project(tmp_path / "a project")
    with started(project, slurm, TALLY) as run:
        cancelled = wait_for_step(project, slurm, 0)
        slurm.command("scancel", str(cancelled))
        struck = wait_for_step(project, slurm, 1)
        slurm.kill_node()
        slurm.start_node()
        assert run.wait(PATIENCE) == 0, said(project)
    assert submitted(project) == [cancelled, struck]  # SLURM itself started the job again whose node died
    assert "Restarts=1" in slurm.command("scontrol", "show", "job", str(struck))
    jobs = slurm.jobs()
    assert (jobs[cancelled], jobs[struck]) == ("CANCELLED", "COMPLETED")
    assert contents(project / COUNTED) == contents(local / COUNTED)


def test_a_job_that_a_killed_run_left_behind_keeps_the_next_run_away_until_it_ends(tmp_path, slurm, local):
    project = copy_project(tmp_path / "a project")
    with started(project, slurm, TALLY) as run:
        left = wait_for_step(project, slurm, 0)
        slurm.command("scontrol", "suspend", str(left))
        end(run)
    with started(project, slurm, TALLY) as run:
        assert run.wait(PATIENCE) == 1
    assert "or a step that it left behind" in said(project)
    slurm.command("scontrol", "resume", str(left))
    slurm.wait_until(lambda: slurm.jobs()[left] == "COMPLETED")
    with started(project, slurm, TALLY) as run:
        assert run.wait(PATIENCE) == 0, said(project)
    assert contents(project / COUNTED) == contents(local / COUNTED)

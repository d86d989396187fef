"""What runs left is removed, and nothing else; never without asking, never beside a run."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from desistance.cli import main
from desistance.records.identifiers import CASE_NUMBERS, SIGNATURES, own_key

CONFIG = "study: studies/x\nresults: results/mine\nrecords: {files: x.csv}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project after runs with two folders of results, and other things that purge must leave."""
    folder = tmp_path / "a project"
    for name in (
        "results/restricted/records.parquet",
        "results/restricted/logs/records.log",
        "results/restricted/scratch/copy.csv",
        "results/restricted/check/check.html",
        "results/calibration/calibration.csv",
        "results/published/bulletin.html",
        "results/notes.txt",
        "results/.lock",
        "results/mine/restricted/rejects.csv",
        "results/mine/published/bulletin.html",
        ".snakemake/log/run.log",
        "data/raw/cases.csv",
        "Snakefile",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("Zebedee", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def purge(*arguments):
    return main(["purge", *map(str, arguments)])


def removed(project, *arguments):
    before = files(project)
    assert purge(*arguments) == 0
    return before - files(project)


PRIVATE = {
    "results/restricted/records.parquet",
    "results/restricted/logs/records.log",
    "results/restricted/scratch/copy.csv",
    "results/restricted/check/check.html",
    "results/calibration/calibration.csv",
    ".snakemake/log/run.log",
}


def test_all_that_is_private_is_removed_and_nothing_else(project):
    assert removed(project, "--results", "results", "--yes") == PRIVATE


def test_what_was_published_goes_only_when_that_is_said(project):
    assert removed(project, "--results", "results", "--yes", "--all") == PRIVATE | {
        "results/published/bulletin.html"
    }


def test_the_configuration_names_the_results(project):
    (project / "config.yaml").write_text(CONFIG, encoding="utf-8")
    mine = {"results/mine/restricted/rejects.csv", ".snakemake/log/run.log"}
    assert removed(project, "--yes") == mine
    (project / "other.yaml").write_text(CONFIG.replace("results/mine", "results"), encoding="utf-8")
    assert removed(project, "--config", "other.yaml", "--yes") == PRIVATE - mine


def test_without_configuration_and_results_it_is_said_what_to_give(project, capsys):
    assert purge("--yes") == 1
    assert "say --config or --results" in capsys.readouterr().err


def test_the_key_goes_only_when_that_is_said(project, tmp_path, monkeypatch):
    key = tmp_path / "elsewhere" / "key"
    key.parent.mkdir()
    key.write_bytes(b"k" * 32)
    monkeypatch.setenv("DESISTANCE_KEY", str(key))
    assert purge("--results", "results", "--yes") == 0
    assert key.exists()
    assert purge("--results", "results", "--yes", "--key") == 0
    assert not key.exists()
    assert purge("--results", "results", "--yes", "--key") == 0


def test_the_other_key_stays_and_whoever_removes_that_of_case_numbers_is_told(
    project, tmp_path, monkeypatch, capsys
):
    key = tmp_path / "elsewhere" / "key"
    monkeypatch.setenv("DESISTANCE_KEY", str(key))
    own_key(of=CASE_NUMBERS)
    assert purge("--results", "results", "--yes", "--key", "--dry-run") == 0
    assert "The key of signatures" not in capsys.readouterr().out
    own_key(of=SIGNATURES)
    assert purge("--results", "results", "--yes") == 0
    assert "The key of signatures" not in capsys.readouterr().out
    assert purge("--results", "results", "--yes", "--key") == 0
    assert f"The key of signatures stays: {key}.sign." in capsys.readouterr().out
    assert (key.exists(), key.with_name("key.sign").exists()) == (False, True)
    assert purge("--results", "results", "--yes", "--key", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["leftovers"] == []
    assert f"The key of signatures stays: {key}.sign." in told.err


def test_it_lists_folders_files_and_sizes_before_anything(project, capsys):
    assert removed(project, "--results", "results", "--dry-run") == set()
    heard = capsys.readouterr().out
    assert f"4 files      28 B  {project / 'results/restricted'}" in heard
    assert heard.endswith("Nothing was removed.\n")


def test_programs_get_json(project, capsys):
    assert purge("--results", "results", "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["removed"] is False
    assert told["leftovers"][0] == {
        "path": str(project / "results/restricted"),
        "n_files": 4,
        "n_bytes": 28,
    }
    assert purge("--results", "results", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out)["removed"] is True
    assert purge("--results", "results", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"removed": False, "leftovers": []}


def test_there_may_be_nothing_to_remove(project, capsys):
    assert purge("--results", "results/mine/published", "--yes") == 0
    purge("--results", "results/mine/published", "--yes")
    assert capsys.readouterr().out.endswith("There is nothing to remove.\n")


class Terminal(io.StringIO):
    """Somebody at a terminal, who types."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("typed", "gone"), [("yes\n", True), ("YES \n", True), ("y\n", False), ("", False)])
def test_on_a_terminal_it_asks(project, monkeypatch, capsys, typed, gone):
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert purge("--results", "results") == 0
    assert "Type yes" in capsys.readouterr().err
    assert (project / "results/restricted").exists() != gone


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_where_nobody_can_be_asked_it_needs_yes(project, monkeypatch, capsys, arguments):
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n") if arguments else io.StringIO("yes\n"))
    assert purge("--results", "results", *arguments) == 1
    assert "say --yes" in capsys.readouterr().err
    assert (project / "results/restricted").exists()


def test_it_says_what_it_cannot_promise(project, capsys):
    purge("--results", "results", "--yes")
    heard = " ".join(capsys.readouterr().out.split())
    assert "Removed is not erased: on most disks, in backups" in heard


@pytest.mark.parametrize("writing", ["results", "results/mine"])
def test_beside_a_run_it_removes_nothing(project, capsys, writing):
    """Of these results, or of others, whose run uses the same metadata."""
    with FileLock(project / writing / ".lock"):
        assert removed_nothing(project, "--results", "results", "--yes")
    assert "a run writes to" in capsys.readouterr().err
    assert purge("--results", "results", "--yes") == 0


def removed_nothing(project, *arguments):
    before = files(project)
    return purge(*arguments) == 1 and files(project) == before


def test_a_run_that_begins_meanwhile_finds_the_lock_taken(project, monkeypatch):
    found = []

    class Asked(Terminal):
        def readline(self):
            words = [
                sys.executable,
                "-c",
                "import filelock; filelock.FileLock('results/.lock', timeout=0).acquire()",
            ]
            found.append(subprocess.run(words, capture_output=True, text=True, check=False).returncode)
            return "no"

    monkeypatch.setattr(sys, "stdin", Asked())
    assert purge("--results", "results") == 0
    assert found == [1]


def test_links_are_not_followed(project, tmp_path):
    treasure = tmp_path / "elsewhere"
    treasure.mkdir()
    (treasure / "kept.csv").touch()
    (project / "results/restricted/link").symlink_to(treasure, target_is_directory=True)
    (project / "results/restricted/kept.csv").symlink_to(treasure / "kept.csv")
    assert removed(project, "--results", "results", "--yes") >= PRIVATE
    assert files(treasure) == {"kept.csv"}


@pytest.mark.parametrize("name", ["restricted", "calibration"])
def test_a_link_in_place_of_a_folder_stops_it_before_anything_is_removed(project, tmp_path, capsys, name):
    (project / "results" / name).rename(tmp_path / "elsewhere")
    (project / "results" / name).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    before = files(tmp_path)
    assert purge("--results", "results", "--yes") == 1
    assert "is a symbolic link, and links are not followed; nothing was removed" in capsys.readouterr().err
    assert files(tmp_path) == before


@pytest.mark.parametrize("path", ["../outside", "results/../../outside", "link", "through/inside"])
def test_a_path_that_leads_out_of_the_project_is_refused(project, tmp_path, capsys, path):
    (tmp_path / "outside" / "inside").mkdir(parents=True)
    for folder in ("outside", "outside/inside"):
        (tmp_path / folder / "restricted").mkdir()
    for link in ("link", "through"):
        (project / link).symlink_to(tmp_path / "outside", target_is_directory=True)
    assert purge("--results", path, "--yes") == 1
    assert "leads out of the folder" in capsys.readouterr().err
    assert (tmp_path / "outside/inside/restricted").exists()
    assert (tmp_path / "outside/restricted").exists()


def test_results_that_are_a_link_are_refused_wherever_it_leads(project, tmp_path, capsys):
    (project / "mine").symlink_to(project / "results/mine", target_is_directory=True)
    for path in ("mine", project / "mine"):
        assert removed_nothing(project, "--results", path, "--yes")
        assert f"say --results '{project / 'results/mine'}'" in capsys.readouterr().err


def test_results_outside_are_removed_when_named_in_full_and_the_metadata_here_stay(project, tmp_path):
    (tmp_path / "outside" / "restricted").mkdir(parents=True)
    assert purge("--results", tmp_path / "outside", "--yes") == 0
    assert list((tmp_path / "outside").iterdir()) == []
    assert files(project) >= PRIVATE


def test_metadata_of_a_folder_without_our_workflow_are_left(project):
    (project / "Snakefile").unlink()
    assert removed(project, "--results", "results", "--yes") == PRIVATE - {".snakemake/log/run.log"}


def test_results_that_are_not_there_are_told(project, capsys):
    assert purge("--results", "nowhere", "--yes") == 1
    assert "nowhere is not there" in capsys.readouterr().err


def test_what_cannot_be_removed_is_told_and_the_rest_is(project, monkeypatch, capsys):
    real = os.unlink

    def unlink(path, **options):
        if Path(path).name == "records.parquet":
            raise PermissionError(13, "Permission denied", path)
        real(path, **options)

    monkeypatch.setattr(os, "unlink", unlink)
    assert purge("--results", "results", "--yes") == 1
    assert "could not be removed" in capsys.readouterr().err
    monkeypatch.undo()
    left = files(project) & PRIVATE
    assert left == {"results/restricted/records.parquet"}

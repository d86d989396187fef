"""Records read from object storage and results put there, on an S3 server of this machine."""

import stat
import time

import pytest
import yaml

from desistance.errors import RecordsError
from desistance.records.files import source_files, stored_files, told_files
from project import copy_project
from s3_server import NEEDED, object_storage, stored, upload

needs_server = pytest.mark.needs_program(*NEEDED)
RESULTS = ("--default-storage-provider", "s3", "--default-storage-prefix", "s3://outcomes/2021")
COUNTED, PUBLISHED = "results/restricted/tally", "results/published"
TALLY = f"{COUNTED}/facts.json"
SOURCES = {
    kind: f"data/example/made_up_{name}.csv" for kind, name in (("files", "cases"), ("services", "services"))
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with object_storage(tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture(scope="module")
def local(tmp_path_factory, quick_run):
    """All that is made of records that are files."""
    project = copy_project(tmp_path_factory.mktemp("local") / "a project")
    return finished(quick_run, project, "all")


@pytest.fixture
def counted(local):
    """The tally of records that are files."""
    return contents(local / COUNTED)


@pytest.fixture
def project(tmp_path, server):
    """A project whose records and table of services are in object storage, and nowhere else."""
    folder = copy_project(tmp_path / "a project")
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for kind, name in SOURCES.items():
        upload(server, folder / name, "extracts", name)
        (folder / name).unlink()
        config["records"][kind] = f"s3://extracts/{name}"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def finished(quick_run, project, *arguments):
    code, text = quick_run(project, *arguments)
    assert code == 0, text
    (project / "run.log").write_text(text)
    return project


def contents(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return without_stamps({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})


def without_stamps(found):
    return {name: content for name, content in found.items() if not name.endswith(".snakemake_timestamp")}


@needs_server
def test_records_in_object_storage_are_counted_as_files_are(project, server, counted, quick_run):
    finished(quick_run, project, TALLY, *server.options)
    assert contents(project / COUNTED) == counted
    copies = project / ".snakemake/storage"
    assert stat.S_IMODE(copies.stat().st_mode) == 0o700
    assert [path.name for path in copies.rglob("*") if path.is_file()] == [".keep"]


@needs_server
def test_records_that_are_replaced_in_object_storage_are_read_again(project, server, quick_run):
    finished(quick_run, project, TALLY, *server.options)
    assert "Nothing to be done" in said(finished(quick_run, project, TALLY, *server.options))
    first = contents(project / COUNTED)
    path = project / "cases.csv"
    path.write_bytes(server.content("extracts", SOURCES["files"]).rstrip().rpartition(b"\n")[0] + b"\n")
    time.sleep(1.1)  # object storage tells times to the second
    upload(server, path, "extracts", SOURCES["files"])
    assert "Reading and counting records" in said(finished(quick_run, project, TALLY, *server.options))
    assert contents(project / COUNTED) != first


def said(project):
    return (project / "run.log").read_text()


@needs_server
def test_results_are_put_into_object_storage_and_nowhere_else(project, server, local, quick_run):
    finished(quick_run, project, "all", *server.options, *RESULTS)
    assert without_stamps(stored(server.folder / "outcomes/2021" / COUNTED)) == contents(local / COUNTED)
    published = without_stamps(stored(server.folder / "outcomes/2021" / PUBLISHED))
    assert [
        name for name, content in contents(local / PUBLISHED).items() if published.pop(name) != content
    ] == []
    assert not published
    assert not (project / COUNTED).exists()
    assert not (project / PUBLISHED).exists()
    assert "Nothing to be done" in said(finished(quick_run, project, "all", *server.options, *RESULTS))


def test_addresses_and_paths_are_told_apart(tmp_path):
    path = tmp_path / "cases.csv"
    path.touch()
    both = ["s3://extracts/cases.csv", str(path)]
    assert source_files(both) == [path]
    assert stored_files(both) == both[:1]
    assert told_files(both[0], "records.services") == []
    assert stored_files(None) == stored_files(str(path)) == []


def test_an_address_that_is_a_pattern_is_refused():
    with pytest.raises(RecordsError, match="list the files one by one"):
        stored_files("s3://extracts/cases_*.csv")


def test_an_address_of_a_kind_that_cannot_be_read_is_refused():
    with pytest.raises(RecordsError, match=r"cases\.pdf: only"):
        stored_files("s3://extracts/cases.pdf")

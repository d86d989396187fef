"""Round trip: whatever program wrote the extract, its tally is the same, byte for byte."""

import io
import json
from pathlib import Path

import pytest

from desistance.records.formats import child, guarded
from desistance.records.mapping import read_mapping
from desistance.scan.pieces import Asked
from desistance.scan.scanning import scan
from desistance.study import read_study
from desistance.tallies import TABLES, write_tally
from formats_variants import FOLDER, VARIANTS
from records_builder import KEY

STUDY = read_study(Path("studies/bulletin_2021_03"))
# Those read as a run reads them, in a process of its own; for the others that would take the most time by far.
IN_A_PROCESS = (
    "labels.sav",
    "tagged.dta",
    "titles.xlsx",
    "libreoffice/dates.ods",
    "nulls.parquet",
    "archive.zip",
)


def read_back(folder, files, mapping=None, **choices):
    """Bytes of every file of the tally, the account but for files, and the rejects."""
    folder.mkdir()
    (folder / "mapping.yaml").write_text(mapping or "", encoding="utf-8")
    sources = read_mapping(folder / "mapping.yaml" if mapping else None, STUDY)
    rejects = io.StringIO(newline="")
    asked = Asked(STUDY, sources, KEY, folder / "scratch", **choices)
    scanned = scan(files, asked, rejects=rejects, n_processes=1)
    account = {**scanned.account, "files": []}
    paths = {name: folder / f"{name}.parquet" for name in TABLES} | {"facts": folder / "facts.json"}
    write_tally(scanned.counter.tally(account), paths)
    return {name: path.read_bytes() for name, path in paths.items()}, account, rejects.getvalue()


def told_here(task, path, name, asked):
    """What a guarded process would tell, without the process."""
    asked = json.loads(json.dumps({**asked, "path": str(path), "name": name}))
    yield from child.ANSWERS[task](asked)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    done = read_back(tmp_path_factory.mktemp("plain") / "read", [FOLDER / "cases.csv"])
    assert done[1]["n_accepted"] == 98
    return done


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_tally_whatever_program_wrote_the_extract(tmp_path, plain, monkeypatch, name):
    if name not in IN_A_PROCESS:
        monkeypatch.setattr(guarded, "_answers", told_here)
    variant = VARIANTS[name]
    done = read_back(tmp_path / "read", variant.files(tmp_path), variant.mapping, **variant.choices)
    assert done[1:] == plain[1:]
    assert done[0] == plain[0]
    assert not list((tmp_path / "read").glob("scratch/*"))


def test_there_are_many_variants():
    assert len(VARIANTS) >= 40

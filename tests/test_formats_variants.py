"""Round trip: whatever program wrote the extract, its tally is the same, byte for byte."""

import io
import json
import tempfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from desistance.records.formats import child, guarded
from desistance.records.ingest import ingest
from desistance.records.mapping import read_mapping
from desistance.study import read_study
from desistance.tallies import TABLES, count_records, write_tally
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
    """Bytes of the typed records, the account but for files, and the rejects."""
    folder.mkdir()
    (folder / "mapping.yaml").write_text(mapping or "", encoding="utf-8")
    sources = read_mapping(folder / "mapping.yaml" if mapping else None, STUDY)
    with (folder / "rejects.csv").open("w", encoding="utf-8", newline="") as rejects:
        account = ingest(
            files,
            sources,
            STUDY,
            **{"delimiter": "auto", "encoding": "auto", **choices},
            key=KEY,
            records=folder / "records.parquet",
            rejects=rejects,
            scratch=folder / "scratch",
        )
    del account["files"]
    rejects = (folder / "rejects.csv").read_text(encoding="utf-8")
    return (folder / "records.parquet").read_bytes(), json.dumps(account), rejects


@cache
def tally(records, account):
    """Bytes of every file of the tally; records that are the same, byte for byte, are counted once."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.parquet" for name in TABLES} | {
            "facts": Path(folder) / "facts.json"
        }
        frame = pd.read_parquet(io.BytesIO(records))
        write_tally(count_records([frame], STUDY, json.loads(account) | {"files": []}), paths)
        return {name: path.read_bytes() for name, path in paths.items()}


def told_here(task, path, name, asked):
    """What a guarded process would tell, without the process."""
    asked = json.loads(json.dumps({**asked, "path": str(path), "name": name}))
    yield from child.ANSWERS[task](asked)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    done = read_back(tmp_path_factory.mktemp("plain") / "read", [FOLDER / "cases.csv"])
    assert json.loads(done[1])["n_accepted"] == 98
    return done


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_tally_whatever_program_wrote_the_extract(tmp_path, plain, monkeypatch, name):
    if name not in IN_A_PROCESS:
        monkeypatch.setattr(guarded, "_answers", told_here)
    variant = VARIANTS[name]
    records, *told = read_back(tmp_path / "read", variant.files(tmp_path), variant.mapping, **variant.choices)
    assert told == list(plain[1:])
    assert tally(records, told[0]) == tally(*plain[:2])
    assert not list((tmp_path / "read").glob("scratch/*"))


def test_there_are_many_variants():
    assert len(VARIANTS) >= 40

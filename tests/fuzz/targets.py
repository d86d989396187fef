"""What is fuzzed: each target takes bytes as a file and may end in an error of ours, and in no other way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from desistance.documents import read_document
from desistance.errors import DesistanceError, RecordsError, SettingsError, StudyError
from desistance.records import formats
from desistance.records.mapping import read_mapping
from desistance.study import Study, read_study

ROOT = Path(__file__).parents[2]
Target = Callable[[bytes], None]


@contextmanager
def file_of(data: bytes, name: str) -> Iterator[Path]:
    """A file of these bytes, alone in a folder that must hold nothing else afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path
        left = [each.name for each in Path(folder).rglob("*") if each.is_file()]
        assert left == [name], "a file was left behind"


def reads(suffix: str) -> Target:
    """Look at a file of records and read all its columns."""

    def target(data: bytes) -> None:
        with file_of(data, f"extract{suffix}") as path:
            try:
                table = formats.look(path, scratch=path.parent / "scratch")
                headings = [name for name in dict.fromkeys(table.headings) if table.headings.count(name) == 1]
                for batch in formats.read(table, headings[:50]):
                    assert len(batch.rows) == batch.table.num_rows
            except DesistanceError as error:
                refuses_quotation(error, data)

    return target


def document(schema: str, error: type[DesistanceError]) -> Target:
    """Read a YAML document."""

    def target(data: bytes) -> None:
        with file_of(data, "document.yaml") as path, suppress(DesistanceError):
            read_document(path, schema, error)

    return target


def study(data: bytes) -> None:
    """Read a study as a folder holds it."""
    with file_of(data, "study.yaml") as path, suppress(DesistanceError):
        read_study(path.parent)


def mapping(data: bytes) -> None:
    """Read a mapping for the bulletin's study."""
    with file_of(data, "mapping.yaml") as path, suppress(DesistanceError):
        read_mapping(path, bulletin())


@cache
def bulletin() -> Study:
    """The bulletin's study."""
    return read_study(ROOT / "studies/bulletin_2021_03")


def refuses_quotation(error: DesistanceError, data: bytes) -> None:
    """An error about records quotes no value: no line of the file but what may be headings."""
    text = str(error)
    for line in data.decode("latin-1").splitlines()[60:]:
        assert len(line) < 12 or line not in text


TARGETS: dict[str, Target] = {
    "csv": reads(".csv"),
    "study": study,
    "mapping": mapping,
    "claims": document("claims", StudyError),
    "config": document("config", SettingsError),
    "crosswalk": document("crosswalk", RecordsError),
}

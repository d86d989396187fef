"""What every column of the released tables is, for machines: metadata of CSV on the Web (W3C)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from desistance.bulletin.content import Publication
from desistance.bulletin.inline import plain
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.sections.sources import SOURCES

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

COLUMNS = Path(__file__).with_name("columns.yaml")
CONTEXT = "http://www.w3.org/ns/csvw"
DIALECT = {"header": True, "encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "doubleQuote": True}


@dataclass(frozen=True)
class Column:
    """A column of a released table: its name there, a title for people, its datatype and what it means."""

    name: str
    title: str
    datatype: str
    text: str


@dataclass(frozen=True)
class Described:
    """A released table: what its rows are, the columns that tell them apart, and every column by name.

    `references` has, for a column, the table with the same column as its key.
    """

    about: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    references: Mapping[str, str]


@cache
def described_tables() -> Mapping[str, Described]:
    """Every released table as `columns.yaml` describes it; a column not named for a table means what it does in all."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said = yaml.load(COLUMNS.read_text(encoding="utf-8"), Loader=loader)
    shared = {name: _column(name, *about) for name, about in said["columns"].items()}
    return {
        name: Described(
            table["about"],
            tuple(table.get("key", ())),
            shared | {each: _own(each, about, shared) for each, about in table["columns"].items()},
            table.get("references", {}),
        )
        for name, table in said["tables"].items()
    }


def _column(name: str, datatype: str, title: str, text: str) -> Column:
    return Column(name, title, datatype, text)


def _own(name: str, about: str | Sequence[str], shared: Mapping[str, Column]) -> Column:
    if isinstance(about, str):
        return Column(name, shared[name].title, shared[name].datatype, about)
    return _column(name, *about)


def csv_metadata(publication: Publication, released: Released) -> str:
    """Describe the released tables, for a file beside them, as CSV on the Web has it.

    In columns of numbers an empty cell and shorthand stand for no number; in columns of text an empty cell is a text
    that says nothing.

    Parameters
    ----------
    publication : Publication
        Title and warnings.
    released : Released
        The tables that are published.
    """
    notes = _notes(publication, str(released.facts.get("policy", "none")))
    group = {
        "@context": [CONTEXT, {"@language": "en-GB"}],
        "dc:title": f"{plain(publication.title)}: released tables",
        "dc:description": " ".join(
            (
                "Tables behind a statistical report.",
                *(note["text"] for note in notes if note["kind"] == "warning"),
            )
        ),
        "dc:language": "en-GB",
        "dialect": DIALECT,
        "notes": notes,
        "tables": [
            _table(name, described, list(getattr(released, name).columns), notes)
            for name, described in described_tables().items()
        ],
    }
    return json.dumps(group, ensure_ascii=False, indent=1) + "\n"


def _notes(publication: Publication, policy: str) -> list[dict[str, str]]:
    warnings = [
        {"kind": "warning", "text": f"{plain(one.title)} {plain(one.text)}"} for one in publication.notices
    ]
    shorthand = [
        {"kind": "shorthand", "text": f"{one.name}: {plain(one.text)}"}
        for one in publication.shorthand
        if one.name == HIDDEN
    ]
    return [*warnings, {"kind": "policy", "text": f"Disclosure control: {policy}"}, *shorthand]


def _table(
    name: str, described: Described, columns: Sequence[str], notes: list[dict[str, str]]
) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_described(described.columns[column]) for column in columns]}
    if described.key:
        schema["primaryKey"] = list(described.key)
    if described.references:
        schema["foreignKeys"] = [
            {"columnReference": column, "reference": {"resource": f"{other}.csv", "columnReference": column}}
            for column, other in described.references.items()
        ]
    return {
        "url": f"{name}.csv",
        "dc:title": SOURCES[name].title,
        "dc:description": described.about,
        "notes": notes,
        "tableSchema": schema,
    }


def _described(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "titles": [column.name, column.title],
        "dc:description": column.text,
        "datatype": column.datatype,
        "null": [HIDDEN] if column.datatype == "string" else ["", HIDDEN],
    }

"""A sheet for those who code comments: headings, blank rows, and the codebook's lists to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from desistance.errors import RecordsError
from desistance.records.comments import OPTIONAL, headings
from desistance.records.passages import NO_THEME
from desistance.records.sheets import Row, read_sheet
from desistance.study import DIRECTIONS, MADE_UP, NO, YES, Codebook, Study

CODING, CODEBOOK = "coding", "codebook"
Lines = list[list[str]]
WIDTHS = {"narrow": "3.5cm", "wide": "14cm"}
WIDE = ("excerpt", "label")


def write_coding_sheet(
    study: Study,
    path: Path,
    *,
    n_rows: int,
    coder: str | None = None,
    passages: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write an ODS file to fill in, which `coded_comments` reads back.

    The sheet "coding" has a row for each passage of the list, if there is one (a CSV or ODS file with the headings
    passage, service and case, and perhaps excerpt), and `n_rows` blank ones; "codebook" has the lists that theme,
    direction, coder and cleared are chosen from.

    Raises
    ------
    RecordsError
        The study has no codebook or no such coder, rows are fewer than 0, the list cannot be read, or the file is
        there already.
    """
    if study.codebook is None:
        raise RecordsError(
            f"the study {study.id} has no codebook; describe themes and coders in study.yaml first"
        )
    if coder is not None and coder not in study.codebook.coders:
        raise RecordsError(
            f"the codebook has no coder {coder!r}; its coders are {', '.join(study.codebook.coders)}"
        )
    if n_rows < 0:
        raise RecordsError(f"asked for {n_rows} blank rows; give 0 or more")
    if path.suffix.lower() != ".ods":
        raise RecordsError(f"{path}: a coding sheet is an ODS file; give a name that ends in .ods")
    if path.exists() and not overwrite:
        raise RecordsError(f"{path} is there already; give another name, or --force to replace it")
    given = _given(passages, study) if passages else []
    made_up = next((row.values[MADE_UP] for row in given if row.values[MADE_UP]), "")
    names = [*headings(study), *(name for name in OPTIONAL if name != MADE_UP or made_up)]
    same = {"coder": coder or "", MADE_UP: made_up}
    filled = [[{**row.values, **same}.get(name, "") for name in names] for row in given]
    _save(path, names, filled, [same.get(name, "") for name in names], n_rows, study.codebook)


def _given(path: Path, study: Study) -> list[Row]:
    """Passages to code, each once."""
    rows = read_sheet(path, ("passage", study.service, study.case), optional=("excerpt", MADE_UP))
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.values["passage"], row)
    return list(first.values())


def _lists(codebook: Codebook) -> dict[str, list[str]]:
    """What may be chosen in each column, by its heading."""
    return {
        "theme": [*(theme.id for theme in codebook.themes), NO_THEME],
        "direction": list(DIRECTIONS),
        "coder": list(codebook.coders),
        "cleared": [YES, NO],
    }


def _save(
    path: Path, names: Sequence[str], filled: Lines, blank: list[str], n_rows: int, codebook: Codebook
) -> None:
    from odfdo import Document, Element

    lists = _lists(codebook)
    labels = ["label", *(theme.label for theme in codebook.themes), "no theme of the codebook"]
    columns = [["theme", *lists["theme"]], labels]
    columns += [[name, *lists[name]] for name in ("direction", "coder", "cleared")]
    depth = max(map(len, columns))
    listed = zip(*(column + [""] * (depth - len(column)) for column in columns), strict=True)
    rules = [f"validate_{name}" if name in lists else "" for name in names]
    body = [
        _bold(_row(names, [""] * len(names))),
        *(_row(row, rules) for row in filled),
        _row(blank, rules, times=n_rows) if n_rows else "",
    ]
    document = Document("spreadsheet")
    document.body.clear()
    for style in _styles():
        document.insert_style(Element.from_tag(style), automatic=True)
    document.body.append(Element.from_tag(_validations(lists)))
    document.body.append(Element.from_tag(_table(CODING, names, body)))
    heads, *choices = (_row(row, [""] * len(columns)) for row in listed)
    document.body.append(
        Element.from_tag(_table(CODEBOOK, [column[0] for column in columns], [_bold(heads), *choices]))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    document.save(path)


def _validations(lists: Mapping[str, list[str]]) -> str:
    """Drop-down lists that refuse anything else, with the codebook's columns as their source."""
    places = {"theme": "A", "direction": "C", "coder": "D", "cleared": "E"}
    rules = []
    for name, column in places.items():
        source = f"[${CODEBOOK}.${column}$2:.${column}${len(lists[name]) + 1}]"
        condition = quoteattr(f"of:cell-content-is-in-list({source})")
        rules.append(
            f'<table:content-validation table:name="validate_{name}" table:condition={condition} '
            f'table:allow-empty-cell="true" table:display-list="unsorted" table:base-cell-address="{CODING}.A2">'
            f'<table:error-message table:title="Not in the codebook" table:display="true" '
            f'table:message-type="stop"><text:p>Choose from the list "{name}" in the sheet '
            f"{CODEBOOK}.</text:p></table:error-message></table:content-validation>"
        )
    return f"<table:content-validations>{''.join(rules)}</table:content-validations>"


def _styles() -> Iterator[str]:
    """Columns wide enough to read, and headings in bold."""
    for name, width in WIDTHS.items():
        yield (
            f'<style:style style:name="{name}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width}"/></style:style>'
        )
    yield (
        '<style:style style:name="heading" style:family="table-cell">'
        '<style:text-properties fo:font-weight="bold"/></style:style>'
    )


def _table(name: str, headings: Sequence[str], rows: Sequence[str]) -> str:
    columns = "".join(
        f'<table:table-column table:style-name="{"wide" if heading in WIDE else "narrow"}"/>'
        for heading in headings
    )
    return f'<table:table table:name="{name}">{columns}{"".join(rows)}</table:table>'


def _bold(row: str) -> str:
    return row.replace("<table:table-cell ", '<table:table-cell table:style-name="heading" ')


def _row(values: Sequence[str], rules: Sequence[str], *, times: int = 1) -> str:
    cells = "".join(map(_cell, values, rules))
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


def _cell(text: str, rule: str) -> str:
    validated = f' table:content-validation-name="{rule}"' if rule else ""
    if not text:
        return f"<table:table-cell{validated}/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string"{validated}>{lines}</table:table-cell>'

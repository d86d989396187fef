"""The files of a new study, written from its outline: what is measured, the mapping, and the choices of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from desistance.draft.outline import Asked, Outline
from desistance.draft.roles import (
    BAND,
    BREAKDOWN,
    CASE,
    DATE,
    JUDGEMENT,
    SERVICE,
    SIZE,
    STRATUM,
    WEIGHT,
)
from desistance.draft.words import words_of
from desistance.draft.yaml_text import comment, scalar

DESIGN = (STRATUM, WEIGHT, SIZE)
NO_NUMBER = "The extract has no number of the case: each row is taken for one, and a row that stands twice is not found"


def study_files(
    outline: Outline, folder: Path, records: Path, results: str | None, reading: Mapping[str, str | None]
) -> dict[str, str]:
    """Texts of `study.yaml`, `mapping.yaml` and `config.yaml` by their names.

    `folder` is where they will stand, `records` the file they are about, `results` the folder of a run's outputs
    (by default `results/` and the name of the study), `reading` how the file is read (`delimiter`, `encoding`,
    `sheet`), of which only what cannot be told from it is written.
    """
    name = study_id(folder)
    return {
        "study.yaml": _text(_study(outline, name)),
        "mapping.yaml": _text(_mapping(outline)),
        "config.yaml": _text(_config(outline, folder, records, results or f"results/{name}", reading)),
    }


def study_id(folder: Path) -> str:
    """What a study in a folder is called."""
    name = "_".join(words_of(folder.resolve().name)) or "study"
    return name if name[0].isalpha() else f"study_{name}"


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _study(outline: Outline, name: str) -> Iterator[str]:
    yield from comment(
        "What is measured. Every key is described in src/desistance/schemas/study.schema.json."
    )
    yield ""
    yield f"id: {name}"
    yield f"title: {scalar(outline.title)}"
    yield "source:"
    yield f"  citation: {scalar(outline.citation)}"
    yield "words: # singular and plural, as the report uses them"
    for kind, pair in outline.words.items():
        yield f"  {kind}: [{', '.join(map(scalar, pair))}]"
    yield ""
    yield from comment(
        "Which case, in which service, when and with which weight. mapping.yaml gives the file's headings."
    )
    yield "columns:"
    yield f"  case: {CASE}"
    for role in (SERVICE, *DESIGN):
        if outline.of(role):
            yield f"  {role}: {role}"
    for date in outline.of(DATE):
        first, last = map(scalar, date.window)
        yield f"  date: {{column: {DATE}, label: {scalar(date.label)}, first: {first}, last: {last}}}"
    yield from _measures(outline)
    yield from _divisions(
        outline,
        "breakdowns",
        BREAKDOWN,
        "By which judgements are shown; others are compared with the first level.",
    )
    yield from _divisions(
        outline, "bands", BAND, "The same, where the levels have an order: trends are tested too."
    )


def _measures(outline: Outline) -> Iterator[str]:
    judged = outline.of(JUDGEMENT)
    plain = [column for column in judged if column.base is None]
    yield ""
    if len(plain) > 1:
        yield from comment("What is judged of every case, one column each; together they are one measure.")
        yield "factors:"
        for column in plain:
            yield f"  - {{id: {column.id}, label: {scalar(column.label)}}}"
        yield ""
    yield from comment(
        "A measure is answered by yes or no. Its label names it, `says` begins the sentence of a share."
    )
    yield "measures:"
    if len(plain) > 1:
        yield '  - id: judgements\n    label: Judgements\n    column: "{factor}"\n    says: the answer was yes in'
        yield from _assumed(outline)
    for column in judged:
        if column.base is not None or len(plain) == 1:
            yield from _measure(column, outline)


def _measure(column: Asked, outline: Outline) -> Iterator[str]:
    yield f"  - id: {column.id}"
    yield f"    label: {scalar(column.label)}"
    yield f"    column: {column.id}"
    if column.base is not None:
        yield f"    base: {outline.named(column.base).id} # judged only where this is yes"
    yield "    says: the answer was yes in"
    yield from _assumed(outline)


def _assumed(outline: Outline) -> Iterator[str]:
    """What the report repeats because the extract could not say it."""
    if not outline.of(CASE):
        yield f"    assumed: {scalar(NO_NUMBER)}"


def _divisions(outline: Outline, key: str, role: str, said: str) -> Iterator[str]:
    found = outline.of(role)
    if not found:
        return
    yield ""
    yield from comment(said)
    yield f"{key}:"
    for column in found:
        yield f"  - id: {column.id}"
        yield f"    label: {scalar(column.label)}"
        yield f"    column: {column.id}"
        yield "    levels:"
        for code, label in column.levels.items():
            yield f"      - {{code: {scalar(code)}, label: {scalar(label)}}}"


def _mapping(outline: Outline) -> Iterator[str]:
    yield from comment("Which heading of the extract is which column of the study, and what its codes mean.")
    yield ""
    yield "columns:"
    if not outline.of(CASE):
        yield from comment(NO_NUMBER, 2)
        yield f"  {CASE}: {{each_row: true}}"
    for column in outline.columns:
        yield f"  {column.id}:"
        if column.within:
            yield from comment(
                "its numbers begin again in each of the first, so that both together name one", 4
            )
        names = [column.within, column.heading] if column.within else []
        yield (
            f"    from: [{', '.join(map(scalar, names))}]" if names else f"    from: {scalar(column.heading)}"
        )
        if column.date_format:
            yield f"    format: {scalar(column.date_format)}"
        if column.comma:
            yield "    decimal: comma"
        if translated := _translated(column):
            yield "    codes:"
            yield from (f"      {scalar(code)}: {scalar(answer)}" for code, answer in translated.items())


def _translated(column: Asked) -> Mapping[str, str]:
    """Codes that the study calls otherwise, with the study's code."""
    if column.role == JUDGEMENT:
        states = {code: answer.strip() for code, answer in column.codes.items()}
    else:
        states = {code: state.replace("_", " ") for code, state in column.missing.items()}
    own = {code: "" if answer == "not recorded" else answer for code, answer in states.items()}
    return {code: answer for code, answer in own.items() if code != answer}


def _config(
    outline: Outline, folder: Path, records: Path, results: str, reading: Mapping[str, str | None]
) -> Iterator[str]:
    here = folder.as_posix()
    yield from comment(
        "The choices of a run. Every key is described in src/desistance/schemas/config.schema.json. Run it with"
    )
    yield f"# make report CONFIG={here}/config.yaml"
    yield ""
    yield f"study: {_path(here)}"
    yield f"results: {_path(results)}"
    yield "records:"
    yield f"  files: {_path(records.as_posix())} # or a pattern such as data/raw/*.csv"
    yield f"  mapping: {_path(f'{here}/mapping.yaml')}"
    yield from (f"  {key}: {scalar(value)}" for key, value in reading.items() if value not in (None, "auto"))
    yield from comment(
        "Share of rows that may break a rule before a run stops; results/.../rejects.csv has them.", 2
    )
    yield "  rejects_limit: 0"
    yield from comment(
        "What would stop a run as probably a mistake, and is known to be right: one_service, service_with_one_case, "
        "breakdown_with_one_level, item_nobody_has.",
        2,
    )
    yield f"  allow: [{'service_with_one_case' if outline.small_services else ''}]"
    if outline.finite_population:
        yield "inference:"
        yield from comment(
            "The results are about the services there are, many of which are in the records.", 2
        )
        yield "  finite_population_correction: true"


def _path(text: str) -> str:
    plain = text.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    return text if plain.isalnum() and plain.isascii() and not plain.isdigit() else scalar(text)

"""Codes that are not the study's, and columns that say little or the same as another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from desistance.check.columns import EMPTY, NOT_OURS, OTHER_CODES
from desistance.check.definition import DOUBT, NOTE, STOPS, ColumnRead, Finding, Value
from desistance.check.scan import Scan
from desistance.records.mapping import Source
from desistance.study import MISSING, Study
from desistance.study.derivations import JUDGEMENT

HALF = 0.5
ENOUGH = 30  # fewer rows may be alike by chance
# Columns of the same codes are told of one by one up to so many, then together with the names of some.
MOST_APART, MOST_NAMED = 2, 3


def coding_findings(
    found: Scan, sources: Mapping[str, Source], columns: tuple[ColumnRead, ...], study: Study, *, stops: bool
) -> Iterator[Finding]:
    """Codes not in the study, columns mostly missing, with one code only, or the same as another.

    `stops` is whether the rows with other codes are more than the run lets pass.
    """
    alike: dict[frozenset[str], list[ColumnRead]] = {}
    for column in columns:
        if _strange(column):
            alike.setdefault(sources[column.name].known, []).append(column)
    for same in alike.values():
        together = [same] if len(same) > MOST_APART else [[column] for column in same]
        for each in together:
            yield _not_ours(each, sources[each[0].name], STOPS if stops else DOUBT)
    for column in columns:
        yield from _says_little(column, found, sources[column.name], study)
    yield from _the_same(found, sources, columns)


def _strange(column: ColumnRead) -> list[Value]:
    return [value for value in column.values if value.meaning == NOT_OURS]


def _not_ours(same: list[ColumnRead], source: Source, severity: str) -> Finding:
    """Codes that are not the study's, of one column or of several of a kind."""
    strange = list(
        {(value.text, value.label): value for column in same for value in _strange(column)}.values()
    )
    listed = [value for value in strange if value.text not in (OTHER_CODES, EMPTY)]
    one = same[0]
    others = [_with_rows(value, same) for value in strange if value not in listed]
    if same[1:]:
        opening = f"{_several(same)} have codes that are not the study's, one or other of: "
    else:
        opening = f"{one.label} ({_heading(one)}) has codes that are not the study's: "
    text = opening + ", ".join(_with_rows(value, same) for value in strange)
    on_screen = None
    advice = "Correct them in the extract, or say in the mapping what they mean."
    if listed:
        entries = ", ".join(f"{_json(value.text)}: {_json(_proposed(value, source))}" for value in listed)
        advice = (
            f"Say in the mapping what they mean: columns: {one.name}: codes: {{{entries}}}"
            f"{', and the same for each' if same[1:] else ''}. {_knows(source)}"
        )
        n_listed = f"{len(listed)} {'codes' if listed[1:] else 'code'} on the page"
        on_screen = (
            opening + ", ".join([n_listed, *others]),
            f"The page lists them, with what to write in the mapping under columns, {one.name}: codes"
            f"{', and the same for each' if same[1:] else ''}. {_knows(source)}",
        )
    where = "; ".join(column.name for column in same)
    return Finding(severity, "code_not_in_study", where, text, advice, on_screen=on_screen)


def _with_rows(value: Value, same: list[ColumnRead]) -> str:
    return _quoted(value) if same[1:] else f"{_quoted(value)} ({value.rows} rows)"


def _knows(source: Source) -> str:
    return f"The study knows {', '.join(map(_json, sorted(source.known)))}."


def _several(columns: list[ColumnRead]) -> str:
    shown = ", ".join(column.label for column in columns[:MOST_NAMED])
    left = len(columns) - MOST_NAMED
    return f"{len(columns)} columns ({shown}{f' and {left} more' if left > 0 else ''})"


def _proposed(value: Value, source: Source) -> str:
    """A code of the study that differs in nothing but small and capital letters, from a code or its label."""
    close = {code.casefold(): code for code in sorted(source.known)}
    return close.get(value.text.casefold()) or close.get(value.label.casefold() or value.text) or "?"


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _quoted(value: Value) -> str:
    if value.text in (OTHER_CODES, EMPTY):
        return value.text
    return _json(value.text) + (f", labelled {value.label!r}," if value.label else "")


def _heading(column: ColumnRead) -> str:
    return f"heading {column.heading!r}"


def _says_little(column: ColumnRead, found: Scan, source: Source, study: Study) -> Iterator[Finding]:
    counts = found.values.get(column.name)
    if not counts or not source.known or study.inputs.get(column.name, JUDGEMENT) != JUDGEMENT:
        return
    n_rows = sum(counts.values()) + found.others[column.name]
    lacking = {code for code, state in study.codes.items() if state in MISSING and state != "not_applicable"}
    levels = {source.codes.get(text, text): text for text in counts}
    missing = sum(count for text, count in counts.items() if source.codes.get(text, text) in lacking)
    where = f"{column.label} ({_heading(column)})"
    if n_rows >= ENOUGH and len(counts) == 1:
        only = next(iter(levels))
        what = (
            "is empty"
            if not only
            else f"has the code {only!r}"
            if only in source.known
            else "has the same code"
        )
        yield Finding(
            DOUBT,
            "column_with_one_code",
            column.name,
            f"{where} {what} in every row",
            "Look whether the mapping takes it from the right heading; ask the supplier whether it was filled in.",
        )
    elif n_rows >= ENOUGH and missing > HALF * n_rows:
        yield Finding(
            NOTE,
            "mostly_missing",
            column.name,
            f"{where} is not known or not recorded in more than half of the rows",
            "Ask the supplier whether it was filled in, and whether an empty cell means no.",
        )


def _the_same(
    found: Scan, sources: Mapping[str, Source], columns: tuple[ColumnRead, ...]
) -> Iterator[Finding]:
    """Columns that mean the same in every row, though they should differ."""
    if found.n_rows < ENOUGH:
        return
    kinds: dict[tuple[object, ...], list[ColumnRead]] = {}
    for column in columns:
        meanings = {value.meaning for value in column.values if value.rows != "0"} - {NOT_OURS}
        if column.kind in ("judgement", "breakdown", "ordered band") and len(meanings) > 1:
            key = (column.kind, sources[column.name].known, found.prints[column.name].digest())
            kinds.setdefault(key, []).append(column)
    for same in kinds.values():
        if same[1:]:
            names = " and ".join(f"{column.label} ({_heading(column)})" for column in same)
            yield Finding(
                DOUBT,
                "columns_the_same",
                same[0].name,
                f"{names} mean the same in every row",
                "Probably one column was exported, or mapped, twice: compare the headings in the mapping.",
            )

"""What was read of each column, in words that give no small count away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from desistance.check.absent import absent_rows
from desistance.check.definition import ColumnRead, Value
from desistance.check.scan import Scan, judged_pairs, levels_of
from desistance.check.shown import SOME, Sum, words_for
from desistance.check.visible import visible
from desistance.records.mapping import Source
from desistance.records.typed import day_of, typed_column
from desistance.study import MISSING, NO, STATES, Study
from desistance.study.derivations import DATE, NUMBER

NOT_OURS = "not in the study"
OTHER_CODES = "other codes"
OTHER_YEARS, READABLE, UNREADABLE, EMPTY = "other years", "readable", "unreadable", "empty"
MEANINGS = {state: state.replace("_", " ") for state in STATES}
ABSENT = "no such column in the file"
MOST_CODES, LONGEST_CODE = 12, 40
TOTAL = "all rows"
Key = tuple[str, object]
Words = Mapping[object, str]


@dataclass(frozen=True)
class Cell:
    """Rows of one column that have one text (or one of several): what it means, and whether it may be listed."""

    text: str
    meaning: str
    count: int


def columns_read(
    found: Scan, sources: Mapping[str, Source], study: Study, threshold: int
) -> tuple[ColumnRead, ...]:
    """What was read of each column of the study, in its order.

    Codes of the study and the mapping are listed whatever their number; others only where `threshold` rows have them,
    the rest together. Columns whose counts tell of each other are put into words together.
    """
    cells = {name: tuple(_cells(name, found, sources[name], study, threshold)) for name in sources}
    absent, exact = absent_rows(found, threshold)
    words: dict[str, Words] = {}
    for group in _groups(study, cells):
        told = exact or absent.keys().isdisjoint(group)
        words |= _words(group, cells, threshold) if told else {name: _vague(cells[name]) for name in group}
    return tuple(
        _column(name, cells[name], words.get(name, {}), absent.get(name, ""), found, source, study)
        for name, source in sources.items()
    )


def meanings(name: str, source: Source, study: Study) -> dict[str, str]:
    """What each code of a column means, in words: codes of the study that still stand, and those of the mapping."""
    levels = levels_of(name, study)
    known = {code: MEANINGS[state] for code, state in study.codes.items() if not levels or state in MISSING}
    known = levels | known
    translated = {code: known[target] for code, target in source.codes.items() if target in known}
    return translated | {code: meaning for code, meaning in known.items() if code not in source.codes}


def _cells(name: str, found: Scan, source: Source, study: Study, threshold: int) -> Iterator[Cell]:
    counts = found.values.get(name)
    if counts is None:
        return
    if study.date and name == study.date.column:
        yield from _years(counts, found.others[name], source, study, threshold)
    elif study.inputs.get(name) in (DATE, NUMBER):
        yield from _readable(counts, found.others[name], source, study, study.inputs[name])
    elif source.known:
        yield from _codes(counts, found.others[name], meanings(name, source, study), threshold)


def _codes(counts: Counter[str], others: int, known: Mapping[str, str], threshold: int) -> Iterator[Cell]:
    yield from (Cell(code, meaning, counts[code]) for code, meaning in known.items())
    strange = {text: count for text, count in counts.items() if text not in known}
    often = [text for text, count in strange.items() if count >= threshold and 0 < len(text) <= LONGEST_CODE]
    listed = sorted(often, key=lambda text: (-strange[text], text))[:MOST_CODES]
    yield from (Cell(text, NOT_OURS, strange[text]) for text in listed)
    if "" in strange:
        yield Cell(EMPTY, NOT_OURS, strange[""])
    rest = others + sum(count for text, count in strange.items() if text and text not in listed)
    if rest:
        yield Cell(OTHER_CODES, NOT_OURS, rest)


def _years(counts: Counter[str], others: int, source: Source, study: Study, threshold: int) -> Iterator[Cell]:
    years: Counter[int] = Counter()
    kinds = Counter({UNREADABLE: others})
    for text, count in counts.items():
        read = day_of(text, source.date_format)
        if read is not None:
            years[read.year] += count
        else:
            kinds[UNREADABLE if text else EMPTY] += count
    window = range(study.date.first.year, study.date.last.year + 1)
    listed = [year for year in sorted(years) if year in window or years[year] >= threshold]
    yield from (Cell(f"{year:04}", "", years[year]) for year in listed)
    kinds[OTHER_YEARS] = sum(count for year, count in years.items() if year not in listed)
    yield from (Cell(kind, "", kinds[kind]) for kind in (OTHER_YEARS, UNREADABLE, EMPTY) if kinds[kind])


def _readable(counts: Counter[str], others: int, source: Source, study: Study, kind: str) -> Iterator[Cell]:
    """Inputs of derivations: whether they can be read, and no value of any."""
    kinds = Counter({UNREADABLE: others})
    read = typed_column(pa.chunked_array([pa.array(counts, pa.string())]), source, study, kind)
    for state, missing, count in zip(read.states.tolist(), read.missing, counts.values(), strict=True):
        kinds[MEANINGS[STATES[state]] if missing else UNREADABLE if state < 0 else READABLE] += count
    yield from (
        Cell(each, "" if each in (READABLE, UNREADABLE) else each, kinds[each]) for each in sorted(kinds)
    )


def _groups(study: Study, cells: Mapping[str, tuple[Cell, ...]]) -> list[tuple[str, ...]]:
    """Columns whose counts tell of each other: a judgement and those made only where it says yes."""
    first = {name: name for name in cells}
    for base, column in judged_pairs(study):
        if base in first and column in first:
            kept, gone = first[base], first[column]
            first = {name: kept if other == gone else other for name, other in first.items()}
    return [tuple(name for name in cells if first[name] == one) for one in dict.fromkeys(first.values())]


def _words(
    group: tuple[str, ...], cells: Mapping[str, tuple[Cell, ...]], threshold: int
) -> Iterator[tuple[str, Words]]:
    """Words for the cells of each column of a group: by place in the list of cells, and by meaning."""
    counts: dict[Key, int] = {}
    sums, known = [], {}
    for name in group:
        places = {(name, place): cell for place, cell in enumerate(cells[name])}
        kinds: dict[Key, list[Key]] = {}
        for key, cell in places.items():
            kinds.setdefault((name, cell.meaning), []).append(key)
        counts |= {key: cell.count for key, cell in places.items()}
        counts |= {kind: sum(counts[key] for key in keys) for kind, keys in kinds.items()}
        total, n_rows = (name, TOTAL), sum(cell.count for cell in cells[name])
        (known if n_rows >= threshold else counts)[total] = n_rows
        sums += [Sum(kind, tuple(keys)) for kind, keys in kinds.items()]
        sums += [Sum(total, tuple(parts)) for parts in (places, kinds) if parts]
    sums += _suspected(group, counts)
    words = words_for(counts, sums, known, threshold)
    for name in group:
        yield name, {key[1]: said for key, said in words.items() if key[0] == name}


def _vague(cells: tuple[Cell, ...]) -> Words:
    """By place and by meaning, only whether there are such rows."""
    some = {key for place, cell in enumerate(cells) if cell.count for key in (place, cell.meaning)}
    keys = [key for place, cell in enumerate(cells) for key in (place, cell.meaning)]
    return {key: SOME if key in some else "0" for key in keys}


def _suspected(group: tuple[str, ...], counts: Mapping[Key, int]) -> Iterator[Sum]:
    """Not applicable to as many cases as the base says no of: probably the same cases."""
    for base in group:
        absent = (base, MEANINGS[NO])
        for column in group:
            other = (column, MEANINGS["not_applicable"])
            if column != base and absent in counts and counts[absent] == counts.get(other):
                yield Sum(absent, (other,))


def _column(
    name: str,
    cells: tuple[Cell, ...],
    words: Words,
    absent: str,
    found: Scan,
    source: Source,
    study: Study,
) -> ColumnRead:
    tables = [file.table for file in found.files if file.table]
    here = [table for table in tables if not source.each_row and source.heading in table.headings]
    labels = {
        code: label for table in here for code, label in table.value_labels.get(source.heading, {}).items()
    }
    values = tuple(
        Value(
            visible(cell.text) or EMPTY,
            visible(labels.get(cell.text, "")),
            visible(cell.meaning),
            words[place],
        )
        for place, cell in enumerate(cells)
    )
    if absent and name in found.values:
        values = (Value(ABSENT, "", "", absent), *values)
    kinds = MISSING if source.known and cells else ()
    return ColumnRead(
        name=name,
        label=label_of(name, study),
        heading=headings_of(source),
        file_label=visible(next((t.labels[source.heading] for t in here if source.heading in t.labels), "")),
        kind=_kind(name, source, study),
        found=name in found.columns,
        values=values,
        missing={kind: words.get(MEANINGS[kind], "0") for kind in kinds} or None,
    )


def _kind(name: str, source: Source, study: Study) -> str:
    roles = {
        study.case: "case number",
        study.service: "service",
        study.stratum: "stratum",
        study.weight: "weight",
        study.services_in_stratum: "number of services in the stratum",
    }
    roles |= {study.date.column: "date"} if study.date else {}
    roles |= {each.column: "breakdown" for each in study.breakdowns}
    roles |= {each.column: "ordered band" for each in study.bands}
    return roles.get(name) or ("judgement" if name in study.judgement_columns else "input")


def headings_of(source: Source) -> str:
    """The heading of a column, or all that it is joined from; in words where each row is a case."""
    return " + ".join(map(visible, source.headings)) or "each row"


def label_of(name: str, study: Study) -> str:
    """What a column of the study means, in its words."""
    service = study.words["service"][0]
    roles = {
        study.case: f"Number of the {study.words['case'][0]}",
        study.service: service[0].upper() + service[1:],
    }
    roles |= {study.stratum: "Stratum", study.weight: "Weight"}
    roles |= {study.services_in_stratum: "Number of services in the stratum"}
    roles |= {study.date.column: study.date.label} if study.date else {}
    roles |= {division.column: division.label for division in study.divisions}
    if name in roles:
        return roles[name]
    items = [item for item in study.items if item.column == name and not item.derived]
    if not items:
        return name
    measure = study.measure(items[0].measure)
    return items[0].label if len(measure.items) == 1 else f"{items[0].label} ({measure.label.lower()})"

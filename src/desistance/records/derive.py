"""Columns of the study that are found from other columns of the same case: ages, bands, spells, answers together.

What is found is text in the study's own codes, so that it is checked as what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa

from desistance.records.mapping import Source
from desistance.records.typed import FIRST_MISSING, KNOWN, UNREADABLE, Typed, called_missing, typed_column
from desistance.study import MISSING, NO, STATES, YES, Study
from desistance.study.derivations import (
    DATE,
    JUDGEMENT,
    OLDEST_YEARS,
    Band,
    Derivation,
    Enough,
    WithinSpells,
    Years,
)

UNREADABLE_RULES = {DATE: "date_unreadable", JUDGEMENT: "unknown_code"}
NOT_APPLICABLE, NOT_KNOWN, NOT_RECORDED = (STATES.index(kind) for kind in MISSING)
YES_STATE, NO_STATE = STATES.index(YES), STATES.index(NO)


@dataclass(frozen=True)
class Spells:
    """Spells of the cases of a batch: whose (`owner`, the place of the case in the batch), from when and to when."""

    owner: np.ndarray
    start: Typed
    end: Typed


@dataclass(frozen=True)
class Derived:
    """Text columns by name and, for each rule that some row breaks, a mask of those rows, shape (n_rows,)."""

    columns: Mapping[str, pa.Array]
    broken: Mapping[str, np.ndarray]


def derived_columns(
    table: pa.Table, sources: Mapping[str, Source], study: Study, spells: Mapping[str, Spells] | None = None
) -> Derived:
    """Find every derived column of a batch of text.

    Parameters
    ----------
    spells
        By derived column, where a case's spells come from more rows than its own (`gather`).

    Rules: `date_unreadable:INPUT`, `number_unreadable:INPUT` and `unknown_code:INPUT` for what cannot be read;
    `missing_code_untranslated:INPUT` for what the file calls missing without saying how;
    `years_implausible:COLUMN` below nought or over 120; `outside_bands:COLUMN`; `spell_ends_before_start:COLUMN`;
    `spell_unreadable:COLUMN` where the date stands in another row of the case.
    """
    read = typed_inputs(table, sources, study)
    columns, broken = {}, {}
    for name, kind in study.inputs.items():
        called = called_missing(table[name]) & (kind != JUDGEMENT)
        broken[f"missing_code_untranslated:{name}"] = called
        broken[f"{UNREADABLE_RULES.get(kind, 'number_unreadable')}:{name}"] = read[name].unreadable & ~called
    for derivation in study.derivations:
        own = (spells or {}).get(derivation.column)
        texts, places, rules = _found(derivation, read, study, own)
        places = pa.array(places, pa.int32())
        columns[derivation.column] = pa.DictionaryArray.from_arrays(places, pa.array(texts, pa.string()))
        broken |= {f"{rule}:{derivation.column}": mask for rule, mask in rules.items()}
    return Derived(columns, {rule: mask for rule, mask in broken.items() if mask.any()})


def typed_inputs(table: pa.Table, sources: Mapping[str, Source], study: Study) -> dict[str, Typed]:
    """Every column that a derivation reads, and every input, by name."""
    named = chain(study.inputs, *(each.inputs for each in study.derivations))
    dates = {study.date.column: DATE} if study.date else {}
    kinds = {name: (dates | study.inputs).get(name, JUDGEMENT) for name in named}
    return {name: typed_column(table[name], sources[name], study, kind) for name, kind in kinds.items()}


def spells_of(derivation: WithinSpells, read: Mapping[str, Typed]) -> Spells:
    """The spells of each row of a batch."""
    starts, ends = ([read[name] for name in names] for names in (derivation.starts, derivation.ends))
    owner = np.tile(np.arange(len(starts[0].states)), len(starts))
    return Spells(owner, _one_after_another(starts), _one_after_another(ends))


def _one_after_another(columns: list[Typed]) -> Typed:
    return Typed(
        np.concatenate([each.values for each in columns]), np.concatenate([each.states for each in columns])
    )


def _found(
    derivation: Derivation, read: Mapping[str, Typed], study: Study, spells: Spells | None
) -> tuple[list[str], np.ndarray, dict[str, np.ndarray]]:
    """Texts a derivation may give, which of them each row has, and masks of the rows that break its rules."""
    if isinstance(derivation, Enough):
        states = enough_are_yes([read[name].states for name in derivation.parts], derivation.needed)
        return _answers(derivation.column, study), states, {}
    if isinstance(derivation, WithinSpells):
        own = spells_of(derivation, read)
        states, rules = within_spells(spells or own, read[derivation.at], derivation.end_day_included)
        rules["spell_unreadable"] &= ~_of_any(own, own.start.unreadable | own.end.unreadable, len(states))
        return _answers(derivation.column, study), states, rules
    found, rules = read[derivation.inputs[0]], {}
    if isinstance(derivation, Years):
        found = years_between(found, read[derivation.end])
        rules["years_implausible"] = (found.values < 0) | (found.values > OLDEST_YEARS)
    places, outside = _in_bands(found, derivation.bands)
    rules["outside_bands"] = outside & ~rules.get("years_implausible", np.zeros(len(outside), dtype=bool))
    return [*(band.code for band in derivation.bands), *_missing_codes(study)], places, rules


def years_between(start: Typed, end: Typed) -> Typed:
    """Completed years from one day to another; from 29 February to 1 March where a year lacks that day."""
    known = (start.states == KNOWN) & (end.states == KNOWN)
    (first, first_day), (last, last_day) = (_years_and_days(each, known) for each in (start, end))
    years = np.where(known, last - first - (last_day < first_day), np.nan)
    return Typed(years, _together(start, end))


def _years_and_days(moment: Typed, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The year, and a number that orders the days of any year; anything where not known."""
    days = np.where(known, moment.values, 0).astype(np.int64).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    month = (months - years.astype("datetime64[M]")).astype(int)
    return years.astype(int), 32 * month + (days - months.astype("datetime64[D]")).astype(int)


def _together(start: Typed, end: Typed) -> np.ndarray:
    """What is known of something found from both; of two kinds of missing the first in the study's order."""
    states = np.stack([start.states, end.states])
    missing = np.where(states >= FIRST_MISSING, states, len(STATES)).min(axis=0)
    found = np.where(missing < len(STATES), missing, KNOWN)
    return np.where(start.unreadable | end.unreadable, UNREADABLE, found)


def _in_bands(found: Typed, bands: tuple[Band, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Place of each value among the bands and then the kinds of missing, and where it is in no band."""
    # A row whose value cannot be read or is in no band is rejected; not recorded stands for it until then.
    places = np.full(len(found.states), len(bands) + NOT_RECORDED - FIRST_MISSING)
    places[found.missing] = len(bands) + found.states[found.missing] - FIRST_MISSING
    inside = np.zeros(len(places), dtype=bool)
    for number, band in enumerate(bands):
        low = -np.inf if band.low is None else band.low
        high = np.inf if band.high is None else band.high
        here = (found.values >= low) & (found.values <= high)
        places[here] = number
        inside |= here
    return places, (found.states == KNOWN) & ~inside


def is_there(spells: Spells) -> np.ndarray:
    """Spells that are more than an empty pair of columns."""
    return ~(_absent(spells.start) & _absent(spells.end)) & (spells.start.states != NOT_APPLICABLE)


def _absent(end: Typed) -> np.ndarray:
    return (end.states == NOT_RECORDED) | (end.states == NOT_APPLICABLE)


def within_spells(
    spells: Spells, at: Typed, end_day_included: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Whether each moment lies within one of its case's spells, as places in `STATES`, and the rules broken.

    Yes where a spell holds the moment for sure; else a kind of missing where one of which an end is not known may; else
    no. A spell has no end where that is not recorded or does not apply, and is none
    where its start is neither.
    """
    start, end, n_rows = spells.start, spells.end, len(at.states)
    moment = at.values[spells.owner]
    begun = ~(start.values > moment)
    left = end.values < moment if end_day_included else end.values <= moment
    may = is_there(spells) & begun & ~left & (at.states[spells.owner] == KNOWN)
    whole = (start.states == KNOWN) & (_absent(end) | (end.states == KNOWN))
    # The one end that is known belongs to the spell, wherever the other is.
    at_an_end = end_day_included & ((start.values == moment) | (end.values == moment))
    sure = may & (whole | at_an_end)
    said_unknown = may & ~sure & ((start.states == NOT_KNOWN) | (end.states == NOT_KNOWN))
    states = np.where(at.missing, at.states, NO_STATE)
    for state, mask in ((NOT_RECORDED, may), (NOT_KNOWN, said_unknown), (YES_STATE, sure)):
        states[_of_any(spells, mask, n_rows)] = state
    rules = {
        "spell_ends_before_start": _of_any(spells, end.values < start.values, n_rows),
        "spell_unreadable": _of_any(spells, start.unreadable | end.unreadable, n_rows),
    }
    return states, rules


def _of_any(spells: Spells, mask: np.ndarray, n_rows: int) -> np.ndarray:
    """Cases with a spell of which something is true."""
    return np.bincount(spells.owner[mask], minlength=n_rows) > 0


def enough_are_yes(parts: list[np.ndarray], needed: int | None) -> np.ndarray:
    """Whether at least `needed` answers are yes, or all that apply where it is None; places in `STATES`.

    An answer that does not apply is left out; where none applies, neither does the whole. It is missing where answers
    that are missing could decide: not known if one of them is, else not recorded.
    """
    states = np.stack(parts)
    n_yes, n_applicable = (states == YES_STATE).sum(axis=0), (states != NOT_APPLICABLE).sum(axis=0)
    n_missing = ((states == NOT_KNOWN) | (states == NOT_RECORDED)).sum(axis=0)
    target = n_applicable if needed is None else needed
    unknown = np.where((states == NOT_KNOWN).any(axis=0), NOT_KNOWN, NOT_RECORDED)
    found = np.where(n_yes + n_missing >= target, unknown, NO_STATE)
    found[n_yes >= target] = YES_STATE
    found[n_applicable == 0] = NOT_APPLICABLE
    return found


def _answers(column: str, study: Study) -> list[str]:
    """The code of each of `STATES` in a column: of judgements or of a breakdown with levels for yes and no."""
    levels = next((each.codes for each in study.divisions if each.column == column), tuple(study.codes))
    answers = [next(code for code in levels if study.codes[code] == state) for state in (YES, NO)]
    return [*answers, *_missing_codes(study)]


def _missing_codes(study: Study) -> Iterator[str]:
    for kind in MISSING:
        yield next(code for code, state in study.codes.items() if state == kind)

"""What the codes of a column probably mean: as answers (yes, no, missing) or as levels of a breakdown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desistance.draft.profile import Column, natural
from desistance.draft.targets import Target
from desistance.draft.words import plain, plain_code, state_of, vocabulary, word_lists, words_of
from desistance.study import MISSING, NO, YES, Level

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
BETWEEN = re.compile(r"(\d+) *(?:-|–|to|or|and|/|&) *(\d+)")
FROM = re.compile(r"(\d+) *(?:\+|(?:or|and) (?:more|over|above|older)|plus)")
SPREADSHEET = re.compile(r"(?:(\d{1,2})-([A-Za-z]{3})|([A-Za-z]{3})-(\d{2}))")
OPEN_END = 12  # whole numbers written out above the last bound


@dataclass(frozen=True)
class Meaning:
    """What a code means to the study (None: no idea), whether that is certain, and why."""

    answer: str | None
    certain: bool
    why: str


UNKNOWN = Meaning(None, False, "nothing says what it means")


def meanings(column: Column, target: Target, codes: Iterable[str] | None = None) -> dict[str, Meaning]:
    """What each code of a column means for a column of the study; codes that it knows as they are stand for themselves.

    `codes` may hold more than the column's own: those of columns that are coded alike.
    """
    labelled = [code for code, label in column.value_labels.items() if code and _told(label, target, "")]
    codes = sorted({*(column.codes if codes is None else codes), *labelled}, key=natural)
    shown = [_whole(code) for code in codes]
    found = {code: _meaning(code, column, target, shown) for code in codes}
    if target.division:
        found = _by_number(found, column, target)
    return found


def missing_meanings(column: Column, target: Target) -> dict[str, Meaning]:
    """What the codes that a file calls missing mean among numbers or dates: those it names, and common ones between."""
    lacking = {code for state, code in target.states.items() if state in MISSING}
    found = {}
    for code in sorted({*column.missing_codes, *_common_between(column)} - {""}, key=natural):
        label = column.value_labels.get(code, "")
        told = _told(label, target, f"the file's own label is {label!r}") if label else None
        known = told if told and told.answer in lacking else None
        found[code] = known or Meaning(
            target.states.get("not_recorded"), False, "the file calls it missing; which kind?"
        )
    return found


def _common_between(column: Column) -> Iterator[str]:
    for code in column.common:
        for low, high in column.missing_ranges:
            try:
                if float(low) <= float(code) <= float(high):
                    yield code
            except ValueError:
                if low <= code <= high:  # days as ISO 8601
                    yield code


def _meaning(code: str, column: Column, target: Target, codes: Sequence[str]) -> Meaning:
    label = column.value_labels.get(code)
    if label:
        told = _told(label, target, f"the file's own label is {label!r}")
        return told or Meaning(
            None, False, f"the file's own label is {label!r}, which the study does not have"
        )
    if code in target.known:
        return Meaning(code, True, "")
    code = _whole(code)
    if code in target.known:
        return Meaning(code, True, "the same number")
    told = _told(code, target, "")
    if told and plain_code(code) in ("n", "y"):
        both = {"n", "y"} <= {plain_code(each) for each in codes}
        told = Meaning(told.answer, told.certain and both, told.why)
    if told is None and code in column.missing_codes and "not_recorded" in target.states:
        return Meaning(target.states["not_recorded"], False, "the file calls it missing")
    return told or _convention(code, target, codes) or UNKNOWN


def _whole(code: str) -> str:
    """A whole number written with decimals, as 1.0, without them."""
    return re.sub(r"(?<=[0-9])\.0+$", "", code)


def _told(text: str, target: Target, why: str) -> Meaning | None:
    """What a word means, as a level or as an answer."""
    if target.division and (level := _level(text, target.division.levels)):
        return Meaning(level[0].code, level[1], why or f"reads as {level[0].label!r}")
    found = state_of(text)
    if found is None:
        return None
    state, certain = found
    if target.division and state in (YES, NO):
        same = [lv for lv in target.division.levels if plain(lv.code) == state or plain(lv.label) == state]
        return Meaning(same[0].code, certain, why or f"reads as {state}") if same else None
    if state not in target.states:
        return None
    number = text.strip().lstrip("-").isdigit()
    note = f"often used for {state.replace('_', ' ')}" if number else f"reads as {state.replace('_', ' ')}"
    return Meaning(target.states[state], certain, why or note)


def _convention(code: str, target: Target, codes: Sequence[str]) -> Meaning | None:
    """Yes and no by custom, where only numbers stand."""
    pairs = {"1": YES, "0": NO} if "0" in codes else {"1": YES, "2": NO}
    if code not in pairs or not set(pairs) & set(codes) - {"1"}:
        return None
    told = _told(pairs[code], target, "") if not target.division or _asks_yes_or_no(target) else None
    return (
        Meaning(told.answer, False, f"by custom {code} is {pairs[code]}; no label says so") if told else None
    )


def _asks_yes_or_no(target: Target) -> bool:
    return {plain(level.code) for level in target.division.levels} == {YES, NO}


@lru_cache(maxsize=1024)
def _level(text: str, levels: tuple[Level, ...]) -> tuple[Level, bool] | None:
    """The level a word means, and whether that is certain."""
    word = plain_code(text)
    exact = [lv for lv in levels if word in {plain_code(lv.code), plain_code(lv.label), plain_code(lv.short)}]
    if len(exact) == 1:
        return exact[0], True
    span = span_of(text)
    same = [lv for lv in levels if span and span[0] in {_span(lv.code), _span(lv.label)}]
    if len(same) == 1:
        return same[0], span[1]
    ideas = [names for names in word_lists()["levels"].values() if word in names]
    meant = [lv for lv in levels for names in ideas if {plain(lv.code), plain(lv.label)} & set(names)]
    if len(dict.fromkeys(lv.code for lv in meant)) == 1:
        return meant[0], len(word) > 2
    words = set(words_of(text))
    meant = [names for names in word_lists()["levels"].values() if words & set(names)]
    hit = [lv for lv in levels for names in meant if {plain(lv.code), plain(lv.label)} & set(names)]
    if len(meant) == len(hit) == 1 and "not" not in words:
        return hit[0], False
    known = vocabulary()
    if not re.search("[A-Za-z]{3}", text):
        return None
    alike = [lv for lv in levels if known.ideas(text) and known.ideas(text) == known.ideas(lv.label)]
    return (alike[0], False) if len(alike) == 1 else None


def _span(text: str) -> tuple[float, float] | None:
    found = span_of(text)
    return found[0] if found else None


def span_of(text: str) -> tuple[tuple[float, float], bool] | None:
    """The numbers a band reaches from and to, and whether it is written as a band.

    A spreadsheet may have taken 3-5 for the third of May; such a guess is not certain.

    >>> span_of("10 to 14 years"), span_of("6+"), span_of("03-May")
    (((10, 14), True), ((6, inf), True), ((3, 5), False))
    """
    bare = re.sub(r"\b(?:years?|yrs?|old|aged|age)\b", "", text.strip().lower()).strip()
    if found := SPREADSHEET.fullmatch(text.strip()):
        day, month, first, year = found.groups()
        name = (month or first).lower()
        if name in MONTHS:
            number = MONTHS.index(name) + 1
            return ((int(day), number) if day else (number, int(year))), False
    if found := BETWEEN.fullmatch(bare):
        return (int(found[1]), int(found[2])), True
    if found := FROM.fullmatch(bare):
        return (int(found[1]), math.inf), True
    return ((int(bare), int(bare)), True) if bare.isdigit() else None


def _by_number(found: dict[str, Meaning], column: Column, target: Target) -> dict[str, Meaning]:
    """Numbers without labels: levels counted from the first, or numbers that lie within the levels."""
    levels = target.division.levels
    lacking = {code for state, code in target.states.items() if state in MISSING}
    told = {code for code, each in found.items() if each.answer in lacking}
    numbers = {code: int(_whole(code)) for code in found if code not in told and _whole(code).isdigit()}
    if any(found[code].answer and code not in target.known for code in numbers):
        return found
    rest = [code for code in found if code not in told and code not in numbers]
    if column.value_labels or rest or not numbers:
        return found
    spans = {level.code: _span(level.code) or _span(level.label) for level in levels}
    low, high = min(numbers.values()), max(numbers.values())
    if high - low < len(levels) and low in (0, 1) and set(numbers) - target.known:
        why = "the levels counted in the study's order; no label says so"
        return found | {code: Meaning(levels[n - low].code, False, why) for code, n in numbers.items()}
    if all(spans.values()) and len(numbers) > 1:
        return found | _within(spans, numbers)
    return found


def _within(spans: Mapping[str, tuple[float, float]], numbers: Iterable[str]) -> dict[str, Meaning]:
    """Every whole number within the levels, whether the file has it or not, so that none tells of a rare one."""
    made = {}
    for level, (low, high) in spans.items():
        last = low + OPEN_END if high == math.inf else high
        for number in range(int(low), int(last) + 1):
            made[str(number)] = Meaning(level, False, "a number within the level")
    outside = {code: UNKNOWN for code in numbers if code not in made}
    return made | outside

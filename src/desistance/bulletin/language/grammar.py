"""What a sentence of the report may not say: the finished report is read again, and refused where one breaks a rule.

Sentences are written by rule from the numbers (`language.sentences` and `sections`); these rules are checked against
what was written, by other means: links are followed to the rows they lead to. A sentence that breaks one is an error
in this software, so nothing is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from desistance.bulletin.content import Publication, Section
from desistance.bulletin.inline import LINK, Run, destination, plain, runs
from desistance.bulletin.language.rules import (
    FIRST,
    NAMED,
    RULES,
    SIGNIFICANT,
    UNSURE,
    broken_by_words,
    numbers_said,
    sentences,
    share_phrases,
)
from desistance.bulletin.language.words import share_word
from desistance.bulletin.reading.numbers import HEADLINE, Numbers
from desistance.bulletin.reading.results import Share
from desistance.errors import ReleaseError
from desistance.study import Study


@dataclass(frozen=True)
class Refusal:
    """A text that breaks a rule: which rule, and in which section."""

    rule: str
    section: str
    text: str

    def __str__(self) -> str:
        """Name the place and the rule; digits are masked, as the sentence may hold what it should not."""
        said = re.sub(r"\d", "#", plain(self.text))[:120]
        return f"{self.section}, \u201c{said}\u201d: {RULES[self.rule]}"


def checked(report: Publication, numbers: Numbers, study: Study) -> Publication:
    """Return the report as it is.

    Raises
    ------
    ReleaseError
        A sentence breaks a rule.
    """
    found = refusals(report, numbers, study)
    if found:
        raise ReleaseError(
            f"the report was asked to keep to {len(RULES)} rules for sentences, and {len(found)} of its texts break "
            f"one: {'; '.join(map(str, found[:3]))}. This is an error in desistance.bulletin: mend the sentence there"
        )
    return report


def refusals(report: Publication, numbers: Numbers, study: Study) -> tuple[Refusal, ...]:
    """Texts of the report that break a rule, in its order; the method, its annex and what sources say are not read."""
    reader = _Reader(report, numbers, study)
    return tuple(reader.refusals())


class _Reader:
    """One reading of a report: the rows its links lead to, the shares behind them, and the study's own words."""

    def __init__(self, report: Publication, numbers: Numbers, study: Study) -> None:
        self.report = report
        self.shares = {share.place: share for key, share in numbers.shares.items() if key[-1] == HEADLINE}
        self.rows = dict(_rows(report.sections))
        self.own = _own_words(report, numbers, study)
        self.claims = {f"#{row['claim']}" for row in numbers.ledger}
        self.nouns = [pair for pair in study.words.values() if pair[0] != pair[1]]
        self.fixed = {numbers.confidence, f"{numbers.level * 100:g}", numbers.power}

    def refusals(self) -> Iterator[Refusal]:
        for section in _all(self.report.sections):
            whole = " ".join((*section.paragraphs, *section.points))
            yield from self._heading(section, whole)
            for text in (*section.paragraphs, *section.points, *(one.text for one in section.implications)):
                yield from self._text(text, section.id)
        for finding in self.report.findings:
            text = f"{finding.text} ({finding.evidence})"
            yield from self._text(text, "key-findings")
            if FIRST.search(self._bare(text)) and self._overlapping(finding.text) and not UNSURE.search(text):
                yield Refusal("rank", "key-findings", text)

    def _heading(self, section: Section, whole: str) -> Iterator[Refusal]:
        said = self._bare(section.heading)
        broken = dict(broken_by_words(said, self.nouns))
        spoken = {phrase for _, phrase, _ in self._words(whole)}
        if any(phrase not in spoken for phrase in share_phrases(said)):
            broken["word"] = True
        broken["rank"] = self._unsettled(section, said) and not UNSURE.search(plain(whole))
        yield from (Refusal(rule, section.id, section.heading) for rule, holds in broken.items() if holds)

    def _text(self, text: str, section: str) -> Iterator[Refusal]:
        said = self._bare(text)
        broken = dict(broken_by_words(said, self.nouns))
        broken["test"] = any(
            SIGNIFICANT.search(self._bare(one)) and not NAMED.search(plain(one)) for one in sentences(text)
        )
        broken["word"] = not all(_allowed(*words) for words in self._words(text))
        broken["row"] = not all(self._in_row(run) for run in runs(text) if run.kind == LINK)
        yield from (Refusal(rule, section, text) for rule, holds in broken.items() if holds)

    def _bare(self, text: str) -> str:
        """Text without what is quoted or printed elsewhere, and without the study's labels: these may hold any word."""
        own = "".join("\u2026" if run.target in self.claims else run.text for run in runs(text))
        return self.own.sub("\u2026", re.sub("\u201c[^\u201d]*\u201d", "\u201c\u201d", own))

    def _words(self, text: str) -> Iterator[tuple[str, str, Share]]:
        """Words for shares, each with the sentence up to there and the share that the next link leads to."""
        before = ""
        for run in runs(text):
            if run.kind != LINK:
                before += run.text
                continue
            share = self.shares.get(run.target.removeprefix("#"))
            found = share_phrases(self._bare(before).rpartition(". ")[2])
            if share is not None and found:
                yield before, found[-1], share
            before = ""

    def _in_row(self, run: Run) -> bool:
        place = destination(run.target, self.rows.keys())
        if place is None or not run.target.startswith("#row."):
            return True
        return numbers_said(run.text) - self.fixed <= self.rows[place.removeprefix("#")]

    def _unsettled(self, section: Section, said: str) -> bool:
        """Whether the interval of what a heading ranks first, or last, reaches into that of another row."""
        ids = next((table.ids for table in section.tables if table.id == f"table-{section.id}"), ())
        known = [
            share
            for place in ids
            if (share := self.shares.get(place)) is not None and share.exact is not None
        ]
        if not known:
            return False
        first = bool(FIRST.search(said)) and _reaches(known[0], known[1:])
        return first or ("least often" in said and _reaches(known[-1], known[:-1]))

    def _overlapping(self, text: str) -> bool:
        """Whether the share a finding leads to first reaches into that of another item of its measure."""
        places = [
            run.target.removeprefix("#") for run in runs(text) if run.target.removeprefix("#") in self.shares
        ]
        if not places:
            return False
        family, depth = places[0].rpartition(".")[0] + ".", places[0].count(".")
        others = [
            share
            for place, share in self.shares.items()
            if place.startswith(family) and place.count(".") == depth and place != places[0]
        ]
        return depth == 2 and _reaches(self.shares[places[0]], others)


def _reaches(one: Share, others: Iterable[Share]) -> bool:
    """Whether an interval overlaps with another."""
    return one.has_interval and any(
        other.has_interval and one.low <= other.high and other.low <= one.high for other in others
    )


def _allowed(before: str, phrase: str, share: Share) -> bool:
    """Whether the words before a link are those that the interval of its share allows."""
    found = None if share.exact is None else share_word(share.exact, share.low, share.high, "")
    return found is not None and phrase in found and found.strip().lower() in before.lower()


def _own_words(report: Publication, numbers: Numbers, study: Study) -> re.Pattern[str]:
    """Everything the study and the run may call something by, the longest first."""
    names = {name for one in study.items for name in (one.label, one.short)}
    names |= {name for one in study.measures for name in (one.title, one.label, one.says)}
    names |= {name for one in study.divisions for name in (one.label, *(level.label for level in one.levels))}
    if study.services:
        table = study.services
        named = (*table.providers, *table.provisions, *table.facts, *table.rates)
        names |= {name for one in named for name in (one.label, one.short)}
    if study.codebook:
        names |= {name for one in study.codebook.themes for name in (one.label, one.short)}
    if study.crosswalk:
        names |= {study.crosswalk.assumed, study.crosswalk.framework}
        names |= {name for one in study.crosswalk.domains for name in (one.label, one.short, one.none)}
    names |= {row.note for row in numbers.practice.changes} | {report.title}
    names |= {
        str((numbers.facts.get("compare") or {}).get("label") or ""),
        *(m.assumed for m in study.measures),
    }
    known = sorted({name.rstrip(".") for name in names if name}, key=lambda name: (-len(name), name))
    return re.compile(
        "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in known) or r"(?!)", re.IGNORECASE
    )


def _all(sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from _all(section.parts)


def _rows(sections: Iterable[Section]) -> Iterator[tuple[str, set[str]]]:
    """Numbers that a reader finds in each row: its cells, and the title and columns of its table."""
    for section in _all(sections):
        for table in section.tables:
            around = numbers_said(" ".join((table.title, *table.columns)))
            for place, row in zip(table.ids, table.rows, strict=False):
                yield place, around | _numbers_in(row)


def _numbers_in(row: Iterable[object]) -> set[str]:
    texts = " ".join(f"{cell.text} {cell.small}" for cell in row)
    found = numbers_said(texts)
    found |= {"1"} if "[low]" in texts else set()
    return found | ({"99"} if "100" in found else set())

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
from desistance.bulletin.language.words import LIMIT_WORDS, NEAR_WORDS, NUMERALS, share_word
from desistance.bulletin.reading.numbers import HEADLINE, Numbers
from desistance.bulletin.reading.results import Share
from desistance.errors import ReleaseError
from desistance.study import Study

RULES = {
    "test": "\u201cSignificant\u201d stands only beside the name of the test or method whose verdict it is; in a "
    "heading it is the CR2 test\u2019s, after Holm\u2019s adjustment.",
    "word": "A share is put in words only where its own interval allows it, and the words stand beside the percentage, "
    "its interval and its base; a heading repeats words that its section gives in this way.",
    "row": "Every number in a text that leads to a row is in that row.",
    "absence": "That a difference is not significant is never turned into \u201cthere is no difference\u201d.",
    "rank": "Where the interval of what is named first overlaps with others, the section says that its place is not "
    "certain.",
    "number": "One of anything is singular, and nothing else is.",
    "hidden": "Nothing is said of a hidden number but that it is hidden.",
    "cause": "No sentence says that one thing brings another about.",
}
NAMED = re.compile(
    r"\bCR2|\bPearson|\btests?\b|\bmethods?\b|\bHolm|\bdesign-based\b|\blevel\b|\badjustment\b|\bregression\b"
)
SIGNIFICANT = re.compile(r"\bsignificant(?:ly)?\b", re.IGNORECASE)
ABSENCE = re.compile(
    r"\b(?:there (?:is|was) no difference|(?:has|have|had|makes?) no (?:effect|difference)|do(?:es)? not differ\b"
    r"(?! significantly)|(?:is|are) no different|(?:is|are) equal\b)",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"\b(?:caus(?:es|ed|ing)|leads? to|led to|due to|results? in|resulted in|thanks to|brings? about|impacts?|"
    r"as a result of|because of)\b",
    re.IGNORECASE,
)
DEBRIS = re.compile(r"\bnan\b|\bNone\b(?! of)|\(\)|  |: \.| ,|\[[cux]\](?: per cent|%| of\b| points)|\d \[[cux]\]")
FIRST = re.compile(r"\b(?:most often|more (?:often )?than any other)\b")
UNSURE = re.compile(r"not certain|cannot rank|cannot set it apart")
NUMBER = re.compile(r"[+\u2212]?\d[\d,]*(?:\.\d+)?")
COUNTED = {word: str(n) for n, word in enumerate(NUMERALS)} | {"none": "0", "both": "2"}
# Longest first, so that "over half" is not read as "half".
PHRASES = sorted(
    {word.phrase.replace(" {cases}", "") for word in (*NEAR_WORDS, *LIMIT_WORDS)}, key=lambda text: (-len(text), text)
)


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
            yield from self._text(f"{finding.text} ({finding.evidence})", "key-findings")

    def _heading(self, section: Section, whole: str) -> Iterator[Refusal]:
        said = self._bare(section.heading)
        broken = dict(_plainly(said, self.nouns))
        spoken = {phrase for _, phrase, _ in self._words(whole)}
        if any(phrase not in spoken for phrase in _phrases(said)):
            broken["word"] = True
        broken["rank"] = self._unsettled(section, said) and not UNSURE.search(plain(whole))
        yield from (Refusal(rule, section.id, section.heading) for rule, holds in broken.items() if holds)

    def _text(self, text: str, section: str) -> Iterator[Refusal]:
        said = self._bare(text)
        broken = dict(_plainly(said, self.nouns))
        broken["test"] = any(
            SIGNIFICANT.search(self._bare(one)) and not NAMED.search(plain(one)) for one in _sentences(text)
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
            phrases = _phrases(self._bare(before).rpartition(". ")[2])
            if share is not None and phrases:
                yield before, phrases[-1], share
            before = ""

    def _in_row(self, run: Run) -> bool:
        place = destination(run.target, self.rows.keys())
        if place is None or not run.target.startswith("#row."):
            return True
        return numbers_said(run.text) - self.fixed <= self.rows[place.removeprefix("#")]

    def _unsettled(self, section: Section, said: str) -> bool:
        """Whether the interval of what a heading ranks first, or last, reaches into that of another row."""
        ids = next((table.ids for table in section.tables if table.id == f"table-{section.id}"), ())
        known = [share for place in ids if (share := self.shares.get(place)) is not None and share.has_interval]
        pairs = [(known[0], other) for other in known[1:]] if FIRST.search(said) else []
        pairs += [(known[-1], other) for other in known[:-1]] if "least often" in said else []
        return any(one.low <= other.high and other.low <= one.high for one, other in pairs)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?]) (?=\W?[A-Z])", text)


def numbers_said(text: str) -> set[str]:
    """Numbers of a text, in digits or in words, with their signs and without thousands commas.

    >>> sorted(numbers_said("\u221219 points, None of 1,168"))
    ['0', '1168', '\u221219']
    """
    words = re.findall(r"\b[a-z]+\b", text.lower())
    digits = {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)}
    return digits | {COUNTED[word] for word in words if word in COUNTED and word != "one"}


def _allowed(before: str, phrase: str, share: Share) -> bool:
    """Whether the words before a link are those that the interval of its share allows."""
    found = None if share.exact is None else share_word(share.exact, share.low, share.high, "")
    return found is not None and phrase in found and found.strip().lower() in before.lower()


def _plainly(said: str, nouns: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """Rules that need the words alone."""
    yield "absence", bool(ABSENCE.search(said))
    yield "cause", bool(CAUSE.search(said))
    yield "hidden", bool(DEBRIS.search(said))
    yield "number", any(_miscounted(said, *pair) for pair in nouns)


def _miscounted(said: str, one: str, many: str) -> bool:
    single = re.search(rf"(?<![\w,.])(?:1|[Oo]ne) {re.escape(many)}\b", said)
    several = re.search(rf"(?<![\w,.])(?!1 )\d[\d,]* {re.escape(one)}\b", said)
    verb = re.search(r"(?<![\w,.])(?:1|One) of \d[\d,]* \w+ (?:are|have|differ)\b", said)
    return bool(single or several or verb)


def _phrases(said: str) -> list[str]:
    """Words for shares in a text, in its order."""
    alone = "|".join(re.escape(phrase) for phrase in PHRASES)
    return [found[1].lower() for found in re.finditer(rf"\b({alone})(?= )", said, re.IGNORECASE)]


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
    names |= {str((numbers.facts.get("compare") or {}).get("label") or ""), *(m.assumed for m in study.measures)}
    known = sorted({name.rstrip(".") for name in names if name}, key=lambda name: (-len(name), name))
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in known) or r"(?!)", re.IGNORECASE)


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

"""Numbers in words and figures: shares, counts, bases and intervals that a text states, each to its rounding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from desistance.attack.statements import Unit

SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen",
)
TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
WORDS = {word: number for number, word in enumerate(SMALL)} | {
    ten + joint + one: 20 + 10 * n + m
    for n, ten in enumerate(TENS)
    for joint, m, one in (("", 0, ""), *((j, m, one) for m, one in enumerate(SMALL[:10]) if m for j in "- "))
}
PERSONS = r"(?:cases?|child(?:ren)?|young people|people|persons?|boys?|girls?|records?|judgements?|of them)"
NOT_PERSONS = (
    "factors?|youth offending|services?|teams?|alternatives?|claims?|stages?|measures?|tests?|differences?|kinds?"
    "|domains?|coders?|columns?|rows?|panels?|points?|changes?|levels?|other|others|questions?|themes?|files?|days?"
    "|months?|years?|dots?|values?|verdicts?|places?|combinations?|bands?|excerpts?|df|dimensions|words?"
)
FIGURE = r"(?<![\w.,§+/-])\d{1,3}(?:,\d{3})+(?![\d,]*\d)|(?<![\w.,§+/-])\d+(?:\.\d+)?(?![\w/]|[.,]\d)"
WORD = r"(?<![\w-])(?:" + "|".join(sorted(WORDS, key=lambda word: (-len(word), word))) + r")(?![\w-])"
NUMBER = f"(?:{FIGURE}|{WORD})"
PER_CENT = r"(?:\s?%|\s?per\s?cent\b(?!age))"
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"


def _scale(step: int) -> str:
    """The figures under an axis in per cent, from nought in equal steps: "0 25 50 75 100%"."""
    first, second, *others = range(step, 101, step)
    inner = ""
    for place in reversed(others):
        inner = f"(?: {place}{inner})?"
    return rf"(?<![\w.,])0 {first} {second}{inner}{PER_CENT}"


# What is a number and no share or count: scales, references, dates, levels of tests and intervals, differences,
# statistics.
IDLE = re.compile(
    "|".join(
        [
            *map(_scale, (2, 5, 10, 20, 25, 50)),
            rf"\d+(?:\.\d+)?{PER_CENT}\s+(?:confidence |exact )?(?:intervals?|limits?|level|power|ones)",
            rf"{NUMBER} to {NUMBER}{PER_CENT}",
            rf"(?:\b(?:{MONTHS})|\b\d\d?\s+(?:{MONTHS}))\s+\d+",
            r"\b(?:table|figure|annex|claim|section|chapter|version|bulletin|edition|row|column|issue|page)s?"
            r"\s+[\d./]+(?:\s+(?:to|and)\s+\d+)?",
            r"\ba base of \d+ to \d+(?=, so what rests on it is unreliable)",
            r"(?<![\w,.])(?:19|20)\d\d(?![\w,.]*\d)(?:[/-]\d+)*",
            rf"{NUMBER}(?:\s+to\s+[+-]?[\d.]+)?\s+(?:percentage )?points?\b",
            r"\bp(?:-value)?\s*[=<>]\s*[\d.]+",
            rf"{NUMBER}\s*df\b",
            rf"{NUMBER}{PER_CENT}\s+(?:of )?(?:alternatives|youth offending teams|services)[^.;,()]*",
            r"\b(?:design effect|lift|alpha|kappa|ratio|coefficient|correlation|mean|median)\b"
            r"[^.;,()%]{0,40}?[\d.]+(?:\s+to\s+[\d.]+)?",
            r"[+-]\d+(?:\.\d+)?(?:\s+to\s+[+-]?\d+(?:\.\d+)?)?",
            r"\binterval\s+[+-]\d+(?:\.\d+)?\s+to\s+[+-]?\d+(?:\.\d+)?",
            rf"{NUMBER}\s+(?:of|out of|in|to)\s+(?:the\s+)?{NUMBER}\s+(?:{NOT_PERSONS})\b(?: \w+)?(?: \([^()]*\))?",
            rf"{NUMBER}\s+(?:{NOT_PERSONS})\b",
            rf"\bfrom {NUMBER} to {NUMBER}(?:{PER_CENT}| cases)?",
            rf"{NUMBER} (?:of {NUMBER} )?(?:are |is |lie )?outside\b",
            rf"{NUMBER} in (?:100|1,000)\b|\bone in twenty would\b",
            r"\b\d+ (?:to|or) (?:\d+|more|fewer|less)(?=\s*[:=])",
            rf"\btakes (?:the count|it|them)\b(?: from {NUMBER})? to {NUMBER}",
        ]
    )
)
OF = re.compile(rf"({NUMBER})\s*(?:of|out of|/)\s+(?:the |all )?({NUMBER})")
# Shares in words are taken to be within three points of the truth, or to one side of it.
FRACTIONS = {
    "half": 1 / 2,
    "third": 1 / 3,
    "quarter": 1 / 4,
    "fifth": 1 / 5,
    "tenth": 1 / 10,
}
ABOUT = 0.03
FRACTION = re.compile(
    r"\b(?:(over|more than|at least|under|less than|fewer than|at most)\s+)?"
    r"(?:an?\s+|(one|two|three|four|seven|nine)[- ])?(half|third|quarter|fifth|tenth)s?\b"
    r"(?=\s+(?:of\s+)?(?:the\s+|all\s+|these\s+|those\b|them\b|cases|child|boys|girls|§))"
)
ONE_IN = re.compile(
    r"\b(?:(over|more than|at least|under|less than|fewer than|at most)\s+)?"
    rf"({NUMBER})\s+in\s+(?:every\s+)?({NUMBER})(?!\s*%)"
)
SLASHED = re.compile(r"(?<![\w./-])(\d+)\s*/\s*(\d+)(?![\w/.-])")
SHARE = re.compile(rf"({NUMBER})({PER_CENT})")
SHARE_OF = re.compile(rf"(?:%|\bper ?cent|\bpercentages?) of ({FIGURE})")
INTERVAL = re.compile(r"(?:\binterval(?: of)?:?\s*|\()(\d+(?:\.\d+)?)%?\s+(?:to|-)\s+(\d+(?:\.\d+)?)(?!\d)")
EQUALS = re.compile(
    r"(?<![\w§])(n|count|cases|base|yes|se|standard error|share|number)\s*(?:=|:|of|is)\s*([\d,]*\.?\d+)"
)
PASSAGES = re.compile(rf"({NUMBER})\s+passages?\b")
COUNTED = re.compile(rf"({NUMBER})\s+(?:of\s+)?(?:the\s+|such\s+|these\s+)?{PERSONS}\b")
DECIMAL = re.compile(r"(?<![\w.,§+/=<>-])0?\.\d+(?![\w.]*\d)")
BARE = re.compile(NUMBER)
BEFORE = re.compile(
    r"(?:§\)?|§ ?[:=(\[,]|[:=(\[]|"
    r"\b(?:in|for|was|were|is|are|only|just|has|have|had|by|at|total of|about|exactly|to|and|or|§))\s*$"
)
AFTER = re.compile(r"\s*(?:$|[.;,:)\]]|\[|§|(?:for|in|among|of|with|at|and|or|were|was|had|have|who)\b)")
# What makes a number one of something else: "5 or more: 79 per cent", or one of a list of shares.
NUMBERED = re.compile(r"\d+ (?:to|or) (?:\d+|more|fewer|less)\s*[:=,]?\s*$|\d\.\d+, $")
# Shares of services, factors and the like, which are no shares of children.
OF_OTHERS = re.compile(
    r"(?:%|\bper ?cent|\bpercentages?) of "
    r"(?!the |cases|those|child|each|base|judgements|all|this|that|§|their|its|a |people|young|\d)\w+"
)
NUMERIC = re.compile(rf"\d|{WORD}|\b(?:{'|'.join(FRACTIONS)})s?\b")
STATED = re.compile(r"%|\bper cent\b|\bpercentages?\b")


@dataclass(frozen=True)
class Quantity:
    """A number in a text, what it is a number of, and the values it may stand for. Shares are on the scale 0-1."""

    start: int
    end: int
    unit: Unit
    low: float
    high: float
    passages: bool = False


def rounded(figure: str, *, hundredths: bool) -> tuple[float, float]:
    """The values that a printed number may stand for: half a unit of its last place to either side."""
    figure = figure.replace(",", "")
    value = float(figure)
    half = 0.5 * 10.0 ** -len(figure.partition(".")[2])
    scale = 100.0 if hundredths else 1.0
    return max(0.0, value - half) / scale, (value + half) / scale


def counted(said: str) -> float | None:
    """A count in figures or words; ``None`` for a number that is no count."""
    said = " ".join(said.split())
    if said in WORDS:
        return float(WORDS[said])
    figure = said.replace(",", "")
    return float(figure) if figure.isdigit() else None


@lru_cache(maxsize=65536)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Shares, counts, bases and ends of intervals in a text, in the order in which they stand.

    Parameters
    ----------
    text : str
        In the form of `naming.plain`, with every name blotted out by as many ``§``, so that the numbers within names
        are no numbers.
    """
    if not NUMERIC.search(text):
        return ()
    left = IDLE.sub(lambda found: "~" * len(found[0]), text)
    found: list[Quantity] = []
    for reader in (_intervals, _shares, _fractions, _parts, _equalities, _decimals, _persons, _passages):
        for quantity in reader(left):
            found.append(quantity)
            left = left[: quantity.start] + "~" * (quantity.end - quantity.start) + left[quantity.end :]
    found += _bare(left, text)
    found = [quantity for quantity in found if not NUMBERED.search(text[: quantity.start])]
    return tuple(sorted(found, key=lambda quantity: (quantity.start, quantity.unit)))


def _count(match: re.Match, group: int, unit: Unit) -> Iterator[Quantity]:
    value = counted(match[group])
    if value is not None:
        yield Quantity(match.start(group), match.end(group), unit, value, value)


def _percent(match: re.Match, group: int, unit: Unit = "share") -> Iterator[Quantity]:
    said = match[group]
    figure = str(WORDS.get(" ".join(said.split()), said))
    low, high = rounded(figure, hundredths=True)
    if low <= 1:
        yield Quantity(match.start(group), match.end(group), unit, low, high)


def _intervals(text: str) -> Iterator[Quantity]:
    for match in INTERVAL.finditer(text):
        shares = all("." in match[end] and float(match[end]) <= 1 for end in (1, 2))
        for end, unit in ((1, "ci_low"), (2, "ci_high")):
            low, high = rounded(match[end], hundredths=not shares)
            if low <= 1:
                yield Quantity(match.start(end), match.end(end), unit, low, high)


def _shares(text: str) -> Iterator[Quantity]:
    for match in SHARE_OF.finditer(text):
        yield from _count(match, 1, "base")
    for match in SHARE.finditer(text):
        yield from _percent(match, 1)


def _fractions(text: str) -> Iterator[Quantity]:
    for match in FRACTION.finditer(text):
        times = WORDS.get(match[2] or "one", 1)
        yield from _around(match, times * FRACTIONS[match[3]])
    for match in ONE_IN.finditer(text):
        part, whole = counted(match[2]), counted(match[3])
        if part and whole and part < whole <= 20:
            yield from _around(match, part / whole)


def _around(match: re.Match, value: float) -> Iterator[Quantity]:
    """A share said in words: about a value, or on one side of it."""
    low, high = value - ABOUT, value + ABOUT
    if match[1]:
        more = match[1] in {"over", "more than", "at least"}
        low, high = (value, 1.0) if more else (0.0, value)
    if value <= 1:
        yield Quantity(match.start(), match.end(), "share", max(0.0, low), min(1.0, high))


def _parts(text: str) -> Iterator[Quantity]:
    for pattern in (OF, SLASHED):
        for match in pattern.finditer(text):
            whole, part = counted(match[2]), counted(match[1])
            if whole is not None and part is not None and part <= whole:
                yield from _count(match, 1, "count")
                yield from _count(match, 2, "base")


def _equalities(text: str) -> Iterator[Quantity]:
    for match in EQUALS.finditer(text):
        if match[1] in {"se", "standard error"}:
            low, high = rounded(match[2], hundredths=False)
            yield Quantity(match.start(2), match.end(2), "standard_error", low, high)
        elif match[1] == "share" or "." in match[2]:
            low, high = rounded(match[2], hundredths=float(match[2].replace(",", "")) > 1)
            yield Quantity(match.start(2), match.end(2), "share", low, high)
        else:
            before = text[: match.start()]
            within = before.rpartition("(")[2] if before.rfind("(") > before.rfind(")") else ""
            before = within or re.split(r"[.;] ", before)[-1]
            is_base = match[1] == "base" or (
                match[1] == "n" and bool(STATED.search(before) or (within and "~" in within))
            )
            yield from _count(match, 2, "base" if is_base else "count")


def _decimals(text: str) -> Iterator[Quantity]:
    for match in DECIMAL.finditer(text):
        low, high = rounded(match[0], hundredths=False)
        yield Quantity(match.start(), match.end(), "share", low, high)


def _persons(text: str) -> Iterator[Quantity]:
    for match in COUNTED.finditer(text):
        yield from _count(match, 1, "count")


def _passages(text: str) -> Iterator[Quantity]:
    for match in PASSAGES.finditer(text):
        for quantity in _count(match, 1, "count"):
            yield replace(quantity, passages=True)


def _bare(left: str, text: str) -> list[Quantity]:
    """Numbers that stand alone beside a name: per cent where the same sentence has said so before, else counts."""
    bare = []
    for match in BARE.finditer(left):
        before, after = left[: match.start()], left[match.end() :]
        if not (BEFORE.search(before) and AFTER.match(after)):
            continue
        if re.match(r"\s+to\s+\d", after) or re.search(r"\d\s+to\s+$", before):
            continue
        said = _said_before(text, match.start())
        if OF_OTHERS.search(said):
            continue
        if STATED.search(said) or _per_cent_follows(text, match.end()):
            bare += _percent_or_nothing(match)
        else:
            bare += [one for one in _count_of(match)]
    return bare


def _said_before(text: str, place: int) -> str:
    """The sentence up to a place, with the words that head it: "Factor, per cent. All cases: lifestyle 75"."""
    *heads, sentence = re.split(r"\. ", text[:place])
    said = (
        head
        for head in reversed(heads)
        if len(head) < 100 and not re.search(r"\d", head) and STATED.search(head)
    )
    head = next(said, "")
    return f"{head}. {sentence}" if head else sentence


def _per_cent_follows(text: str, place: int) -> bool:
    """Whether a list of bare numbers ends in per cent: "12, 30 and 58 per cent"."""
    return bool(re.match(r"(?:[\s,:§]|and|or|to|more|\d+)*\d+\s?(?:%|per cent\b)", text[place:]))


def _percent_or_nothing(match: re.Match) -> Iterator[Quantity]:
    if (
        match[0] not in WORDS
        and not re.search(r"\.\d\d", match[0])
        and float(match[0].replace(",", "")) <= 100
    ):
        yield from _percent(match, 0)


def _count_of(match: re.Match) -> Iterator[Quantity]:
    if match[0] in {"one", "zero"}:
        return
    yield from _count(match, 0, "count")

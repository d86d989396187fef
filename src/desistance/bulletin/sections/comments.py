"""What coded comments speak of: themes, delivery where they do, how far coders agree, and cleared passages."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.themes import article, themes_headline
from desistance.bulletin.content import Figure, Quotation, Section
from desistance.bulletin.language.evidence import change_cited, is_told, is_veiled, real, share_said
from desistance.bulletin.language.phrases import cases, cited, full, of_all
from desistance.bulletin.language.words import (
    count,
    counted,
    decimal,
    joined,
    ratio_interval,
    sentence,
    within,
)
from desistance.bulletin.reading.cells import whole_of
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.practice import Agreement, ThemeEffect
from desistance.bulletin.sections.by_division import filled, present
from desistance.bulletin.sections.comment_tables import (
    COEFFICIENTS,
    KAPPA,
    OVERALL,
    agreement_tables,
    effects_table,
    pairs_table,
    theme_label,
    themes_table,
)
from desistance.study import DIRECTIONS, Study

QUALITY = "quality-comments"
MOST_QUOTES = 2  # of one theme and direction


def comments_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Themes, delivery, agreement and quotes; None without a codebook or without comments."""
    if study.codebook is None or not numbers.practice.mentions:
        return None
    quotes = shown_quotes(numbers, study)
    return Section(
        id="comments",
        topic="What comments speak of",
        heading=sentence(themes_headline(numbers, study, counted=False)),
        paragraphs=filled(
            _what_text(numbers, study),
            _cases_text(numbers, study),
            _effects_text(numbers, study),
            agreement_text(numbers),
            _quotes_text(quotes, numbers),
        ),
        figures=tuple(figures),
        tables=present(
            themes_table(numbers, study),
            effects_table(numbers, study),
            *agreement_tables(numbers, study),
            pairs_table(numbers, study),
        ),
        quotes=quotes,
    )


def _what_text(numbers: Numbers, study: Study) -> str:
    """What a coded passage is, and what counts as a mention."""
    n_passages = _told(numbers, "n_passages")
    passages = (
        "Passages of comments"
        if n_passages is None
        else cited(counted(n_passages, ("passage", "passages")), QUALITY) + " of comments"
    )
    verb = "was" if n_passages == 1 else "were"
    return (
        f"{passages} {verb} coded by a codebook of {counted(len(study.codebook.themes), ('theme', 'themes'))}, "
        "each as an "
        f"enabler or a barrier. A {study.words['service'][0]} is counted once for a theme however many of its "
        "passages "
        "speak of it. Comments were not asked for by theme, so a theme that is not mentioned may still be practised."
    )


def _told(numbers: Numbers, name: str) -> int | None:
    """One number of the account of comments; None where it was not given, or is hidden."""
    return whole_of((numbers.facts.get("comments") or {}).get(name))


def _cases_text(numbers: Numbers, study: Study) -> str:
    """The theme that comments on most cases speak of, in each direction."""
    said, hidden = [], False
    for direction in DIRECTIONS:
        rows = [row for row in numbers.practice.mentions if row.direction == direction]
        hidden = hidden or any(row.cases.hides("estimate") for row in rows)
        known = [row for row in rows if row.cases.exact]
        if known:
            most = max(known, key=lambda row: row.cases.exact)
            name = within(theme_label(most.theme, study, short=True))
            amount = "" if most.cases.n_yes is None else f"{counted(most.cases.n_yes, study.words['case'])}; "
            told = cited(f"{amount}{share_said(most.cases, numbers)}", most.place)
            said.append(f"{name} as {article(direction)} ({told})")
    lead = "of the themes whose numbers are shown, comments" if hidden else "comments"
    return full(f"{lead} on single {cases(study)} speak most often of {joined(said)}") if said else ""


def _effects_text(numbers: Numbers, study: Study) -> str:
    """Whether delivery differs where comments speak of a theme."""
    rows = numbers.practice.theme_effects
    tested = [row for row in rows if is_told(row.test)]
    if not tested:
        return ""
    found = [row for row in tested if real(row.test, numbers)]
    hidden = any(is_veiled(row.test) for row in rows)
    amount = of_all(len(found), len(tested), ("difference", "differences"), hidden=hidden)
    amount = cited(amount, "table-theme-delivery")
    start = (
        f"Delivery, over all {study.words['factor'][1]} together, was compared between {cases(study)} whose "
        "comments speak of "
        f"a theme and the others. By the CR2 test after Holm\u2019s adjustment, {amount} "
        f"{'is' if len(found) <= 1 else 'are'} significant"
    )
    named = [f"{_effect_name(row, study)} ({change_cited(row.test, numbers)})" for row in found]
    caution = (
        "Comments are not on a random sample of cases, so a difference is no effect of what they speak of."
    )
    return f"{start}: {joined(named)}. {caution}" if named else f"{start}. {caution}"


def _effect_name(row: ThemeEffect, study: Study) -> str:
    return f"{within(theme_label(row.theme, study, short=True))} as {article(row.direction)}"


def agreement_text(numbers: Numbers) -> str:
    """How far coders agree on all themes together, without a word for how good that is."""
    overall = [row for row in numbers.practice.agreement if row.theme == OVERALL]
    rows = [row for row in overall if row.estimate is not None]
    if not rows:
        hidden = any(row.hides("estimate") for row in overall)
        why = "numbers are hidden" if hidden else "too few passages were coded by two or more of them"
        return f"How far coders agree is not available: {why}."
    last, text = rows[-1], "How far all coders agree together is hidden"
    if not overall[-1].hides("estimate"):  # the last row is over all coders
        said = cited(_coefficient(last, numbers), last.place)
        text = f"{COEFFICIENTS[last.coefficient]} for all coders and themes is {said}"
        if last.n_passages is not None:
            text += f", on {counted(last.n_passages, ('passage', 'passages'))} read by more than one of them"
    pairs = sorted(row.estimate for row in rows if row.coefficient == KAPPA)
    if pairs:
        ends = list(dict.fromkeys(decimal(end, 2) for end in (pairs[0], pairs[-1])))
        shown = ", where it is shown," if any(row.hides("estimate") for row in overall) else ""
        text += f"; Cohen\u2019s kappa for two coders at a time{shown} is {cited(' to '.join(ends), 'table-agreement')}"
    return (
        f"{text}. A coefficient of 1 is full agreement and 0 what chance alone would give; this page puts no "
        "word to how "
        "good that is."
    )


def _coefficient(row: Agreement, numbers: Numbers) -> str:
    known = row.low is not None and row.high is not None
    ends = f" ({numbers.confidence} per cent interval {ratio_interval(row.low, row.high)})" if known else ""
    return f"{decimal(row.estimate, 2)}{ends}"


def shown_quotes(numbers: Numbers, study: Study) -> tuple[Quotation, ...]:
    """The first cleared passages of each theme and direction, in the order of the codebook."""
    found = []
    for theme in study.codebook.themes:
        for direction in DIRECTIONS:
            own = [
                row for row in numbers.practice.quotes if (row.theme, row.direction) == (theme.id, direction)
            ]
            about = f"{theme.label}, as {article(direction)}"
            found += [Quotation(row.excerpt, about) for row in own[:MOST_QUOTES]]
    return tuple(found)


def _quotes_text(quotes: Sequence[Quotation], numbers: Numbers) -> str:
    """How many passages are shown, and that the others are not."""
    total, held = len(numbers.practice.quotes), _told(numbers, "n_not_cleared")
    number = counted(len(quotes), ("passage", "passages"))
    shown = (
        f"all {number}"
        if len(quotes) == total > 1
        else number
        if total == 1
        else f"{number} of the {count(total)}"
    )
    shown = cited(shown, "tables/quotes.csv")
    texts = [
        f"Below {'stands' if len(quotes) == 1 else 'stand'} {shown} that a person has cleared for this purpose."
        if total
        else "No passage has been cleared by a person, so none is shown."
    ]
    if held:
        excerpts = cited(counted(held, ("excerpt", "excerpts")), QUALITY)
        texts.append(f"{excerpts} not cleared {'is' if held == 1 else 'are'} not shown anywhere.")
    else:
        texts.append("Excerpts that are not cleared are not shown anywhere.")
    return " ".join(texts)

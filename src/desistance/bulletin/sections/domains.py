"""The cases through the domains of another framework: the crosswalk, shares by domain, and what bears on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desistance.bulletin.captions.domains import domains_headline, pooled_measure
from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.inline import anchor
from desistance.bulletin.language.differences import unseen_sentence
from desistance.bulletin.language.phrases import cited, evidence, full, item_ends_cited, of_items, setting
from desistance.bulletin.language.sentences import certainty_sentence
from desistance.bulletin.language.words import joined, sentence, share_of, spelt, within
from desistance.bulletin.reading.numbers import CR2, RAO_SCOTT, Numbers
from desistance.bulletin.reading.topics import (
    Kind,
    by_design,
    design_verdicts,
    everyone,
    extremes,
    focus,
    is_significant,
    known_items,
    level_shares,
    other_level,
    ranked,
    topics,
    worded,
)
from desistance.bulletin.sections.by_division import differing_divisions, division_texts, filled
from desistance.bulletin.sections.difference_tables import (
    difference_cell,
    label_cell,
    p_cell,
    share_cell,
    with_df,
)
from desistance.bulletin.sections.tables import missing_notes, overall_table
from desistance.study import Breakdown, Domain, Item, Measure, Study
from desistance.study.definition import Bearing


def domains_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Shares of judgements by domain and breakdown, after saying that it is assumed; None without a crosswalk."""
    measure = pooled_measure(numbers, study)
    if measure is None:
        return None
    own = worded(study, measure)
    return Section(
        id="domains",
        topic=domains_name(study),
        heading=sentence(domains_headline(measure, numbers)),
        paragraphs=filled(
            _construct_text(study),
            _unit_text(study),
            _ends_text(measure, numbers, own),
            _none_text(study.crosswalk.domains),
        ),
        figures=tuple(figures),
        tables=(_crosswalk_table(study), overall_table(_brief(measure), numbers, own)),
        parts=_parts(measure, numbers, study),
    )


def domains_name(study: Study) -> str:
    """What the section is called in the contents."""
    return f"Through {spelt(len(study.crosswalk.domains))} domains"


def _construct_text(study: Study) -> str:
    return (
        f"{full(study.crosswalk.assumed)} So this section is assumed, line by line, and holds only if the "
        "crosswalk in the "
        f"table is right. The framework: {study.crosswalk.framework.rstrip('.')}."
    )


def _unit_text(study: Study) -> str:
    case = study.words["case"]
    return (
        f"What is counted are judgements (answers), not {case[1]}: a {case[0]} gives a domain as many as bear "
        "on it, and one "
        f"judgement may bear on several domains. So domains are never added up, and no {case[0]} belongs to "
        "one. The intervals "
        f"allow for judgements about one {case[0]} and in one {study.words['service'][0]} being alike."
    )


def _ends_text(measure: Measure, numbers: Numbers, own: Study) -> str:
    """Highest and lowest share with their evidence, and whether their intervals overlap with others."""
    known = known_items(numbers, measure)
    ends = known[:1] if len(known) == 1 else (*known[:1], *known[-1:])
    said = " ".join(
        f"{item.short}: {share_of(share.exact, share.low, share.high, own.words['case'][1])[0]} "
        f"({evidence(share, numbers, with_percent=share_of(share.exact, share.low, share.high, '')[1])})."
        for item in ends
        for share in (everyone(numbers, item),)
    )
    brief = _brief(replace(measure, items=tuple(ends)))
    certain = [certainty_sentence(_brief(measure), item, numbers, own) for item in brief.items]
    return " ".join(filled(said, *certain))


def _none_text(domains: Sequence[Domain]) -> str:
    """Domains on which nothing bears, each with the reason."""
    bare = [domain for domain in domains if not domain.bearings]
    if not bare:
        return ""
    said = [
        f"\u201c{within(domain.short)}\u201d ({within((domain.none or 'no reason is given').rstrip('.'))})"
        for domain in bare
    ]
    noun = "this domain" if len(bare) == 1 else f"these {len(bare)} domains"
    return f"No judgement bears on {noun}, and no number is given: {joined(said)}."


def _crosswalk_table(study: Study) -> Table:
    """Every line of the crosswalk with its reason."""
    rows = [
        (domain.label, _bearing_text(line, study), line.reason)
        for domain in study.crosswalk.domains
        for line in domain.bearings
    ]
    rows += [
        (domain.label, "Nothing", domain.none or "")
        for domain in study.crosswalk.domains
        if not domain.bearings
    ]
    order = [domain.label for domain in study.crosswalk.domains]
    rows.sort(key=lambda row: order.index(row[0]))
    return Table(
        id="table-crosswalk",
        number=0,
        title="The crosswalk: which judgements bear on which domain, and why (assumed)",
        columns=("Domain", "Judgements that bear on it", "Why"),
        rows=tuple(tuple(Cell(text, kind="text") for text in row) for row in rows),
        summary="The crosswalk, line by line, with reasons (assumed)",
    )


def _bearing_text(line: Bearing, study: Study) -> str:
    measure = study.measure(line.measure)
    items = {item.id: item.short for item in measure.items}
    if len(items) == 1 or set(line.items) == set(items):
        return measure.title
    return f"{measure.title}: {joined([within(items[item]) for item in line.items])}"


def _parts(measure: Measure, numbers: Numbers, study: Study) -> tuple[Section, ...]:
    """Differences by each division, the breakdown that the rest of the page shows first in front."""
    if not study.divisions:
        return ()
    own, shown = worded(study, measure), ordered_divisions(measure, numbers, study)
    brief, ordered = _brief(measure), replace(own, breakdowns=shown, bands=())
    return (
        Section(
            id="domains-by-subgroup",
            topic="Domains by subgroup",
            heading=f"By the crosswalk, {differing_divisions(brief, numbers, ordered)}",
            paragraphs=filled(
                "Methods that take judgements as independent are not used here: those about one "
                f"{study.words['case'][0]} are not. The test is CR2\u2019s, with Holm\u2019s adjustment.",
                *(_differing_text(brief, division, numbers, own) for division in shown),
                *division_texts(
                    brief, [d for d in shown if not by_design(numbers, measure, d)], numbers, own
                ),
            ),
            tables=tuple(_division_table(brief, division, numbers, own) for division in shown),
        ),
    )


def _brief(measure: Measure) -> Measure:
    """The measure with short names of domains, as text and tables need them."""
    return replace(measure, items=tuple(replace(item, label=item.short) for item in measure.items))


def _differing_text(measure: Measure, division: Breakdown, numbers: Numbers, own: Study) -> str:
    """Domains that differ by one division, with both ends."""
    found = by_design(numbers, measure, division)
    pairs = [(item, extremes(numbers, item, division)) for item in found]
    named = [item_ends_cited(item, ends, division) if ends else within(item.short) for item, ends in pairs]
    if not named:
        return ""
    shown = design_verdicts(numbers, measure, division)
    amount = cited(
        of_items(len(found), shown.total, own, hidden=shown.hidden), f"table-domains-{division.id}"
    )
    verb = "differs" if len(found) == 1 else "differ"
    texts = (
        f"By {within(division.label)}, {amount} {verb} significantly by the CR2 test: {joined(named)}.",
        unseen_sentence(measure, division, numbers, own),
    )
    return " ".join(filled(*texts))


def _division_table(measure: Measure, division: Breakdown, numbers: Numbers, own: Study) -> Table:
    """Every domain by one division: shares, difference and the CR2 test."""
    what = f"Domains by {within(division.label)}: shares, differences and p-values"
    gap = "Difference, points" if other_level(division) else "Widest gap, points"
    tests = [numbers.test(measure.id, item.id, division.id, CR2) for item in measure.items]
    return Table(
        id=f"table-domains-{division.id}",
        number=0,
        title=f"{what} (crosswalk assumed); {setting(own, numbers)}",
        columns=(
            "Domain",
            *(f"{level.label}, % and base" for level in division.levels),
            *(gap, "CR2", "CR2, Holm", "CR2, BH", "Rao-Scott, Holm", "Difference is"),
        ),
        rows=tuple(_division_row(item, division, numbers) for item in ranked(numbers, measure)),
        notes=(
            f"Base (n): {own.words['case'][1]} in the level that bear on the domain. Columns of tests hold "
            "p-values; df are under "
            "those of CR2. The difference has CR2\u2019s interval; with more than two levels the gap is the "
            "highest share less "
            "the lowest.",
            *missing_notes(tests),
        ),
        ids=tuple(anchor(measure.id, item.id, division.id) for item in ranked(numbers, measure)),
        summary=what,
        folded=True,
    )


def _division_row(item: Item, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    cr2, rao_scott = (numbers.test(item.measure, item.id, division.id, method) for method in (CR2, RAO_SCOTT))
    verdict = is_significant(numbers, cr2, "p_holm")
    mark = cr2.mark("p_holm")
    said = {True: ("significant", "yes"), False: ("not significant", "none"), None: (mark, "none")}[verdict]
    return (
        label_cell(item, division, numbers),
        *(share_cell(share) for share in level_shares(numbers, item, division)),
        difference_cell(item, division, numbers),
        with_df(p_cell(cr2, "p_value", numbers), cr2),
        *(p_cell(cr2, name, numbers) for name in ("p_holm", "p_bh")),
        p_cell(rao_scott, "p_holm", numbers),
        Cell(said[0], kind="verdict", tone=said[1]),
    )


def ordered_divisions(measure: Measure, numbers: Numbers, study: Study) -> tuple[Breakdown, ...]:
    """Breakdowns and bands; in front the one that delivery is shown by first, else the one with most differences."""
    dependent = [topic.measure for topic in topics(study) if topic.kind == Kind.DEPENDENT]
    first = next((found for each in (*dependent, measure) if (found := focus(numbers, study, each))), None)
    return tuple(sorted(study.divisions, key=lambda division: division is not first))

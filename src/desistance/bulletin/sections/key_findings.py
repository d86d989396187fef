"""The key findings: the few sentences a reader takes away, each with its number, its evidence and its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from desistance.bulletin.captions.choices import robustness_text
from desistance.bulletin.content import Finding
from desistance.bulletin.language.differences import difference_evidence
from desistance.bulletin.language.evidence import p_said
from desistance.bulletin.language.phrases import (
    Ends,
    assumed_sentence,
    cases,
    cited,
    factors,
    full,
    item_ends_cited,
    level_percent,
    of_items,
    percent_mark,
    share_clause,
    widest,
)
from desistance.bulletin.language.sentences import (
    HOLM,
    beside,
    certainty_sentence,
    counted_cited,
    differing_heading,
    direction,
    few_services_sentence,
    range_sentence,
    rising_sentence,
    single_differences,
    top_sentence,
)
from desistance.bulletin.language.words import counted, decimal, percentage, within
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import CR2, PEARSON, Numbers
from desistance.bulletin.reading.results import Share
from desistance.bulletin.reading.topics import (
    Kind,
    Topic,
    bands_of_means,
    companion,
    design_verdicts,
    everyone,
    extremes,
    focus,
    known_items,
    ordinary_verdicts,
    topics,
)
from desistance.bulletin.sections.overlap import most_shared, overlap_heading
from desistance.bulletin.sections.practice_findings import practice_findings
from desistance.study import Breakdown, Item, Measure, Study

MOST_FINDINGS = 7  # of the topics; one for each section on practice may follow


def key_findings(numbers: Numbers, study: Study) -> tuple[Finding, ...]:
    """At most seven: each topic's own first, then differences of single measures while there is room; then practice."""
    found = [finding for topic in topics(study) for finding in _of_topic(topic, numbers, study)]
    found += _overlap(numbers, study)
    room = MOST_FINDINGS - len(found)
    if room > 0:
        found += _single_differences(numbers, study)[:room]
    return (*found[:MOST_FINDINGS], *practice_findings(numbers, study))


def _overlap(numbers: Numbers, study: Study) -> list[Finding]:
    """The pair that most cases have, where factors overlap; with every claim about the judgement of one."""
    pair = most_shared(numbers) if study.overlap else None
    if pair is None or not pair.n_cases:
        return []
    judged = companion(study, study.combined)
    claims = (
        [claim for item in judged.items for claim in claims_about(numbers, judged, item=item)]
        if judged
        else []
    )
    return [
        Finding(
            big=f"{percentage(Fraction(pair.n_both, pair.n_cases))}%",
            text=full(overlap_heading(numbers, study)),
            evidence=f"{cited(f'The {factors(study)} overlap', pair.place)} and are never added up",
            claims=tuple(claims),
        )
    ]


def _of_topic(topic: Topic, numbers: Numbers, study: Study) -> Iterator[Finding]:
    measure = topic.measure
    match topic.kind:
        case Kind.OVERALL if known_items(numbers, measure):
            yield _top(measure, numbers, study)
        case Kind.SUBGROUPS if study.breakdowns:
            yield from _differing(measure, study.breakdowns, numbers, study)
        case Kind.DEPENDENT if len(known_items(numbers, measure)) > 1:
            yield _range(measure, numbers, study)
            yield from _focus(measure, numbers, study)
        case Kind.SINGLE | Kind.NUMBER:
            for single in topic.measures:
                yield from _single(single, numbers, study)


def _top(measure: Measure, numbers: Numbers, study: Study) -> Finding:
    known = known_items(numbers, measure)
    share = everyone(numbers, known[0])
    return Finding(
        big=percent_mark(share),
        text=top_sentence(measure, numbers, study),
        evidence=". ".join(
            filter(None, (_design(share, study), _places(measure, known[:1], numbers, study)))
        ),
        claims=claims_about(numbers, measure, item=known[0]),
    )


def _range(measure: Measure, numbers: Numbers, study: Study) -> Finding:
    known = known_items(numbers, measure)
    ends = [everyone(numbers, item) for item in (known[-1], known[0])]
    claims = tuple(
        dict.fromkeys(
            claim for item in (known[-1], known[0]) for claim in claims_about(numbers, measure, item=item)
        )
    )
    return Finding(
        big=f"{percentage(ends[0].exact)}\u2013{percentage(ends[1].exact)}%",
        text=range_sentence(measure, numbers, study),
        evidence=_with_assumed(
            ". ".join(filter(None, (measure.title, _places(measure, (known[0], known[-1]), numbers, study)))),
            measure,
        ),
        claims=claims,
    )


def _single(measure: Measure, numbers: Numbers, study: Study) -> Iterator[Finding]:
    item = measure.items[0]
    share = everyone(numbers, item)
    if share.exact is None:
        return
    text = full(share_clause(study, numbers, measure, item, share))
    claims = claims_about(numbers, measure, item=item)
    if study.factor_count and measure.id == study.factor_count.item:
        divisions = bands_of_means(numbers, study)
        text = f"{text} {rising_sentence(divisions, numbers, study)}".strip()
        claims += tuple(
            claim
            for division in divisions
            for claim in claims_about(numbers, measure, item=item, division=division)
        )
    yield Finding(percent_mark(share), text, _design(share, study), tuple(dict.fromkeys(claims)))


def _differing(
    measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> Iterator[Finding]:
    found = {division: design_verdicts(numbers, measure, division) for division in divisions}
    tested = [division for division in divisions if found[division].total]
    if not tested:
        return
    counts, totals = (
        [len(found[division].found) for division in tested],
        [found[division].total for division in tested],
    )
    least, most = min(counts), max(counts)
    one_base = len(set(totals)) == 1 or not any(each.hidden for each in found.values())
    said = [division for division in divisions if found[division].total or found[division].hidden]
    claims = [claim for division in tested for claim in claims_about(numbers, measure, division=division)]
    yield Finding(
        big=(str(most) if least == most else f"{least}\u2013{most}")
        + (f" of {max(totals)}" if one_base else ""),
        text=full(f"{differing_heading(measure, said, numbers, study)} (CR2 test, {HOLM})"),
        evidence="; ".join(
            filter(
                None,
                (
                    cited(measure.title, f"table-{measure.id}-verdicts"),
                    level_percent(numbers),
                    _reach(numbers, study),
                ),
            )
        ),
        claims=tuple(dict.fromkeys(claims)),
    )


def _focus(measure: Measure, numbers: Numbers, study: Study) -> Iterator[Finding]:
    division = focus(numbers, study, measure)
    if division is None:
        return
    ordinary, adjusted = (count(numbers, measure, division) for count in (ordinary_verdicts, design_verdicts))
    n, total = len(ordinary.found), ordinary.total
    first = counted_cited(of_items(n, total, study, hidden=ordinary.hidden), ordinary, measure, division)
    second = counted_cited(beside(adjusted, ordinary), adjusted, measure, division)
    text = (
        f"{direction(measure, division, ordinary.found, numbers)}: significantly so for "
        f"{first} by the {numbers.ordinary}, and for {second} once "
        f"{cases(study)} that share a {study.words['service'][0]} and the number of tests are allowed for"
    )
    claims = claims_about(numbers, measure, division=division)
    pairs = [(item, ends) for item in ordinary.found if (ends := extremes(numbers, item, division))]
    of_what = "Widest of those shown" if ordinary.hidden or len(pairs) < n else "Widest"
    far = f". {of_what}: {_widest(*widest(pairs), division, numbers)}" if pairs else ""
    yield Finding(
        big=f"{n} \u2192 {len(adjusted.found)}" if adjusted.base == ordinary.base else f"{n} of {total}",
        text=full(text),
        evidence=_with_assumed(
            f"Pearson, unadjusted; CR2 test, Holm{far}{_robustness(claims, numbers)}", measure
        ),
        claims=claims,
    )


def _single_differences(numbers: Numbers, study: Study) -> list[Finding]:
    """One finding a measure with one item and division that differ, the smallest p-value first."""
    found = []
    for topic in topics(study):
        for measure in topic.measures if topic.kind == Kind.SINGLE else ():
            for division in study.divisions:
                test = numbers.test(measure.id, measure.items[0].id, division.id, CR2)
                ends = extremes(numbers, measure.items[0], division)
                if test.p_value is not None and test.p_value < numbers.level and ends:
                    found.append((test.p_value, _single_difference(measure, division, numbers)))
    return [finding for _, finding in sorted(found, key=lambda pair: pair[0])]


def _single_difference(measure: Measure, division: Breakdown, numbers: Numbers) -> Finding:
    item = measure.items[0]
    _, most, _, least = extremes(numbers, item, division)
    found = [numbers.test(measure.id, item.id, division.id, method) for method in (CR2, PEARSON)]
    said = [
        f"{name} {p_said(test.p_value, numbers)}"
        for name, test in zip(("CR2 test", "Pearson"), found, strict=True)
        if test.p_value is not None
    ]
    tests = cited("; ".join(said), found[0].place)
    return Finding(
        big=f"{percentage(least.exact)}\u2013{percentage(most.exact)}%",
        text=single_differences(measure, (division,), numbers),
        evidence="; ".join(filter(None, (difference_evidence(numbers, item, division), tests))),
        claims=claims_about(numbers, measure, division=division),
    )


def _places(measure: Measure, named: Sequence[Item], numbers: Numbers, study: Study) -> str:
    """Say of items that are ranked where their intervals overlap with others; "" where they stand apart."""
    unsure = [item for item in named if certainty_sentence(measure, item, numbers, study)]
    if not unsure:
        return ""
    if len(unsure) == 2:
        return "Neither place is certain: intervals overlap with others"
    return f"The place of {within(unsure[0].label)} is not certain: its interval overlaps with others"


def _design(share: Share, study: Study) -> str:
    parts = [counted(share.n_services, study.words["service"])] if share.n_services else []
    effect = share.design_effect
    parts += [cited(f"design effect {decimal(effect)}", share.place)] if effect is not None else []
    return "; ".join(parts)


def _with_assumed(evidence: str, measure: Measure) -> str:
    """Evidence, and what the measure rests on that the source does not say."""
    return ". ".join(filter(None, (evidence, assumed_sentence(measure).removesuffix("."))))


def _reach(numbers: Numbers, study: Study) -> str:
    """Say that few services show only large differences."""
    if not few_services_sentence(numbers, study):
        return ""
    return f"{counted(numbers.facts['n_services'], study.words['service'])} can show only large differences"


def _widest(item: Item, ends: Ends, division: Breakdown, numbers: Numbers) -> str:
    """Name the item with the widest gap: by its difference with two levels, else by both ends."""
    said = difference_evidence(numbers, item, division)
    return f"{within(item.label)}, {said}" if said else item_ends_cited(item, ends, division)


def _robustness(claims: Sequence[str], numbers: Numbers) -> str:
    """Share of the alternatives that agree with the verdict on the claim, when there is one claim."""
    rows = [row for row in numbers.ledger if row["claim"] in claims]
    if (
        len(rows) != 1
        or robustness_text(rows[0]).startswith("[")
        or rows[0]["verdict_design_based"] == HIDDEN
    ):
        return ""
    (row,) = rows
    verdict = {"undetermined": "is undetermined"}.get(
        row["verdict_design_based"], row["verdict_design_based"].replace("_", " ")
    )
    said = cited(f"{robustness_text(row).replace('%', ' per cent')} of alternatives", row["claim"])
    return f". By the design-based method claim {row['claim']} {verdict}, as under {said}"


def claims_about(
    numbers: Numbers, measure: Measure, *, item: Item | None = None, division: Breakdown | None = None
) -> tuple[str, ...]:
    """Claims of the ledger that speak of a measure: of the item, and by the division, asked for.

    A claim that speaks of all items of a measure has no item; one about everyone has no division. One whose verdict is
    hidden is left out: a reader would take it for borne out.
    """
    wanted_item, wanted_division = item.id if item else "", division.id if division else ""
    return tuple(
        row["claim"]
        for row in numbers.ledger
        if HIDDEN not in (row["verdict_published_method"], row["verdict_design_based"])
        and measure.id in row["measure"].split(";")
        and (row["item"] == wanted_item or (len(measure.items) == 1 and not row["item"]))
        and row["breakdown"] == wanted_division
    )

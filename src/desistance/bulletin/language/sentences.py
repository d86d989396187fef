"""Sentences about what was found, written by rule from the numbers: headings, paragraphs and their evidence."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.language.phrases import (
    amount_clause,
    by,
    cases,
    cited,
    digits_of,
    ends_cited,
    every,
    evidence,
    factor,
    full,
    item_ends_cited,
    label_leads,
    level_name,
    level_percent,
    of_items,
    of_shown,
    rank_clause,
    share_clause,
    statement,
)
from desistance.bulletin.language.words import (
    counted,
    decimal,
    joined,
    p_value,
    per_cent,
    sentence,
    share_of,
    within,
)
from desistance.bulletin.reading.numbers import CR2, PEARSON, Numbers
from desistance.bulletin.reading.places import verdicts_place
from desistance.bulletin.reading.results import Share
from desistance.bulletin.reading.topics import (
    Verdicts,
    design_verdicts,
    everyone,
    extremes,
    is_significant,
    known_items,
    level_shares,
    means_hidden,
    ordinary_verdicts,
    other_level,
    rising,
    shares_hidden,
    tested_items,
    verdicts,
)
from desistance.study import Breakdown, Item, Measure, Study

HOLM = "Holm\u2019s adjustment"
# ASSUME A23: methods that respect services are called rough under this many (Cameron and Miller 2015 name 20 to 50).
FEW_SERVICES = 20
# Of more items than MOST_NAMED that differ, the FEW_NAMED that differ most are named in the text, the others in tables.
MOST_NAMED, FEW_NAMED = 12, 6
# Tests in the order in which the text allows for more and more.
STEPS = ((PEARSON, "p_value"), (CR2, "p_value"), (CR2, "p_holm"))
WORTH_SAYING = 0.001  # a smallest possible p-value under this limits nothing


def amount_sentence(measure: Measure, item: Item, numbers: Numbers, study: Study) -> str:
    """Clause with the share in words where the interval allows, and no evidence: for headings."""
    share = everyone(numbers, item)
    if share.exact is None:
        why = "hidden to protect confidentiality" if share.hides("estimate") else "not available"
        return f"{within(item.label)}: {why}"
    amount, _ = share_of(share.exact, share.low, share.high, cases(study))
    return amount_clause(measure, item, amount)


def top_heading(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Name the item with the highest share."""
    known = known_items(numbers, measure)
    if not known:
        return f"{measure.title}: {no_shares(numbers, measure)}"
    return sentence(
        f"{amount_sentence(measure, known[0], numbers, study)}, {_place(measure, numbers, study)}"
    )


def no_shares(numbers: Numbers, measure: Measure) -> str:
    """Say why a measure has no share at all."""
    hidden = shares_hidden(numbers, measure)
    return "every share is hidden to protect confidentiality" if hidden else "no shares are available"


def among_shown(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Lead for a rank of items where the share of one is hidden: "of the 8 factors that are shown, "; else ""."""
    known = known_items(numbers, measure)
    return of_shown(len(known), study.words["factor"], hidden=shares_hidden(numbers, measure))


def top_sentence(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Name the item with the highest share, with its evidence."""
    first = known_items(numbers, measure)[0]
    share = everyone(numbers, first)
    amount, is_word = share_of(share.exact, share.low, share.high, cases(study))
    said = evidence(share, numbers, with_percent=is_word)
    return full(f"{amount_clause(measure, first, amount)}, {_place(measure, numbers, study)} ({said})")


def _place(measure: Measure, numbers: Numbers, study: Study) -> str:
    known = known_items(numbers, measure)
    tied = len(known) > 1 and everyone(numbers, known[0]).exact == everyone(numbers, known[1]).exact
    hidden = shares_hidden(numbers, measure)
    if hidden and len(known) == 1:
        return f"the only {factor(study)} that is shown"
    whose = f"any other {factor(study)}{' that is shown' if hidden else ''}"
    return f"{'as often as' if tied else 'more often than'} {whose}"


def listed_shares(measure: Measure, items: Sequence[Item], numbers: Numbers, study: Study) -> str:
    """One sentence an item, with its evidence."""
    return " ".join(
        full(share_clause(study, numbers, measure, item, everyone(numbers, item))) for item in items
    )


def range_heading(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Name the items with the highest and the lowest share."""
    known = known_items(numbers, measure)
    if len(known) < 2:
        return measure.title
    most, least = known[0], known[-1]
    lead = among_shown(measure, numbers, study)
    return sentence(
        f"{lead}{rank_clause(measure, most, 'most often')} and least often for {within(least.label)}"
    )


def range_sentence(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Name the items with the highest and the lowest share, with their evidence."""
    known = known_items(numbers, measure)
    ends = []
    for item in (known[0], known[-1]):
        share = everyone(numbers, item)
        amount = f"{per_cent(share.exact, digits_of(share))} of {cases(study)}"
        said = f"{amount}; {evidence(share, numbers, with_percent=False)}"
        ends.append(f"{within(item.label)} ({said})")
    lead = among_shown(measure, numbers, study)
    return full(f"{lead}{statement(measure)} most often for {ends[0]} and least often for {ends[1]}")


def certainty_sentence(measure: Measure, item: Item, numbers: Numbers, study: Study) -> str:
    """Say of how many other items the interval overlaps with this one's, so that its place is not certain."""
    own = everyone(numbers, item)
    others = [everyone(numbers, other) for other in known_items(numbers, measure) if other.id != item.id]
    overlap = sum(_overlap(own, other) for other in others)
    if not own.has_interval or not overlap:
        return ""
    whose = counted(len(others), (f"other {factor(study)}", f"other {study.words['factor'][1]}"))
    if shares_hidden(numbers, measure):
        whose += f" that {'is' if len(others) == 1 else 'are'} shown"
    of_whom = f"all {whose}" if overlap == len(others) > 1 else f"{overlap} of the {whose}"
    of_whom = cited(of_whom, f"table-{measure.id}")
    return (
        f"The interval for {within(item.label)} overlaps with {'those' if overlap > 1 else 'that'} of {of_whom}, "
        "so its place is not certain."
    )


def few_services_sentence(numbers: Numbers, study: Study) -> str:
    """Say what so few services cannot show; "" where there are enough of them, or their number is not known."""
    n_services = numbers.facts.get("n_services") or 0
    if not 2 <= n_services < FEW_SERVICES:
        return ""
    smallest = 2.0 ** (1 - n_services)
    bootstrap = f", and the wild bootstrap cannot give a p-value under {p_value(smallest, numbers.level)}"
    return (
        f"With {counted(n_services, study.words['service'])}, intervals and tests have at most {n_services - 1} "
        f"degrees of freedom: only large differences can be seen{bootstrap if smallest >= WORTH_SAYING else ''}. "
        "Design effects and intraclass correlations are rough themselves, so an interval may by chance alone come out "
        f"shorter than Wilson\u2019s, which takes {cases(study)} as independent. Where the interval of a difference "
        "reaches past 100 points, nothing can be said of it. What is not significant here is not thereby absent."
    )


def _overlap(first: Share, second: Share) -> bool:
    return (
        first.has_interval and second.has_interval and first.low <= second.high and second.low <= first.high
    )


def differing_heading(
    measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> str:
    """Count the items that differ by each division, by the design-based method."""
    text = differing_clause(measure, divisions, numbers, study)
    return sentence(text) if label_leads(measure) else f"{measure.title}: {text}"


def differing_clause(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> str:
    """Count the items that differ: "2 of 10 factors differ significantly by age, 3 by gender"."""
    pairs = [(division, design_verdicts(numbers, measure, division)) for division in divisions]
    shown = [(division, found) for division, found in pairs if found.total]
    hidden = [division for division, found in pairs if found.hidden and not found.total]
    counts = []
    for division, found in shown:
        n, first = len(found.found), shown[0][1]
        amount = beside(found, first) if counts else f"{_of(found, study)} {_differ(n)} significantly"
        counts.append(f"{amount} by {within(division.label)}")
    if not shown:
        return "every test of a difference is hidden" if hidden else "no differences can be tested"
    return "; ".join([joined(counts), *([f"by {by(hidden)} every test is hidden"] if hidden else [])])


def _of(found: Verdicts, study: Study) -> str:
    return of_items(len(found.found), found.total, study, hidden=found.hidden)


def beside(second: Verdicts, first: Verdicts) -> str:
    """A number of items after another one: bare where both are out of the same items."""
    if not second.total:
        return "a hidden number" if second.hidden else "an unknown number"
    n = len(second.found)
    if second.base == first.base or not (second.hidden or first.hidden):
        return f"{n or 'none'}"
    if not second.hidden:
        return f"{n or 'none'} of {second.total}"
    return f"{every(n)} shown" if n == second.total else f"{n or 'none'} of the {second.total} shown"


def counted_cited(text: str, found: Verdicts, measure: Measure, division: Breakdown) -> str:
    """A number of items as a link to the row that counts them; where not all could be tested it holds the number alone.

    `text` is what `of_items` or `beside` writes of `found`.
    """
    place = verdicts_place(measure.id, division.id)
    if measure.pooled:
        return cited(text, f"table-{measure.id}-{division.id}")
    if found.hidden or found.total == len(measure.items):
        return cited(text, place)
    amount, space, rest = text.partition(" ")
    return f"{cited(amount, place)}{space}{rest}"


def _differ(n: int) -> str:
    return "differs" if n == 1 else "differ"


def method_sentence(numbers: Numbers, study: Study) -> str:
    """Say what the two methods are."""
    # ASSUME: sources rarely name their test, so which test was the published one is never stated as a fact.
    verb = "is taken to be" if numbers.differences_published else "is"
    return (
        f"The {numbers.ordinary} {verb} Pearson\u2019s chi-square test without adjustment; it treats {cases(study)} as "
        f"independent. The design-based method is the CR2 test with {HOLM} for the number of tests; it allows "
        f"for {cases(study)} of one {study.words['service'][0]} being alike. Both use the {level_percent(numbers)}."
    )


def counts_sentence(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Count the significant differences by each method, and name those of the design-based one with both ends."""
    ordinary, design = (count(numbers, measure, division) for count in (ordinary_verdicts, design_verdicts))
    if not ordinary.total + design.total:
        why = "every test is hidden" if ordinary.hidden or design.hidden else "no difference can be tested"
        return f"By {within(division.label)}, {why}."
    first = counted_cited(_of(ordinary, study), ordinary, measure, division)
    second = counted_cited(beside(design, ordinary), design, measure, division)
    start = (
        f"By {within(division.label)}, {first} {_differ(len(ordinary.found))} significantly by the {numbers.ordinary} "
        f"and {second} by the design-based one"
    )
    pairs = [(item, extremes(numbers, item, division)) for item in design.found]
    some = len(pairs) > MOST_NAMED
    if some:
        pairs = sorted(
            (pair for pair in pairs if pair[1]), key=lambda pair: pair[1][3].exact - pair[1][1].exact
        )
        pairs = pairs[:FEW_NAMED]
    named = [item_ends_cited(item, ends, division) if ends else within(item.label) for item, ends in pairs]
    return f"{start}: {'above all ' if some else ''}{joined(named)}." if named else f"{start}."


def focus_heading(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Count the differences of one division by both methods; say which way they go when all go one way."""
    ordinary, design = (count(numbers, measure, division) for count in (ordinary_verdicts, design_verdicts))
    way = direction(measure, division, ordinary.found, numbers)
    second = f"{beside(design, ordinary)} by the design-based one"
    return sentence(f"{way}, significantly on {_of(ordinary, study)} by the {numbers.ordinary} and {second}")


def direction(measure: Measure, division: Breakdown, items: Sequence[Item], numbers: Numbers) -> str:
    """Say which way the named differences of a division go: "less often for Looked After Children"."""
    other = other_level(division)
    if other is None:
        return f"{statement(measure)} more or less often by {within(division.label)}"
    below = {_is_below(item, division, numbers) for item in items}
    way = {frozenset({True}): "less often", frozenset({False}): "more often"}.get(frozenset(below))
    return f"{statement(measure)} {way or 'more or less often'} for {level_name(division, other)}"


def _is_below(item: Item, division: Breakdown, numbers: Numbers) -> bool | None:
    """Whether the other level is below the reference; None where either share is not there."""
    shares = dict(zip(division.codes, level_shares(numbers, item, division), strict=True))
    reference = shares.pop(division.reference).exact
    (other,) = shares.values()
    return None if other.exact is None or reference is None else other.exact < reference


def parting_sentences(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Say plainly where the two methods part, and which part of that is clustering and which is adjustment."""
    counts = [verdicts(numbers, measure, division, *test) for test in STEPS]
    if any(count.hidden for count in counts):
        return _parting_shown(measure, division, numbers, study)
    ordinary, clustered, adjusted = (count.found for count in counts)
    place = verdicts_place(measure.id, division.id)
    return (
        f"{_parting(ordinary, adjusted, numbers)} {_steps_text(ordinary, clustered, adjusted, study, place)}"
    )


def _parting_shown(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """The same of the items for which all these verdicts are shown."""
    shown = [item for item in tested_items(numbers, measure, division) if _all_shown(item, division, numbers)]
    if not shown:
        return "For no one of them are the verdicts of both methods shown."
    ordinary, clustered, adjusted = (
        tuple(item for item in verdicts(numbers, measure, division, *test).found if item in shown)
        for test in STEPS
    )
    lead = of_shown(len(shown), study.words["factor"], hidden=True)
    parting = _parting(ordinary, adjusted, numbers, " that is shown by both")
    place = f"table-{measure.id}-{division.id}"
    steps = _steps_text(ordinary, clustered, adjusted, study, place)
    return f"{parting} {sentence(lead + steps[:1].lower() + steps[1:])}"


def _all_shown(item: Item, division: Breakdown, numbers: Numbers) -> bool:
    tests = [(numbers.test(item.measure, item.id, division.id, method), name) for method, name in STEPS]
    return not any(test.hides(name) for test, name in tests)


def _parting(ordinary: Sequence[Item], adjusted: Sequence[Item], numbers: Numbers, which: str = "") -> str:
    lost = [within(item.label) for item in ordinary if item not in adjusted]
    gained = [within(item.label) for item in adjusted if item not in ordinary]
    texts = []
    if lost:
        texts.append(f"The methods part on {joined(lost)}: significant by the {numbers.ordinary} alone.")
    if gained:
        texts.append(f"Significant by the design-based method alone: {joined(gained)}.")
    if not texts:
        texts.append(f"The two methods agree on every one{which}.")
    return " ".join(texts)


def _steps_text(
    ordinary: Sequence[Item], clustered: Sequence[Item], adjusted: Sequence[Item], study: Study, place: str
) -> str:
    ways = cited(f"from {len(ordinary)} to {len(clustered)}", place), cited(f"to {len(adjusted)}", place)
    return (
        f"Allowing for {cases(study)} that share a {study.words['service'][0]} takes the count {ways[0]}; "
        f"{HOLM} takes it {ways[1]}."
    )


def single_differences(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers) -> str:
    """Name the divisions by which a measure with one item differs, with both ends, and those by which it does not."""
    item = measure.items[0]
    differing, others, hidden = [], [], []
    for division in divisions:
        test = numbers.test(measure.id, item.id, division.id, CR2)
        ends, name = extremes(numbers, item, division), within(division.label)
        if test.hides("p_value"):
            hidden.append(name)
        elif is_significant(numbers, test, "p_value"):
            differing.append(f"{name} ({ends_cited(ends, division)})" if ends else name)
        elif test.p_value is not None:
            others.append(name)
    texts = []
    if differing:
        texts.append(f"{item.short}: the share differs significantly (CR2 test) by {joined(differing)}.")
    if others:
        start = "By this test it" if differing else f"{item.short}: by the CR2 test the share"
        texts.append(f"{start} does not differ significantly by {joined(others, 'or')}.")
    if hidden:
        tests = "test" if len(hidden) == 1 else "tests"
        start = f"The {tests}" if texts else f"{item.short}: the {tests}"
        texts.append(f"{start} by {joined(hidden)} {'is' if len(hidden) == 1 else 'are'} hidden.")
    return " ".join(texts)


def rising_sentence(divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> str:
    """Say with which divisions the mean number of factors rises from band to band, and the largest rise of them."""
    rises = [division for division in divisions if rising(numbers, division)]
    if not rises:
        return ""
    name = f"The mean number of {study.words['factor'][1]} rises"
    most = max(rises, key=lambda division: _rise(division, numbers)[1] - _rise(division, numbers)[0])
    ends = " ".join(
        f"{way} {cited(f'{decimal(mean.estimate)} ({level_name(most, level)})', mean.place)}"
        for way, level in (("from", most.levels[0]), ("to", most.levels[-1]))
        for mean in (numbers.mean(most.id, level.code),)
    )
    if len(rises) == 1:
        return f"{name} with {within(most.label)}, {ends}."
    hidden = any(means_hidden(numbers, division) for division in divisions)
    start = "of these most" if hidden else "most"
    return f"{name} with {by(rises)}; {start} with {within(most.label)}, {ends}."


def _rise(division: Breakdown, numbers: Numbers) -> tuple[float, float]:
    return tuple(numbers.mean(division.id, code).estimate for code in (division.codes[0], division.codes[-1]))


def number_heading(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> str:
    """Share of cases at or over the threshold, and the bands with which the number rises."""
    rises = [division for division in divisions if rising(numbers, division)]
    text = sentence(amount_sentence(measure, measure.items[0], numbers, study))
    return f"{text}; their number rises with {by(rises)}" if rises else text

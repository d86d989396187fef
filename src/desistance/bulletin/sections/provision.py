"""What services provide: availability, providers, gaps, rates, and delivery where access is a gap."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.provision import (
    FACT,
    MIX,
    RANGE,
    WIDE_RANGE,
    by_gap,
    gap_headline,
    gap_share,
    provided_share,
)
from desistance.bulletin.content import Figure, Section
from desistance.bulletin.language.evidence import (
    change_cited,
    is_told,
    is_veiled,
    of_services,
    real,
    share_cited,
    share_said,
    widest_half,
)
from desistance.bulletin.language.phrases import cases, cited, full
from desistance.bulletin.language.words import (
    count,
    joined,
    per_cent,
    percentage,
    sentence,
    size_points,
    within,
)
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.practice import ProvisionEffect, Rate
from desistance.bulletin.reading.results import Share
from desistance.bulletin.sections.by_division import filled, present
from desistance.bulletin.sections.provision_tables import effects_table, gaps_table, mix_table, rates_table
from desistance.study import Named, Provision, Study

RANKED = 3


def provision_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Provision, gaps, providers, rates and delivery; None where services were asked nothing or told nothing."""
    if study.services is None or not (numbers.practice.provided or numbers.practice.rates):
        return None
    known = bool(numbers.practice.provided)
    services = study.words["service"][1]
    texts = (
        _few_text(numbers, study),
        *(
            (_available_text(numbers, study), _mix_text(numbers, study), _gaps_text(numbers, study))
            if known
            else ()
        ),
        *(_fact_text(fact, numbers, study) for fact in study.services.facts),
        *(rate_text(rate, numbers, study) for rate in numbers.practice.rates),
        _delivery_text(numbers, study),
    )
    return Section(
        id="provision",
        topic=f"What {services} provide",
        heading=sentence(gap_headline(numbers, study)) if known else f"What {services} provide",
        paragraphs=filled(*texts),
        figures=tuple(figures),
        tables=present(
            gaps_table(numbers, study),
            mix_table(numbers, study),
            rates_table(numbers, study),
            effects_table(numbers, study),
        ),
    )


def _few_text(numbers: Numbers, study: Study) -> str:
    """What so few services can and cannot show."""
    service, shares = study.words["service"], [row.share for row in numbers.practice.provided]
    most = max((share.n_cases for share in shares if share.n_cases is not None), default=0)
    half = widest_half(shares)
    if not (most and half):
        return f"No {service[0]} is named, here or in any file of this report."
    reaches = [
        -row.smallest_decrease
        for row in numbers.practice.provision_effects
        if row.smallest_decrease is not None
    ]
    ends = (
        list(dict.fromkeys(size_points(reach) for reach in (min(reaches), max(reaches)))) if reaches else []
    )
    reach = cited(f"{half} points", "table-provision")
    shortfall = cited(f"{' to '.join(ends)} points", "table-provision-delivery")
    seen = (
        f", and delivery would have to be lower by {shortfall} where access is a gap for that "
        "to be seen "
        f"with {numbers.power} per cent power"
        if ends
        else ""
    )
    return (
        f"{count(most)} {service[1] if most != 1 else service[0]} are few. They show which gaps are frequent "
        "and which are "
        f"rare; they cannot rank gaps that are close: exact intervals reach up to {reach} to either "
        f"side{seen}. No "
        f"{service[0]} is named, here or in any file of this report."
    )


def _available_text(numbers: Numbers, study: Study) -> str:
    """Most and least frequent provision, and how many services have a wide range."""
    pairs = [
        (share, one)
        for one in study.services.provisions
        if (share := provided_share(one, numbers)).exact is not None
    ]
    if not pairs:
        return ""
    most, least = max(pairs, key=lambda pair: pair[0].exact), min(pairs, key=lambda pair: pair[0].exact)
    hidden = any(provided_share(one, numbers).hides("estimate") for one in study.services.provisions)
    which = " of those shown" if hidden else ""
    text = f"{most[1].short} is provided most often{which}, in {of_services(most[0], numbers, study)}"
    if least[0].exact != most[0].exact:
        text += f", and {within(least[1].short)} least often, in {of_services(least[0], numbers, study)}"
    wide = numbers.practice.provision(RANGE, WIDE_RANGE)
    if wide.exact is None:
        return full(text)
    needed = f"at least {study.services.wide_range} of the {len(study.services.provisions)} kinds listed"
    found = of_services(wide, numbers, study)
    return f"{full(text)} A wide range, which the study takes to be {needed}, is found in {found}."


def _mix_text(numbers: Numbers, study: Study) -> str:
    """In how many services each kind of provider provides something."""
    pairs = [(numbers.practice.provision(MIX, one.id), one) for one in study.services.providers]
    said = [
        cited(f"{within(one.label)} {count(share.n_yes)}", share.place)
        for share, one in pairs
        if share.n_yes is not None
    ]
    bases = {share.n_cases for share, _ in pairs if share.n_yes is not None}
    if not said or len(bases) != 1:
        return ""
    base = f"{count(bases.pop())} {study.words['service'][1]}"
    return f"Who provides something, of {base}: {joined(said)}."


def _gaps_text(numbers: Numbers, study: Study) -> str:
    """The most frequent gaps with their intervals, and whether the first stands apart."""
    ordered = by_gap(numbers, study)
    known = [one for one in ordered if gap_share(one, numbers).exact is not None]
    if not known:
        return ""
    hidden = any(gap_share(one, numbers).hides("estimate") for one in ordered)
    said = [
        f"{within(one.short)} ({_gap_said(one, numbers, number)})"
        for number, one in enumerate(known[:RANKED])
    ]
    first = gap_share(known[0], numbers)
    overlap = sum(_overlap(first, gap_share(one, numbers)) for one in known[1:])
    which = " that are shown" if hidden else ""
    whose = f"those of {overlap} of the other {len(known) - 1}{which}" if overlap > 1 else "that of one other"
    name = within(known[0].short)
    more = f" The interval for {name} overlaps with {whose}, so its place is not certain." if overlap else ""
    start = "Access is most often judged a gap for" if len(said) > 1 else "Access is judged a gap for"
    start = f"Of those shown, {within(start)}" if hidden else start
    return f"{start} {joined(said)}.{more}"


def _gap_said(one: Provision, numbers: Numbers, number: int) -> str:
    share = gap_share(one, numbers)
    if share.n_yes is None:
        return share_cited(share, numbers)
    base = f" of {count(share.n_cases)}" if not number and share.n_cases is not None else ""
    return cited(f"{count(share.n_yes)}{base}; {share_said(share, numbers)}", share.place)


def _overlap(first: Share, second: Share) -> bool:
    return (
        first.has_interval and second.has_interval and first.low <= second.high and second.low <= first.high
    )


def _fact_text(fact: Named, numbers: Numbers, study: Study) -> str:
    share = numbers.practice.provision(FACT, fact.id)
    return "" if share.exact is None else f"{fact.label}: {of_services(share, numbers, study)}."


def rate_text(row: Rate, numbers: Numbers, study: Study) -> str:
    """One rate: the share of all people, and how far apart services are."""
    label = next((one.label for one in study.services.rates if one.id == row.item), row.item)
    if row.share.exact is None:
        return ""
    base = "" if row.share.n_cases is None else f" of {count(row.share.n_cases)}"
    text = f"{label}: {_share_of_people(row, numbers, base)}"
    if row.lowest is None or row.highest is None:
        return full(text)
    ends = cited(f"from {percentage(row.lowest)} to {per_cent(row.highest)}", row.place)
    return full(
        f"{text}; {ends} over {study.words['service'][1]}"
        + ("" if row.median is None else f", half of them at {per_cent(row.median)} or less")
    )


def _share_of_people(row: Rate, numbers: Numbers, base: str) -> str:
    said, _, ends = share_said(row.share, numbers).partition(", ")
    return cited(f"{said}{base}" + (f" ({ends})" if ends else ""), row.place)


def _delivery_text(numbers: Numbers, study: Study) -> str:
    """Where delivery is significantly lower with a gap; else what the numbers cannot show."""
    tested = [row for row in numbers.practice.provision_effects if is_told(row.test)]
    if not tested:
        return ""
    found = [row for row in tested if real(row.test, numbers)]
    hidden = any(is_veiled(row.test) for row in numbers.practice.provision_effects)
    total = (
        "the one kind of provision that serves"
        if len(tested) == 1 and not hidden
        else f"{len(tested)} kind{'' if len(tested) == 1 else 's'} of provision that serve{'s' * (len(tested) == 1)}"
    )
    case, service = cases(study), study.words["service"][0]
    n_pearson = cited(_pearson_said(tested, numbers), "table-provision-delivery")
    start = (
        f"Delivery was compared where access is a gap and where it is not, for {total} a {study.words['factor'][0]}. "
        f"All {case} of a {service} stand on one side, so a test that takes them as independent rejects far too often: "
        f"Pearson\u2019s, unadjusted, calls {n_pearson} significant. The CR2 test allows "
        "for it"
    )
    start += ". Other comparisons are hidden, so what follows is about those shown" if hidden else ""
    if found:
        named = [f"{provision_label(row, study)} ({change_cited(row.test, numbers)})" for row in found]
        return f"{start}. By that test the difference is significant for {joined(named)}."
    return (
        f"{start}. By that test no difference is significant. {_closest_text(tested, numbers, study)}".strip()
    )


def _pearson_said(tested: Sequence[ProvisionEffect], numbers: Numbers) -> str:
    """How many differences Pearson's test calls significant, of how many."""
    shown = [row for row in tested if not row.hides("p_pearson")]
    n = sum(row.p_pearson is not None and row.p_pearson < numbers.level for row in shown)
    if not shown:
        return "a hidden number"
    return f"{n or 'none'} of {len(shown)}{' shown' if len(shown) < len(tested) else ''}"


def _closest_text(tested: Sequence[ProvisionEffect], numbers: Numbers, study: Study) -> str:
    """The provision with the largest shortfall, and whether one of that size could have been seen."""
    known = [row for row in tested if row.test.estimate is not None]
    if not known:
        return ""
    far = min(known, key=lambda row: row.test.estimate)
    text = f"The largest shortfall is for {provision_label(far, study)}: {change_cited(far.test, numbers)}"
    least = far.smallest_decrease
    if least is None or far.hides("smallest_decrease") or far.test.estimate <= least:
        return f"{text}."
    return f"{text}; one of that size could not have been seen, only one of {size_points(-least)} points or more."


def provision_label(row: ProvisionEffect, study: Study) -> str:
    """Name the provision of a row as a sentence does."""
    return within(
        next((one.short for one in study.services.provisions if one.id == row.provision), row.provision)
    )

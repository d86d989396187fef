"""How services and cases were sampled and weighted, and what the weights change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.inline import link
from desistance.bulletin.language.phrases import (
    cases,
    cited,
    count_text,
    of_all,
    percent_text,
    setting,
    weighs,
)
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.words import (
    count,
    counted,
    half_up,
    joined,
    per_cent,
    percent_cell,
    sentence,
    signed_decimal,
    within,
)
from desistance.bulletin.reading.cells import HIDDEN, mark_of
from desistance.bulletin.reading.numbers import ALL, WILSON, Numbers
from desistance.bulletin.reading.places import weight_place
from desistance.bulletin.reading.results import Share
from desistance.bulletin.sections.tables import missing_notes
from desistance.study import Item, Study

SHARE = ("share", "shares")
OPEN_ROWS = 12
# Columns of percentages, not of intervals alone; and sections that say themselves what is weighted, or hold shares of
# services and passages, which never are.
WEIGHTED = re.compile(r"(?<!\d)%|\bpoints\b")
OWN_WORDS = frozenset({"weights", "services", "provision", "comments", "choices", "implications"})
# What respects strata and the finite population correction, and how that begins which does not.
WITH_DESIGN = (
    "shares, means, ratios and lifts with their intervals, for Rao-Scott tests and the design-based rank test"
)
WITHOUT_DESIGN = "Differences, slopes and adjusted differences are tested by CR2"


@dataclass(frozen=True)
class _Pair:
    """One item over everyone, as its cases weigh and as they are counted."""

    label: str
    item: Item
    weighted: Share
    counted: Share

    @property
    def change(self) -> Fraction | None:
        """What the weights change: weighted less unweighted share."""
        known = self.weighted.exact, self.counted.exact
        return None if None in known else known[0] - known[1]


def weights_section(numbers: Numbers, study: Study) -> Section | None:
    """Every share with and without weights; None where there are no weights, or all are equal."""
    if not weighs(numbers, study):
        return None
    pairs = tuple(_pairs(numbers, study))
    if not pairs:
        return None
    hidden = any(HIDDEN in _marks(pair) for pair in pairs)
    known = [pair for pair in pairs if pair.change is not None]
    moved = sum(abs(half_up(pair.change * 100, _decimals(numbers))) >= 1 for pair in known)
    alone = moved == len(known) == 1 and not hidden
    amount = "the one share" if alone else of_all(moved, len(known), SHARE, hidden=hidden)
    method = link("how they were made", "#method-sampling-and")
    texts = (
        f"Shares, their intervals and the design-based tests are of weighted {cases(study)} ({method}). Numbers of "
        f"{cases(study)} and bases are not weighted, nor is Wilson\u2019s interval.",
        _largest(known, numbers, hidden=hidden),
    )
    return Section(
        id="weights",
        topic="What the weights change",
        heading=sentence(f"weights change {amount} by a percentage point or more"),
        paragraphs=tuple(text for text in texts if text),
        tables=(_table(pairs, numbers, study),),
    )


def weighing_said(section: Section, numbers: Numbers, study: Study) -> Section:
    """The section with a note wherever weighted percentages stand, as the numbers beside them do not give these."""
    if section.id in OWN_WORDS or not weighs(numbers, study):
        return section
    note = (
        f"Percentages and differences are of weighted {cases(study)}; numbers, and bases, are of {cases(study)} as "
        "they are, so that these do not give the percentages."
    )
    wilson = " Wilson\u2019s interval is not weighted."

    def noted(one: Table | Figure, columns: Iterable[str]) -> Table | Figure:
        names = " | ".join(map(str, columns))
        said = f"{note}{wilson if 'Wilson' in names else ''}"
        return replace(one, notes=(*one.notes, said)) if WEIGHTED.search(names) else one

    return replace(
        section,
        figures=tuple(noted(figure, figure.data.columns) for figure in section.figures),
        tables=tuple(noted(table, table.columns) for table in section.tables),
        parts=tuple(weighing_said(part, numbers, study) for part in section.parts),
    )


def _pairs(numbers: Numbers, study: Study) -> Iterator[_Pair]:
    """Items that are judgements of cases; where answers are put together no unweighted share is released."""
    for measure in study.measures:
        for item in measure.items:
            both = [numbers.share(measure.id, item.id, ALL, ALL, *kind) for kind in ((), (WILSON,))]
            if not measure.pooled:
                label = f"{measure.title}: {within(item.label)}" if len(measure.items) > 1 else item.label
                yield _Pair(label, item, *both)


def _marks(pair: _Pair) -> tuple[str, str]:
    return pair.weighted.shorthand, pair.counted.shorthand


def _largest(known: list[_Pair], numbers: Numbers, *, hidden: bool) -> str:
    """The share that the weights change most, with its row."""
    if not any(pair.change for pair in known):
        return ""
    most = max(known, key=lambda pair: abs(pair.change))
    shares = f"{per_cent(most.weighted.exact)} in place of {per_cent(most.counted.exact)}"
    change = f"{shares}, {_points(most.change, numbers)} points"
    among = "Of the shares that are shown the weights" if hidden else "They"
    place = weight_place(most.item.measure, most.item.id)
    return f"{among} change \u201c{most.label}\u201d most: {cited(change, place)}."


def _decimals(numbers: Numbers) -> int:
    return 0 if (numbers.facts.get("disclosure") or {}).get("round_to", 1) > 1 else 1


def _points(change: Fraction, numbers: Numbers) -> str:
    """A difference in points: to a tenth, but whole where the release has only whole per cent."""
    return signed_decimal(change * 100, _decimals(numbers))


def _table(pairs: tuple[_Pair, ...], numbers: Numbers, study: Study) -> Table:
    return Table(
        id="table-weights",
        number=0,
        title=f"Shares with and without weights; {setting(study, numbers)}",
        columns=("Measure", "Base", "With weights, %", "Without weights, %", "Difference, points"),
        rows=tuple(_row(pair, numbers) for pair in pairs),
        notes=missing_notes(pair.weighted for pair in pairs),
        ids=tuple(weight_place(pair.item.measure, pair.item.id) for pair in pairs),
        summary="Shares with and without weights",
        folded=len(pairs) > OPEN_ROWS,
    )


def _row(pair: _Pair, numbers: Numbers) -> tuple[Cell, ...]:
    change = mark_of(*_marks(pair)) if pair.change is None else _points(pair.change, numbers)
    return (
        Cell(flagged(pair.label, unreliable=pair.weighted.unreliable), kind="text"),
        Cell(count_text(pair.weighted.n_cases, pair.weighted.mark("n_cases"))),
        Cell(percent_text(pair.weighted)),
        Cell(percent_text(pair.counted)),
        Cell(change),
    )


def sampling_text(numbers: Numbers, study: Study) -> str:
    """What share was inspected, how cases were weighted, and where strata, sizes and weights come from."""
    texts = (_strata(numbers, study), *_rates(numbers, study), _weights(numbers, study), *_origins(study))
    return " ".join(text for text in texts if text)


def strata_said(numbers: Numbers) -> str:
    """What is taken from the number of services for degrees of freedom: one, or the number of strata."""
    return "one" if (_design(numbers).get("n_strata") or 1) < 2 else "that of strata"


def strata_table(numbers: Numbers, study: Study) -> Table | None:
    """Services inspected and services there are, stratum by stratum; None where strata are not listed, or are one."""
    strata, service = _design(numbers).get("strata") or [], study.words["service"][1]
    if len(strata) < 2:
        return None
    return Table(
        id="table-strata",
        number=0,
        title=f"{sentence(service)} inspected, by stratum",
        columns=(
            "Stratum",
            f"{sentence(service)} inspected",
            f"{sentence(service)} there are",
            f"% of {service}",
        ),
        rows=tuple(
            (
                Cell(one["stratum"], kind="text"),
                Cell(count(one["n_services"])),
                Cell(count_text(one["n_services_in_stratum"])),
                Cell("[x]" if there is None else percent_cell(Fraction(one["n_services"], there))),
            )
            for one in strata
            for there in (one["n_services_in_stratum"],)
        ),
        summary=f"{sentence(service)} inspected, by stratum",
        folded=len(strata) > OPEN_ROWS,
    )


def _design(numbers: Numbers) -> dict:
    return numbers.facts.get("design") or {}


def _strata(numbers: Numbers, study: Study) -> str:
    n_strata = _design(numbers).get("n_strata") or 1
    if n_strata < 2:
        return ""
    service = sentence(study.words["service"][1])
    return (
        f"{service} were drawn from {count(n_strata)} strata, and variances are taken within these. That holds for "
        f"{WITH_DESIGN}. {WITHOUT_DESIGN}, which takes no account of strata; nor do the jackknife and the bootstrap. "
        "This is cautious as a rule, so that a difference may not be significant by CR2 where it is by a Rao-Scott "
        "test."
    )


def _rates(numbers: Numbers, study: Study) -> Iterator[str]:
    """Services inspected out of those there are, and cases out of those eligible."""
    design, facts, service = _design(numbers), numbers.facts, study.words["service"]
    there, eligible = design.get("n_services_there"), design.get("n_eligible")
    if there:
        rate = per_cent(Fraction(facts["n_services"], there))
        yield f"{count(facts['n_services'])} of {counted(there, service)} were inspected, {rate}."
    if eligible == HIDDEN:
        yield f"How many {cases(study)} were eligible is hidden ({HIDDEN})."
    elif eligible:
        rate = per_cent(Fraction(facts["n_cases"], eligible))
        yield (
            f"Of {counted(eligible, study.words['case'])} that were eligible in the inspected {service[1]} "
            f"{count(facts['n_cases'])} are in the records, {rate}."
        )


def _weights(numbers: Numbers, study: Study) -> str:
    """How a case got its weight."""
    case, service = study.words["case"], study.words["service"][0]
    if not study.weighted:
        return f"{sentence(case[1])} have no weights: each counts once."
    if study.weight:
        made = f"Each {case[0]} has a weight of its own."
    elif study.design.weight:
        made = f"Each {case[0]} has the weight of its {service}."
    else:
        made = (
            f"Each {case[0]} weighs as many {case[1]} of its {service} as it stands for: those eligible over those in "
            "the records."
        )
    if _design(numbers).get("equal_weights"):
        return f"{made} All weights are equal, so they change nothing."
    return f"{made} What they change: {link('every share with and without weights', '#weights')}."


def _origins(study: Study) -> Iterator[str]:
    """Which of these stand in the records, and which in the table of services."""
    service = study.words["service"][1]
    words = {
        "stratum": "strata",
        "services_in_stratum": f"how many {service} there are",
        "eligible": f"how many {cases(study)} were eligible",
        "weight": "weights",
    }
    given = study.design.given if study.design else {}
    for where, told in (("the records", vars(study)), (f"the table of {service}", given)):
        found = [text for role, text in words.items() if told.get(role)]
        if found:
            yield f"From {where}: {joined(found)}."

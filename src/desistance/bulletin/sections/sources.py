"""Where numbers come from: the released tables behind each table and figure, the rule and the method that made them."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

from desistance.bulletin.content import Figure, Section, Table
from desistance.bulletin.inline import code, link
from desistance.bulletin.language.words import joined
from desistance.study import Study


@dataclass(frozen=True)
class Source:
    """A released table: what it holds, the rule of the workflow that made it, and the anchor of its method."""

    title: str
    rule: str
    method: str


SOURCES = {
    "estimates": Source("Shares and their intervals", "findings", "shares"),
    "comparisons": Source("Differences and their tests", "findings", "differences-and"),
    "means": Source("Mean number of factors", "findings", "trends"),
    "distributions": Source("Distribution of the number of factors", "findings", "shares"),
    "trends": Source("Trends over ordered bands", "findings", "trends"),
    "combinations": Source("Combinations of factors", "models", "combinations"),
    "pairs": Source("Pairs of factors", "models", "combinations"),
    "adjusted": Source("Adjusted differences", "models", "adjusted-differences"),
    "variation": Source("Variation between services", "models", "between-services"),
    "funnel": Source("Size and share of each service, unnamed", "models", "between-services"),
    "stages": Source("Changes between stages of practice", "findings", "stages"),
    "provision": Source("What services provide, and gaps", "practice", "what-services"),
    "rates": Source("Shares of people that services report", "practice", "what-services"),
    "provision_delivery": Source("Delivery where access to provision is a gap", "practice", "what-services"),
    "themes": Source("Themes of coded comments", "practice", "coded-comments"),
    "theme_pairs": Source("Themes spoken of together", "practice", "coded-comments"),
    "theme_delivery": Source("Delivery where comments speak of a theme", "practice", "coded-comments"),
    "agreement": Source("Agreement between coders", "practice", "coded-comments"),
    "quotes": Source("Passages cleared to be shown", "records", "coded-comments"),
    "changes": Source("Changes since another edition", "findings", "change-since"),
    "precision": Source("Smallest differences that could have been seen", "models", "what-could"),
    "multiverse": Source("Claims under other choices", "ledger", "other-choices"),
    "ledger": Source("Claim ledger", "ledger", "differences-and"),
    "calibration": Source("Simulated error rates of every method", "calibration", "companions"),
}

# Names of the methods by the anchors they have in the report.
METHODS = {
    "shares": "shares",
    "differences-and": "differences and tests",
    "trends": "trends",
    "combinations": "combinations",
    "adjusted-differences": "adjusted differences",
    "between-services": "between services",
    "stages": "stages",
    "what-services": "what services provide",
    "coded-comments": "coded comments",
    "change-since": "change since another edition",
    "what-could": "what could have been seen",
    "other-choices": "other choices",
    "companions": "companions",
}

# The first pattern that fits the id of a table or figure names the released tables behind it.
BEHIND = tuple(
    (re.compile(pattern), names.split())
    for pattern, names in (
        (r"table-(words|rejected.*|missing|files|packages|crosswalk|strata)", ""),
        (r"table-calibration-.*|calibration", "calibration"),
        (r"table-(ledger|untested)", "ledger"),
        (r"choices", "multiverse ledger"),
        (r"(table-)?stages.*", "stages estimates"),
        (r"(table-)?provision-delivery", "provision_delivery"),
        (r"table-rates", "rates"),
        (r"(table-)?(provision|providers)", "provision"),
        (r"table-theme-pairs", "theme_pairs"),
        (r"table-theme-delivery", "theme_delivery"),
        (r"table-agreement.*", "agreement"),
        (r"(table-)?themes", "themes"),
        (r"(table-)?changes.*", "changes"),
        (r"table-bands-number", "means trends"),
        (r"table-bands.*", "estimates trends comparisons"),
        (r"table-(pairs.*|overlap)", "pairs"),
        (r"(table-)?combinations.*", "combinations distributions estimates"),
        (r"table-adjusted.*", "adjusted"),
        (r"table-services.*", "variation"),
        (r"services", "funnel"),
        (r"table-distribution", "distributions"),
        (r"number_of_.*", "distributions means"),
        (r".*-effects", "comparisons precision"),
        (r".*-(verdicts|tests)", "comparisons"),
        (r"(table-.*-.*|.*_by_.*)", "estimates comparisons"),
        (r".*", "estimates"),
    )
)


# What the numbers of a table are, by the first pattern that fits its id; nothing where it is no table of numbers.
UNITS = tuple(
    (re.compile(pattern), units)
    for pattern, units in (
        (r"table-(words|crosswalk|files|packages|ledger|untested|calibration-.*)", ""),
        (r"table-(rejected.*|missing)", "numbers of rows"),
        (r"table-stages.*", "percentages of the base, changes in percentage points, p-values"),
        (r"table-provision-delivery", "percentages of {cases}, differences in percentage points, p-values"),
        (r"table-(provision|providers)", "numbers of {services}, and percentages of those that answered"),
        (r"table-rates", "percentages of people, as {services} report them"),
        (r"table-themes", "numbers of passages, of {cases} and of {services}, and percentages of {services}"),
        (r"table-theme-pairs", "numbers of {services} and of {cases}, and percentages of {cases}"),
        (r"table-theme-delivery", "percentages of {cases}, differences in percentage points, p-values"),
        (
            r"table-agreement.*",
            "numbers of passages, percentages agreed, and coefficients of which 1 is perfect agreement",
        ),
        (r"table-changes.*", "percentages of the base, changes in percentage points, p-values"),
        (r"table-bands-number", "numbers of {factors} for each step, p-values"),
        (r"table-bands.*", "percentage points for each step, p-values"),
        (r"table-(pairs.*|overlap)", "numbers of {cases}; lift is a ratio"),
        (r"table-combinations.*", "numbers of {cases}, and percentages of {cases}"),
        (r"table-adjusted.*", "percentage points, odds ratios, p-values"),
        (r"table-services.*", "percentages, intraclass correlations from 0 to 1, numbers of {services}"),
        (r"table-strata", "numbers of {services}, and percentages of these"),
        (r"table-weights", "numbers of {cases}, percentages of the base, differences in percentage points"),
        (r"table-distribution", "numbers of {cases}, and percentages of {cases}"),
        (r".*-effects", "percentage points, ratios, p-values"),
        (r".*-verdicts", "numbers of differences significant by each test"),
        (r".*-tests", "percentage points, p-values"),
        (r"table-.*-.*", "percentages of the base, differences in percentage points, p-values"),
        (r"table-.*", "numbers of {cases}, and percentages of the base"),
    )
)


def units_of(name: str, study: Study) -> str:
    """Say what the numbers of a table are, by its id."""
    units = next(units for pattern, units in UNITS if pattern.fullmatch(name))
    words = {f"{word}s": study.words[word][1] for word in ("case", "factor", "service")}
    return units.format(**words)


def sources_of(name: str) -> tuple[str, ...]:
    """Released tables behind a table or figure, by its id.

    >>> sources_of("table-prevalence-age-effects")
    ('comparisons', 'precision')
    """
    return tuple(next(found for pattern, found in BEHIND if pattern.fullmatch(name)))


def views(study: Study) -> dict[str, str]:
    """Views of the explorer by the id of the table or figure that shows the same."""
    found = {}
    for measure in study.measures:
        shown = f"explorer.html#measure={measure.id}"
        found |= {measure.id: shown, f"table-{measure.id}": shown}
        for division in study.divisions:
            by = f"{shown}&by={division.id}"
            found |= {f"{measure.id}_by_{division.id}": by, f"table-{measure.id}-{division.id}": by}
    return found


def sourced(section: Section, released: Set[str], study: Study, base: str) -> Section:
    """Section whose tables and figures say what is behind them: released tables that have rows, views, units and base.

    `base` says how many cases and services all these are out of.
    """
    known = views(study)

    def named(shown: Any) -> Any:
        behind = tuple(name for name in sources_of(shown.id) if name in released)
        return replace(shown, sources=behind, view=known.get(shown.id, ""))

    def measured(table: Table) -> Table:
        units = units_of(table.id, study)
        return replace(table, units=units, base=base if units and table.sources else "")

    return replace(
        section,
        tables=tuple(measured(named(table)) for table in section.tables),
        figures=tuple(map(named, section.figures)),
        parts=tuple(sourced(part, released, study, base) for part in section.parts),
    )


def units_line(table: Table) -> str:
    """Say what the numbers of a table are and of whom; nothing where it holds none."""
    said = [f"Units: {table.units}." if table.units else "", f"Records: {table.base}." if table.base else ""]
    return " ".join(filter(None, said))


def source_line(shown: Table | Figure) -> str:
    """Say which released files the numbers come from, which rules made them, and where the method stands."""
    if not shown.sources:
        return ""
    known = [(name, SOURCES[name]) for name in shown.sources]
    files = joined([link(f"{name}.csv", f"tables/{name}.csv") for name, _ in known])
    rules = dict.fromkeys([source.rule for _, source in known] + ["release"])
    methods = "; ".join(
        link(METHODS[anchor], f"#method-{anchor}")
        for anchor in dict.fromkeys(source.method for _, source in known)
    )
    rules_said = joined([code(rule) for rule in rules])
    explored = f" See it in the {link('explorer', shown.view)}." if shown.view else ""
    return f"Source: {files}; made by the rules {rules_said}; method: {methods}.{explored}"

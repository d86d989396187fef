"""Where the numbers of a row stand in the report: one name for a row, used by its table and by links to it.

A name goes from the whole to the part. Where a report has no row for the part, a link leads to the row it is in
(`inline.destination`): "row.stage-changes.strengths.planning.delivery.age.18" gives way to the change over everyone.
First parts with a hyphen are not the id of a measure.
"""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.inline import anchor

ALL = "all"


def _group(breakdown: str, subgroup: str) -> tuple[str, ...]:
    return () if breakdown == ALL else (breakdown, subgroup)


def share_place(measure: str, item: str, breakdown: str = ALL, subgroup: str = ALL) -> str:
    """Share of one item, over everyone or in one level."""
    return anchor(measure, item, *_group(breakdown, subgroup))


def omnibus_place(measure: str, item: str, breakdown: str) -> str:
    """Test of one item over all levels of a division."""
    return anchor(measure, item, breakdown)


def contrast_place(measure: str, item: str, breakdown: str, subgroup: str) -> str:
    """One level against the reference."""
    return anchor(measure, item, breakdown, subgroup, "difference")


def verdicts_place(measure: str, breakdown: str) -> str:
    """How many items of a measure differ by a division, by each test."""
    return anchor("verdicts-counted", measure, breakdown)


def trend_place(measure: str, item: str, breakdown: str = "") -> str:
    """Slope of one item over the bands of a division; of all divisions in one row, without one."""
    return anchor("band-trends", measure, item, *filter(None, (breakdown,)))


def mean_place(breakdown: str = ALL, subgroup: str = ALL) -> str:
    """Mean number of factors."""
    return anchor("number-mean", *_group(breakdown, subgroup))


def pair_place(first: str, second: str) -> str:
    """Two factors in the same cases."""
    return anchor("factor-pairs", first, second)


def adjusted_place(measure: str, item: str, breakdown: str, subgroup: str) -> str:
    """One difference with the other divisions held equal."""
    return anchor("adjusted-differences", measure, item, breakdown, subgroup)


def variation_place(measure: str, item: str) -> str:
    """How much services differ in one item."""
    return anchor("between-services", measure, item)


def weight_place(measure: str, item: str) -> str:
    """Share of one item over everyone, with and without weights."""
    return anchor("weighted-shares", measure, item)


def step_place(measure: str, previous: str, item: str, breakdown: str = ALL, subgroup: str = ALL) -> str:
    """Change of a share from one stage to another."""
    return anchor("stage-changes", measure, previous, item, *_group(breakdown, subgroup))


def provided_place(group: str, item: str = "", subgroup: str = "") -> str:
    """Share of services: `group` says of what; what is available and where it is a gap stand in one row."""
    kind = "access" if group in ("available", "gap") else group
    return anchor("service-provision", kind, *filter(None, (item, subgroup)))


def rate_place(item: str) -> str:
    """Share of people that services report."""
    return anchor("service-rates", item)


def provision_effect_place(provision: str, measure: str, item: str) -> str:
    """Delivery where access to a provision is a gap."""
    return anchor("provision-delivery", provision, measure, item)


def mention_place(theme: str, direction: str) -> str:
    """Services and cases whose comments speak of a theme."""
    return anchor("theme-mentions", theme, direction)


def theme_pair_place(first: str, second: str) -> str:
    """Two themes in the comments on the same cases."""
    return anchor("theme-pairs", first, second)


def theme_effect_place(theme: str, direction: str, measure: str) -> str:
    """Delivery where comments speak of a theme."""
    return anchor("theme-delivery", theme, direction, measure)


def agreement_place(theme: str, coefficient: str, coders: str) -> str:
    """How far coders agree."""
    return anchor("coder-agreement", theme, coefficient, coders)


def change_place(measure: str, item: str, breakdown: str = ALL, subgroup: str = ALL) -> str:
    """Change of a share since another edition."""
    return anchor("edition-changes", measure, item, *_group(breakdown, subgroup))


def effects_table_id(measure: str, breakdowns: Sequence[str]) -> str:
    """Table with every measure of the differences of one division, or of all of them."""
    return f"table-{measure}-{breakdowns[0] if len(breakdowns) == 1 else 'all'}-effects"

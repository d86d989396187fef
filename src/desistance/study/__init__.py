"""A study is data, not code: what is measured, over which cases, by which breakdowns.

`study.yaml` is read into frozen objects. The two words used everywhere after this are *item*, one yes/no
column over one base (mental health identified, over all cases; delivery for mental health sufficient, over
the cases where it was identified), and *measure*, the items of one kind together.
"""

from desistance.study.definition import (
    DIRECTIONS,
    EVERYONE,
    MADE_UP,
    MISSING,
    NO,
    ROLES,
    STATES,
    YES,
    Alternative,
    Breakdown,
    Codebook,
    Crosswalk,
    DateWindow,
    Domain,
    FactorCount,
    Item,
    Level,
    Measure,
    Named,
    Provision,
    Rate,
    SamplingColumns,
    ServiceTable,
    Study,
)
from desistance.study.reading import DEFAULT_WORDS, read_study

__all__ = [
    "DEFAULT_WORDS",
    "DIRECTIONS",
    "EVERYONE",
    "MADE_UP",
    "MISSING",
    "NO",
    "ROLES",
    "STATES",
    "YES",
    "Alternative",
    "Breakdown",
    "Codebook",
    "Crosswalk",
    "DateWindow",
    "Domain",
    "FactorCount",
    "Item",
    "Level",
    "Measure",
    "Named",
    "Provision",
    "Rate",
    "SamplingColumns",
    "ServiceTable",
    "Study",
    "read_study",
]

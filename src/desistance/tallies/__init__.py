"""Counts that every finding is made from. Tallies add up; analysis never goes back to the records.

A tally holds, for each service and each pattern of breakdown values (and each level of each band), how many
cases of each item are in each state and how many factors the cases have; for each service (and each level of each
band) how often each factor, and each two, occur; and over all services how often each combination of factors does.
Counting parts of an extract one by one and adding gives the same as counting all.
"""

from desistance.tallies.arrays import CombinationCounts, PairCounts, combination_counts, pair_counts
from desistance.tallies.by_service import (
    NumberCounts,
    ServiceCounts,
    number_counts,
    only_items,
    service_counts,
    total_counts,
)
from desistance.tallies.counting import Counter
from desistance.tallies.definition import (
    NUMBER,
    TABLES,
    Tally,
    add_tallies,
    no_rows,
)
from desistance.tallies.files import opened_tally, read_tally, write_tally
from desistance.tallies.frames import count_records
from desistance.tallies.layout import N_STATES, PATTERN, THEME
from desistance.tallies.patterns import PatternCounts, RowCounts, pattern_counts, theme_counts
from desistance.tallies.sampling import with_design

__all__ = [
    "NUMBER",
    "N_STATES",
    "PATTERN",
    "TABLES",
    "THEME",
    "CombinationCounts",
    "Counter",
    "NumberCounts",
    "PairCounts",
    "PatternCounts",
    "RowCounts",
    "ServiceCounts",
    "Tally",
    "add_tallies",
    "combination_counts",
    "count_records",
    "no_rows",
    "number_counts",
    "only_items",
    "opened_tally",
    "pair_counts",
    "pattern_counts",
    "read_tally",
    "service_counts",
    "theme_counts",
    "total_counts",
    "with_design",
    "write_tally",
]

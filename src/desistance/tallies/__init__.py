"""Counts that every finding is made from. Tallies add up; analysis never goes back to the records.

A tally holds, for each service and each pattern of breakdown values (and each level of each band), how many
cases of each item are in each state and how many factors the cases have; and for each service (and each level
of each band) how often each combination of factors occurs. Counting parts of an extract one by one and adding
gives the same as counting all.
"""

from desistance.tallies.arrays import (
    CombinationCounts,
    NumberCounts,
    ServiceCounts,
    combination_counts,
    number_counts,
    service_counts,
)
from desistance.tallies.counting import count_records
from desistance.tallies.definition import (
    N_STATES,
    NUMBER,
    PATTERN,
    TABLES,
    THEME,
    UNKNOWN_COMBINATION,
    UNKNOWN_NUMBER,
    Tally,
    add_tallies,
    no_rows,
    read_tally,
    write_tally,
)

__all__ = [
    "NUMBER",
    "N_STATES",
    "PATTERN",
    "TABLES",
    "THEME",
    "UNKNOWN_COMBINATION",
    "UNKNOWN_NUMBER",
    "CombinationCounts",
    "NumberCounts",
    "ServiceCounts",
    "Tally",
    "add_tallies",
    "combination_counts",
    "count_records",
    "no_rows",
    "number_counts",
    "read_tally",
    "service_counts",
    "write_tally",
]

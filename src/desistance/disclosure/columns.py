"""Which columns count children, which do not, and which tables there are: anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from desistance.errors import ReleaseError
from desistance.findings.tables import COLUMNS
from desistance.study import EVERYONE

# Columns that count children, or what was said or judged of them; all of them are in the system of equations, but for
# the sizes that the calibration was simulated with, which are bases of other tables (see `disclosure.hiding`).
CHILDREN = {
    "estimates": ("n_cases", "n_yes", "n_missing"),
    "means": ("n_cases", "n_missing"),
    "distributions": ("n_cases",),
    "combinations": ("n_cases",),
    "pairs": ("n_cases", "n_first", "n_second", "n_both"),
    "adjusted": ("n_cases",),
    "variation": ("n_cases",),
    "funnel": ("n_cases",),
    "precision": ("n_reference", "n_subgroup"),
    "stages": ("n_previous", "n_cases"),
    "changes": ("n_before", "n_cases"),
    "rates": ("n_cases", "n_yes"),
    "provision_delivery": ("n_cases_gap", "n_cases_other"),
    "themes": ("n_passages", "n_cases", "n_cases_all"),
    "theme_pairs": ("n_cases", "n_cases_first", "n_cases_second"),
    "theme_delivery": ("n_with", "n_without"),
    "agreement": ("n_passages",),
    "calibration": ("n_cases",),
}
# Other columns of numbers of something: services, draws, and how many factors a row is about.
OTHERS = {
    "estimates": ("n_services",),
    "means": ("n_services",),
    "distributions": ("n_factors",),
    "combinations": ("n_factors",),
    "adjusted": ("n_services",),
    "variation": ("n_services", "n_outside_95", "n_outside_998"),
    "rates": ("n_services", "n_missing"),
    "provision": ("n_services", "n_yes", "n_missing"),
    "provision_delivery": ("n_services_gap", "n_services_other"),
    "themes": ("n_services", "n_services_all"),
    "theme_pairs": ("n_services",),
    "theme_delivery": ("n_services",),
    "agreement": ("n_services",),
    "calibration": ("n_runs", "n_answered"),
}
# Under a protecting policy these are let out for everyone only: by band nearly all of their counts are unsafe, and what
# would have to be hidden to protect them is used far more.
FOR_EVERYONE = ("combinations", "pairs")
NO_COUNTS = ("comparisons", "trends", "quotes", "multiverse", "ledger")


def check_columns(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse what the system of equations does not know.

    Raises
    ------
    ReleaseError
        A table, a column, or a column of counts that is not known; or subgroups in a table that is let out for everyone
        only.
    """
    for name, table in tables.items():
        if name not in COLUMNS or (name not in CHILDREN and name not in OTHERS and name not in NO_COUNTS):
            raise ReleaseError(
                f"asked to release the table {name!r}, which the release does not know; known tables are "
                f"{', '.join(sorted({*CHILDREN, *OTHERS, *NO_COUNTS}))}"
            )
        known = set(CHILDREN.get(name, ())) | set(OTHERS.get(name, ()))
        columns = [column for column in table.columns if column not in COLUMNS[name]]
        counts = [column for column in table.columns if column.startswith("n_") and column not in known]
        if strange := [*columns, *(column for column in counts if column not in columns)]:
            raise ReleaseError(
                f"the table {name} has columns that the release does not know: {', '.join(strange)}; leave them out, "
                "or say what they count (disclosure.columns)"
            )
        if name in FOR_EVERYONE and not table.empty and (table["breakdown"] != EVERYONE).any():
            raise ReleaseError(
                f"the table {name} has rows of subgroups, and the release knows those of everyone only; leave them out"
            )

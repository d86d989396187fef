"""Why a number is, or is not, there; and which interval it was given.

Members are strings, so they can be compared with and written as plain text.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Outcome of one estimate or one test. Only `OK` and `LONELY_STRATUM` come with every number.

    A reader of results must treat a status it does not know as "not available".
    """

    OK = "ok"
    """Everything was computed."""

    LONELY_STRATUM = "lonely_stratum"
    """Everything was computed, but a stratum with cases holds a single service, so its share of the
    variance is a cautious stand-in (see `score_covariance`)."""

    NO_CASES = "no_cases"
    """No case is in the base."""

    ONE_SERVICE = "one_service"
    """All cases come from one service, so variation between services cannot be seen. Estimates only."""

    NO_DEGREES_OF_FREEDOM = "no_degrees_of_freedom"
    """Each stratum with cases has them in one service only. Estimates only."""

    FULLY_INSPECTED = "fully_inspected"
    """Under the finite population correction every service that could have been drawn was inspected: the
    standard error is 0 by definition and an interval or a test has no meaning."""

    NO_VARIATION = "no_variation"
    """The quantity does not vary between cases, or not between services, so its spread cannot be used."""

    ALL_YES = "all_yes"
    """A test was asked for, but every case is a yes."""

    ALL_NO = "all_no"
    """A test was asked for, but every case is a no."""

    ONE_LEVEL = "one_level"
    """A test was asked for, but only one subgroup has cases."""

    ONE_CASE_EACH = "one_case_each"
    """No service has two cases, so likeness within services cannot be seen."""

    TOO_LARGE = "too_large"
    """The exact calculation would need more memory or time than it is allowed."""


class IntervalMethod(StrEnum):
    """How an interval was made."""

    LOGIT_T = "logit_t"
    """Symmetric on the logit scale, with Student's t."""

    KORN_GRAUBARD = "korn_graubard"
    """Clopper-Pearson on the effective number of cases, never more than the actual number."""

    T = "t"
    """Symmetric, with Student's t."""

    NONE = "none"
    """No interval; the status says why."""

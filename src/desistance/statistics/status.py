"""Why a number is, or is not, there; and which interval it was given.

Members are strings, so they can be compared with and written as plain text.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Outcome of one estimate, one test or one model. Only `OK` and `LONELY_STRATUM` always come with every number.

    Each function says which of these it gives, and which numbers come with each. A reader of results must
    treat a status it does not know as "not available".
    """

    OK = "ok"
    """Everything was computed."""

    LONELY_STRATUM = "lonely_stratum"
    """As `ok`, but a stratum holds a single service: its variance is a cautious stand-in (`score_covariance`)."""

    NO_CASES = "no_cases"
    """No case is in the base."""

    ONE_SERVICE = "one_service"
    """All cases (of a subgroup) come from one service, so variation cannot be seen. Estimates only."""

    NO_DEGREES_OF_FREEDOM = "no_degrees_of_freedom"
    """Each stratum with cases has them in one service only. Estimates only."""

    FULLY_INSPECTED = "fully_inspected"
    """Every service there is was inspected: the standard error is 0 by definition. No interval, no test."""

    NO_VARIATION = "no_variation"
    """The quantity does not vary between cases, or not between services, so its spread cannot be used."""

    ALL_YES = "all_yes"
    """A test was asked for, but every case is a yes."""

    ALL_NO = "all_no"
    """A test was asked for, but every case is a no."""

    ONE_LEVEL = "one_level"
    """A test was asked for, but only one subgroup has cases."""

    ZERO_CELL = "zero_cell"
    """A subgroup is all yes or all no: its own variance cannot be seen, and a test would overstate."""

    ONE_CASE_EACH = "one_case_each"
    """No service has two cases, so likeness within services cannot be seen."""

    TOO_LARGE = "too_large"
    """The exact calculation would need more memory or time than it is allowed."""

    COLLINEAR = "collinear"
    """Columns of a model say the same on these cases, or are empty: they cannot be told apart. Nothing is given."""

    SEPARATED = "separated"
    """A model foretells some answers without error, so log odds run off to infinity. Nothing is given."""

    NOT_CONVERGED = "not_converged"
    """The largest likelihood of a model was not found."""

    MORE_PARAMETERS_THAN_SERVICES = "more_parameters_than_services"
    """Fewer services (less strata) than columns of a model. Estimates only."""

    ONE_SERVICE_DECIDES = "one_service_decides"
    """Some columns of a model, or ratings, can be told apart in one service only: for these, estimates only."""

    ONE_CODER = "one_coder"
    """No passage was coded by two people, so nothing is known of their agreement."""

    FACTOR_ABSENT = "factor_absent"
    """No case has one of two factors, so a lift has nothing to compare with."""

    NEVER_TOGETHER = "never_together"
    """No case has both factors: the lift is 0 and stands alone, because its logarithm has no error."""

    NO_PRECISION = "no_precision"
    """What a smallest detectable difference is made of is missing, 0, or below 1 degree of freedom."""

    OUT_OF_REACH = "out_of_reach"
    """Not even the largest possible difference would be seen with this power; that direction is empty."""


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

"""What can go wrong, in words a user can act on.

Every message says what was asked, what was found and what to do. It never shows a case's value, an
identifier or a small count. Each error also inherits the built-in a caller would expect.
"""

from __future__ import annotations


class DesistanceError(Exception):
    """Root of every error this package raises on purpose; a step prints it and exits with code 1."""


class SettingsError(DesistanceError, ValueError):
    """The configuration of a run is wrong."""


class StudyError(DesistanceError, ValueError):
    """A study definition or its claims are wrong."""


class RecordsError(DesistanceError, ValueError):
    """Records or their mapping cannot be used as they are."""


class TallyError(DesistanceError, ValueError):
    """Tallies cannot be added, or are not what the study describes."""


class ReleaseError(DesistanceError, ValueError):
    """Something asked to be published that the release does not know; nothing is published."""


class StatisticsError(DesistanceError, ValueError):
    """Arrays that no statistic can be computed from."""


class TooFewServicesError(StatisticsError):
    """Fewer than two services where a variance between services is needed."""

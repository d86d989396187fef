"""What stops an attack: something published that it cannot read."""

from __future__ import annotations


class AttackError(ValueError):
    """Something published cannot be read or contradicts itself, so nothing can be said of its safety.

    Messages name files, tables and columns, never a count or a child's value.
    """

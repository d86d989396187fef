"""What is hidden of the ledger: claims that look at a hidden count, and what became of them under other choices."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context

import numpy as np
import pandas as pd

from desistance.disclosure.seen import Seen
from desistance.disclosure.written import Sheet

FOUND = ("computed", "verdict_published_method", "verdict_design_based", "robustness")
NOTHING = "not available"
NUMBER = re.compile(r"\d+\.\d+")


def hide_ledger(sheet: Sheet, seen: Seen) -> None:
    """Hide what was found of a claim that uses a hidden count; a note goes with it where it holds numbers.

    Where counts are rounded, so are the numbers in the words of the other claims, and claims about counts are hidden.
    """
    table, touched = sheet.table, hidden_claims(sheet.table, seen)
    sheet.hide(FOUND, touched)
    sheet.hide(["note"], touched & table["note"].str.contains(r"\d").to_numpy(dtype=bool))
    if seen.policy.round_to > 1:
        digits = Context(prec=seen.policy.significant_digits, rounding=ROUND_HALF_EVEN)
        for column in ("computed", "note"):
            words = [_with_digits(text, digits) for text in table[column]]
            sheet.text[column] = np.array(words, dtype=object)


def hide_multiverse(sheet: Sheet, ledger: pd.DataFrame, seen: Seen) -> None:
    """Hide the verdicts on the same claims under other choices."""
    claims = set(ledger.loc[hidden_claims(ledger, seen), "claim"])
    sheet.hide(["verdict", "agrees"], sheet.table["claim"].isin(claims).to_numpy(dtype=bool))


def hidden_claims(ledger: pd.DataFrame, seen: Seen) -> np.ndarray:
    """Which claims use a hidden count; none where the ledger does not say what claims use.

    A claim about which nothing was told, such as one about services where there is no table of services, hides nothing.
    """
    if "uses" not in ledger:
        return np.zeros(len(ledger), dtype=bool)
    pairs = zip(ledger["uses"], ledger["computed"], strict=True)
    return np.array(
        [_is_hidden(str(text), computed == NOTHING, seen) for text, computed in pairs], dtype=bool
    )


def _is_hidden(text: str, nothing: bool, seen: Seen) -> bool:
    uses = [use for use in text.split(";") if use]
    if nothing and not any(seen.has(key) for use in uses for key in seen.keys.used(use)):
        return False
    if seen.policy.round_to > 1 and any(use.startswith("overlaps/") for use in uses):
        return True
    return any(seen.any(seen.keys.used(use)) for use in uses)


def _with_digits(text: str, digits: Context) -> str:
    """A text whose numbers with decimals have so many digits."""
    return NUMBER.sub(lambda found: _shorter(found.group(), digits), text)


def _shorter(number: str, digits: Context) -> str:
    short = digits.create_decimal(number)
    if len(number.replace(".", "").lstrip("0")) <= digits.prec:
        return number
    return f"{short:f}"

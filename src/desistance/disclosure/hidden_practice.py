"""What is hidden in the tables of services' practice and of coded comments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from desistance.disclosure.families import adjusted_again
from desistance.disclosure.seen import Seen, at
from desistance.disclosure.written import Sheet
from desistance.study import DIRECTIONS

EITHER = "either"


def _hide_rates(sheet: Sheet, seen: Seen) -> None:
    """The lowest and the highest are shares of one service, and so is the middle one of few."""
    table, cells = sheet.table, at(sheet.table, "item")
    for kind, column in (("base", "n_cases"), ("yes", "n_yes")):
        sheet.hide([column], seen.where(cells, lambda cell, kind=kind: [(f"rate {kind}", *cell)]))
    sheet.suppress(sheet.hidden["n_cases"] | sheet.hidden["n_yes"])
    sheet.hide(["service_lowest", "service_highest"], np.ones(len(table), dtype=bool))
    few = table["n_services"].to_numpy() <= seen.policy.largest_unsafe
    sheet.hide(["service_median"], few)
    sheet.decimals = {"service_median": 2}


def _hide_provision_delivery(sheet: Sheet, seen: Seen) -> None:
    sides = {"gap": ("n_cases_gap", "estimate_gap"), "other": ("n_cases_other", "estimate_other")}
    keys = pd.Series(sheet.table["provision"])
    touched = _hide_sides(sheet, seen, keys, sides)
    _adjust_all(sheet, touched)


def _hide_theme_delivery(sheet: Sheet, seen: Seen) -> None:
    sides = {"with": ("n_with", "estimate_with"), "without": ("n_without", "estimate_without")}
    keys = sheet.table["theme"] + " " + sheet.table["direction"]
    touched = _hide_sides(sheet, seen, keys, sides)
    _adjust_all(sheet, touched)


def _hide_sides(sheet: Sheet, seen: Seen, keys: pd.Series, sides: dict[str, tuple[str, str]]) -> np.ndarray:
    """Two sides of one comparison; each has a base and a share."""
    table, touched = sheet.table, np.zeros(len(sheet.table), dtype=bool)
    kinds = ("base",) if seen.weighted else ("base", "yes")
    for side, (count, share) in sides.items():
        cells = [(name, side) for name in keys]
        sheet.hide([count], seen.where(cells, lambda cell: [("side base", *cell)]))
        own = seen.where(cells, lambda cell: [(f"side {kind}", *cell) for kind in kinds])
        if seen.weighted:
            own |= seen.nearly_unsafe(table[count], table[share])
        sheet.hide([share], own)
        touched |= own
    sheet.suppress(touched, but=[share for _, share in sides.values()])
    return touched


def _adjust_all(sheet: Sheet, touched: np.ndarray) -> None:
    """All rows are one family."""
    adjusted_again(sheet, touched, [pd.Series(np.zeros(len(sheet.table)))])


def _hide_themes(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "theme", "direction")
    sheet.hide(["n_passages"], seen.where(cells, lambda cell: [("passages", *cell)]))
    cases = seen.where(cells, lambda cell: [("theme", *cell)])
    sheet.hide(["n_cases"], cases)
    sheet.suppress(cases)


def _hide_theme_pairs(sheet: Sheet, seen: Seen) -> None:
    cells = at(sheet.table, "first", "second")
    columns = {
        "n_cases": lambda cell: [("themes", *cell)],
        "n_cases_first": lambda cell: [("theme", cell[0], EITHER)],
        "n_cases_second": lambda cell: [("theme", cell[1], EITHER)],
    }
    for column, named in columns.items():
        sheet.hide([column], seen.where(cells, named))
    sheet.suppress(np.any([sheet.hidden[column] for column in columns], axis=0))


def _hide_agreement(sheet: Sheet, seen: Seen) -> None:
    """How coders agree on a theme tells how often they name it; hidden with what is hidden of the theme."""
    cells = at(sheet.table, "theme", "coefficient", "coders")
    own = seen.where(cells, lambda cell: [("coded", *cell[1:])])
    sheet.hide(["n_passages"], own)
    themes = {theme.id for theme in seen.study.codebook.themes}
    kinds = [(kind, direction) for kind in ("passages", "theme") for direction in (*DIRECTIONS, EITHER)]
    of_theme = np.array(
        [cell[0] in themes and seen.any((kind, cell[0], way) for kind, way in kinds) for cell in cells]
    )
    sheet.suppress(own | of_theme)
    sheet.say("interval", own | of_theme, "none")


PRACTICE: dict[str, Callable[[Sheet, Seen], None]] = {
    "rates": _hide_rates,
    "provision_delivery": _hide_provision_delivery,
    "themes": _hide_themes,
    "theme_pairs": _hide_theme_pairs,
    "theme_delivery": _hide_theme_delivery,
    "agreement": _hide_agreement,
}

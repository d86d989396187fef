"""What a reader needs to know of a study to put released tables together: no count, and nothing of the records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from desistance.study import Breakdown, Item, Measure, Study


def structure_of(study: Study) -> dict[str, Any]:
    """Divisions, measures and items by their ids, as the tables name them, with labels; fit for JSON.

    An item's `base` is the item (`measure.item`) whose yes is its base, null where all cases are; `parts` are the
    items whose answers it puts together. A base that is no item of the study stands under the name of its column.
    """
    return {
        "divisions": {division.id: list(division.codes) for division in study.divisions},
        "breakdowns": [breakdown.id for breakdown in study.breakdowns],
        "bands": [band.id for band in study.bands],
        "measures": {measure.id: _measure(measure, study) for measure in study.measures},
        "combined": study.combined.id if study.combined else None,
        "factor_count": _factor_count(study),
        "labels": {division.id: _labels(division) for division in study.divisions},
        "themes": {theme.id: {"label": theme.label, "short": theme.short} for theme in _themes(study)},
        "weighted": study.weighted,
    }


def base_item(item: Item, study: Study) -> Item | None:
    """The item whose yes is the base of another; none where all cases are, or where the study has no such item."""
    if item.base is None:
        return None
    return next((each for each in study.items if each.column == item.base and not each.derived), None)


def _measure(measure: Measure, study: Study) -> dict[str, Any]:
    return {
        "items": {item.id: _item(item, study) for item in measure.items},
        "staged": measure.staged,
        "pooled": measure.pooled,
        "label": measure.label,
        "title": measure.title,
    }


def _item(item: Item, study: Study) -> dict[str, Any]:
    base = base_item(item, study)
    return {
        "base": f"{base.measure}.{base.id}" if base else item.base,
        "parts": [".".join(part) for part in item.parts],
        "label": item.label,
        "short": item.short,
    }


def _factor_count(study: Study) -> dict[str, Any] | None:
    count = study.factor_count
    if count is None:
        return None
    return {
        "measure": count.measure,
        "item": count.item,
        "threshold": count.threshold,
        "n_factors": len(count.columns),
    }


def _labels(division: Breakdown) -> dict[str, Any]:
    levels = {level.code: {"label": level.label, "short": level.short} for level in division.levels}
    return {"label": division.label, "levels": levels}


def _themes(study: Study) -> Iterator[Any]:
    return iter(study.codebook.themes if study.codebook else ())

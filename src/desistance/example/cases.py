"""The made-up cases: no real child, fitted to what was published, the same bytes every time.

`counts` says how many cases stand in each cell; here those counts are dealt to cases. Every case has a score
with an effect of its service, and within a cell the highest scores get the answer. So the counts are met exactly
and answers within a service resemble each other by a stated intra-class correlation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from desistance.example import counts as counting
from desistance.example.files import MADE_UP, assumptions, read_sections, write_described
from desistance.example.scores import (
    Codes,
    Flags,
    Floats,
    clustered_scores,
    latent_correlation,
    normal_scores,
    service_effects,
    standardised,
    unanswered,
)
from desistance.study import Breakdown, Item, Study, read_study

FILE_STEM = "made_up_cases"


@dataclass(frozen=True)
class Plan:
    """The assumptions of the example, section by section as they stand in `example.yaml`."""

    cases: int
    services: int
    seed: int
    service_sizes: Mapping[str, Any]
    visits: Mapping[str, Any]
    children: Mapping[str, Any]
    prevalence: Mapping[str, Any]
    number_of_factors: Mapping[str, Any]
    bands: Mapping[str, Any]
    judgements: Mapping[str, Any]
    delivery: Mapping[str, Any]
    engagement: Mapping[str, Any]


def read_plan(folder: Path) -> Plan:
    """Read `example.yaml` of a study's folder.

    Raises
    ------
    StudyError
        The file is missing, or a section is missing or unknown.
    """
    wanted = {field.name for field in fields(Plan)}
    return Plan(**read_sections(Path(folder) / "example.yaml", wanted, "example"))


def made_up_cases(study: Study, plan: Plan, rng: Generator) -> pd.DataFrame:
    """Make the example records of a study, one row a case, ordered by service and date.

    Returns
    -------
    pandas.DataFrame
        Text columns: case, service, date, breakdowns, bands, factors, delivery of each factor, engagement
        at each stage, and `made_up`. Not recorded is the empty text.
    """
    for_visits, for_children, for_factors, for_bands, for_answers, for_stages = rng.spawn(6)
    service = np.repeat(np.arange(plan.services), service_sizes(plan, for_visits))
    breakdowns = children(study, plan, service, for_children)
    factors = factors_identified(study, plan, service, breakdowns, for_factors)
    bands = concern_bands(study, plan, service, breakdowns, factors.sum(axis=1), for_bands)
    divisions = breakdowns | bands
    columns = {study.date.column: visit_dates(plan, service, for_visits)}
    columns |= {name: _in_words(study.division(name), codes) for name, codes in divisions.items()}
    columns |= _factor_columns(study, factors)
    columns |= judgements(study, plan, service, divisions, factors, for_answers, for_stages)
    width = len(str(plan.services))
    records = pd.DataFrame(columns)
    records.insert(0, study.service, [f"S{number + 1:0{width}d}" for number in service])
    records = records.sort_values([study.service, study.date.column], kind="stable", ignore_index=True)
    records.insert(0, study.case, [f"made-up-{number + 1:04d}" for number in range(plan.cases)])
    return records.assign(made_up=MADE_UP)


def service_sizes(plan: Plan, rng: Generator) -> Codes:
    """Cases of each service: log-normal quantiles between the smallest and the largest, in random order."""
    from scipy.optimize import brentq

    shape = plan.service_sizes
    relative = np.exp(shape["spread"] * normal_scores(plan.services))

    def sizes(scale: float) -> Floats:
        return np.clip(scale * relative, shape["smallest"], shape["largest"])

    scale = brentq(lambda scale: sizes(scale).sum() - plan.cases, 0.01, plan.cases)
    return rng.permutation(counting.apportioned(plan.cases, sizes(scale)))


def visit_dates(plan: Plan, service: Codes, rng: Generator) -> list[str]:
    """Day of inspection of each case: working days of its service's one visit, one week long or two."""
    mondays = list(_mondays(plan.visits))
    place = (np.arange(plan.services) + rng.random(plan.services)) / plan.services * len(mondays)
    starts = rng.permutation(place.astype(int))
    days = np.empty(service.size, dtype=object)
    for number, size in enumerate(np.bincount(service)):
        weeks = 1 if size <= plan.visits["one_week_up_to"] else 2
        open_days = [day.isoformat() for day in _working_days(plan.visits, mondays[starts[number]], weeks)]
        days[service == number] = rng.choice(open_days, size)
    return days.tolist()


def children(study: Study, plan: Plan, service: Codes, rng: Generator) -> dict[str, Codes]:
    """Level of every case in each breakdown; the last number beyond the levels is "not recorded".

    Looked After Children are the highest scores, which carry a service effect; age and gender are dealt by
    chance within each status, so that every cell has its count.
    """
    counts = child_cells(study, plan)
    by_looked_after = counts.sum(axis=(0, 1))
    share = plan.children["looked_after"]["yes"]
    score = clustered_scores(service, plan.children["looked_after_icc"], share, rng)
    looked_after = _dealt(by_looked_after, score, rng)
    age, gender = np.empty_like(looked_after), np.empty_like(looked_after)
    for level in range(by_looked_after.size):
        pairs = np.repeat(np.arange(counts[:, :, level].size), counts[:, :, level].ravel())
        here = looked_after == level
        age[here], gender[here] = np.divmod(rng.permutation(pairs), counts.shape[1])
    return {"age": age, "gender": gender, "looked_after": looked_after}


def child_cells(study: Study, plan: Plan) -> Codes:
    """Cases by age, gender and Looked After status (whose last level is "not recorded")."""
    names = ("age", "gender", "looked_after")
    unrecorded = plan.children["not_recorded"]
    margins = []
    for name in names:
        shares = _by_code(study.division(name), plan.children[name])
        missing = [unrecorded[name]] if name in unrecorded else []
        recorded = counting.apportioned(plan.cases - sum(missing), shares)
        margins.append(np.concatenate([recorded, np.array(missing, dtype=np.int64)]))
    shape = tuple(margin.size for margin in margins)
    likelier = np.ones(shape)
    for pair in plan.children["likelier"]:
        chosen = [study.division(n).codes.index(pair[n]) if n in pair else slice(None) for n in names]
        likelier[tuple(chosen)] *= pair["times"]
    grid = np.indices(shape).reshape(3, -1)
    rows = [grid[axis] == level for axis, size in enumerate(shape) for level in range(size)]
    target = counting.raked(likelier, margins)
    totals = np.concatenate(margins)
    return counting.nearest_counts(target.ravel(), rows=rows, low=totals, high=totals).reshape(shape)


def factors_identified(
    study: Study, plan: Plan, service: Codes, breakdowns: Mapping[str, Codes], rng: Generator
) -> Flags:
    """Which factors each case has, shape (n_cases, n_factors).

    The number of factors is dealt first, by rank within the cells of age, gender and Looked After status.
    Then each cell is a transport problem: the best-scoring way to give every case its number and every
    factor its count.
    """
    cell, levels = _cells(study, breakdowns)
    sizes = np.bincount(cell, minlength=len(levels["age"]))
    by_factor = factor_counts(study, plan, sizes, levels)
    by_number = counting.number_of_factors_counts(
        sizes,
        by_factor,
        plan.number_of_factors["shares"],
        threshold=study.factor_count.threshold,
        between=plan.number_of_factors["three_or_more"]["between"],
    )
    number_score = clustered_scores(service, plan.number_of_factors["service_icc"], 0.5, rng)
    icc, shares = plan.prevalence["icc"], by_factor.sum(axis=0) / plan.cases
    scores = np.column_stack([clustered_scores(service, icc, share, rng) for share in shares])
    identified = np.zeros(scores.shape, dtype=bool)
    for here, (of_factor, of_number) in enumerate(zip(by_factor, by_number, strict=True)):
        cases = np.flatnonzero(cell == here)
        cases = cases[np.argsort(number_score[cases])]
        numbers = np.repeat(np.arange(of_number.size), of_number)
        identified[cases] = best_deal(scores[cases], numbers, of_factor)
    return identified


def factor_counts(study: Study, plan: Plan, sizes: Codes, levels: Mapping[str, Codes]) -> Codes:
    """Cases with each factor in each cell, shape (n_cells, n_factors)."""
    assumed, differs = plan.prevalence["factors"], plan.prevalence["differs"]
    items = [item.id for item in study.measure("prevalence").items]
    totals = _totals(assumed, items, np.full(len(items), plan.cases))
    columns = []
    for item, total in zip(items, totals, strict=True):
        points = {
            "age": [0, *assumed[item]["age"]],
            "gender": [0, assumed[item]["girl"]],
            "looked_after": [0, assumed[item]["looked_after"]],
        }
        by_cell = _shifted(sizes, levels, total / plan.cases, points)
        contrasts = [
            _second_level(sizes, levels[name], by_cell, differs=True)
            for name, listed in (("gender", differs["girl"]), ("looked_after", differs["looked_after"]))
            if item in listed
        ]
        columns.append(counting.yes_counts(sizes, by_cell, total, contrasts))
    return np.column_stack(columns)


def best_deal(scores: Floats, numbers: Codes, counts: Codes) -> Flags:
    """Give case i `numbers[i]` factors and factor f to `counts[f]` cases, with the highest sum of scores.

    A transport problem: its linear programme has whole-number corners, and real scores leave one best corner.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, kron, vstack

    n_cases, n_factors = scores.shape
    by_case = kron(eye_array(n_cases), np.ones((1, n_factors)))
    by_factor = kron(np.ones((1, n_cases)), eye_array(n_factors))
    wanted = np.r_[numbers, counts]
    solved = milp(
        -scores.ravel(),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(csr_array(vstack([by_case, by_factor])), wanted, wanted),
    )
    return np.round(solved.x).astype(bool).reshape(scores.shape)


def concern_bands(
    study: Study, plan: Plan, service: Codes, breakdowns: Mapping[str, Codes], number: Codes, rng: Generator
) -> dict[str, Codes]:
    """Band of every case in each ordered band, dealt by rank among cases with the same number of factors."""
    common = rng.standard_normal(service.size)
    icc, shared = plan.bands["service_icc"], plan.bands["shared"]
    numbers_of_cases = np.bincount(number, minlength=len(study.factor_count.columns) + 1)
    bands = {}
    for band in study.bands:
        assumed = plan.bands["columns"][band.id]
        score = np.sqrt(1 - shared) * clustered_scores(service, icc, 0.5, rng) + np.sqrt(shared) * common
        for name, leans in assumed["leans"].items():
            for code, lean in leans.items():
                score += lean * (breakdowns[name] == study.division(name).codes.index(code))
        counts = _band_table(plan, band, numbers_of_cases, threshold=study.factor_count.threshold)
        bands[band.id] = np.empty_like(number)
        for row, of_band in enumerate(counts):
            here = number == row
            bands[band.id][here] = _dealt(of_band, score[here], rng)
    return bands


def _band_table(plan: Plan, band: Breakdown, numbers_of_cases: Codes, *, threshold: int) -> Codes:
    assumed = plan.bands["columns"][band.id]
    missing = assumed["not_recorded"]
    sizes = counting.apportioned(plan.cases - missing, _by_code(band, assumed["shares"]))
    return counting.band_counts(
        numbers_of_cases,
        np.r_[sizes, missing],
        rises=assumed["rises"],
        threshold=threshold,
        mean_step=plan.bands["mean_step"],
        share_step=plan.bands["share_step"],
    )


def judgements(
    study: Study,
    plan: Plan,
    service: Codes,
    divisions: Mapping[str, Codes],
    factors: Flags,
    for_answers: Generator,
    for_stages: Generator,
) -> dict[str, list[str]]:
    """Answers on delivery for each factor, and on engagement at each stage, in the words of the records."""
    delivery = study.measure("sufficiency").items
    engagement = [item for name in plan.engagement["measures"] for item in study.measure(name).items]
    in_delivery = unanswered(plan.judgements, factors, for_answers)
    applies = staged_applies(study, plan, engagement, divisions["age"], for_answers)
    at_stages = unanswered(plan.judgements, applies, for_stages)
    common, case = service_effects(service, for_answers), for_answers.standard_normal(service.size)
    scores = [
        delivery_scores(plan, service, study, common, case, for_answers),
        stage_scores(plan, service, study, common, case, for_stages),
    ]
    counts = [
        delivery_counts(study, plan, in_delivery == "", divisions),
        engagement_counts(study, plan, engagement, at_stages == "", divisions),
    ]
    columns = {}
    for items, words, score, (cells, by_item) in zip(
        (delivery, engagement), (in_delivery, at_stages), scores, counts, strict=True
    ):
        for k, (item, of_item) in enumerate(zip(items, by_item, strict=True)):
            answered = words[:, k] == ""
            yes = _highest(cells, of_item, score[:, k], answered)
            said = np.where(answered, np.where(yes, "yes", "no"), words[:, k])
            columns[item.column] = np.where(said == "not recorded", "", said).tolist()
    return columns


def staged_applies(study: Study, plan: Plan, items: Sequence[Item], age: Codes, rng: Generator) -> Flags:
    """Where a judgement at a stage applies, shape (n_cases, n_items): reviewed, and parents or carers to involve."""
    assumed = plan.engagement
    reviewed, has_parents = np.ones(age.size, dtype=bool), np.ones(age.size, dtype=bool)
    by_chance = rng.permutation(age.size)
    reviewed[by_chance[: round(assumed["not_reviewed"] * age.size)]] = False
    by_chance, oldest = rng.permutation(age.size), assumed["no_parents"]
    of_age = by_chance[age[by_chance] == study.division("age").codes.index(oldest["age"])]
    has_parents[of_age[: round(oldest["share"] * of_age.size)]] = False
    applies = np.ones((age.size, len(items)), dtype=bool)
    for k, item in enumerate(items):
        applies[:, k] &= reviewed | (item.id != "reviewing")
        applies[:, k] &= has_parents | (item.measure != "parents")
    return applies


def delivery_scores(
    plan: Plan, service: Codes, study: Study, common: Floats, case: Floats, rng: Generator
) -> Floats:
    """Scores behind the judgements of delivery, shape (n_cases, n_factors)."""
    assumed, scores = plan.delivery["factors"], []
    for item in study.measure("sufficiency").items:
        of_service, of_case = service_effects(service, rng), rng.standard_normal(service.size)
        scores.append(_score(plan, assumed[item.id]["share"], (common, of_service), (case, of_case)))
    return np.column_stack(scores)


def stage_scores(
    plan: Plan, service: Codes, study: Study, common: Floats, case: Floats, rng: Generator
) -> Floats:
    """Scores behind the judgements at each stage, shape (n_cases, n_items), alike within a measure."""
    shared, scores = plan.engagement["shared"], []
    for assumed in plan.engagement["measures"].values():
        service_effect, case_effect = service_effects(service, rng), rng.standard_normal(service.size)
        for share in assumed["shares"].values():
            own = service_effects(service, rng), rng.standard_normal(service.size)
            of_service = _together(service_effect, own[0], shared)
            of_case = _together(case_effect, own[1], shared)
            scores.append(_score(plan, share, (common, of_service), (case, of_case)))
    return np.column_stack(scores)


def _score(plan: Plan, share: float, services: tuple[Floats, Floats], cases: tuple[Floats, Floats]) -> Floats:
    """Score behind one judgement: what services and cases have common to all judgements, and of this one."""
    latent = latent_correlation(plan.judgements["icc"], share)
    effects = _together(*services, plan.judgements["shared"])
    within = _together(*cases, plan.judgements["case_icc"])
    return _together(standardised(effects), within, latent)


def _together(one: Floats, other: Floats, share: float) -> Floats:
    """Sum of two independent scores, of whose variance the first has a given share."""
    return np.sqrt(share) * one + np.sqrt(1 - share) * other


def delivery_counts(
    study: Study, plan: Plan, answered: Flags, divisions: Mapping[str, Codes]
) -> tuple[Codes, list[Codes]]:
    """Cell of each case by Looked After status (last: not recorded), and sufficient answers for each factor."""
    assumed = plan.delivery["factors"]
    items = [item.id for item in study.measure("sufficiency").items]
    cells, levels = _cells(study, {"looked_after": divisions["looked_after"]})
    looked_after = levels["looked_after"]
    counts = []
    for item, total, in_base in zip(
        items, _totals(assumed, items, answered.sum(axis=0)), answered.T, strict=True
    ):
        bases = np.bincount(cells[in_base], minlength=looked_after.size)
        points = {"looked_after": [0, assumed[item]["looked_after"]]}
        by_cell = _shifted(bases, levels, total / bases.sum(), points)
        contrast = _second_level(bases, looked_after, by_cell, differs=item in plan.delivery["differs"])
        counts.append(counting.yes_counts(bases, by_cell, total, [contrast]))
    return cells, counts


def engagement_counts(
    study: Study, plan: Plan, items: Sequence[Item], answered: Flags, divisions: Mapping[str, Codes]
) -> tuple[Codes, list[Codes]]:
    """Cell of each case by Looked After status and previous sanctions, and sufficient answers at each stage."""
    cells, levels = _cells(study, {name: divisions[name] for name in ("looked_after", "previous_sanctions")})
    counts = []
    for item, in_base in zip(items, answered.T, strict=True):
        bases = np.bincount(cells[in_base], minlength=len(levels["looked_after"]))
        counts.append(_at_stage(plan, item, bases, levels))
    return cells, counts


def _at_stage(plan: Plan, item: Item, bases: Codes, levels: Mapping[str, Codes]) -> Codes:
    """Sufficient answers at one stage: lower for Looked After Children, falling over the sanctions."""
    assumed = plan.engagement["measures"][item.measure]
    share = {"share": assumed["shares"][item.id], "between": plan.engagement["between"]}
    total = _totals({item.id: share}, [item.id], bases.sum())[0]
    points = {
        "looked_after": [0, assumed["looked_after"]],
        "previous_sanctions": [0, *assumed["previous_sanctions"]],
    }
    by_cell = _shifted(bases, levels, total / bases.sum(), points)
    band, highest = levels["previous_sanctions"], len(points["previous_sanctions"]) - 1
    contrasts = [
        _second_level(bases, levels["looked_after"], by_cell, differs=True),
        counting.pearson_contrast(bases, by_cell, band == highest, band < highest, differs=True),
    ]
    for step in range(highest):
        contrasts.append(counting.Contrast(band == step + 1, band == step, -1.0, -plan.engagement["step"]))
    return counting.yes_counts(bases, by_cell, total, contrasts)


def _totals(assumed: Mapping[str, Any], items: list[str], bases: ArrayLike) -> Codes:
    """Yes answers of each item over all cases, inside its range."""
    shares, ranges = [assumed[item]["share"] for item in items], [assumed[item]["between"] for item in items]
    return counting.totals_in_range(np.atleast_1d(bases), shares, ranges)


def _second_level(bases: Codes, level: Codes, shares: Floats, *, differs: bool) -> counting.Contrast:
    """Pearson's verdict on the second level of a breakdown (girls; Looked After) against the first."""
    return counting.pearson_contrast(bases, shares, level == 1, level == 0, differs=differs)


def _shifted(
    bases: Codes, levels: Mapping[str, Codes], share: float, points: Mapping[str, list[float]]
) -> Floats:
    """Share of each cell: the overall share moved by percentage points, which cancel out over the cells."""
    shares = np.full(bases.size, float(share))
    for name, by_level in points.items():
        by_level = np.array(by_level) / 100
        recorded = levels[name] < by_level.size
        shift = np.where(recorded, by_level[np.minimum(levels[name], by_level.size - 1)], 0.0)
        mean = (bases * shift)[recorded].sum() / bases[recorded].sum()
        shares += np.where(recorded, shift - mean, 0.0)
    return shares


def _cells(study: Study, divisions: Mapping[str, Codes]) -> tuple[Codes, dict[str, Codes]]:
    """Number of each case's cell among those that occur, and the levels of each cell in every division."""
    shape = tuple(len(study.division(name).levels) + 1 for name in divisions)
    occurring, cell = np.unique(np.ravel_multi_index(tuple(divisions.values()), shape), return_inverse=True)
    return cell, dict(zip(divisions, np.unravel_index(occurring, shape), strict=True))


def _dealt(counts: Codes, score: Floats, rng: Generator) -> Codes:
    """Levels by rank of score; the last level is dealt by chance, for what goes unrecorded does so anyhow."""
    *ranked, by_chance = counts
    level = np.full(score.size, len(ranked))
    kept = np.sort(rng.permutation(score.size)[by_chance:])
    level[kept[np.argsort(score[kept])]] = np.repeat(np.arange(len(ranked)), ranked)
    return level


def _highest(cell: Codes, counts: Codes, score: Floats, answered: Flags) -> Flags:
    """Mark the `counts[c]` highest scores among the answered cases of each cell c."""
    marked = np.zeros(cell.size, dtype=bool)
    for here, count in enumerate(counts):
        cases = np.flatnonzero((cell == here) & answered)
        marked[cases[np.argsort(-score[cases])[:count]]] = True
    return marked


def _mondays(visits: Mapping[str, Any]) -> Iterator[date]:
    monday = visits["first_monday"]
    while monday <= visits["last_monday"]:
        if len(list(_working_days(visits, monday, 1))) >= 4:
            yield monday
        monday += timedelta(weeks=1)


def _working_days(visits: Mapping[str, Any], monday: date, weeks: int) -> Iterator[date]:
    days = (monday + timedelta(days=7 * week + day) for week in range(weeks) for day in range(5))
    return (day for day in days if day not in visits["closed"])


def _by_code(division: Breakdown, shares: Mapping[str, float]) -> list[float]:
    return [shares[code] for code in division.codes]


def _in_words(division: Breakdown, codes: Codes) -> NDArray[np.object_]:
    return np.array([*division.codes, ""], dtype=object)[codes]


def _factor_columns(study: Study, factors: Flags) -> dict[str, ArrayLike]:
    columns = study.factor_count.columns
    return {name: np.where(factors[:, place], "yes", "no").tolist() for place, name in enumerate(columns)}


def description(study: Study, plan: Plan, records: pd.DataFrame) -> dict[str, Any]:
    """What the records are, how they were made and on which assumptions: the file beside them."""
    return {
        "title": f"Made-up cases for: {study.title}",
        "made_up": True,
        "statement": (
            "These records are made up. They describe no real child and no real service, were not derived "
            "from any person's record, and say nothing about real children. They were fitted to published "
            "statements, so finding those statements here shows that the arithmetic works, nothing else."
        ),
        "fitted_to": dict(study.source),
        "how_made": (
            "Whole-number counts nearest to the assumed shares, inside the rounding intervals of the "
            "published numbers and limits set by the published statements, by integer programming; then "
            "dealt to cases by ranking scores with service effects, from a seeded generator. Inputs: "
            "study.yaml and example.yaml of the study, and nothing else."
        ),
        "seed": plan.seed,
        "n_cases": len(records),
        "n_services": int(records[study.service].nunique()),
    }


def write_cases(folder: Path, *, study_folder: Path) -> None:
    """Write the made-up records and their description into a folder."""
    study, plan = read_study(study_folder), read_plan(study_folder)
    records = made_up_cases(study, plan, np.random.default_rng(plan.seed))
    about = description(study, plan, records)
    write_described(folder, FILE_STEM, records, about, list(assumptions(vars(plan))))

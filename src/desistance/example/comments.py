"""Made-up coded comments on the made-up cases: no inspector wrote them, and they are the same bytes every time.

A passage has themes by chance (`example_comments.yaml`); coders see them, with mistakes. Cases and services are those
of the made-up records, and barriers fall more often on cases with insufficient delivery.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from desistance.example.cases import FILE_STEM as CASES
from desistance.example.files import MADE_UP, read_sections, write_described
from desistance.records.passages import NO_THEME
from desistance.study import DIRECTIONS, Study, read_study

FILE_STEM = "made_up_comments"
Marks = dict[str, str]  # direction by theme


@dataclass(frozen=True)
class CommentsPlan:
    """The assumptions of the comments, section by section as they stand in `example_comments.yaml`."""

    seed: int
    passages: Mapping[str, Any]
    themes: Mapping[str, Any]
    delivery: Mapping[str, Any]
    coders: Mapping[str, Any]
    excerpts: Sequence[Mapping[str, str]]


def read_comments_plan(folder: Path) -> CommentsPlan:
    """Read `example_comments.yaml` of a study's folder.

    Raises
    ------
    StudyError
        The file is missing, or a section is missing or unknown.
    """
    wanted = {field.name for field in fields(CommentsPlan)}
    path = Path(folder) / "example_comments.yaml"
    return CommentsPlan(**read_sections(path, wanted, "comments"))


def made_up_comments(study: Study, plan: CommentsPlan, cases: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Make the coded comments, one row a coding, ordered by service.

    Parameters
    ----------
    cases : pandas.DataFrame
        The made-up records as text.

    Returns
    -------
    pandas.DataFrame
        Text columns with the headings of coded comments, and `made_up`.
    """
    for_passages, for_cases, for_coders = rng.spawn(3)
    themes = [_themes_of(plan, for_passages) for _ in range(plan.passages["number"])]
    place = _cases_of(study, plan, cases, themes, for_cases)
    about = for_cases.random(len(themes)) < plan.passages["about_a_case"]
    rows: list[dict[str, str]] = []
    for number, passage in enumerate(np.argsort(place, kind="stable"), 1):
        case = cases.iloc[place[passage]]
        where = {
            "passage": f"made-up-p{number:03d}",
            study.service: case[study.service],
            study.case: case[study.case] if about[passage] else "",
        }
        for coder in _coders_of(study, plan, for_coders):
            seen = _seen(themes[passage], plan, study, for_coders) or {NO_THEME: ""}
            rows += [
                {**where, "coder": coder, "theme": theme, "direction": direction}
                for theme, direction in seen.items()
            ]
    table = pd.DataFrame(rows).assign(excerpt="", cleared="", made_up=MADE_UP)
    return _with_excerpts(table, plan)


def _themes_of(plan: CommentsPlan, rng: Generator) -> Marks:
    """Themes that a passage has, with a direction each."""
    if rng.random() < plan.themes["none"]:
        return {}
    ids = [name for name, value in plan.themes.items() if isinstance(value, Mapping)]
    shares = np.array([plan.themes[name]["share"] for name in ids])
    how_many = 1 + int(rng.random() < plan.themes["second"])
    chosen = rng.choice(ids, how_many, replace=False, p=shares / shares.sum())
    return {str(name): DIRECTIONS[int(rng.random() >= plan.themes[name]["enabler"])] for name in chosen}


def _cases_of(
    study: Study, plan: CommentsPlan, cases: pd.DataFrame, themes: Sequence[Marks], rng: Generator
) -> NDArray[np.int64]:
    """Position of the case that each passage is, or might be, about."""
    services = cases[study.service].unique()
    kept = rng.permutation(services)[: plan.passages["services"]]
    columns = [item.column for item in study.measure(study.codebook.delivery).items]
    yes, no = ((cases[columns] == answer).sum(axis=1).to_numpy() for answer in ("yes", "no"))
    # ASSUME: a case without any judgement of delivery stands in the middle.
    sufficient = np.where(yes + no > 0, yes / np.maximum(yes + no, 1), 0.5)
    here = cases[study.service].isin(kept).to_numpy()
    chosen = []
    for marks in themes:
        leaning = np.mean([direction == "enabler" for direction in marks.values()]) if marks else 0.5
        match = leaning * sufficient + (1 - leaning) * (1 - sufficient)
        weight = here * (1 + plan.delivery["tilt"] * match)
        chosen.append(rng.choice(len(cases), p=weight / weight.sum()))
    return np.array(chosen)


def _coders_of(study: Study, plan: CommentsPlan, rng: Generator) -> list[str]:
    """One, two or three coders of a passage, in the order of the codebook."""
    draw = rng.random()
    two, three = plan.coders["two"], plan.coders["three"]
    how_many = 3 if draw < three else 2 if draw < three + two else 1
    chosen = rng.choice(len(study.codebook.coders), how_many, replace=False)
    return [study.codebook.coders[number] for number in sorted(chosen)]


def _seen(marks: Marks, plan: CommentsPlan, study: Study, rng: Generator) -> Marks:
    """What one coder sees in a passage, in the order of the codebook."""
    found = {theme: direction for theme, direction in marks.items() if rng.random() < plan.coders["seen"]}
    ids = [theme.id for theme in study.codebook.themes]
    if rng.random() < plan.coders["mistaken"]:
        found.setdefault(str(rng.choice(ids)), str(rng.choice(DIRECTIONS)))
    for theme in found:
        if rng.random() < plan.coders["turned"]:
            found[theme] = DIRECTIONS[1 - DIRECTIONS.index(found[theme])]
    return {theme: found[theme] for theme in ids if theme in found}


def _with_excerpts(table: pd.DataFrame, plan: CommentsPlan) -> pd.DataFrame:
    """Each excerpt beside the first coding that fits, in a passage of its own with a single coder."""
    table, used = table.copy(), set()
    alone = table.groupby("passage")["coder"].transform("nunique") == 1
    for one in plan.excerpts:
        fits = alone & (table["theme"] == one["theme"]) & (table["direction"] == one["direction"])
        row = next(place for place in table.index[fits] if table.at[place, "passage"] not in used)
        used.add(table.at[row, "passage"])
        table.loc[row, ["excerpt", "cleared"]] = one["text"], one["cleared"]
    return table


def _assumptions(plan: CommentsPlan) -> Iterator[str]:
    for section in (plan.passages, plan.themes, plan.delivery, plan.coders):
        yield section["assumed"]
    yield "Excerpts are made up and say so; some are cleared to be shown, one is not, and on the others nobody decided"


def description(study: Study, plan: CommentsPlan, table: pd.DataFrame) -> dict[str, Any]:
    """What the comments are, how they were made and on which assumptions: the file beside them."""
    return {
        "title": f"Made-up coded comments for: {study.title}",
        "made_up": True,
        "statement": (
            "These comments and their codings are made up. No inspector wrote them, they describe no real child and no "
            "real service, and they say nothing about real children. They were chosen to fit published statements, so "
            "finding those statements here shows that the arithmetic works, nothing else."
        ),
        "fitted_to": dict(study.source),
        "how_made": (
            "Themes, cases and coders drawn from a seeded generator. Inputs: study.yaml and example_comments.yaml of "
            f"the study and {CASES}.csv, and nothing else."
        ),
        "seed": plan.seed,
        "n_codings": len(table),
        "n_passages": int(table["passage"].nunique()),
        "n_services": int(table[study.service].nunique()),
    }


def write_comments(folder: Path, *, study_folder: Path) -> None:
    """Write the made-up comments and their description into a folder that has the made-up cases."""
    folder = Path(folder)
    study, plan = read_study(study_folder), read_comments_plan(study_folder)
    cases = pd.read_csv(folder / f"{CASES}.csv", dtype=str, keep_default_na=False)
    table = made_up_comments(study, plan, cases, np.random.default_rng(plan.seed))
    about = description(study, plan, table)
    write_described(folder, FILE_STEM, table, about, list(_assumptions(plan)))

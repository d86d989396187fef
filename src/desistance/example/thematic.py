"""The made-up example records of the thematic study: no real child, overlapping domains, the same bytes every time.

The source prints no number to fit to, so every share is chosen (`example.yaml` of the study says which, and why).
A case has a score for each domain with an effect of its service and one of the case; the highest scores have the
domain, and among these the highest of other scores are judged effective.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from desistance.example.files import MADE_UP, assumptions, read_sections, write_described
from desistance.example.scores import Codes, Flags, Floats, latent_correlation, service_effects, unanswered
from desistance.study import Study, read_study

FILE_STEM = "made_up_thematic_cases"
SECTIONS = ("seed", "groups", "children", "domains", "judgements")
GROUPS = ("current", "former")


def read_plan(folder: Path) -> dict[str, Any]:
    """Read the sections of the study's `example.yaml`.

    Raises
    ------
    StudyError
        The file is missing, or a section is missing or unknown.
    """
    return read_sections(Path(folder) / "example.yaml", SECTIONS, "example")


def made_up_cases(study: Study, plan: Mapping[str, Any], rng: Generator) -> pd.DataFrame:
    """Make the example records, one row a case, ordered by service; former service users after current ones.

    Returns
    -------
    pandas.DataFrame
        Text columns: case, service, breakdowns, work seen in each domain, practice judged effective, and `made_up`.
        Not recorded is the empty text.
    """
    for_children, for_domains, for_answers = rng.spawn(3)
    sizes = np.array([plan["groups"][group] for group in GROUPS]).T
    service = np.repeat(np.arange(len(sizes)), sizes.sum(axis=1))
    former = np.concatenate([np.repeat([False, True], pair) for pair in sizes])
    seen = work_seen(study, plan["domains"], service, former, for_domains)
    width = len(str(len(service)))
    columns = {
        study.case: [f"made-up-{number + 1:0{width}d}" for number in range(len(service))],
        study.service: [f"S{number + 1}" for number in service],
        "group": np.where(former, "former", "current"),
        **children(plan["children"], former, for_children),
    }
    items = study.measure("seen").items
    columns |= {item.column: np.where(seen[:, k], "yes", "no") for k, item in enumerate(items)}
    columns |= judged_effective(study, plan, service, former, seen, for_answers)
    return pd.DataFrame(columns).assign(made_up=MADE_UP)


def children(assumed: Mapping[str, Any], former: Flags, rng: Generator) -> dict[str, np.ndarray]:
    """Gender, Looked After status and age of each case, dealt by chance within its group."""
    gender = np.full(former.size, "boy", dtype=object)
    looked_after = np.full(former.size, "no", dtype=object)
    age = np.full(former.size, "10-15", dtype=object)
    for group, here in zip(GROUPS, (~former, former), strict=True):
        cases = rng.permutation(np.flatnonzero(here))
        girls, boys = np.split(cases, [assumed["girls"][group]])
        gender[girls] = "girl"
        looked_after[girls[: assumed["looked_after_girls"][group]]] = "yes"
        looked_after[boys[: assumed["looked_after_boys"][group]]] = "yes"
        age[rng.permutation(cases)[: round(assumed["older"][group] * cases.size)]] = "16-17"
    boys = np.flatnonzero(gender == "boy")
    looked_after[rng.permutation(boys)[: assumed["looked_after_not_recorded"]]] = ""
    return {"gender": gender, "looked_after": looked_after, "age": age}


def work_seen(
    study: Study, assumed: Mapping[str, Any], service: Codes, former: Flags, rng: Generator
) -> Flags:
    """Which domains each case has, shape (n_cases, n_domains)."""
    of_case = rng.standard_normal(service.size)
    seen = []
    for item in study.measure("seen").items:
        share, points = assumed["items"][item.id]["seen"], assumed["items"][item.id]["former"][0]
        score = _scores(service, of_case, assumed, share, rng)
        seen.append(_highest(score, share, points, former, np.ones(service.size, dtype=bool)))
    return np.column_stack(seen)


def judged_effective(
    study: Study, plan: Mapping[str, Any], service: Codes, former: Flags, seen: Flags, rng: Generator
) -> dict[str, np.ndarray]:
    """Answers on effectiveness, in the words of the records; not applicable where no work was seen in the domain."""
    assumed, items = plan["judgements"], plan["domains"]["items"]
    of_case = rng.standard_normal(service.size)
    words = unanswered(assumed, seen, rng)
    columns = {}
    for k, item in enumerate(study.measure("effectiveness").items):
        share, points = items[item.id]["effective"], items[item.id]["former"][1]
        answered = words[:, k] == ""
        score = _scores(service, of_case, assumed, share, rng)
        yes = _highest(score, share, points, former, answered)
        said = np.where(answered, np.where(yes, "yes", "no"), words[:, k])
        columns[item.column] = np.where(said == "not recorded", "", said)
    return columns


def _scores(
    service: Codes, of_case: Floats, assumed: Mapping[str, Any], share: float, rng: Generator
) -> Floats:
    """Normal scores with an effect of the service and one of the case; the rest is chance."""
    latent = latent_correlation(assumed["icc"], share)
    own = np.sqrt(assumed["case_icc"]) * of_case
    own += np.sqrt(1 - assumed["case_icc"]) * rng.standard_normal(service.size)
    return np.sqrt(latent) * service_effects(service, rng) + np.sqrt(1 - latent) * own


def _highest(score: Floats, share: float, points: float, former: Flags, of: Flags) -> Flags:
    """Mark the highest scores in each group of the cases asked about, so that the whole has about the share."""
    of_former = former[of].mean()
    marked = np.zeros(score.size, dtype=bool)
    for here, less in ((former, of_former - 1), (~former, of_former)):
        cases = np.flatnonzero(of & here)
        n_yes = round(min(share - less * points / 100, 1.0) * cases.size)
        marked[cases[np.argsort(-score[cases])[:n_yes]]] = True
    return marked


def description(study: Study, plan: Mapping[str, Any], records: pd.DataFrame) -> dict[str, Any]:
    """What the records are, how they were made and on which assumptions: the file beside them."""
    return {
        "title": f"Made-up cases for: {study.title}",
        "made_up": True,
        "statement": (
            "These records are made up. They describe no real child and no real service, were not derived "
            "from any person's record, and say nothing about real children. The source prints no percentage, so "
            "no share in them is fitted to it: each is chosen."
        ),
        "framework": dict(study.source),
        "how_made": (
            "Cases are dealt the domains, and the judgements on them, by ranking scores with effects of service "
            "and case, from a seeded generator, until the chosen shares are met. Inputs: study.yaml and "
            "example.yaml of the study, and nothing else."
        ),
        "seed": plan["seed"],
        "n_cases": len(records),
        "n_services": int(records[study.service].nunique()),
    }


def write_thematic_cases(folder: Path, *, study_folder: Path) -> None:
    """Write the made-up records and their description into a folder."""
    study, plan = read_study(study_folder), read_plan(study_folder)
    records = made_up_cases(study, plan, np.random.default_rng(plan["seed"]))
    about = description(study, plan, records)
    write_described(folder, FILE_STEM, records, about, list(assumptions(plan)))

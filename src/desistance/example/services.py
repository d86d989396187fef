"""The made-up table of services: no real service, chosen to fit what was published, the same bytes every time.

How many services have each provider, gap and fact stands in `example_services.yaml`; here they are dealt by lot to the
services of the made-up cases, so nothing in this table is related to any judgement in those cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from desistance.errors import StudyError
from desistance.example.cases import read_plan, service_sizes
from desistance.example.files import MADE_UP, read_sections, write_described
from desistance.records.services import service_columns
from desistance.study import Study, read_study

FILE_STEM = "made_up_services"
UNANSWERED = {"not_known": "not known", "not_recorded": ""}
Codes = NDArray[np.int64]
Columns = dict[str, NDArray[np.object_]]


@dataclass(frozen=True)
class ServicesPlan:
    """The assumptions of the table, section by section as they stand in `example_services.yaml`."""

    seed: int
    provisions: Mapping[str, Any]
    facts: Mapping[str, Any]
    unanswered: Mapping[str, Any]
    rates: Mapping[str, Any]


def read_services_plan(folder: Path) -> ServicesPlan:
    """Read `example_services.yaml` of a study's folder.

    Raises
    ------
    StudyError
        The file is missing, or a section is missing or unknown.
    """
    wanted = {field.name for field in fields(ServicesPlan)}
    path = Path(folder) / "example_services.yaml"
    return ServicesPlan(**read_sections(path, wanted, "table of services"))


def made_up_services(study: Study, plan: ServicesPlan, sizes: Codes, rng: Generator) -> pd.DataFrame:
    """Make the table of services, one row a service, in the order of their codes.

    Parameters
    ----------
    sizes : array of int, shape (n_services,)
        Made-up cases of each service.

    Returns
    -------
    pandas.DataFrame
        Text columns as the study names them, and `made_up`. Not recorded is the empty text.
    """
    for_provisions, for_facts, for_rates, for_unanswered = rng.spawn(4)
    columns = _provisions(study, plan, sizes.size, for_provisions)
    for name, count in plan.facts["services"].items():
        columns[name] = _yes_no(_lot(np.arange(sizes.size), count, for_facts), sizes.size)
    columns |= _numbers_of_children(study, plan, sizes, for_rates)
    for state, counts in plan.unanswered.items():
        for name, count in counts.items() if state != "assumed" else ():
            columns[name][_lot(np.arange(sizes.size), count, for_unanswered)] = UNANSWERED[state]
    width = len(str(sizes.size))
    table = pd.DataFrame({name: columns[name] for name in service_columns(study.services)})
    table.insert(0, study.service, [f"S{number + 1:0{width}d}" for number in range(sizes.size)])
    return table.assign(made_up=MADE_UP)


def _provisions(study: Study, plan: ServicesPlan, n_services: int, rng: Generator) -> Columns:
    columns = {}
    for one in study.services.provisions:
        counts = plan.provisions["services"][one.id]
        order = rng.permutation(n_services)
        without, served = np.split(order, [counts["nobody"]])
        providers = _dealt_providers(
            served, {who.id: counts[who.id] for who in study.services.providers}, rng
        )
        cells = [
            ";".join(code for code in providers if number in providers[code]) for number in range(n_services)
        ]
        columns[f"provider_{one.id}"] = np.array(
            [cell or study.services.nobody for cell in cells], dtype=object
        )
        # ASSUME: without any provider access is a gap; the other gaps fall by lot.
        others = _lot(served, counts["gap"] - without.size, rng)
        columns[f"gap_{one.id}"] = _yes_no(np.concatenate([without, others]), n_services)
    return columns


def _dealt_providers(served: Codes, counts: Mapping[str, int], rng: Generator) -> dict[str, set[int]]:
    """Services of each provider: everyone served has one, then each provider gets what is left of its number."""
    every = np.repeat(list(counts), list(counts.values()))
    if every.size < served.size:
        raise StudyError(
            "fewer providers than services that have one; correct the plan of the table of services"
        )
    first = rng.permutation(every)[: served.size]
    providers = {}
    for code, count in counts.items():
        own = served[first == code]
        rest = _lot(served[first != code], count - own.size, rng)
        providers[code] = {*own.tolist(), *rest.tolist()}
    return providers


def _numbers_of_children(study: Study, plan: ServicesPlan, sizes: Codes, rng: Generator) -> Columns:
    """Children of each service in two ages, and how many of them the rate speaks of (beta-binomial)."""
    assumed = plan.rates
    children = np.round(sizes / assumed["inspected"]).astype(np.int64)
    younger = np.clip(rng.binomial(children, assumed["under_16"]), 1, children - 1)
    columns = {}
    for rate, whole in zip(study.services.rates, (younger, children - younger), strict=True):
        share, spread = assumed[rate.id]["share"], 1 / assumed[rate.id]["icc"] - 1
        own = rng.beta(share * spread, (1 - share) * spread, sizes.size)
        columns[rate.part] = rng.binomial(whole, own).astype(str).astype(object)
        columns[rate.whole] = whole.astype(str).astype(object)
    return columns


def _lot(services: Codes, count: int, rng: Generator) -> Codes:
    return rng.permutation(services)[:count]


def _yes_no(chosen: Codes, n_services: int) -> NDArray[np.object_]:
    return np.where(np.isin(np.arange(n_services), chosen), "yes", "no").astype(object)


def description(study: Study, plan: ServicesPlan, table: pd.DataFrame) -> dict[str, Any]:
    """What the table is, how it was made and on which assumptions: the file beside it."""
    return {
        "title": f"Made-up table of services for: {study.title}",
        "made_up": True,
        "statement": (
            "This table is made up. It describes no real service and no real child, was not derived from anyone's "
            "record, and says nothing about real services. It was chosen to fit published statements, so finding "
            "those statements here shows that the arithmetic works, nothing else."
        ),
        "fitted_to": dict(study.source),
        "how_made": (
            "Chosen numbers of services, dealt by lot from a seeded generator; unrelated to every judgement in the "
            "made-up cases. Inputs: study.yaml, example.yaml (sizes of services) and example_services.yaml of the "
            "study, and nothing else."
        ),
        "seed": plan.seed,
        "n_services": len(table),
    }


def write_services(folder: Path, *, study_folder: Path) -> None:
    """Write the made-up table of services and its description into a folder."""
    study, plan = read_study(study_folder), read_services_plan(study_folder)
    cases = read_plan(study_folder)
    # The sizes of services are the first thing drawn for the made-up cases.
    sizes = service_sizes(cases, np.random.default_rng(cases.seed).spawn(1)[0])
    table = made_up_services(study, plan, sizes, np.random.default_rng(plan.seed))
    sections = (plan.provisions, plan.facts, plan.unanswered, plan.rates)
    assumed = [section["assumed"] for section in sections]
    write_described(folder, FILE_STEM, table, description(study, plan, table), assumed)

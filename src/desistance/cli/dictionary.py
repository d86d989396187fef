"""`desistance dictionary`: the columns and codes a study reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.study import MISSING, Study, read_study
from desistance.study.derivations import DATE, JUDGEMENT, NUMBER, Cell


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "dictionary",
        _dictionary,
        "list the columns and codes a study reads",
        examples=["studies/bulletin_2021_03", "studies/bulletin_2021_03 --json"],
    )
    parser.add_argument(
        "study", type=Path, help="folder with study.yaml, for example studies/bulletin_2021_03"
    )
    add_json(parser)


def _dictionary(chosen: argparse.Namespace) -> None:
    headings, *rows = dictionary_rows(read_study(chosen.study))
    if chosen.json:
        print_json([dict(zip(headings, row, strict=True)) for row in rows])
        return
    for row in (headings, *rows):
        print("\t".join(row))


def dictionary_rows(study: Study) -> Iterator[tuple[str, str, str]]:
    """Column, meaning and codes of all that a study reads, headings first."""
    yield "column", "meaning", "codes"
    yield study.case, f"number of the {study.words['case'][0]}; finds duplicates, then dropped", "any text"
    yield study.service, study.words["service"][0], "any text"
    if study.date:
        yield study.date.column, study.date.label, f"{study.date.first} to {study.date.last}"
    for role in ("stratum", "weight", "services_in_stratum"):
        if getattr(study, role):
            yield (
                getattr(study, role),
                role.replace("_", " "),
                "text" if role == "stratum" else "a positive number",
            )
    derived = {each.column: f"not read; {each.words}" for each in study.derivations}
    derived |= {
        each.column: f"not read; {each.value} where {study.long.item} is {each.item!r}"
        for each in _cells(study)
    }
    missing = [repr(code) for code, state in study.codes.items() if state in MISSING]
    for division in study.divisions:
        codes = ", ".join([*map(repr, division.codes), *missing])
        yield division.column, division.label, derived.get(division.column, codes)
    judged = ", ".join(map(repr, study.codes))
    for measure in study.measures:
        for item in measure.items:
            if not item.derived:
                yield item.column, f"{measure.label}: {item.label}", derived.get(item.column, judged)
    yield from _input_rows(study, judged, missing)
    if study.services:
        yield from _service_rows(study, judged)
    for role, name in (study.design.given if study.design else {}).items():
        yield (
            name,
            f"table of services: {role.replace('_', ' ')}",
            "text" if role == "stratum" else "a positive number",
        )


def _cells(study: Study) -> tuple[Cell, ...]:
    return study.long.cells if study.long else ()


def _input_rows(study: Study, judged: str, missing: list[str]) -> Iterator[tuple[str, str, str]]:
    """Columns that are read only to derive others from."""
    kinds = {
        DATE: ", ".join(["a date", *missing]),
        NUMBER: ", ".join(["a number", *missing]),
        JUDGEMENT: judged,
    }
    for name, kind in study.inputs.items():
        used = ", ".join(each.column for each in study.derivations if name in each.inputs)
        used = used or "which row of a case counts"
        yield name, f"read to derive {used}, then dropped", kinds[kind]
    if study.long:
        yield study.long.item, "says what a row is about", ", ".join([*map(repr, study.long.items), *missing])
        for pattern, column in study.long.values.items():
            yield column, f"holds {pattern}", judged


def _service_rows(study: Study, judged: str) -> Iterator[tuple[str, str, str]]:
    """Columns of the table of services."""
    providers = ", ".join(repr(provider.id) for provider in study.services.providers)
    told = "table of services"
    yield study.service, f"{told}: {study.words['service'][0]}", "as in the records"
    for provision in study.services.provisions:
        codes = f"one or more of {providers}, joined by ;, or {study.services.nobody!r}"
        yield f"provider_{provision.id}", f"{told}: who provides {provision.label}", codes
        yield f"gap_{provision.id}", f"{told}: access to {provision.label} is a gap", judged
    for fact in study.services.facts:
        yield fact.id, f"{told}: {fact.label}", judged
    for rate in study.services.rates:
        for column in (rate.part, rate.whole):
            yield column, f"{told}: {rate.label}", "a whole number"

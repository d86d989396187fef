"""What a tally holds, its files, and adding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.errors import TallyError
from desistance.study import MISSING, STATES
from desistance.tallies.sampling import added_sampling, sampling_facts

PATTERN = "all breakdowns"  # with a space, so that no band's id is the same
OUTSIDE = "outside_base"
N_STATES = [f"n_{state}" for state in (*STATES, OUTSIDE)]
# The tables of a tally, and the columns that tell their rows apart; all other columns add up.
TABLES = {
    "counts": ["service", "by", "pattern", "measure", "item"],
    "factor_numbers": ["service", "by", "pattern", "n_factors"],
    "combinations": ["service", "by", "pattern", "combination"],
    "services": ["service", "stratum", "services_in_stratum"],
    "answers": ["service", "item", "answer"],
    "passages": ["service", "theme", "direction"],
    "marks": ["service", "marks"],
    "codings": ["service", "theme", "codings"],
}
THEME = "theme of a comment"  # with spaces, so that no band's id is the same
NUMBER = "n"  # the answer that is a number of people
UNKNOWN_NUMBER = -1
UNKNOWN_COMBINATION = "not known"  # with a space, so that no factor's id is the same
# What a study without such things has: the columns, and no row.
NONE = {
    "factor_numbers": {"service": "", "by": "", "pattern": "", "n_factors": 0, "n_cases": 0, "weight": 0.0},
    "answers": {"service": "", "item": "", "answer": "", "n": 0},
    "passages": {"service": "", "theme": "", "direction": "", "n_passages": 0},
    "marks": {"service": "", "marks": "", "n_cases": 0},
    "codings": {"service": "", "theme": "", "codings": "", "n_passages": 0},
}


def no_rows(table: str) -> pd.DataFrame:
    """One of the tables a study may do without, empty."""
    return pd.DataFrame([NONE[table]])[:0]


@dataclass(frozen=True)
class Tally:
    """Counts of one study over some records.

    counts
        `service, by, pattern, measure, item`, then the number of cases in each state (`n_yes`, `n_no`,
        `n_not_applicable`, `n_not_known`, `n_not_recorded`, `n_outside_base`; together all cases of the
        pattern) and the weights of yes and of yes and no together. `by` is "all breakdowns" (`pattern` joins the
        breakdowns' codes by |) or a band's id (`pattern` is its code).
    factor_numbers
        `service, by, pattern, n_factors` (-1: not known), `n_cases, weight`.
    combinations
        `service, by, pattern, combination` (ids of the factors present, joined by +, in the order of the study;
        "not known" where any factor is), `n_cases, weight`. `by` is "all" (and so is `pattern`) or a band's id
        (`pattern` is its code).
        For the delivery measure of a codebook, `by` is "theme of a comment" too; `pattern` then joins theme and
        direction by |, and a case counts once for each that its comments are coded with.
    services
        `service, stratum, services_in_stratum, n_cases`, one row a service.
    answers
        `service, item, answer, n`, what each service said of itself: `item` is a column of the table of services
        (`provider_` and `gap_` with a provision's id, a fact's id, an end of a rate); `answer` is a code (one row each
        where there are several) or a state, and `n` is 1; for numbers of people `answer` is "n" and `n` the number.
    passages
        `service, theme, direction, n_passages`, passages of comments agreed to be about a theme.
    marks
        `service, marks, n_cases`, themes of a case's comments: theme:direction, joined by + in the order of the
        codebook; "" for a case without. Only where the study has a codebook and comments were given.
    codings
        `service, theme, codings, n_passages`, how coders coded the passages that two or more of them read: coder=code,
        joined by + in the order of the codebook; the code is yes or no for one theme, the themes joined by & for "all".
    facts
        Study and its digest, whether the records are made up, the account of quality, `n_cases` and `n_services`; and
        `design` where the study says anything of sampling: whether weights are equal, eligible cases, and of each
        stratum the services inspected and there are.
    """

    counts: pd.DataFrame
    factor_numbers: pd.DataFrame
    combinations: pd.DataFrame
    services: pd.DataFrame
    answers: pd.DataFrame
    passages: pd.DataFrame
    marks: pd.DataFrame
    codings: pd.DataFrame
    facts: Mapping[str, Any]


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    """Add tallies of the same study; the rows read and rejected, and the missing values, add up too.

    Oddities are left out: what is odd about a part need not be odd about the whole.

    Raises
    ------
    TallyError
        There is nothing to add, or studies differ, or made-up and other records would be mixed.
    """
    tallies = list(tallies)
    if not tallies:
        raise TallyError("there is no tally to add")
    for fact, what in (
        ("study_sha256", "come from different studies"),
        ("made_up", "mix made-up and other records"),
    ):
        if len({tally.facts[fact] for tally in tallies}) > 1:
            raise TallyError(f"these tallies {what}, so they cannot be added")
    tables = sum_tables([{name: getattr(tally, name) for name in TABLES} for tally in tallies])
    return build_tally(tables, _add_facts(tallies))


def write_tally(tally: Tally, paths: Mapping[str, Path]) -> None:
    """Write the tables as Parquet and the facts as JSON."""
    for name in TABLES:
        getattr(tally, name).to_parquet(paths[name], index=False, compression="zstd")
    Path(paths["facts"]).write_text(
        json.dumps(tally.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_tally(paths: Mapping[str, Path]) -> Tally:
    """Read what `write_tally` wrote; a table that a study may do without may be absent."""
    tables = {
        name: pd.read_parquet(paths[name]) if paths.get(name) or name not in NONE else no_rows(name)
        for name in TABLES
    }
    return Tally(**tables, facts=json.loads(Path(paths["facts"]).read_text(encoding="utf-8")))


def sum_tables(parts: list[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Add the tables of parts, row by row where all keys are the same."""
    return {name: _sum_tables([part[name] for part in parts], keys) for name, keys in TABLES.items()}


def _sum_tables(tables: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    joined = pd.concat(tables, ignore_index=True)
    text = {key: str for key in keys if key not in ("n_factors", "services_in_stratum")}
    return joined.astype(text).groupby(keys, dropna=False).sum().reset_index()


def build_tally(tables: dict[str, pd.DataFrame], facts: Mapping[str, Any]) -> Tally:
    """Make a tally of tables that fit together, with its size among the facts.

    Raises
    ------
    TallyError
        Services are not what a sample of services can be, or one describes itself twice.
    """
    services = tables["services"]
    _check_services(services)
    _check_answers(tables["answers"])
    size = {"n_cases": int(services["n_cases"].sum()), "n_services": len(services)}
    if "design" in facts:
        size["design"] = {**facts["design"], **sampling_facts(tables)}
    return Tally(**tables, facts={**facts, **size})


def _check_services(services: pd.DataFrame) -> None:
    """Each service in one stratum of one size, which is at least the number of its services seen."""
    advice = "correct these columns, in the extract or in the table of services"
    repeated = services["service"].duplicated()
    if repeated.any():
        raise TallyError(
            "a service belongs to one stratum of one size, but some services stand in two strata, "
            f"or with two sizes of their stratum; {advice}"
        )
    size = services.groupby("stratum")["services_in_stratum"].agg(["min", "max", "size"])
    if (size["min"] < size["max"]).any():
        raise TallyError(f"a stratum has one number of services, but some stand with several; {advice}")
    if (size["size"] > size["max"]).any():
        raise TallyError(f"more services are inspected in a stratum than it is said to have; {advice}")


def _check_answers(answers: pd.DataFrame) -> None:
    """Each service describes itself once, however many parts were added."""
    numbers = answers["answer"] == NUMBER
    if (answers.loc[~numbers, "n"] > 1).any():
        raise TallyError(
            "a service describes itself in more than one of the tallies; give each table of services once"
        )


def _add_facts(tallies: list[Tally]) -> dict[str, Any]:
    facts = [tally.facts for tally in tallies]
    total = {name: value for name, value in facts[0].items() if name != "oddities"}
    for name in ("n_read", "n_accepted", "n_rejected"):
        total[name] = sum(fact[name] for fact in facts)
    total["rejected_by_rule"] = _add_rules(facts)
    for name in {"services", "comments"} & set(total):
        total[name] = _add_accounts([fact[name] for fact in facts if fact[name]])
    if "design" in total:
        services = [tally.services["service"] for tally in tallies]
        total["design"] = added_sampling([fact["design"] for fact in facts], services)
    if "gathered" in total:
        total["gathered"] = {
            name: sum(fact["gathered"][name] for fact in facts) for name in total["gathered"]
        }
    total["missing"] = [
        {**rows[0], **{kind: sum(row[kind] for row in rows) for kind in MISSING}}
        for rows in zip(*(fact["missing"] for fact in facts), strict=True)
    ]
    for name, choose in (("first_date", min), ("last_date", max)):
        total[name] = choose((fact[name] for fact in facts if fact[name]), default=None)
    total["files"] = [file for fact in facts for file in fact["files"]]
    return total


def _add_rules(accounts: list[Mapping[str, Any]]) -> dict[str, int]:
    rules = pd.DataFrame([account["rejected_by_rule"] for account in accounts]).fillna(0).sum().astype(int)
    return {rule: int(count) for rule, count in sorted(rules.items())}


def _add_accounts(accounts: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What was read of services or comments in all parts; coders are the same people in each part."""
    if not accounts:
        return None
    total = {}
    for name, first in accounts[0].items():
        counts = [account[name] for account in accounts]
        total[name] = sum(counts) if name.startswith("n_") else first
    if "n_coders" in total:
        total["n_coders"] = max(account["n_coders"] for account in accounts)
    files = [file for account in accounts for file in account["files"]]
    return total | {"rejected_by_rule": _add_rules(accounts), "files": files}

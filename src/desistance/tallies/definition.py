"""What a tally holds, and adding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from desistance.errors import TallyError
from desistance.study import MISSING
from desistance.tallies.blocks import Block, added_blocks
from desistance.tallies.columns import REST, WEIGHT, Ints, split_weight
from desistance.tallies.kinds import is_weighed
from desistance.tallies.long import combination_rows, item_rows, number_rows
from desistance.tallies.sampling import added_sampling, sampling_facts

if TYPE_CHECKING:
    import pandas as pd

# The tables of a tally: one file each, with the facts beside them.
BLOCKS = ("counts", "factor_numbers", "combinations")
KEYS = {
    "services": ["service", "stratum", "services_in_stratum"],
    "answers": ["service", "item", "answer"],
    "passages": ["service", "theme", "direction"],
    "marks": ["service", "marks"],
    "codings": ["service", "theme", "codings"],
}
TABLES = (*BLOCKS, *KEYS)
NUMBER = "n"  # the answer that is a number of people
# What a study without such things has: the columns, and no row.
NONE = {
    "answers": {"service": "", "item": "", "answer": "", "n": 0},
    "passages": {"service": "", "theme": "", "direction": "", "n_passages": 0},
    "marks": {"service": "", "marks": "", "n_cases": 0},
    "codings": {"service": "", "theme": "", "codings": "", "n_passages": 0},
}


def no_rows(table: str) -> pd.DataFrame:
    """One of the tables a study may do without, empty."""
    import pandas as pd

    return pd.DataFrame([NONE[table]])[:0]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of one study over some records.

    items
        The cases in each state of each item, by what cases are told apart by beside their service: "all breakdowns"
        (`pattern` joins the breakdowns' codes by |), a band's id (`pattern` is its code) or "theme of a comment"
        (theme|direction, for the delivery measure of a codebook; a case counts once for each that its comments name).
        Columns `measure.item.n_yes`, `n_no`, `n_not_applicable`, `n_not_known`, `n_not_recorded` and
        `n_outside_base`, together all cases of the pattern. `counts` has the same as a table.
    factors
        For all breakdowns and each band, cases by number of factors (`factors 0`, ...; `factors n_unknown` where one is
        not known). For all cases and each band, those where all combined factors are known (`n_known`) and where not
        (`n_unknown`); with each factor (`has drugs`), with it and no other (`only drugs`), and with each two
        (`both drugs home`). `factor_numbers` has the numbers as a table.
    combined
        For all cases and each band, `n_cases` by level and combination of factors (`low|drugs+home`, ids in the order
        of the study; "not known" where any is; "more than 6", say, where there are too many to count each), over all
        services. Where the table of services tells the weights, by service until it has told them.
        `combinations` has the same as a table.
    services
        `service, stratum, services_in_stratum, n_cases`, one row a service; and in a study with weights `weight`, that
        of each of its cases, empty where they vary (the blocks then hold sums of weights, see `columns`).
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

    items: Mapping[str, Block]
    factors: Mapping[str, Block]
    combined: Mapping[str, Block]
    services: pd.DataFrame
    answers: pd.DataFrame
    passages: pd.DataFrame
    marks: pd.DataFrame
    codings: pd.DataFrame
    facts: Mapping[str, Any]

    @property
    def weights(self) -> tuple[Ints, Ints] | None:
        """Weight of a case of each service in both units of `columns`, 0 where it varies; None without weights."""
        if "weight" not in self.services:
            return None
        return split_weight(self.services["weight"].fillna(0.0).to_numpy(dtype=float))

    @property
    def counts(self) -> pd.DataFrame:
        """`service, by, pattern, measure, item`, cases in each state, and weights of yes and of yes and no together.

        For looking at small tallies: one row for every item of every service and pattern.
        """
        return item_rows(self.items, self.services["service"], self.weights)

    @property
    def factor_numbers(self) -> pd.DataFrame:
        """`service, by, pattern, n_factors` (-1: not known), `n_cases, weight`."""
        return number_rows(self.factors, self.services["service"], self.weights)

    @property
    def combinations(self) -> pd.DataFrame:
        """`by, pattern, combination, n_cases, weight` over all services."""
        return combination_rows(self.combined, self.weights)


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
    if len({tally.weights is None for tally in tallies}) > 1:
        raise TallyError("some of these tallies have weights and others have none, so they cannot be added")
    services = _added_services([tally.services for tally in tallies])
    names = services["service"].drop_duplicates()
    blocks = [_added_blocks(kind, tallies, services, names) for kind in ("items", "factors", "combined")]
    told = {name: [getattr(tally, name) for tally in tallies] for name in NONE}
    told["marks"] = _all_marked(tallies)
    tables = {name: _sum_tables(parts, KEYS[name]) for name, parts in told.items()} | {"services": services}
    return build_tally(*blocks, tables, _add_facts(tallies, tables))


def _all_marked(tallies: list[Tally]) -> list[pd.DataFrame]:
    """Themes of all cases, where any part has comments: cases of parts without have no theme."""
    if not any(len(tally.marks) for tally in tallies):
        return [tally.marks for tally in tallies]
    return [tally.marks if len(tally.marks) else _unmarked(tally.services) for tally in tallies]


def _unmarked(services: pd.DataFrame) -> pd.DataFrame:
    return services[["service", "n_cases"]].assign(marks="")[["service", "marks", "n_cases"]]


def _added_services(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Services of all parts, with the weight of those whose cases all weigh the same."""
    import pandas as pd

    joined = pd.concat(tables, ignore_index=True)
    services = _sum_tables([joined.drop(columns="weight", errors="ignore")], KEYS["services"])
    if "weight" in joined:
        found = joined.groupby("service")["weight"].agg(["min", "max", "size", "count"])
        same = (found["min"] == found["max"]) & (found["size"] == found["count"])
        services["weight"] = services["service"].map(found["min"].where(same)).to_numpy(dtype=float)
    return services


def _added_blocks(
    kind: str, tallies: list[Tally], services: pd.DataFrame, names: pd.Series
) -> dict[str, Block]:
    import pandas as pd

    place = pd.Index(names)
    varies = (
        names[services.drop_duplicates("service")["weight"].isna().to_numpy()] if "weight" in services else []
    )
    found: dict[str, list[tuple[Block, Ints]]] = {}
    for tally in tallies:
        own = tally.services["service"]
        for by, block in getattr(tally, kind).items():
            if len(varies):
                block = _in_full(block, tally.weights, own.isin(varies).to_numpy())
            found.setdefault(by, []).append((block, place.get_indexer(own)))
    return {by: added_blocks(blocks) for by, blocks in sorted(found.items())}


def _in_full(block: Block, first: tuple[Ints, Ints], varies: np.ndarray) -> Block:
    """With the weights of services whose cases weigh the same here, but not in the sum."""
    columns = dict(block.columns)
    here = np.append(varies, False)[block.service]
    for name in [name for name in columns if is_weighed(name)]:
        for prefix, weight in zip((WEIGHT, REST), first, strict=True):
            own = block.columns[name] * np.where(here, np.append(weight, 0)[block.service], 0)
            columns[prefix + name] = own + block.column(prefix + name)
    return Block(block.patterns, block.service, block.pattern, columns)


def _sum_tables(tables: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    import pandas as pd

    joined = pd.concat(tables, ignore_index=True)
    text = {key: str for key in keys if key != "services_in_stratum"}
    return joined.astype(text).groupby(keys, dropna=False).sum().reset_index()


def build_tally(
    items: Mapping[str, Block],
    factors: Mapping[str, Block],
    combined: Mapping[str, Block],
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[str, Any],
) -> Tally:
    """Make a tally of parts that fit together, with its size among the facts.

    Raises
    ------
    TallyError
        Services are not what a sample of services can be, or one describes itself twice.
    """
    services = tables["services"]
    _check_services(services)
    _check_answers(tables["answers"])
    size = {"n_cases": int(services["n_cases"].sum()), "n_services": len(services)}
    tally = Tally(items, factors, combined, **tables, facts={**facts, **size})
    if "design" not in facts:
        return tally
    design = {**facts["design"], **sampling_facts(tally)}
    return replace(tally, facts={**tally.facts, "design": design})


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


def _add_facts(tallies: list[Tally], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    facts = [tally.facts for tally in tallies]
    total = {name: value for name, value in facts[0].items() if name != "oddities"}
    for name in ("n_read", "n_accepted", "n_rejected"):
        total[name] = sum(fact[name] for fact in facts)
    total["rejected_by_rule"] = _add_rules(facts)
    for name in {"services", "comments"} & set(total):
        total[name] = _add_accounts([fact[name] for fact in facts if fact[name]])
    if "n_services_not_described" in (total.get("services") or {}):
        described = tables["answers"]["service"].nunique()
        total["services"]["n_services_not_described"] = len(tables["services"]) - described
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
    total["files"] = in_order(file for fact in facts for file in fact["files"])
    return total


def in_order(files: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Accounts of files in an order that does not depend on which was read first."""
    return sorted(files, key=lambda file: json.dumps(file, sort_keys=True))


def _add_rules(accounts: list[Mapping[str, Any]]) -> dict[str, int]:
    import pandas as pd

    rules = pd.DataFrame([account["rejected_by_rule"] for account in accounts]).fillna(0).sum().astype(int)
    return {rule: int(count) for rule, count in sorted(rules.items())}


def _add_accounts(accounts: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What was read of services or comments in all parts; somebody who codes in two parts is one coder."""
    if not accounts:
        return None
    total = {}
    for name, first in accounts[0].items():
        counts = [account[name] for account in accounts]
        total[name] = sum(counts) if name.startswith("n_") else first
    coders = {coder for account in accounts for coder in account.get("coders", ())}
    if coders:
        total["coders"] = sorted(coders)
    if "n_coders" in total:
        total["n_coders"] = max(len(coders), *(account["n_coders"] for account in accounts))
    files = in_order(file for account in accounts for file in account["files"])
    return total | {"rejected_by_rule": _add_rules(accounts), "files": files}

"""What a tally knows of how its services and cases were sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from desistance.errors import TallyError
from desistance.study import EVERYONE

SAME = 1e-9  # weights are sums of floats


def with_design(batch: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Cases with the stratum, size and weight that `design` has for their service, one row a service.

    Raises
    ------
    TallyError
        A case is of a service that the design does not have.
    """
    place = pd.Index(design["service"]).get_indexer(batch["service"].astype(str))
    if (place < 0).any():
        raise TallyError(
            "some services with records are missing from the design made of the table of services; "
            "read records and table again, together"
        )
    told = {name: design[name].to_numpy()[place] for name in design.columns if name != "service"}
    return batch.assign(**told)


def sampling_facts(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Whether all weights are equal, and of each stratum how many services were inspected and how many there are.

    The number there is is None where nobody says.
    """
    rows = tables["combinations"]
    rows = rows[rows["by"] == EVERYONE]
    weight = rows["weight"] / rows["n_cases"]
    sizes = tables["services"].groupby("stratum")["services_in_stratum"].agg(["size", "max"])
    return {
        "equal_weights": bool(weight.max() - weight.min() <= SAME * weight.max()),
        "strata": [
            {
                "stratum": str(name),
                "n_services": int(inspected),
                "n_services_in_stratum": None if pd.isna(there) else int(there),
            }
            for name, inspected, there in sizes.itertuples(name=None)
        ],
    }


def added_sampling(parts: Sequence[Mapping[str, Any]], services: Sequence[pd.Series]) -> dict[str, Any]:
    """The account of sampling of several tallies; `services` are those of each.

    Raises
    ------
    TallyError
        Eligible cases are told of, and a service stands in several parts: each would count all of them.
    """
    eligible = [part["n_eligible"] for part in parts]
    told = any(n is not None for n in eligible)
    if told and pd.concat(services).duplicated().any():
        raise TallyError(
            "a service stands in more than one of the tallies, and each counts all its eligible cases; "
            "count the records of a service in one run"
        )
    return {
        **parts[0],
        "n_eligible": sum(n or 0 for n in eligible) if told else None,
        "files": [file for part in parts for file in part["files"]],
    }

"""What a tally knows of how its services and cases were sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from desistance.errors import TallyError
from desistance.tallies.blocks import POOLED, Block, block_of
from desistance.tallies.columns import REST, WEIGHT, Ints, joined_weight, split_weight, summed
from desistance.tallies.kinds import is_weighed

if TYPE_CHECKING:
    import pandas as pd

    from desistance.tallies.definition import Tally

SAME = 1e-9  # weights may be quotients of floats


def with_design(tally: Tally, design: pd.DataFrame) -> Tally:
    """A tally with the stratum, size and weight that `design` has for each service, one row a service.

    Raises
    ------
    TallyError
        The design does not have one of the services, or the services are not what a sample of services can be.
    """
    import pandas as pd

    from desistance.tallies.definition import build_tally

    place = pd.Index(design["service"]).get_indexer(tally.services["service"])
    if (place < 0).any():
        raise TallyError(
            "some services with records are missing from the design made of the table of services; "
            "read records and table again, together"
        )
    told = {name: design[name].to_numpy()[place] for name in design.columns if name != "service"}
    services, combined = tally.services.assign(**told), tally.combined
    if "weight" in told:
        # What the tally's own columns can hold is the weight: see `columns`.
        weight = split_weight(services["weight"].to_numpy(dtype=float))
        services["weight"] = joined_weight(*weight)
        combined = {by: _pooled(block, weight) for by, block in combined.items()}
    tables = {name: getattr(tally, name) for name in ("answers", "passages", "marks", "codings")}
    return build_tally(tally.items, tally.factors, combined, tables | {"services": services}, tally.facts)


def _pooled(block: Block, weight: tuple[Ints, Ints]) -> Block:
    """Combinations of all services together, with their weights."""
    columns = dict(block.columns)
    for prefix, own in zip((WEIGHT, REST), weight, strict=True):
        columns[prefix + "n_cases"] = block.columns["n_cases"] * own[block.service]
    pattern, columns = summed(block.pattern.astype(np.int64), columns)
    return block_of(np.full(len(pattern), POOLED), pattern, block.patterns, columns)


def sampling_facts(tally: Tally) -> dict[str, Any]:
    """Whether all weights are equal, and of each stratum how many services were inspected and how many there are.

    The number there is is None where nobody says.
    """
    import pandas as pd

    low, high = _weight_range(tally)
    sizes = tally.services.groupby("stratum")["services_in_stratum"].agg(["size", "max"])
    return {
        "equal_weights": bool(high - low <= SAME * high),
        "strata": [
            {
                "stratum": str(name),
                "n_services": int(inspected),
                "n_services_in_stratum": None if pd.isna(there) else int(there),
            }
            for name, inspected, there in sizes.itertuples(name=None)
        ],
    }


def _weight_range(tally: Tally) -> tuple[float, float]:
    """Smallest and largest weight; of a service with several weights, smallest and largest mean of what is counted."""
    if "weight" not in tally.services:
        return 1.0, 1.0
    found = [tally.services["weight"].dropna().to_numpy(dtype=float)]
    for block in tally.items.values():
        varies = tally.services["weight"].isna().to_numpy()[block.service]
        for name in filter(is_weighed, block.columns):
            if WEIGHT + name in block.columns or REST + name in block.columns:
                rows = varies & (block.columns[name] > 0)
                sums = joined_weight(block.column(WEIGHT + name)[rows], block.column(REST + name)[rows])
                found.append(sums / block.columns[name][rows])
    means = np.concatenate(found)
    return float(means.min()), float(means.max())


def added_sampling(parts: Sequence[Mapping[str, Any]], services: Sequence[pd.Series]) -> dict[str, Any]:
    """The account of sampling of several tallies; `services` are those of each.

    Raises
    ------
    TallyError
        Eligible cases are told of, and a service stands in several parts: each would count all of them.
    """
    import pandas as pd

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

"""Make the released object, the only thing that anything published is drawn from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.disclosure.policy import read_policy
from desistance.disclosure.release import Release, release
from desistance.findings.tables import COLUMNS, read_table
from desistance.provenance import software
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study


def main(
    restricted: Mapping[str, str],
    study: str | Path,
    chosen: Mapping[str, Any],
    calibration: str | None,
    released: Mapping[str, str],
) -> None:
    """Read the restricted tables, write what may be seen; `chosen` holds the run's choices by group."""
    compare = chosen["compare"]
    facts = json.loads(Path(restricted["facts"]).read_text(encoding="utf-8"))
    facts |= {
        "inference": dict(chosen["inference"]),
        **chosen["limits"],
        "compare": _edition(compare, restricted),
    }
    facts |= software()
    tables = {name: read_table(Path(restricted[name])) for name in COLUMNS if name != "calibration"}
    tables["calibration"] = _calibration(calibration, facts)
    disclosure = chosen["disclosure"]
    made = release(
        tables,
        read_study(Path(study)),
        facts,
        read_policy(disclosure["policy"]),
        time_limit=disclosure["time_limit"],
    )
    for name, text in made.tables.items():
        _write(released[name], text)
    for name, content in (("facts", made.facts), ("record", made.record)):
        _write(released[name], json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    _say(made)


def _write(path: str, text: str) -> None:
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def _say(made: Release) -> None:
    done = made.facts["disclosure"]
    if not made.facts["protected"]:
        LOG.info("released under the policy %s: small counts are not protected", made.facts["policy"])
        return
    LOG.info(
        "policy %s: of %s counts %s hidden by the rule and %s to protect them%s",
        *(made.facts["policy"], f"{done['n_counts']:,}", done["n_hidden_first"], done["n_hidden_second"]),
        "; the time limit was reached, so more is hidden than need be" if done["coarse"] else "",
    )


def _edition(compare: Mapping[str, Any] | None, restricted: Mapping[str, str]) -> dict[str, Any] | None:
    """What the other edition is called, how large it was, and whether its services are these."""
    if compare is None:
        return None
    told = json.loads(Path(restricted["other_facts"]).read_text(encoding="utf-8"))
    size = {name: told[name] for name in ("n_cases", "n_services", "study", "first_date", "last_date")}
    return {"label": compare["label"], "same_services": compare["same_services"], **size}


def _calibration(path: str | None, facts: Mapping[str, Any]) -> pd.DataFrame:
    """Simulated error rates, where they were simulated on the sizes of these records; else a table without rows."""
    table = read_table(Path(path)) if path else pd.DataFrame(columns=COLUMNS["calibration"])
    return table if len(table) and table["n_cases"].max() == facts["n_cases"] else table.iloc[:0]


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        groups = ("inference", "limits", "compare", "disclosure")
        chosen = {name: choices(snakemake.input[name]) for name in groups}
        calibration = next(iter(snakemake.input.get("calibration", [])), None)
        study = Path(snakemake.input.study).parent
        main(snakemake.input, study, chosen, calibration, snakemake.output)
